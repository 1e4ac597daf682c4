import UopRuntime
import UopVM

/// Where all of a part of machine code is, and which instructions it was made of.
struct TapePlaces {
    /// A run of bytes that is elsewhere.
    struct Place {
        /// The instruction's number.
        let owner: Int
        let range: Range<Int>
    }

    /// The first instruction of the part.
    let firstInstruction: Int
    /// By instruction: where its code begins; then that of the end, and where that ends. What comes before the first begins
    /// the run.
    let offsets: [Int]
    /// By exit, but for the end.
    let exits: [Place]
    let cold: [Place]
    /// What a linker has to fill in the code.
    let relocations: [CodeRelocation]

    /// Of what was written last.
    init(_ assignment: borrowing TapeAssignment, first: Int) {
        firstInstruction = first
        offsets = assignment.offsets.array.map { Int($0) } + [assignment.lineEnd]
        exits = assignment.exitPlaces
        cold = assignment.coldPlaces
        relocations = assignment.stream.relocations
    }
}

extension TapeAssignment {
    /// The exits, but for the end: one behind the other.
    fileprivate var exitPlaces: [TapePlaces.Place] {
        let count = exits.count - 1
        return (0..<count).map { number in
            let begin = stream.offset(of: Int(exits[number].label))
            let end = number + 1 < count ? stream.offset(of: Int(exits[number + 1].label)) : stream.hotByteCount
            return TapePlaces.Place(owner: Int(exits[number].instruction), range: begin..<end)
        }
    }

    fileprivate var coldPlaces: [TapePlaces.Place] {
        (0..<stream.coldCount).map { number in
            let fragment = stream.coldFragment(number)
            return TapePlaces.Place(owner: fragment.origin, range: fragment.range)
        }
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
    private let places: TapePlaces

    /// - Parameter lines: the listing of the program, by instruction.
    init(_ program: BFProgram, _ lines: [String], _ places: TapePlaces) {
        self.program = program
        self.lines = lines
        self.places = places
    }

    /// In the order of memory.
    var all: [CodePicture.Piece] { inLine + outOfLine + cold }

    /// The instructions of the part.
    private var instructions: Range<Int> {
        places.firstInstruction..<places.firstInstruction + places.offsets.count - 2
    }

    // MARK: In line

    /// Each instruction has one, even if it has no code; and so has the end, and the beginning of the program.
    private var inLine: [CodePicture.Piece] {
        let bounds = places.offsets
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
        pieces(.steps, places.exits, suffix: ".exit", section: "out of line", title: "leaves at ")
    }

    private var cold: [CodePicture.Piece] {
        pieces(.cold, places.cold, suffix: ".cold", section: "cold fragments", title: "")
    }

    /// Pieces of instructions that may have several; these lie side by side and are numbered then.
    private func pieces(
        _ kind: CodePicture.Piece.Kind, _ places: [TapePlaces.Place], suffix: String, section: String, title: String
    ) -> [CodePicture.Piece] {
        var (last, count) = (-1, 0)
        return places.map { place in
            let owner = place.owner
            count = owner == last ? count + 1 : 1
            last = owner
            return CodePicture.Piece(
                kind, symbol: symbol(of: owner) + suffix + (count > 1 ? "\(count)" : ""), range: place.range, section: section,
                title: self.title(of: owner, title + program.region.describe(program.region.instructions[owner])))
        }
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
