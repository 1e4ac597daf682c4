import CStencils

/// What building a graph does with a uop: its metadata, digested once for each catalog. The builder looks
/// at one of these for every instruction.
struct UopTreatment: BitwiseCopyable {
    enum Kind: UInt8 {
        /// Pushes what a variable is at the moment.
        case read
        /// Gives a variable a new value.
        case write
        /// Moves words of the stack.
        case shuffle
        case constant
        /// Checks words, and leaves them where they are.
        case guards
        /// Says where the source program is: a variable of its own.
        case position
        /// A check and an access, which get nodes of their own.
        case split
        /// Everything else, which becomes a node with values of its own.
        case plain
    }

    /// In `sources`: the class is the helper's.
    static let helper: Int8 = 3
    /// In `sources`: the class is that of the local that is read.
    static let local: Int8 = 4
    /// In `sources`: the output is the local that is read, or has a class of its own.
    static let none: Int8 = -1

    let kind: Kind
    let inputCount: UInt8
    let outputCount: UInt8
    let operandCount: UInt8
    let peeks: Bool
    let exits: Bool
    let jumps: Bool
    let isTerminator: Bool
    /// Whether its code reads or writes locals in the frame, as no uop does that only moves words.
    let usesLocals: Bool
    let escapes: Bool
    let commutes: Bool
    /// What a uop is taken apart into.
    let check: UInt16
    let access: UInt16
    /// The operand that is a local that is written; `none` where there is none.
    let writtenOperand: Int8
    /// The operand that is a local that is read.
    let readOperand: Int8
    /// By output: the input whose value it is, where words are moved, or whose class it has.
    let sources: (Int8, Int8, Int8)
    /// By output: its class, where that is known without the inputs.
    let classes: (UopClass, UopClass, UopClass)

    init(_ uop: UopCatalog.Uop, _ shape: UopShape) {
        let moves = uop.flags.contains(.moves)
        writtenOperand = Int8(shape.writtenLocal)
        readOperand = Int8(uop.operands.firstIndex(of: .LOCAL_READ) ?? -1)
        inputCount = UInt8(shape.inputCount)
        outputCount = UInt8(shape.outputCount)
        operandCount = UInt8(shape.operandCount)
        peeks = uop.flags.contains(.peeks)
        exits = uop.flags.contains(.exits)
        jumps = uop.flags.contains(.jumps)
        isTerminator = uop.flags.contains(.terminator)
        escapes = uop.flags.contains(.escapes)
        commutes = uop.flags.contains(.commutes)
        check = UInt16(truncatingIfNeeded: uop.parts?.check ?? 0)
        access = UInt16(truncatingIfNeeded: uop.parts?.access ?? 0)
        usesLocals = !moves && (writtenOperand >= 0 || readOperand >= 0)
        kind =
            if moves {
                writtenOperand >= 0 ? .write : shape.isMover([.LOCAL_READ], inputs: 0, outputs: 1) ? .read : .shuffle
            } else if uop.flags.contains(.constant) {
                .constant
            } else if uop.flags.contains(.position) {
                .position
            } else if uop.parts != nil {
                .split
            } else {
                uop.flags.contains(.guards) ? .guards : .plain
            }
        let hasLocal = readOperand >= 0
        func source(_ output: Int) -> Int8 {
            guard output < uop.outputs.count else { return Self.none }
            if moves { return Int8(shape.moveSource(output)) }
            switch uop.outputs[output] {
            case .A, .B, .C:
                return uop.inputs.firstIndex(of: uop.outputs[output]).map { Int8($0) } ?? (hasLocal ? Self.local : Self.none)
            case .RESULT: return Self.helper
            default: return Self.none
            }
        }
        func valueClass(_ output: Int) -> UopClass {
            output < uop.outputs.count && UopClass.concrete.contains(uop.outputs[output]) ? uop.outputs[output] : .I64
        }
        sources = (source(0), source(1), source(2))
        classes = (valueClass(0), valueClass(1), valueClass(2))
    }

    func source(_ output: Int) -> Int { Int(output == 0 ? sources.0 : output == 1 ? sources.1 : sources.2) }
    func valueClass(_ output: Int) -> UopClass { output == 0 ? classes.0 : output == 1 ? classes.1 : classes.2 }
}
