import Testing

import ObjectFiles

/// One thing wrong with an object, and the error that says so.
struct DamageRow: CustomTestStringConvertible, Sendable {
    let name: String
    /// What is built before the damage.
    let builder: @Sendable () -> ELFBuilder
    let damage: @Sendable (inout ELFImage) -> Void
    let kind: ObjectError.Kind
    /// The field at the error's place.
    let field: ELFImage.Field
    /// The section name at the error's place, where names have been read by then.
    let section: String?

    init(
        _ name: String, _ kind: ObjectError.Kind, at field: ELFImage.Field, in section: String? = nil,
        of builder: @escaping @Sendable () -> ELFBuilder = { .minimal() },
        damage: @escaping @Sendable (inout ELFImage) -> Void
    ) {
        self.name = name
        self.builder = builder
        self.damage = damage
        self.kind = kind
        self.field = field
        self.section = section
    }

    /// The damage is one value in the field that the error is about.
    init(
        _ field: ELFImage.Field, _ value: UInt64, _ kind: ObjectError.Kind, in section: String? = nil,
        of builder: @escaping @Sendable () -> ELFBuilder = { .minimal() }
    ) {
        self.init(
            "\(field) = 0x\(String(value, radix: 16))", kind, at: field, in: section, of: builder,
            damage: { $0[field] = value })
    }

    /// The damage is in what is built, and the error about a field of it.
    init(
        _ name: String, _ kind: ObjectError.Kind, at field: ELFImage.Field, in section: String?,
        built change: @escaping @Sendable (inout ELFBuilder) -> Void
    ) {
        self.init(
            name, kind, at: field, in: section,
            of: {
                var builder = ELFBuilder.minimal()
                change(&builder)
                return builder
            }, damage: { _ in })
    }

    var testDescription: String { name }

    /// Expects that the damage is refused for what it is.
    func check() {
        var image = builder().build()
        // Fields are where the sound object has them, whatever the damage says.
        let place = image.place(of: field, named: section)
        damage(&image)
        #expect(throws: ObjectError(kind, at: place, in: "damaged.o")) {
            try Object(parsingELF: image.bytes, name: "damaged.o")
        }
    }
}

@Suite("A damaged object")
struct ELFDamageTests {
    @Test(arguments: header + numbering + ranges)
    func isRefusedForItsHeaders(_ row: DamageRow) { row.check() }

    @Test(arguments: sections + strings)
    func isRefusedForItsSections(_ row: DamageRow) { row.check() }

    @Test(arguments: symbols + relocations)
    func isRefusedForItsSymbolsAndRelocations(_ row: DamageRow) { row.check() }

    /// Bytes of the minimal object, and where its section headers are; the same with extended numbering.
    static let size = ELFBuilder.minimal().build().bytes.count
    static let table = ELFBuilder.minimal().build()[.header("e_shoff")]
    static let extendedSize = ELFBuilder.minimalExtended().build().bytes.count
    static let extendedTable = ELFBuilder.minimalExtended().build()[.header("e_shoff")]

    private static let machines =
        "EM_386 (3) or EM_PPC64 (21) or EM_X86_64 (62) or EM_AARCH64 (183) or EM_RISCV (243)"

    static let header: [DamageRow] = [
        DamageRow(
            .header("EI_MAG"), 0xfeed_facf,
            .notThisFormat(found: [0xcf, 0xfa, 0xed, 0xfe], expected: "ELF's, 0x7f 0x45 0x4c 0x46")),
        DamageRow(
            .header("EI_DATA"), 2,
            .unsupported(field: "EI_DATA", found: 2, meaning: nil, expected: "1: little endian")),
        DamageRow(
            .header("EI_VERSION"), 0,
            .unsupported(field: "EI_VERSION", found: 0, meaning: nil, expected: "1: the current version")),
        DamageRow(
            .header("e_type"), 3,
            .unsupported(field: "e_type", found: 3, meaning: nil, expected: "1: a relocatable object")),
        DamageRow(
            .header("e_machine"), 40,
            .unsupported(field: "e_machine", found: 40, meaning: "EM_ARM", expected: machines)),
        DamageRow(
            .header("e_machine"), 0x1234,
            .unsupported(field: "e_machine", found: 0x1234, meaning: nil, expected: machines)),
        DamageRow(
            .header("e_version"), 2,
            .unsupported(field: "e_version", found: 2, meaning: nil, expected: "1: the current version")),
        DamageRow(
            .header("e_ehsize"), 52,
            .unsupported(field: "e_ehsize", found: 52, meaning: nil, expected: "64: the size of an ELF64 header")),
        DamageRow(
            .header("e_shentsize"), 40, .badEntrySize(field: "e_shentsize", found: 40, expected: "64")),
    ]

