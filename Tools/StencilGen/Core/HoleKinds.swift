package import CStencils
package import ObjectFiles

extension UopHoleKind {
    /// The kind of hole that a relocation becomes; nil where there is none. Each format has one function that says so.
    ///
    /// - Parameter contents: of the section that the relocation patches: Mach-O and COFF leave part of the meaning to the
    ///   instruction.
    package init?(_ relocation: Relocation, in contents: [UInt8]) {
        let type = relocation.type
        switch type.format {
        case .elf: self.init(elf: type)
        case .machO: self.init(machO: type, instruction: Self.word(at: relocation.offset, of: contents))
        case .coff: self.init(coff: type, instruction: Self.word(at: relocation.offset, of: contents))
        }
    }

    /// The names of the relocations that have kinds, by kind.
    static func relocationNames(_ format: Object.Format) -> [String] {
        (0..<Int(UOP_HOLE_KIND_COUNT)).map { index in
            let text = unsafe uop_hole_kind_texts()[index]
            return switch format {
            case .elf: unsafe String(cString: text.elf)
            case .machO: unsafe String(cString: text.machO)
            case .coff: unsafe String(cString: text.coff)
            }
        }.filter { $0 != "none" } + (format == .machO ? slotNames.sorted() : [])
    }

    /// The 32 bits at an offset; 0 where there are fewer.
    private static func word(at offset: UInt64, of contents: [UInt8]) -> UInt32 {
        guard let begin = Int(exactly: offset), begin <= contents.count - 4 else { return 0 }
        return contents[begin..<begin + 4].reversed().reduce(0) { $0 << 8 | UInt32($1) }
    }

    /// The low 12 bits of an address in an AArch64 instruction, scaled as it has them; nil for other instructions.
    static func pageOffset(in instruction: UInt32) -> UopHoleKind? {
        // ADD (immediate) with 64 bits and no shift: Arm ARM, C6.2.
        if instruction & 0xffc0_0000 == 0x9100_0000 { return .pageOffset12 }
        // Loads and stores with an unsigned immediate: C4.1, "Load/store register (unsigned immediate)".
        guard instruction & 0x3b00_0000 == 0x3900_0000 else { return nil }
        let (isVector, size) = (instruction & 1 << 26 != 0, instruction >> 30)
        if isVector, size == 0, instruction & 1 << 23 != 0 { return .pageOffset12By16 }
        return [.pageOffset12, .pageOffset12By2, .pageOffset12By4, .pageOffset12By8][Int(size)]
    }

    /// How the value is stored.
    package var field: UopHoleField { unsafe uop_hole_fields()[Int(rawValue)] }

    /// The enumerator's name in C, without its prefix.
    package var enumerator: String {
        unsafe uop_hole_kind_enumerators()[Int(rawValue)].map { unsafe String(cString: $0) } ?? ""
    }

    /// The kind's name in messages and comments.
    package var name: String { unsafe String(cString: uop_hole_kind_texts()[Int(rawValue)].name) }
}

extension UopHoleField {
    /// The parts that there are.
    package var allParts: [UopHolePart] { Array([parts.0, parts.1, parts.2, parts.3].prefix(Int(partCount))) }
}
