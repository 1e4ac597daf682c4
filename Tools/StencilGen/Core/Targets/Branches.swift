package import CStencils

/// What block layout must know of an instruction set: the branches that a function ends with, and how to change them.
///
/// A function is given as one run of code, or as a section for each basic block. Either becomes blocks that end in a
/// jump, wherever control goes on to another block or leaves.
package protocol Branches: Sendable {
    /// The size and bytes of the jump that ends blocks, with an empty field.
    var jump: [UInt8] { get }
    /// The kind of its hole, where in it the field is, and what is added to where it leads.
    var jumpKind: UopHoleKind { get }
    var jumpField: Int { get }
    var addend: Int64 { get }

    /// Whether bytes before a field of this kind at `offset` make a jump that has no condition; where it begins.
    func jumpStart(_ kind: UopHoleKind, at offset: Int, in bytes: [UInt8]) -> Int?

    /// The same for a conditional branch that can be inverted.
    func conditionalStart(_ kind: UopHoleKind, at offset: Int, in bytes: [UInt8]) -> Int?

    /// Inverts the condition of the branch whose field is at `offset`.
    func invert(_ kind: UopHoleKind, at offset: Int, in bytes: inout [UInt8])

    /// Branches within a run of code that the assembler has resolved: none where each block has a section.
    func resolvedBranches(in bytes: [UInt8]) -> [ResolvedBranch]

    /// Where instructions of two words begin that must not cross a boundary.
    func prefixedInstructions(in bytes: [UInt8]) -> [Int]
}

extension Branches {
    package func prefixedInstructions(in bytes: [UInt8]) -> [Int] { [] }
}

/// A branch whose field the assembler has filled.
package struct ResolvedBranch: Sendable, Equatable {
    package var offset: Int
    package var kind: UopHoleKind
    /// Where in the same run of code it leads.
    package var destination: Int
    /// Whether control may go on behind it.
    package var isConditional: Bool
}

/// x86: with -fbasic-block-sections=all every branch between blocks has a relocation, and two encodings need to be known
/// (Intel SDM, volume 2, JMP and Jcc):
///
///     E9 rel32      jmp: it falls away where its target is what follows
///     0F 8x rel32   jcc: bit 0 of x inverts the condition
///
/// Neither opcode byte can be a ModRM byte of a PC-relative operand (mod 00, r/m 101), so that a relocation's preceding
/// bytes tell what it belongs to.
package struct X86Branches: Branches {
    package let jumpKind: UopHoleKind
    package let jump: [UInt8] = [0xE9, 0, 0, 0, 0]
    package let jumpField = 1
    package let addend: Int64 = -4

    package func jumpStart(_ kind: UopHoleKind, at offset: Int, in bytes: [UInt8]) -> Int? {
        kind == jumpKind && offset >= 1 && bytes[offset - 1] == 0xE9 ? offset - 1 : nil
    }

    package func conditionalStart(_ kind: UopHoleKind, at offset: Int, in bytes: [UInt8]) -> Int? {
        guard kind == jumpKind, offset >= 2, bytes[offset - 2] == 0x0F, bytes[offset - 1] & 0xF0 == 0x80 else { return nil }
        return offset - 2
    }

    package func invert(_ kind: UopHoleKind, at offset: Int, in bytes: inout [UInt8]) { bytes[offset - 1] ^= 1 }

    package func resolvedBranches(in bytes: [UInt8]) -> [ResolvedBranch] { [] }
}