    static let numbering: [DamageRow] = [
        DamageRow(.header("e_shoff"), 0, .missing("section header table")),
        DamageRow(
            "no sections by either number", .missing("section header table"), at: .header("e_shnum"),
            of: { .minimalExtended() }, damage: { $0[.section(0, "sh_size")] = 0 }),
        DamageRow(
            "more sections than the file has",
            .outsideFile(structure: "section header table", offset: table, size: 64 * 0xfeff, fileSize: size),
            at: .header("e_shoff"), damage: { $0[.header("e_shnum")] = 0xfeff }),
        DamageRow(
            "a number of sections whose size wraps",
            .outsideFile(structure: "section header table", offset: extendedTable, size: .max, fileSize: extendedSize),
            at: .header("e_shoff"), of: { .minimalExtended() }, damage: { $0[.section(0, "sh_size")] = 1 << 58 }),
        DamageRow(.header("e_shstrndx"), 0, .badSectionIndex(field: "e_shstrndx", found: 0, count: 8)),
        DamageRow(.header("e_shstrndx"), 8, .badSectionIndex(field: "e_shstrndx", found: 8, count: 8)),
        DamageRow(.header("e_shstrndx"), 0xff00, .badSectionIndex(field: "e_shstrndx", found: 0xff00, count: 8)),
        DamageRow(
            .header("e_shstrndx"), 1,
            .wrongSectionType(field: "e_shstrndx", section: 1, found: 1, expected: "a string table (3)")),
        DamageRow(
            "an extended e_shstrndx that is no section",
            .badSectionIndex(field: "e_shstrndx", found: 0xffff_ffff, count: 9), at: .header("e_shstrndx"),
            of: { .minimalExtended() }, damage: { $0[.section(0, "sh_link")] = 0xffff_ffff }),
    ]

    static let ranges: [DamageRow] = [
        DamageRow(
            .header("e_shoff"), .max,
            .outsideFile(structure: "section header table", offset: .max, size: 64, fileSize: size)),
        DamageRow(
            .header("e_shoff"), UInt64(size),
            .outsideFile(structure: "section header table", offset: UInt64(size), size: 64, fileSize: size)),
        DamageRow(
            .header("e_shoff"), table + 1,
            .outsideFile(structure: "section header table", offset: table + 1, size: 512, fileSize: size)),
        DamageRow(
            .section(1, "sh_offset"), .max - 7,
            .outsideFile(structure: "section", offset: .max - 7, size: 16, fileSize: size)),
        DamageRow(
            .section(1, "sh_offset"), UInt64(size) - 15,
            .outsideFile(structure: "section", offset: UInt64(size) - 15, size: 16, fileSize: size)),
        DamageRow(
            "a size that wraps", .outsideFile(structure: "section", offset: 64, size: .max - 63, fileSize: size),
            at: .section(1, "sh_offset"), damage: { $0[.section(1, "sh_size")] = .max - 63 }),
        DamageRow(
            "a size that is negative when signed",
            .outsideFile(structure: "section", offset: 64, size: 1 << 63, fileSize: size),
            at: .section(1, "sh_offset"), damage: { $0[.section(1, "sh_size")] = 1 << 63 }),
        DamageRow(.section(1, "sh_offset"), 63, .overlap(with: "the ELF header")),
        DamageRow(.section(1, "sh_offset"), UInt64(size) - 16, .overlap(with: "the section header table")),
        DamageRow(
            "one byte shared by two sections", .overlap(with: "section 1"), at: .section(2, "sh_offset"),
            damage: { $0[.section(1, "sh_size")] = 17 }),
        DamageRow(
            "two sections at one place", .overlap(with: "section 1"), at: .section(4, "sh_offset"),
            damage: { $0[.section(4, "sh_offset")] = $0[.section(1, "sh_offset")] }),
        DamageRow(
            "a section header table inside a section", .overlap(with: "section 1"), at: .header("e_shoff"),
            of: {
                var builder = ELFBuilder.minimal()
                builder.sections[1].contents += [UInt8](repeating: 0, count: 4096)
                return builder
            },
            damage: { image in
                // A copy of the table within .text, so that the sections are the same.
                let table = Int(image[.header("e_shoff")])
                image.bytes.replaceSubrange(128..<128 + 512, with: image.bytes[table..<table + 512])
                image[.header("e_shoff")] = 128
            }),
    ]

