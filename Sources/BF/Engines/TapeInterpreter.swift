import CStencils
import UopRuntime
import UopVM

/// A tape region as the interpreter reads it: a run of words for each instruction.
@safe
final class TapeInterpreter {
    private let words: UnsafeMutablePointer<UInt64>
    /// By instruction: its first word; one more for the end.
    private let positions: [UInt32]
    private let layout: FrameLayout

    /// Nil where the library lacks the base set.
    init?(_ region: borrowing TapeRegion, _ library: StencilLibrary, layout: FrameLayout, countsFuel: Bool) {
        guard let handlers = TapeHandlers(library, region.cellBits) else { return nil }
        var writer = InstructionWriter(handlers, region.cellBits, layout: layout, countsFuel: countsFuel)
        writer.write(region)
        self.layout = layout
        unsafe words = writer.finish()
        positions = writer.positions
    }

    deinit { unsafe words.deallocate() }

    /// Runs from an instruction on, with the pointer at an address, until the end or an exit.
    ///
    /// - Returns: the instruction that left: as many as there are at the normal end.
    func run(_ machine: Machine, from instruction: Int, pointer: UInt64) -> Int {
        machine[wordAt: layout.stack(0)] = pointer
        let stack = unsafe UnsafeMutableRawPointer(machine.frame).advanced(by: layout.stack(1))
            .assumingMemoryBound(to: UInt64.self)
        unsafe uop_interpret(machine.frame, stack, words + Int(positions[instruction]))
        return Int(unsafe machine.frame.pointee.exitIndex)
    }

    /// Where the pointer is after a run.
    func pointer(_ machine: Machine) -> UInt64 { machine[wordAt: layout.stack(0)] }
}

/// The handlers of BF's instructions, by their addresses.
struct TapeHandlers {
    let add, set, scale, multiply, transfer, product: UInt64
    let jumpIfZero, jumpIfNotZero, moveJumpIfNotZero: UInt64
    let scanUp, scanDown, read, write: UInt64
    let touch, move, call, jump, pollFuel, halt: UInt64

    init?(_ library: StencilLibrary, _ bits: CellBits) {
        var isComplete = true
        func handler(_ name: String) -> UInt64 {
            for unsafe set in unsafe library.sets {
                if let uop = unsafe UopPlace.number(of: name, in: set) {
                    return unsafe UInt64(UInt(bitPattern: unsafeBitCast(set.pointee.handlers[uop], to: Int.self)))
                }
            }
            isComplete = false
            return 0
        }
        func own(_ name: String) -> UInt64 { handler("_BF\(bits.rawValue)_" + name) }
        add = own("ADD")
        set = own("SET")
        scale = own("SCALE")
        multiply = own("MULTIPLY")
        transfer = own("TRANSFER")
        product = own("PRODUCT")
        jumpIfZero = own("JUMP_IF_ZERO")
        jumpIfNotZero = own("JUMP_IF_NOT_ZERO")
        moveJumpIfNotZero = own("MOVE_JUMP_IF_NOT_ZERO")
        scanUp = own("SCAN_UP")
        scanDown = own("SCAN_DOWN")
        read = own("READ")
        write = own("WRITE")
        touch = handler("_BF_TOUCH")
        move = handler("_BF_MOVE")
        call = handler("_BF_CALL")
        jump = handler("_JUMP")
        pollFuel = handler("_POLL_FUEL")
        halt = unsafe UInt64(UInt(bitPattern: unsafeBitCast(uop_halt_handler(), to: Int.self)))
        if !isComplete { return nil }
    }
}

/// Writes instructions: handler, where its exit leads, operands, where its jump leads. Addresses are known at the
/// end, so they are positions first.
private struct InstructionWriter: ~Copyable {
    private let handlers: TapeHandlers
    private let bits: CellBits
    private let layout: FrameLayout
    private let countsFuel: Bool
    private var words = GrowingBuffer<UInt64>(capacity: 8192)
    private(set) var positions: [UInt32] = []
    /// Words that are positions.
    private var addresses = GrowingBuffer<UInt32>(capacity: 2048)
    private var separate = GrowingBuffer<UInt32>(capacity: 64)
    /// Words that are for exits, and above, the numbers of their instructions.
    private var exits = GrowingBuffer<UInt64>(capacity: 1024)

    init(_ handlers: TapeHandlers, _ bits: CellBits, layout: FrameLayout, countsFuel: Bool) {
        self.handlers = handlers
        self.bits = bits
        self.layout = layout
        self.countsFuel = countsFuel
    }

    mutating func write(_ region: borrowing TapeRegion) {
        let count = region.instructions.count
        positions.reserveCapacity(count + 1)
        var index = 0
        while index < count {
            index += write(region.instructions[index], at: index, region)
        }
        positions.append(UInt32(words.count))
        words.append(handlers.halt)
        words.append(UInt64(count))
        writeSeparate(region)
    }

    /// Turns positions into addresses. The exit of an instruction is an instruction of its own, that ends the run.
    mutating func finish() -> UnsafeMutablePointer<UInt64> {
        let count = words.count
        let memory = UnsafeMutablePointer<UInt64>.allocate(capacity: count + 2 * exits.count)
        for index in 0..<count { unsafe (memory + index).initialize(to: words[index]) }
        for number in 0..<exits.count {
            let place = count + 2 * number
            unsafe (memory + place).initialize(to: handlers.halt)
            unsafe (memory + place + 1).initialize(to: exits[number] >> 32)
            unsafe memory[Int(UInt32(truncatingIfNeeded: exits[number]))] = UInt64(UInt(bitPattern: memory + place))
        }
        for number in 0..<addresses.count {
            let word = Int(addresses[number])
            unsafe memory[word] = UInt64(UInt(bitPattern: memory + Int(positions[Int(memory[word])])))
        }
        return unsafe memory
    }

