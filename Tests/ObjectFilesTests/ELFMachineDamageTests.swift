import Testing

import ObjectFiles

/// What can be wrong in objects of one class or machine and not of another.
@Suite("A damaged object for another machine")
struct ELFMachineDamageTests {
    @Test(arguments: classes + flags)
    func isRefusedForItsHeader(_ row: DamageRow) { row.check() }

    @Test(arguments: tables)
    func isRefusedForItsTables(_ row: DamageRow) { row.check() }

    @Test(arguments: symbols + relocations + outside)
    func isRefusedForItsSymbolsAndRelocations(_ row: DamageRow) { row.check() }

    private static func wrongClass(_ found: UInt64, _ expected: String) -> ObjectError.Kind {
        .unsupported(field: "EI_CLASS", found: found, meaning: nil, expected: expected)
    }

    private static let i386: @Sendable () -> ELFBuilder = { .minimal(.i386) }
    private static let i386Size = ELFBuilder.minimal(.i386).build().bytes.count
    private static let i386Table = ELFBuilder.minimal(.i386).build()[.header("e_shoff")]

    static let classes: [DamageRow] = [
        DamageRow(.header("EI_CLASS"), 0, wrongClass(0, "1: a 32-bit object, or 2: a 64-bit object")),
        DamageRow(.header("EI_CLASS"), 3, wrongClass(3, "1: a 32-bit object, or 2: a 64-bit object")),
        DamageRow(
            .header("EI_CLASS"), 1, wrongClass(1, "2: a 64-bit object, because e_machine is EM_X86_64 (62)")),
        DamageRow(
            .header("EI_CLASS"), 2, wrongClass(2, "1: a 32-bit object, because e_machine is EM_386 (3)"), of: i386),
        DamageRow(
            .header("EI_CLASS"), 1, wrongClass(1, "2: a 64-bit object, because e_machine is EM_AARCH64 (183)"),
            of: { .minimal(.aarch64) }),
        DamageRow(
            .header("EI_CLASS"), 1, wrongClass(1, "2: a 64-bit object, because e_machine is EM_RISCV (243)"),
            of: { .minimal(.riscv64) }),
        DamageRow(
            .header("EI_CLASS"), 1, wrongClass(1, "2: a 64-bit object, because e_machine is EM_PPC64 (21)"),
            of: { .minimal(.powerpc64le) }),
        DamageRow(
            "a machine of the other class", wrongClass(2, "1: a 32-bit object, because e_machine is EM_386 (3)"),
            at: .header("EI_CLASS"), damage: { $0[.header("e_machine")] = 3 }),
        DamageRow(
            .header("e_ehsize"), 64,
            .unsupported(field: "e_ehsize", found: 64, meaning: nil, expected: "52: the size of an ELF32 header"),
            of: i386),
        DamageRow(
            .header("e_shentsize"), 64, .badEntrySize(field: "e_shentsize", found: 64, expected: "40"), of: i386),
        DamageRow(.header("e_shoff"), 0, .missing("section header table"), of: i386),
        DamageRow(
            "a header table of no entries", .missing("section header table"), at: .header("e_shnum"), of: i386,
            damage: { $0[.header("e_shnum")] = 0 }),
        DamageRow(
            .header("e_shoff"), 0xffff_ffff,
            .outsideFile(structure: "section header table", offset: 0xffff_ffff, size: 40, fileSize: i386Size),
            of: i386),
        DamageRow(
            "more sections than the file has",
            .outsideFile(structure: "section header table", offset: i386Table, size: 40 * 0xfeff, fileSize: i386Size),
            at: .header("e_shoff"), of: i386, damage: { $0[.header("e_shnum")] = 0xfeff }),
        DamageRow(
            .header("e_shstrndx"), 8, .badSectionIndex(field: "e_shstrndx", found: 8, count: 8), of: i386),
    ]

    /// e_flags, where both classes have it.
    static let flags: [DamageRow] = [
        badFlags(.x86_64, 1, "0: the machine has no flags"),
        badFlags(.i386, 1, "0: the machine has no flags"),
        badFlags(.aarch64, 0x8000_0000, "0: the machine has no flags"),
        badFlags(.powerpc64le, 0, "2: the ELFv2 ABI"),
        badFlags(.powerpc64le, 1, "2: the ELFv2 ABI"),
        badFlags(.powerpc64le, 3, "2: the ELFv2 ABI"),
        badFlags(.powerpc64le, 6, "2: the ELFv2 ABI"),
        badFlags(.riscv64, 8, "0 besides EF_RISCV_RVC (1) and EF_RISCV_FLOAT_ABI (6)"),
        badFlags(.riscv64, 0x11, "0 besides EF_RISCV_RVC (1) and EF_RISCV_FLOAT_ABI (6)"),
        badFlags(.riscv64, 0x8000_0004, "0 besides EF_RISCV_RVC (1) and EF_RISCV_FLOAT_ABI (6)"),
    ]