    static let sections: [DamageRow] = [
        DamageRow(.section(1, "sh_addralign"), 3, .badAlignment(found: 3), in: ".text"),
        DamageRow(.section(1, "sh_addralign"), .max, .badAlignment(found: .max), in: ".text"),
        DamageRow(.section(1, "sh_type"), 9, .relocationsWithoutAddends, in: ".text"),
        DamageRow(
            .section(1, "sh_type"), 19,
            .unsupported(field: "sh_type", found: 19, meaning: "SHT_RELR", expected: "SHT_RELA (4)"), in: ".text"),
        DamageRow(
            .section(1, "sh_type"), 0x4000_0014,
            .unsupported(field: "sh_type", found: 0x4000_0014, meaning: "SHT_CREL", expected: "SHT_RELA (4)"),
            in: ".text"),
        DamageRow(
            .section(1, "sh_flags"), 0x802,
            .unsupported(
                field: "sh_flags", found: 0x802, meaning: "SHF_COMPRESSED among others",
                expected: "contents as they are"), in: ".text"),
        DamageRow(
            .section(4, "sh_entsize"), 0,
            .badEntrySize(field: "sh_entsize", found: 0, expected: "more, because the section is mergeable"),
            in: ".rodata.cst8"),
        DamageRow(
            "a mergeable section of no whole number of entries", .partialEntry(size: 16, entrySize: 5),
            at: .section(4, "sh_size"), in: ".rodata.cst8", damage: { $0[.section(4, "sh_entsize")] = 5 }),
        DamageRow(
            .section(5, "sh_entsize"), 23, .badEntrySize(field: "sh_entsize", found: 23, expected: "24"),
            in: ".symtab"),
        DamageRow(
            .section(5, "sh_entsize"), 0, .badEntrySize(field: "sh_entsize", found: 0, expected: "24"), in: ".symtab"),
        DamageRow(
            .section(2, "sh_entsize"), 16, .badEntrySize(field: "sh_entsize", found: 16, expected: "24"),
            in: ".rela.text"),
        DamageRow(.section(5, "sh_size"), 119, .partialEntry(size: 119, entrySize: 24), in: ".symtab"),
        DamageRow(.section(2, "sh_size"), 47, .partialEntry(size: 47, entrySize: 24), in: ".rela.text"),
    ]

