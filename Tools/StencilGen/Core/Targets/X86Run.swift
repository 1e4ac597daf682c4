package import CStencils

/// x86 where a function is one run of code, as in Mach-O and COFF: clang has sections for basic blocks only in ELF.
///
/// Branches within the run have no relocations, and most have fields of one byte. They are found by the lengths of
/// instructions, so that the run becomes the same blocks that ELF has, and is laid out as those are.
package struct X86Run: Branches {
    private let blocks: X86Branches
    private let is64Bit: Bool

    package init(jumpKind: UopHoleKind, is64Bit: Bool) {
        blocks = X86Branches(jumpKind: jumpKind)
        self.is64Bit = is64Bit
    }

    package var jump: [UInt8] { blocks.jump }
    package var jumpKind: UopHoleKind { blocks.jumpKind }
    package var jumpField: Int { blocks.jumpField }
    package var addend: Int64 { blocks.addend }

    package func jumpStart(_ kind: UopHoleKind, at offset: Int, in bytes: [UInt8]) -> Int? {
        blocks.jumpStart(kind, at: offset, in: bytes)
    }

    package func conditionalStart(_ kind: UopHoleKind, at offset: Int, in bytes: [UInt8]) -> Int? {
        blocks.conditionalStart(kind, at: offset, in: bytes)
    }

    package func invert(_ kind: UopHoleKind, at offset: Int, in bytes: inout [UInt8]) {
        blocks.invert(kind, at: offset, in: &bytes)
    }

    package func flow(in bytes: [UInt8]) throws(StencilGenError) -> CodeFlow {
        var flow = CodeFlow(mayBePadded: true)
        var start = 0
        while start < bytes.count {
            guard let instruction = X86Instruction(bytes, at: start, is64Bit: is64Bit) else {
                let shown = bytes[start..<min(bytes.count, start + 8)].map { hexadecimal($0, digits: 2) }.joined(separator: " ")
                throw StencilGenError(
                    .layout, "the instruction at 0x\(hexadecimal(start, digits: 2)) of the function, \(shown) ..., has no known length",
                    remedy: "Compile for x86-64 or pentium4 without extensions, or add the instruction to X86Instruction.swift.")
            }
            let end = start + instruction.length
            switch instruction.role {
            case .other: break
            case .end: flow.ends.append(end)
            case .jump(let field): flow.branches.append(branch(start..<end, field, nil, bytes))
            case .conditional(let field, let condition): flow.branches.append(branch(start..<end, field, condition, bytes))
            }
            start = end
        }
        return flow
    }

    /// A branch whose field is the last of its bytes.
    private func branch(_ range: Range<Int>, _ field: Int, _ condition: UInt8?, _ bytes: [UInt8]) -> ResolvedBranch {
        let size = range.upperBound - field
        let word = bytes[field..<range.upperBound].reversed().reduce(Int64(0)) { $0 << 8 | Int64($1) }
        let unused = Int64(64 - 8 * size)
        let distance = Int((word << unused) >> unused)
        return ResolvedBranch(
            range: range, field: field, kind: jumpKind, destination: range.upperBound + distance, isConditional: condition != nil,
            long: condition.map { [0x0F, 0x80 | $0, 0, 0, 0, 0] } ?? jump, longField: condition == nil ? jumpField : 2)
    }
}
