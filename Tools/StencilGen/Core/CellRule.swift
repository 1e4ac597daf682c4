import CStencils

extension Stencil {
    /// A cell is the displacement of one access: 32 bits with a sign. Where clang makes a number of its own of it, it takes the
    /// symbol for an address above 0, and a cell below the pointer would become one 4 GiB above it.
    ///
    /// - Parameters:
    ///   - operands: the immediates, in the order of the holes' numbers.
    ///   - place: how messages call what was compiled.
    func checkCells(
        _ operands: [Definition.Parameter<UopOperandKind>], of target: StencilTarget, at place: String
    ) throws(StencilGenError) {
        // Where operands are moved as numbers, or loaded, none is taken for an address.
        guard target.isa == .X86_64 || target.isa == .X86_64_V3 || target.isa == .I686, target.operandPage == nil else { return }
        for (name, fragment) in [("hot", hot), ("cold", cold)] {
            for hole in fragment.holes where hole.kind != .absolute32Signed {
                guard case .operand(let number) = hole.target, number < operands.count, operands[number].kind == .CELL else { continue }
                throw StencilGenError(
                    .layout, at: "\(place), \(name)+0x\(String(hole.offset, radix: 16))",
                    "has its cell '\(operands[number].name)' in a hole of kind \(hole.kind.name); a cell is a displacement, and "
                        + "needs \(UopHoleKind.absolute32Signed.name)",
                    remedy: "Use the cell in one access only, or hide pointer and sum with UOP_OPAQUE_.")
            }
        }
    }
}