    private static func badFlags(_ target: ELFTarget, _ value: UInt64, _ expected: String) -> DamageRow {
        DamageRow(
            "\(target): e_flags = \(value)",
            .unsupported(field: "e_flags", found: value, meaning: nil, expected: expected), at: .header("e_flags"),
            of: { .minimal(target) }, damage: { $0[.header("e_flags")] = value })
    }

    static let tables: [DamageRow] = [
        DamageRow(
            .section(1, "sh_offset"), 0xffff_fff0,
            .outsideFile(structure: "section", offset: 0xffff_fff0, size: 16, fileSize: i386Size), of: i386),
        DamageRow(
            "a size that would wrap in 32 bits",
            .outsideFile(structure: "section", offset: 56, size: 0xffff_ffc8, fileSize: i386Size),
            at: .section(1, "sh_offset"), of: i386, damage: { $0[.section(1, "sh_size")] = 0xffff_ffc8 }),
        DamageRow(.section(1, "sh_offset"), 51, .overlap(with: "the ELF header"), of: i386),
        DamageRow(
            .section(1, "sh_offset"), UInt64(i386Size) - 16, .overlap(with: "the section header table"), of: i386),
        DamageRow(.section(1, "sh_addralign"), 3, .badAlignment(found: 3), in: ".text", of: i386),
        DamageRow(
            .section(4, "sh_entsize"), 0,
            .badEntrySize(field: "sh_entsize", found: 0, expected: "more, because the section is mergeable"),
            in: ".rodata.cst8", of: i386),
        DamageRow(
            .section(5, "sh_entsize"), 24, .badEntrySize(field: "sh_entsize", found: 24, expected: "16"),
            in: ".symtab", of: i386),
        DamageRow(
            .section(2, "sh_entsize"), 12, .badEntrySize(field: "sh_entsize", found: 12, expected: "8"),
            in: ".rel.text", of: i386),
        DamageRow(
            .section(2, "sh_size"), 15, .partialEntry(size: 15, entrySize: 8), in: ".rel.text", of: i386),
        DamageRow(
            .section(2, "sh_type"), 4,
            .unsupported(field: "sh_type", found: 4, meaning: "SHT_RELA", expected: "SHT_REL (9)"),
            in: ".rel.text", of: i386),
        DamageRow(
            .section(1, "sh_type"), 0x4000_0014,
            .unsupported(field: "sh_type", found: 0x4000_0014, meaning: "SHT_CREL", expected: "SHT_REL (9)"),
            in: ".text", of: i386),
        DamageRow(
            .section(1, "sh_flags"), 0x802,
            .unsupported(
                field: "sh_flags", found: 0x802, meaning: "SHF_COMPRESSED among others",
                expected: "contents as they are"), in: ".text", of: i386),
        DamageRow(
            .section(2, "sh_info"), 2,
            .wrongSectionType(
                field: "sh_info", section: 2, found: 9, expected: "a section of the program with contents"),
            in: ".rel.text", of: i386),
    ] + [ELFTarget.aarch64, .riscv64, .powerpc64le].map { target in
        DamageRow(
            "\(target): relocations without addends", .relocationsWithoutAddends, at: .section(2, "sh_type"),
            in: ".rela.text", of: { .minimal(target) }, damage: { $0[.section(2, "sh_type")] = 9 })
    }

    static let symbols: [DamageRow] = [
        DamageRow(
            .symbol(5, 2, "st_info"), 0xa2,
            .unsupported(
                field: "st_info", found: 0xa2, meaning: "binding 10",
                expected: "STB_LOCAL (0), STB_GLOBAL (1) or STB_WEAK (2)"), in: ".symtab", of: i386),
        DamageRow(
            .symbol(5, 2, "st_name"), 18, .nameOutsideTable(field: "st_name", found: 18, tableSize: 18),
            in: ".symtab", of: i386),
        DamageRow(
            .symbol(5, 2, "st_shndx"), 8, .badSectionIndex(field: "st_shndx", found: 8, count: 8), in: ".symtab",
            of: i386),
        DamageRow(
            .symbol(5, 2, "st_value"), 0xffff_fffc,
            .symbolOutsideSection(value: 0xffff_fffc, size: 12, section: 1, sectionSize: 16), in: ".symtab", of: i386),
        DamageRow(
            "an extended index that is no section", .badSectionIndex(field: "st_shndx", found: 0x0100_0001, count: 9),
            at: .symbol(5, 2, "st_shndx"), in: ".symtab", of: { .minimalExtended(.i386) },
            damage: { $0[.byte(8, 11)] = 1 }),
    ] + [ELFTarget.i386, .aarch64, .riscv64, .powerpc64le].map { target in
        // Only x86-64 has common symbols in far data.
        DamageRow(
            "\(target): far common symbols", .badSectionIndex(field: "st_shndx", found: 0xff02, count: 8),
            at: .symbol(5, 3, "st_shndx"), in: ".symtab", of: { .minimal(target) },
            damage: { $0[.symbol(5, 3, "st_shndx")] = 0xff02 })
    }

