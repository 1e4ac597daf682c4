package import BFFrontEnd

/// What a run of a region shows.
package struct TapeOutcome: Equatable, CustomStringConvertible {
    package enum Ending: Equatable {
        case finished
        /// The cell from the start, and the position in the text.
        case leftTape(cell: Int, position: Int)
        case outOfSteps
    }

    package var ending = Ending.finished
    /// Bytes that were written, and for each `debug` a number that stands for the pointer and all cells.
    package var output: [UInt64] = []
    /// The cells, where the program ended well.
    package var tape: [UInt32] = []
    package var steps = 0

    package var description: String { "\(ending), output \(output), tape \(tape)" }

    /// Whether two runs look the same.
    package static func == (left: TapeOutcome, right: TapeOutcome) -> Bool {
        left.ending == right.ending && left.output == right.output && left.tape == right.tape
    }
}

/// Executes regions by their definition, with a test of each use, one step at a time: what passes and engines must
/// agree with.
package struct TapeMachine {
    private let options: BFOptions
    private let input: [UInt8]
    private let stepLimit: Int
    private let mask: UInt32
    private var tape: [UInt32]
    private var pointer = 0
    private var nextInput = 0
    private var outcome = TapeOutcome()

    /// Thrown where a cell off the tape is used.
    private struct LeftTape: Error {
        var cell: Int
        var position: Int
    }

    package init(_ options: BFOptions, input: [UInt8], stepLimit: Int) {
        self.options = options
        self.input = input
        self.stepLimit = stepLimit
        mask = options.cellBits.mask
        tape = Array(repeating: 0, count: options.cellsLeft + options.cellsRight)
    }

    /// Runs a region that was linked.
    package static func run(
        _ region: borrowing TapeRegion, _ options: BFOptions, input: [UInt8], stepLimit: Int
    ) -> TapeOutcome {
        var machine = TapeMachine(options, input: input, stepLimit: stepLimit)
        do throws(LeftTape) {
            try machine.execute(region)
        } catch {
            machine.outcome.ending = .leftTape(cell: error.cell, position: error.position)
        }
        return machine.outcome
    }

    private mutating func execute(_ region: borrowing TapeRegion) throws(LeftTape) {
        var index = 0
        while index < region.instructions.count {
            outcome.steps += 1
            if outcome.steps > stepLimit {
                outcome.ending = .outOfSteps
                return
            }
            let instruction = region.instructions[index]
            let offset = Int(instruction.offset)
            switch instruction.operation {
            case .loop, .branch:
                if try value(offset, instruction) == 0 { index = Int(instruction.other) }
            case .end:
                if try value(offset, instruction) != 0 { index = Int(instruction.other) }
            case .endBranch:
                // The invariant that passes and engines build on.
                precondition(tape[pointer + offset + options.cellsLeft] == 0, "a branch ends on a cell that is not 0")
            case .move: pointer += instruction.signedAmount
            case .print:
                for place in 0..<Int(instruction.amount) {
                    outcome.output.append(UInt64(region.strings[Int(instruction.other) + place]))
                }
            case .debug: show()
            case .scan: try scan(instruction)
            case .read, .write: try transfer(instruction)
            default: try store(instruction)
            }
            index += 1
        }
        outcome.tape = tape
    }

    private mutating func store(_ instruction: TapeInstruction) throws(LeftTape) {
        let offset = Int(instruction.offset)
        switch instruction.operation {
        case .add: try change(instruction) { $0 &+ instruction.amount }
        case .set: try change(instruction) { _ in instruction.amount }
        case .scale: try change(instruction) { $0 &* instruction.amount }
        case .touch: _ = try value(offset, instruction)
        case .multiply:
            let factor = try value(Int(instruction.other), instruction)
            if factor != 0 { try change(instruction) { $0 &+ factor &* instruction.amount } }
        case .product:
            let first = try value(Int(instruction.other), instruction)
            let second = try value(instruction.signedAmount, instruction)
            if first != 0 && second != 0 { try change(instruction) { $0 &+ first &* second } }
        default: preconditionFailure("no store")
        }
    }

    private mutating func transfer(_ instruction: TapeInstruction) throws(LeftTape) {
        let old = try value(Int(instruction.offset), instruction)
        if instruction.operation == .write {
            outcome.output.append(UInt64(old & 0xFF))
        } else if nextInput < input.count {
            let byte = UInt32(input[nextInput])
            nextInput += 1
            try change(instruction) { _ in byte }
        } else {
            let end: UInt32 = options.endOfInput == .zero ? 0 : options.endOfInput == .minusOne ? .max : old
            try change(instruction) { _ in end }
        }
    }

    private mutating func scan(_ instruction: TapeInstruction) throws(LeftTape) {
        var test = instruction
        while try value(0, test) != 0 {
            outcome.steps += 1
            pointer += instruction.signedAmount
            test.position = UInt32(bitPattern: instruction.other)
        }
    }

    /// A number for what `debug` shows: FNV-1a of the pointer and all cells.
    private mutating func show() {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for number in [UInt64(bitPattern: Int64(pointer))] + tape.map({ UInt64($0) }) {
            hash = (hash ^ number) &* 0x100_0000_01B3
        }
        outcome.output.append(hash | 1 << 63)
    }

    private func index(_ offset: Int, _ instruction: TapeInstruction) throws(LeftTape) -> Int {
        let index = pointer + offset + options.cellsLeft
        guard tape.indices.contains(index) else {
            throw LeftTape(cell: pointer + offset, position: Int(instruction.position))
        }
        return index
    }

    private func value(_ offset: Int, _ instruction: TapeInstruction) throws(LeftTape) -> UInt32 {
        tape[try index(offset, instruction)]
    }

    private mutating func change(
        _ instruction: TapeInstruction, _ body: (UInt32) -> UInt32
    ) throws(LeftTape) {
        let index = try index(Int(instruction.offset), instruction)
        tape[index] = body(tape[index]) & mask
    }
}