    static let strings: [DamageRow] = [
        DamageRow(
            .section(5, "sh_link"), 1,
            .wrongSectionType(field: "sh_link", section: 1, found: 1, expected: "a string table (3)"), in: ".symtab"),
        DamageRow(
            .section(5, "sh_link"), 8, .badSectionIndex(field: "sh_link", found: 8, count: 8), in: ".symtab"),
        DamageRow(
            .section(5, "sh_link"), 0xffff_ffff,
            .badSectionIndex(field: "sh_link", found: 0xffff_ffff, count: 8), in: ".symtab"),
        DamageRow(.section(7, "sh_size"), 0, .badStringTable(.empty)),
        DamageRow(.section(6, "sh_size"), 0, .badStringTable(.empty), in: ".strtab"),
        DamageRow(.byte(7, 0), 0x41, .badStringTable(.firstByteNotZero)),
        DamageRow(.byte(6, 0), 0x41, .badStringTable(.firstByteNotZero), in: ".strtab"),
        DamageRow(.byte(6, 17), 0x41, .badStringTable(.unterminated), in: ".strtab"),
        DamageRow(
            "section names that do not end", .badStringTable(.unterminated), at: .byte(7, 5),
            damage: { $0[.section(7, "sh_size")] = 6 }),
        DamageRow(
            .section(3, "sh_name"), 62, .nameOutsideTable(field: "sh_name", found: 62, tableSize: 62)),
        DamageRow(
            .section(3, "sh_name"), 0xffff_ffff,
            .nameOutsideTable(field: "sh_name", found: 0xffff_ffff, tableSize: 62)),
        DamageRow(
            .symbol(5, 2, "st_name"), 18, .nameOutsideTable(field: "st_name", found: 18, tableSize: 18), in: ".symtab"),
        DamageRow(
            "a section name that is not UTF-8", .nameNotUTF8(field: "sh_name"), at: .section(1, "sh_name"),
            damage: { $0[.byte(7, 2)] = 0xff }),
        DamageRow(
            "a symbol name that is not UTF-8", .nameNotUTF8(field: "st_name"), at: .symbol(5, 2, "st_name"),
            in: ".symtab", damage: { $0[.byte(6, 3)] = 0xc3 }),
    ]

    static let symbols: [DamageRow] = [
        DamageRow(
            "a second symbol table", .severalTables("symbol table", first: 5), at: .section(8, "sh_type"),
            in: ".symtab", built: { $0.sections.append($0.sections[5]) }),
        DamageRow(
            .symbol(5, 2, "st_shndx"), 8, .badSectionIndex(field: "st_shndx", found: 8, count: 8), in: ".symtab"),
        DamageRow(
            .symbol(5, 2, "st_shndx"), 0xff00, .badSectionIndex(field: "st_shndx", found: 0xff00, count: 8),
            in: ".symtab"),
        DamageRow(
            .symbol(5, 2, "st_shndx"), 0xfffe, .badSectionIndex(field: "st_shndx", found: 0xfffe, count: 8),
            in: ".symtab"),
        DamageRow(
            .symbol(5, 2, "st_shndx"), 0xffff, .missing("table of extended section indices"), in: ".symtab"),
        DamageRow(
            .symbol(5, 2, "st_info"), 0xa2,
            .unsupported(
                field: "st_info", found: 0xa2, meaning: "binding 10",
                expected: "STB_LOCAL (0), STB_GLOBAL (1) or STB_WEAK (2)"), in: ".symtab"),
        DamageRow(
            .symbol(5, 2, "st_value"), 5,
            .symbolOutsideSection(value: 5, size: 12, section: 1, sectionSize: 16), in: ".symtab"),
        DamageRow(
            .symbol(5, 2, "st_value"), .max - 3,
            .symbolOutsideSection(value: .max - 3, size: 12, section: 1, sectionSize: 16), in: ".symtab"),
        DamageRow(
            "a symbol whose end wraps", .symbolOutsideSection(value: 4, size: .max - 3, section: 1, sectionSize: 16),
            at: .symbol(5, 2, "st_value"), in: ".symtab", damage: { $0[.symbol(5, 2, "st_size")] = .max - 3 }),
        DamageRow(
            "a second table of extended indices", .severalTables("table of extended section indices", first: 8),
            at: .section(9, "sh_type"), in: ".symtab_shndx",
            of: {
                var builder = ELFBuilder.minimalExtended()
                builder.sections.append(builder.sections[8])
                return builder
            }, damage: { _ in }),
        DamageRow(
            .section(8, "sh_link"), 6,
            .wrongSectionType(field: "sh_link", section: 6, found: 3, expected: "the symbol table (2)"),
            in: ".symtab_shndx", of: { .minimalExtended() }),
        DamageRow(
            .section(8, "sh_entsize"), 2, .badEntrySize(field: "sh_entsize", found: 2, expected: "4"),
            in: ".symtab_shndx", of: { .minimalExtended() }),
        DamageRow(
            .section(8, "sh_size"), 16, .wrongCount(field: "sh_size", found: 16, expected: 5),
            in: ".symtab_shndx", of: { .minimalExtended() }),
        DamageRow(
            "an extended index that is no section", .badSectionIndex(field: "st_shndx", found: 0x0100_0001, count: 9),
            at: .symbol(5, 2, "st_shndx"), in: ".symtab", of: { .minimalExtended() },
            damage: { $0[.byte(8, 11)] = 1 }),
        DamageRow(
            "an extended index of no section at all", .badSectionIndex(field: "st_shndx", found: 0, count: 9),
            at: .symbol(5, 2, "st_shndx"), in: ".symtab", of: { .minimalExtended() },
            damage: { $0[.byte(8, 8)] = 0 }),
    ]