    static let relocations: [DamageRow] = [
        DamageRow(
            .relocation(2, 0, "r_info"), 5 << 8 | 1, .badSymbolIndex(found: 5, count: 5), in: ".rel.text", of: i386),
        DamageRow(
            .relocation(2, 1, "r_info"), 0xffff_ffff, .badSymbolIndex(found: 0xff_ffff, count: 5), in: ".rel.text",
            of: i386),
        DamageRow(
            .relocation(2, 0, "r_info"), 3 << 8 | 99,
            .unsupported(
                field: "r_info", found: 867, meaning: "type unknown (99)",
                expected: "a type that is known to keep its addend in a word of the contents"), in: ".rel.text", of: i386),
        DamageRow(
            .relocation(2, 0, "r_info"), 3 << 8 | 41,
            .unsupported(
                field: "r_info", found: 809, meaning: "type R_386_TLS_DESC (41)",
                expected: "a type that is known to keep its addend in a word of the contents"), in: ".rel.text", of: i386),
    ]

    /// Relocations of .text, of 16 bytes, that leave it.
    static let outside: [DamageRow] = [
        outside(.i386, 0xffff_fffd, 1), outside(.i386, 13, 2), outside(.i386, 15, 20), outside(.i386, 16, 23),
        outside(.i386, 17, 0), outside(.i386, 16, 99),
        outside(.aarch64, 13, 283), outside(.aarch64, 9, 257), outside(.aarch64, 15, 259), outside(.aarch64, 17, 569),
        outside(.riscv64, 9, 18), outside(.riscv64, 9, 19), outside(.riscv64, 13, 26), outside(.riscv64, 15, 45),
        outside(.riscv64, 17, 51), outside(.riscv64, 17, 43), outside(.riscv64, 16, 61),
        outside(.powerpc64le, 9, 132), outside(.powerpc64le, 9, 133), outside(.powerpc64le, 13, 116),
        outside(.powerpc64le, 15, 50), outside(.powerpc64le, 9, 38), outside(.powerpc64le, 17, 67),
    ]

    private static func outside(_ target: ELFTarget, _ offset: UInt64, _ raw: UInt32) -> DamageRow {
        let type = RelocationType(format: .elf, architecture: target.architecture, raw: raw)
        return DamageRow(
            "\(type) at \(offset)",
            .relocationOutsideSection(type: type, offset: offset, section: 1, sectionSize: 16),
            at: .relocation(2, 0, "r_offset"), in: target.usesREL ? ".rel.text" : ".rela.text",
            of: { .minimal(target) }
        ) { image in
            image[.relocation(2, 0, "r_info")] = 3 << (target.is32Bit ? 8 : 32) | UInt64(raw)
            image[.relocation(2, 0, "r_offset")] = offset
        }
    }

    /// The last offset at which a relocation is still inside: one more is in the rows above.
    @Test(arguments: [
        (.i386, 12, 2), (.i386, 14, 20), (.i386, 15, 23), (.i386, 16, 0), (.aarch64, 12, 283), (.aarch64, 8, 257),
        (.aarch64, 16, 569), (.riscv64, 8, 19), (.riscv64, 12, 26), (.riscv64, 14, 45), (.riscv64, 16, 51),
        (.powerpc64le, 8, 132), (.powerpc64le, 12, 116), (.powerpc64le, 14, 50), (.powerpc64le, 16, 67),
    ] as [(ELFTarget, UInt64, UInt64)])
    func relocationFitsExactly(target: ELFTarget, offset: UInt64, type: UInt64) throws {
        var image = ELFBuilder.minimal(target).build()
        image[.relocation(2, 0, "r_info")] = 3 << (target.is32Bit ? 8 : 32) | type
        image[.relocation(2, 0, "r_offset")] = offset
        let object = try Object(parsingELF: image.bytes, name: "minimal.o")
        #expect(object.sections[1].relocations[0].offset == offset)
    }
}