    /// Writes an instruction, or two that are one for the interpreter; returns how many.
    private mutating func write(_ instruction: TapeInstruction, at index: Int, _ region: borrowing TapeRegion) -> Int {
        let offset = distance(instruction.offset)
        let amount = UInt64(instruction.amount)
        positions.append(UInt32(words.count))
        switch instruction.operation {
        case .add: exiting(handlers.add, index, offset, amount)
        case .set: exiting(handlers.set, index, offset, amount)
        case .scale: exiting(handlers.scale, index, offset, amount)
        case .touch: exiting(handlers.touch, index, offset)
        case .multiply: return multiply(instruction, at: index, region)
        case .product:
            exiting(handlers.product, index, pair(instruction), distance(Int32(bitPattern: instruction.amount)))
        case .move: return move(instruction, at: index, region)
        case .loop, .branch:
            exiting(handlers.jumpIfZero, index, offset)
            jump(to: Int(instruction.other) + 1)
        case .end: end(instruction, at: index)
        case .endBranch: break
        case .scan:
            let scan = TapeScan(stride: instruction.signedAmount, bits)
            exiting(
                scan.stride > 0 ? handlers.scanUp : handlers.scanDown, index, UInt64(bitPattern: Int64(scan.stride)),
                UInt64(bitPattern: Int64(scan.plan)))
        case .read: exiting(handlers.read, index, offset, UInt64(layout.helper(TapeHelper.read)))
        case .write: exiting(handlers.write, index, offset, UInt64(layout.helper(TapeHelper.write)))
        case .print: show(TapeHelper.argument(Int(instruction.other), Int(instruction.amount)), at: index)
        case .debug: show(TapeHelper.argument(-1, 0), at: index)
        }
        return 1
    }

    private func distance(_ offset: Int32) -> UInt64 { UInt64(bitPattern: Int64(offset) * Int64(bits.byteCount)) }

    /// Two cells as one operand: the one that changes in the low half.
    private func pair(_ instruction: TapeInstruction) -> UInt64 {
        distance(instruction.other) << 32 | distance(instruction.offset) & 0xFFFF_FFFF
    }

    /// The first words of an instruction that may exit; its operands follow.
    private mutating func exiting(_ handler: UInt64, _ index: Int) {
        words.append(handler)
        exits.append(UInt64(index) << 32 | UInt64(words.count))
        words.append(0)
    }

    private mutating func exiting(_ handler: UInt64, _ index: Int, _ operand: UInt64) {
        exiting(handler, index)
        words.append(operand)
    }

    private mutating func exiting(_ handler: UInt64, _ index: Int, _ first: UInt64, _ second: UInt64) {
        exiting(handler, index, first)
        words.append(second)
    }

    private mutating func jump(to instruction: Int) {
        addresses.append(UInt32(words.count))
        words.append(UInt64(instruction))
    }

    private mutating func show(_ argument: Int, at index: Int) {
        exiting(handlers.call, index, UInt64(bitPattern: Int64(argument)), UInt64(layout.helper(TapeHelper.show)))
    }

    private mutating func end(_ instruction: TapeInstruction, at index: Int) {
        if countsFuel { exiting(handlers.pollFuel, index) }
        exiting(handlers.jumpIfNotZero, index, distance(instruction.offset))
        jump(to: Int(instruction.other) + 1)
    }

    /// A multiplication is often the last use of its factor, which is set to 0 then.
    private mutating func multiply(_ instruction: TapeInstruction, at index: Int, _ region: borrowing TapeRegion) -> Int {
        let next = index + 1 < region.instructions.count ? region.instructions[index + 1] : instruction
        let isTransfer = next.operation == .set && next.amount == 0 && next.offset == instruction.other
        exiting(
            isTransfer ? handlers.transfer : handlers.multiply, index, pair(instruction), UInt64(instruction.amount))
        if isTransfer { addSeparate(index + 1) }
        return isTransfer ? 2 : 1
    }

    /// The pointer often moves at the end of a loop.
    private mutating func move(_ instruction: TapeInstruction, at index: Int, _ region: borrowing TapeRegion) -> Int {
        let next = index + 1 < region.instructions.count ? region.instructions[index + 1] : instruction
        let distance = distance(Int32(bitPattern: instruction.amount))
        guard next.operation == .end, next.offset == 0, !countsFuel else {
            words.append(handlers.move)
            words.append(distance)
            return 1
        }
        exiting(handlers.moveJumpIfNotZero, index + 1, distance)
        jump(to: Int(next.other) + 1)
        addSeparate(index + 1)
        return 2
    }

    /// An instruction that is part of the one before here, but not in machine code, which may end between the two.
    private mutating func addSeparate(_ index: Int) {
        positions.append(0)
        separate.append(UInt32(index))
    }

    /// Instructions that only who comes from machine code executes.
    private mutating func writeSeparate(_ region: borrowing TapeRegion) {
        for number in 0..<separate.count {
            let index = Int(separate[number])
            let instruction = region.instructions[index]
            positions[index] = UInt32(words.count)
            if instruction.operation == .end {
                end(instruction, at: index)
            } else {
                exiting(handlers.set, index, distance(instruction.offset), UInt64(instruction.amount))
            }
            words.append(handlers.jump)
            jump(to: index + 1)
        }
    }
}
