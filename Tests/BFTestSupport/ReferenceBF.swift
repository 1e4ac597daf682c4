/// What a BF program means, to be read beside the words of its documentation.
///
/// It shares no code with the front end, so that no mistake is in both, and is as plain as speed allows.
package struct ReferenceBF: Sendable {
    package private(set) var outcome: BFOutcome
    /// Runs of commands, brackets, `.` and `,` that were executed.
    package private(set) var steps = 0
    /// How often `,` was executed, with input left or without.
    package private(set) var reads = 0
    private let instructions: [Instruction]
    private var isReached: [Bool]

    /// A run of `+` and `-` is a `+` of their sum, a run of `<` and `>` a `>`; they stay where the sum is 0.
    private struct Instruction {
        let command: UInt8
        /// The sum; for a bracket the number of its partner.
        var amount: Int
        let position: Int
    }

    /// Runs the program, whose brackets have to match.
    package init(_ item: BFCase) {
        instructions = Self.instructions(item.text)
        isReached = Array(repeating: false, count: instructions.count)
        let page = item.pageBytes * 8 / item.cellBits
        func rounded(_ cells: Int) -> Int { (cells + page - 1) / page * page }
        let start = rounded(item.cellsLeft)
        let tape = [UInt32](repeating: 0, count: start + rounded(item.cellsRight))
        outcome = BFOutcome(output: [], ending: .finished, tape: tape)
        outcome.ending = run(item, start: start)
    }

    /// Whether the command at this byte of the text was executed.
    package func reached(_ position: Int) -> Bool {
        instructions.lastIndex { $0.position <= position }.map { isReached[$0] } ?? false
    }

    private mutating func run(_ item: BFCase, start: Int) -> BFOutcome.Ending {
        let mask = UInt32.max >> UInt32(32 - item.cellBits)
        var (next, pointer) = (0, start)
        while next < instructions.count {
            guard steps < item.stepLimit else { return .outOfSteps }
            steps += 1
            isReached[next] = true
            let instruction = instructions[next]
            if instruction.command == UInt8(ascii: ">") {
                pointer += instruction.amount
            } else if pointer < 0 || pointer >= outcome.tape.count {
                return .offTape(cell: pointer - start, position: instruction.position)
            } else {
                let cell = outcome.tape[pointer]
                switch instruction.command {
                case UInt8(ascii: "["): if cell == 0 { next = instruction.amount }
                case UInt8(ascii: "]"): if cell != 0 { next = instruction.amount }
                case UInt8(ascii: "."): outcome.output.append(UInt8(truncatingIfNeeded: cell))
                case UInt8(ascii: ","): outcome.tape[pointer] = read(item, into: cell) & mask
                default: outcome.tape[pointer] = (cell &+ UInt32(truncatingIfNeeded: instruction.amount)) & mask
                }
            }
            next += 1
        }
        return .finished
    }

    private mutating func read(_ item: BFCase, into cell: UInt32) -> UInt32 {
        reads += 1
        if reads <= item.input.count { return UInt32(item.input[reads - 1]) }
        return switch item.endOfInput { case .unchanged: cell; case .zero: 0; case .minusOne: .max }
    }

    private static func instructions(_ text: [UInt8]) -> [Instruction] {
        var (result, open): ([Instruction], [Int]) = ([], [])
        for (position, byte) in text.enumerated() {
            switch byte {
            case UInt8(ascii: "+"), UInt8(ascii: ">"): extend(&result, byte, 1, position)
            case UInt8(ascii: "-"): extend(&result, UInt8(ascii: "+"), -1, position)
            case UInt8(ascii: "<"): extend(&result, UInt8(ascii: ">"), -1, position)
            case UInt8(ascii: "."), UInt8(ascii: ","), UInt8(ascii: "["):
                if byte == UInt8(ascii: "[") { open.append(result.count) }
                result.append(Instruction(command: byte, amount: 0, position: position))
            case UInt8(ascii: "]"):
                guard let partner = open.popLast() else { preconditionFailure("']' at byte \(position) closes nothing") }
                result[partner].amount = result.count
                result.append(Instruction(command: byte, amount: partner, position: position))
            default: break
            }
        }
        precondition(open.isEmpty, "a '[' is never closed")
        return result
    }

    private static func extend(_ run: inout [Instruction], _ command: UInt8, _ amount: Int, _ position: Int) {
        if run.last?.command == command {
            run[run.count - 1].amount += amount
        } else {
            run.append(Instruction(command: command, amount: amount, position: position))
        }
    }
}
