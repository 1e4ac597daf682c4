import CStencils

/// How code comes by a helper's address where a format has no relocation for how templates do it, or where linkers for the system
/// refuse that: in as many bytes, it is made or loaded otherwise.
struct HelperLoads {
    private typealias Relocation = ObjectDescription.Relocation

    private let isa: UopISA
    private let format: ObjectFormat

    init(_ isa: UopISA, _ format: ObjectFormat) {
        self.isa = isa
        self.format = format
    }

    func rewrite(_ bytes: inout [UInt8], _ relocations: inout [ObjectDescription.Relocation]) throws(ObjectWriterError) {
        switch (isa, format) {
        case (.AARCH64, .machO), (.AARCH64, .coff): try rewriteMoves(&bytes, &relocations)
        case (.X86_64, .machO), (.X86_64_V3, .machO): rewriteConstants(&bytes, &relocations)
        default: break
        }
    }

    // MARK: AArch64

    private static let moves: [UopHoleKind] = [.move16G0, .move16G1, .move16G2, .move16G3]

    /// movz and three movk, which neither format fills, become adrp and, of what a linker for macOS keeps in a table that the loader
    /// fills, ldr; else add; then nops.
    private func rewriteMoves(_ bytes: inout [UInt8], _ relocations: inout [Relocation]) throws(ObjectWriterError) {
        /// What a move is part of: a register and a symbol.
        struct Group: Hashable {
            var register: UInt32
            var symbol: Int
        }
        var begun: [Group: [Relocation]] = [:]
        var result: [Relocation] = []
        for relocation in relocations {
            guard Self.moves.contains(relocation.kind), case .symbol(let symbol) = relocation.target else {
                result.append(relocation)
                continue
            }
            let group = Group(register: Self.word(bytes, relocation.offset) & 31, symbol: symbol)
            begun[group, default: []].append(relocation)
            guard let moves = begun[group], moves.count == Self.moves.count else { continue }
            begun[group] = nil
            // The first makes all of the register, which the others complete.
            guard Self.word(bytes, moves[0].offset) & 0xFF80_0000 == 0xD280_0000, Set(moves.map(\.kind)) == Set(Self.moves),
                moves.dropFirst().allSatisfy({ Self.word(bytes, $0.offset) & 0xFF80_0000 == 0xF280_0000 }),
                moves.allSatisfy({ $0.addend == 0 })
            else { throw refused(moves[0]) }
            let register = group.register
            let isLoad = format == .machO
            let second: UInt32 = (isLoad ? 0xF940_0000 : 0x9100_0000) | register << 5 | register
            for (move, word) in zip(moves, [0x9000_0000 | register, second, 0xD503_201F, 0xD503_201F]) {
                Self.store(word, in: &bytes, move.offset)
            }
            let target: Relocation.Target = isLoad ? .tableEntry(symbol) : .symbol(symbol)
            result.append(Relocation(section: 0, offset: moves[0].offset, kind: .page21, target: target))
            result.append(
                Relocation(section: 0, offset: moves[1].offset, kind: isLoad ? .pageOffset12By8 : .pageOffset12, target: target))
        }
        if let left = begun.values.first?.first { throw refused(left) }
        relocations = result.sorted { $0.offset < $1.offset }
    }

    private func refused(_ relocation: Relocation) -> ObjectWriterError {
        ObjectWriterError(.noRelocation(relocation.kind, addend: relocation.addend), format, at: ".text+\(relocation.offset)")
    }

    private static func word(_ bytes: [UInt8], _ offset: Int) -> UInt32 {
        (0..<4).reduce(0) { $0 | UInt32(bytes[offset + $1]) << UInt32(8 * $1) }
    }

    private static func store(_ word: UInt32, in bytes: inout [UInt8], _ offset: Int) {
        for index in 0..<4 { bytes[offset + index] = UInt8(truncatingIfNeeded: word >> UInt32(8 * index)) }
    }

    // MARK: x86-64

    /// movabsq $S, %r becomes movq S@GOTPCREL(%rip), %r, and a nop of three bytes: code on macOS has no addresses in it, as it is
    /// mapped where the loader likes.
    private func rewriteConstants(_ bytes: inout [UInt8], _ relocations: inout [Relocation]) {
        for (index, relocation) in relocations.enumerated() {
            guard relocation.kind == .absolute64, case .symbol(let symbol) = relocation.target, relocation.addend == 0,
                relocation.offset >= 2
            else { continue }
            let start = relocation.offset - 2
            let (prefix, opcode) = (bytes[start], bytes[start + 1])
            // REX.W, with or without its bit for the upper registers; B8 and the register's number.
            guard prefix & 0xFE == 0x48, opcode & 0xF8 == 0xB8 else { continue }
            let register = opcode & 7
            bytes.replaceSubrange(
                start..<start + 10, with: [0x48 | (prefix & 1) << 2, 0x8B, register << 3 | 5, 0, 0, 0, 0, 0x0F, 0x1F, 0x00])
            relocations[index] = Relocation(
                section: 0, offset: start + 3, kind: .pcRelative32, target: .tableEntry(symbol), addend: -4)
        }
    }
}