    static let relocations: [DamageRow] = [
        DamageRow(
            .section(2, "sh_link"), 6,
            .wrongSectionType(field: "sh_link", section: 6, found: 3, expected: "the symbol table (2)"),
            in: ".rela.text"),
        DamageRow(
            .section(2, "sh_link"), 0, .badSectionIndex(field: "sh_link", found: 0, count: 8), in: ".rela.text"),
        DamageRow(
            .section(2, "sh_info"), 0, .badSectionIndex(field: "sh_info", found: 0, count: 8), in: ".rela.text"),
        DamageRow(
            .section(2, "sh_info"), 8, .badSectionIndex(field: "sh_info", found: 8, count: 8), in: ".rela.text"),
        DamageRow(
            .section(2, "sh_info"), 3,
            .wrongSectionType(
                field: "sh_info", section: 3, found: 8, expected: "a section of the program with contents"),
            in: ".rela.text"),
        DamageRow(
            .section(2, "sh_info"), 2,
            .wrongSectionType(
                field: "sh_info", section: 2, found: 4, expected: "a section of the program with contents"),
            in: ".rela.text"),
        DamageRow(
            .relocation(2, 0, "r_info"), 5 << 32 | 4, .badSymbolIndex(found: 5, count: 5), in: ".rela.text"),
        DamageRow(
            .relocation(2, 1, "r_info"), .max, .badSymbolIndex(found: 0xffff_ffff, count: 5), in: ".rela.text"),
        outside(0, offset: 13, type: 4),
        outside(0, offset: 16, type: 4),
        outside(0, offset: .max, type: 4),
        outside(0, offset: .max - 3, type: 4),
        outside(1, offset: 9, type: 1),
        outside(1, offset: 15, type: 12),
        outside(1, offset: 16, type: 14),
        outside(1, offset: 17, type: 0),
        outside(1, offset: 16, type: 9999),
    ]

    /// A relocation of .text, of 16 bytes, that leaves it.
    private static func outside(_ index: Int, offset: UInt64, type raw: UInt32) -> DamageRow {
        let type = RelocationType(format: .elf, architecture: .x86_64, raw: raw)
        return DamageRow(
            "\(type) at \(offset)",
            .relocationOutsideSection(type: type, offset: offset, section: 1, sectionSize: 16),
            at: .relocation(2, index, "r_offset"), in: ".rela.text"
        ) { image in
            image[.relocation(2, index, "r_info")] = 3 << 32 | UInt64(raw)
            image[.relocation(2, index, "r_offset")] = offset
        }
    }

    /// The last offset at which a relocation is still inside: one more is in the rows above.
    @Test(arguments: [(12, 4), (8, 1), (14, 12), (15, 14), (16, 0), (15, 9999)] as [(UInt64, UInt64)])
    func relocationFitsExactly(offset: UInt64, type: UInt64) throws {
        var image = ELFBuilder.minimal().build()
        image[.relocation(2, 0, "r_info")] = 3 << 32 | type
        image[.relocation(2, 0, "r_offset")] = offset
        let object = try Object(parsingELF: image.bytes, name: "minimal.o")
        #expect(object.sections[1].relocations[0].offset == offset)
    }
}
