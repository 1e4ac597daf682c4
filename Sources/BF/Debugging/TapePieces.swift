import UopRuntime
import UopVM

/// Where the steps of machine code are, and which instructions they were made of.
struct TapeSteps {
    /// By step.
    let code: [StepCode]
    /// By instruction: its first step; then that of the normal end. What comes before the first begins the run.
    let firstSteps: [Int]
    /// Steps in line. Behind them is one for each exit.
    let hotCount: Int
    /// By exit: the instruction at which it leaves.
    let exits: [Int]
}

/// Runs of BF code with names. Above the code of each stands
///
///     12    3:5   multiply [3] += [0] * 7
///
/// for the instruction with the number 12, made of the command in line 3, column 5. Its code in line is
/// `bf.multiply_12`; elsewhere are `bf.multiply_12.exit`, by which it leaves, and `bf.multiply_12.cold`.
struct TapePieces {
    private let program: BFProgram
    private let steps: TapeSteps

    init(_ program: BFProgram, _ steps: TapeSteps) {
        self.program = program
        self.steps = steps
    }

    /// In the order of memory.
    var all: [CodePicture.Piece] { inLine + outOfLine + cold }

    // MARK: In line

    /// Each instruction has one, even if it has no code; and so have beginning and end.
    private var inLine: [CodePicture.Piece] {
        var bounds = [0] + steps.firstSteps.map { steps.code[$0].hot.lowerBound }
        bounds.append(steps.code[steps.hotCount - 1].hot.upperBound)
        let lines = ["begins"] + program.listingLines + ["finishes"]
        return lines.indices.map { index in
            CodePicture.Piece(
                symbol: symbol(of: index - 1), range: bounds[index]..<bounds[index + 1], section: "in line",
                title: title(of: index - 1, lines[index]))
        }
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
                title: self.title(of: owner, title + words(for: owner)))
        }
    }

    /// By step: the number of its instruction, as `symbol` takes it.
    private var owners: [Int] {
        let ends = steps.firstSteps.dropFirst() + [steps.hotCount]
        let beginning = Array(repeating: -1, count: steps.firstSteps[0])
        let inLine = zip(steps.firstSteps, ends).enumerated().flatMap { number, place in
            repeatElement(number, count: place.1 - place.0)
        }
        return beginning + inLine + steps.exits
    }

    // MARK: Words

    /// - Parameter number: of the instruction; -1 for the beginning of the run, and behind the last for its end.
    private func symbol(of number: Int) -> String {
        if number < 0 { return "bf.begin" }
        if number == program.instructionCount { return "bf.finish" }
        return "bf.\(program.region.instructions[number].operation)_\(number)"
    }

    private func title(of number: Int, _ text: String) -> String {
        let isInstruction = number >= 0 && number < program.instructionCount
        return (isInstruction ? "\(number)" : "").rightAligned(in: 5) + "  " + text
    }

    private func words(for number: Int) -> String {
        let isInstruction = number >= 0 && number < program.instructionCount
        return isInstruction ? program.region.describe(program.region.instructions[number]) : "the end"
    }
}