/// Instruction sets whose instructions are words of 32 bits (some of them two): branches are found by what they look like.
package struct WordBranches: Branches {
    /// A kind of instruction.
    package struct Form: Sendable {
        /// Which bits tell, and what they are.
        package var mask: UInt32
        package var pattern: UInt32
        package var kind: UopHoleKind
        /// What inverts the condition, by exclusive or; nil where there is none.
        package var inversion: UInt32?
        package var isConditional = true

        package init(_ pattern: UInt32, mask: UInt32, _ kind: UopHoleKind, inversion: UInt32? = nil, isConditional: Bool = true) {
            self.mask = mask
            self.pattern = pattern
            self.kind = kind
            self.inversion = inversion
            self.isConditional = isConditional
        }
    }

    package let jump: [UInt8]
    package let jumpKind: UopHoleKind
    package let jumpField = 0
    package let addend: Int64 = 0
    let forms: [Form]
    /// Whether a word is the first of two that are one instruction.
    let isPrefix: @Sendable (UInt32) -> Bool

    package init(
        jump: [UInt32], _ jumpKind: UopHoleKind, forms: [Form], isPrefix: @escaping @Sendable (UInt32) -> Bool = { _ in false }
    ) {
        self.jump = jump.flatMap { word in (0..<4).map { UInt8(truncatingIfNeeded: word >> (8 * $0)) } }
        self.jumpKind = jumpKind
        self.forms = forms
        self.isPrefix = isPrefix
    }

    private func word(_ bytes: [UInt8], _ offset: Int) -> UInt32 {
        (0..<4).reversed().reduce(0) { $0 << 8 | UInt32(bytes[offset + $1]) }
    }

    package func jumpStart(_ kind: UopHoleKind, at offset: Int, in bytes: [UInt8]) -> Int? {
        if kind == jumpKind, Array(bytes[offset...].prefix(jump.count)).count == jump.count, isCleared(bytes, offset) { return offset }
        return forms.contains { $0.kind == kind && !$0.isConditional && word(bytes, offset) & $0.mask == $0.pattern } ? offset : nil
    }

    /// Whether the jump that ends blocks is there, its field empty.
    private func isCleared(_ bytes: [UInt8], _ offset: Int) -> Bool { Array(bytes[offset..<offset + jump.count]) == jump }

    package func conditionalStart(_ kind: UopHoleKind, at offset: Int, in bytes: [UInt8]) -> Int? {
        form(kind, word(bytes, offset))?.inversion == nil ? nil : offset
    }

    package func invert(_ kind: UopHoleKind, at offset: Int, in bytes: inout [UInt8]) {
        guard let inversion = form(kind, word(bytes, offset))?.inversion else { return }
        for byte in 0..<4 { bytes[offset + byte] ^= UInt8(truncatingIfNeeded: inversion >> (8 * UInt32(byte))) }
    }

    private func form(_ kind: UopHoleKind, _ word: UInt32) -> Form? {
        forms.first { $0.kind == kind && word & $0.mask == $0.pattern }
    }

    package func prefixedInstructions(in bytes: [UInt8]) -> [Int] {
        var result: [Int] = []
        var offset = 0
        while offset + 4 <= bytes.count {
            let isLong = isPrefix(word(bytes, offset))
            if isLong { result.append(offset) }
            offset += isLong ? 8 : 4
        }
        return result
    }

    package func resolvedBranches(in bytes: [UInt8]) -> [ResolvedBranch] {
        var result: [ResolvedBranch] = []
        var offset = 0
        while offset + 4 <= bytes.count {
            let word = word(bytes, offset)
            if isPrefix(word) {
                offset += 8
                continue
            }
            if let form = forms.first(where: { word & $0.mask == $0.pattern }) {
                result.append(
                    ResolvedBranch(
                        offset: offset, kind: form.kind, destination: offset + form.kind.field.distance(in: word),
                        isConditional: form.isConditional))
            }
            offset += 4
        }
        return result
    }
}

extension UopHoleField {
    /// The value that a word's field has, with its sign.
    func distance(in word: UInt32) -> Int {
        var value: UInt64 = 0
        for part in allParts {
            let bits = UInt64(word) >> UInt64(part.to) & (UInt64.max >> UInt64(64 - Int(part.bits)))
            value |= bits << UInt64(part.from)
        }
        let unused = UInt64(64 - Int(width))
        return Int(Int64(bitPattern: value << unused) >> Int64(unused))
    }
}
