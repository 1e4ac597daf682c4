import UopRuntime
import UopVM

/// Where the steps of a part of machine code are, and which instructions they were made of.
struct TapeSteps {
    /// The first instruction of the part.
    let firstInstruction: Int
    /// By step.
    let code: [StepCode]
    /// By instruction: its first step; then that of the end. What comes before the first begins the run.
    let firstSteps: [Int]
    /// Steps in line. Behind them is one for each exit.
    let hotCount: Int
    /// By exit, but for the end: the instruction at which it leaves.
    let exits: [Int]

    /// Of what was assigned and written last.
    init(_ assignment: borrowing TapeAssignment, _ writer: borrowing CodeWriter, first: Int) {
        firstInstruction = first
        code = (0..<assignment.steps.count).map { writer.code(of: $0) }
        firstSteps = assignment.firstSteps.array.map { Int($0) }
        hotCount = assignment.hotCount
        exits = (0..<assignment.exits.count - 1).map { Int(assignment.exits[$0].instruction) }
    }
}

/// Runs of BF code with names. Above the code of each stands
///
///     12    3:5   multiply [3] += [0] * 7
///
/// for the instruction with the number 12, made of the command in line 3, column 5. Its code in line is
/// `bf.multiply_12`; elsewhere are `bf.multiply_12.exit`, by which it leaves, and `bf.multiply_12.cold`.
struct TapePieces {
    private let program: BFProgram
    private let lines: [String]
    private let steps: TapeSteps

    /// - Parameter lines: the listing of the program, by instruction.
    init(_ program: BFProgram, _ lines: [String], _ steps: TapeSteps) {
        self.program = program
        self.lines = lines
        self.steps = steps
    }

    /// In the order of memory.
    var all: [CodePicture.Piece] { inLine + outOfLine + cold }

    /// The instructions of the part.
    private var instructions: Range<Int> {
        steps.firstInstruction..<steps.firstInstruction + steps.firstSteps.count - 1
    }

    // MARK: In line

    /// Each instruction has one, even if it has no code; and so has the end, and the beginning of the program.
    private var inLine: [CodePicture.Piece] {
        var bounds = steps.firstSteps.map { steps.code[$0].hot.lowerBound }
        bounds.append(steps.code[steps.hotCount - 1].hot.upperBound)
        let pieces = zip(bounds, bounds.dropFirst()).enumerated().map { index, bounds in
            piece(of: instructions.lowerBound + index, bounds.0..<bounds.1)
        }
        return (bounds[0] > 0 ? [piece(of: -1, 0..<bounds[0])] : []) + pieces
    }

    private func piece(of number: Int, _ range: Range<Int>) -> CodePicture.Piece {
        let line =
            if instructions.contains(number) {
                lines[number]
            } else if number < 0 {
                "starts"
            } else {
                number == lines.count ? "finishes" : "goes on at \(number)"
            }
        return CodePicture.Piece(symbol: symbol(of: number), range: range, section: "in line", title: title(of: number, line))
    }

    // MARK: Elsewhere

    private var outOfLine: [CodePicture.Piece] {
        let ranges = steps.code.indices.dropFirst(steps.hotCount).map { steps.code[$0].hot }
        return pieces(.steps, zip(steps.exits, ranges), suffix: ".exit", section: "out of line", title: "leaves at ")
    }

    private var cold: [CodePicture.Piece] {
        let fragments = zip(owners, steps.code.map(\.cold)).filter { !$0.1.isEmpty }
        return pieces(.cold, fragments, suffix: ".cold", section: "cold fragments", title: "")
    }

    /// Pieces of instructions that may have several; these lie side by side and are numbered then.
    private func pieces(
        _ kind: CodePicture.Piece.Kind, _ ranges: some Sequence<(Int, Range<Int>)>, suffix: String, section: String,
        title: String
    ) -> [CodePicture.Piece] {
        var (last, count) = (-1, 0)
        return ranges.map { owner, range in
            count = owner == last ? count + 1 : 1
            last = owner
            return CodePicture.Piece(
                kind, symbol: symbol(of: owner) + suffix + (count > 1 ? "\(count)" : ""), range: range, section: section,
                title: self.title(of: owner, title + program.region.describe(program.region.instructions[owner])))
        }
    }

    /// By step: the number of its instruction, as `symbol` takes it.
    private var owners: [Int] {
        let ends = steps.firstSteps.dropFirst() + [steps.hotCount]
        let beginning = Array(repeating: -1, count: steps.firstSteps[0])
        let inLine = zip(steps.firstSteps, ends).enumerated().flatMap { index, place in
            repeatElement(instructions.lowerBound + index, count: place.1 - place.0)
        }
        return beginning + inLine + steps.exits
    }

    // MARK: Words

    /// gdb takes a name that ends in letters behind a dot for Ada, and writes it in its own way: `bf[start]`.
    ///
    /// - Parameter number: of the instruction; -1 for the beginning of the run, and behind the last for the end.
    private func symbol(of number: Int) -> String {
        if number < 0 { return "bf.run_start" }
        if instructions.contains(number) { return "bf.\(program.region.instructions[number].operation)_\(number)" }
        return number == program.instructionCount ? "bf.run_end" : "bf.continue_\(number)"
    }

    private func title(of number: Int, _ text: String) -> String {
        (instructions.contains(number) ? "\(number)" : "").rightAligned(in: 5) + "  " + text
    }
}
