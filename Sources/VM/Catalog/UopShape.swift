package import CStencils

/// A uop's metadata as plain numbers: what lowering and planning look at for every uop.
///
/// 16 bytes: it is copied for every uop, and four of them share a cache line.
package struct UopShape: Sendable {
    package let flags: UopFlags
    private let inputs: Int8
    private let outputs: Int8
    private let operands: Int8
    private let label: Int8
    private let written: Int8
    private let words: Int8
    private let kinds: (UopOperandKind, UopOperandKind)
    private let sources: (Int8, Int8, Int8)

    package var inputCount: Int { Int(inputs) }
    package var outputCount: Int { Int(outputs) }
    package var operandCount: Int { Int(operands) }
    /// The operand that is a label; -1 where there is none.
    package var labelOperand: Int { Int(label) }
    /// The operand that is a local that is written; -1 where there is none.
    package var writtenLocal: Int { Int(written) }
    /// Words of the uop as an instruction of the interpreter.
    package var instructionWords: Int { Int(words) }
    package func operandKind(_ index: Int) -> UopOperandKind { index == 0 ? kinds.0 : kinds.1 }
    /// For a uop that only moves words: the input that an output is, or -1 where it is the local that
    /// is read.
    package func moveSource(_ output: Int) -> Int {
        Int(output == 0 ? sources.0 : output == 1 ? sources.1 : sources.2)
    }

    /// Counts fit: a definition has at most `UOP_MAX_INPUTS` inputs, and so on.
    init(_ uop: UopCatalog.Uop) {
        flags = uop.flags
        inputs = Int8(uop.inputs.count)
        outputs = Int8(uop.outputs.count)
        operands = Int8(uop.operands.count)
        let labelIndex = uop.operands.firstIndex(of: .LABEL)
        label = Int8(labelIndex ?? -1)
        written = Int8(uop.operands.firstIndex(of: .LOCAL_WRITE) ?? -1)
        kinds = (uop.operands.first ?? .IMM_INDEX, uop.operands.count > 1 ? uop.operands[1] : .IMM_INDEX)
        func source(_ output: Int) -> Int8 {
            output < uop.outputs.count ? Int8(uop.inputs.firstIndex(of: uop.outputs[output]) ?? -1) : -1
        }
        sources = (source(0), source(1), source(2))
        words = Int8(
            1 + (uop.flags.contains(.exits) ? 1 : 0) + uop.operands.count - (labelIndex == nil ? 0 : 1)
                + (uop.flags.contains(.jumps) ? 1 : 0))
    }

    /// Whether it goes to its label, or to the top, and does nothing else.
    var isJump: Bool { flags.contains([.jumps, .terminator]) && inputCount == 0 }

    /// Whether its code reads or writes locals in the frame, whatever its other flags say.
    package var usesLocals: Bool {
        for index in 0..<operandCount where operandKind(index) == .LOCAL_READ || operandKind(index) == .LOCAL_WRITE { return true }
        return false
    }

    /// Whether it moves words only, with these operands and counts, taking its inputs.
    func isMover(_ kinds: [UopOperandKind], inputs: Int, outputs: Int) -> Bool {
        flags.contains(.moves) && !flags.contains(.peeks) && inputCount == inputs && outputCount == outputs
            && operandCount == kinds.count && (kinds.isEmpty || operandKind(0) == kinds[0])
    }
}

/// The uops that lowering inserts, found by what they do.
package struct InsertedUops: Sendable {
    package let load: Int
    package let store: Int
    package let pop: Int
    package let pollFuel: Int
    package let pollInterrupt: Int
    package let count: Int

    /// Nil where the catalog lacks one of them.
    init?(_ shapes: [UopShape]) {
        func first(_ isMatch: (UopShape) -> Bool) -> Int? { shapes.firstIndex(where: isMatch) }
        guard let load = first({ $0.isMover([.LOCAL_READ], inputs: 0, outputs: 1) }),
            let store = first({ $0.isMover([.LOCAL_WRITE], inputs: 1, outputs: 0) }),
            let pop = first({ $0.isMover([], inputs: 1, outputs: 0) }),
            let pollFuel = first({ $0.flags.contains(.pollsFuel) }),
            let pollInterrupt = first({ $0.flags.contains(.pollsInterrupt) }),
            let count = first({ $0.flags.contains(.counts) })
        else { return nil }
        self.load = load
        self.store = store
        self.pop = pop
        self.pollFuel = pollFuel
        self.pollInterrupt = pollInterrupt
        self.count = count
    }
}
