import Testing

import ObjectFiles

@Suite("A damaged Mach-O object")
struct MachODamageTests {
    @Test(arguments: header + commands + ranges)
    func isRefusedForItsHeaders(_ row: MachODamageRow) { check(row) }

    @Test(arguments: sections + symbols)
    func isRefusedForItsSectionsAndSymbols(_ row: MachODamageRow) { check(row) }

    @Test(arguments: relocations + pairs)
    func isRefusedForItsRelocations(_ row: MachODamageRow) { check(row) }

    private func check(_ row: MachODamageRow) {
        var image = row.builder().build()
        // Fields are where the sound object has them, whatever the damage says.
        let place = image.place(of: row.field, named: row.section)
        row.damage(&image)
        #expect(throws: ObjectError(row.kind, at: place, in: "damaged.o")) {
            try Object(parsingMachO: image.bytes, name: "damaged.o")
        }
    }

    /// Bytes of the minimal object.
    static let size = MachOBuilder.minimal().build().bytes.count

    private static func unsupported(
        _ field: String, _ found: UInt64, _ meaning: String? = nil, _ expected: String
    ) -> ObjectError.Kind {
        .unsupported(field: field, found: found, meaning: meaning, expected: expected)
    }

    static let header: [MachODamageRow] = [
        MachODamageRow(
            .header("magic"), 0x464c_457f,
            .notThisFormat(found: [0x7f, 0x45, 0x4c, 0x46], expected: "Mach-O's, 0xcf 0xfa 0xed 0xfe")),
        MachODamageRow(
            .header("magic"), 0xfeed_face,
            unsupported("magic", 0xfeed_face, "MH_MAGIC, 32 bits", "MH_MAGIC_64 (4277009103), little endian")),
        MachODamageRow(
            .header("magic"), 0xcffa_edfe,
            unsupported("magic", 0xcffa_edfe, "MH_MAGIC_64, big endian", "MH_MAGIC_64 (4277009103), little endian")),
        MachODamageRow(
            .header("magic"), 0xbeba_feca,
            unsupported("magic", 0xbeba_feca, "FAT_MAGIC, a universal file", "MH_MAGIC_64 (4277009103), little endian")),
        MachODamageRow(.header("cputype"), 7, unsupported("cputype", 7, "CPU_TYPE_X86", machines)),
        MachODamageRow(.header("cputype"), 0x0100_0099, unsupported("cputype", 0x0100_0099, nil, machines)),
        MachODamageRow(
            .header("cpusubtype"), 0x8000_0002,
            unsupported(
                "cpusubtype", 0x8000_0002, "CPU_SUBTYPE_ARM64E", "one without signed pointers, as arm64 has it"),
            of: { .minimalARM64() }),
        MachODamageRow(.header("filetype"), 2, unsupported("filetype", 2, nil, "1: a relocatable object")),
    ]

    private static let machines = "CPU_TYPE_X86_64 (16777223) or CPU_TYPE_ARM64 (16777228)"

    /// The segment is command 0, of 472 bytes; of 600 bytes there are 376 behind the first two.
    static let commands: [MachODamageRow] = [
        MachODamageRow(
            .header("sizeofcmds"), 0xffff_ffff,
            .outsideFile(structure: "table of load commands", offset: 32, size: 0xffff_ffff, fileSize: size)),
        MachODamageRow(
            "more commands than there is room for", .endOfTable(needed: 4, available: 0), at: .offset(632),
            damage: { $0[.header("ncmds")] = 0xffff_ffff }),
        MachODamageRow(.command(1, "cmdsize"), 0, size(0, from: 8, to: 128)),
        MachODamageRow(.command(1, "cmdsize"), 4, size(4, from: 8, to: 128)),
        MachODamageRow(.command(1, "cmdsize"), 20, size(20, from: 8, to: 128)),
        MachODamageRow(.command(1, "cmdsize"), 136, size(136, from: 8, to: 128)),
        MachODamageRow(.command(1, "cmdsize"), 0xffff_fff8, size(0xffff_fff8, from: 8, to: 128)),
        MachODamageRow(.command(0, "cmdsize"), 64, size(64, from: 72, to: 600)),
        MachODamageRow(.command(2, "cmdsize"), 16, size(16, from: 24, to: 104)),
        MachODamageRow(.command(3, "cmdsize"), 72, size(72, from: 80, to: 80)),
        MachODamageRow(.command(0, "nsects"), 6, .noRoom(field: "nsects", found: 6, room: 5)),
        MachODamageRow(
            .command(0, "nsects"), 0xffff_ffff, .noRoom(field: "nsects", found: 0xffff_ffff, room: 5)),
        MachODamageRow(
            .command(3, "cmd"), 1, unsupported("cmd", 1, "LC_SEGMENT", "a load command of a 64-bit relocatable object")),
        MachODamageRow(
            .command(3, "cmd"), 0x8000_0034,
            unsupported("cmd", 0x8000_0034, nil, "a load command of a 64-bit relocatable object")),
        MachODamageRow(.command(3, "cmd"), 2, .severalCommands("LC_SYMTAB", first: 2)),
        MachODamageRow(.command(3, "cmd"), 0x19, .severalCommands("LC_SEGMENT_64", first: 0)),
        MachODamageRow(
            .command(3, "nextrel"), 1,
            unsupported("nextrel", 1, nil, "0: a relocatable object has its relocations with its sections")),
        MachODamageRow(
            .command(3, "nlocrel"), 0xffff_ffff,
            unsupported("nlocrel", 0xffff_ffff, nil, "0: a relocatable object has its relocations with its sections")),
    ]

    private static func size(_ found: UInt64, from minimum: Int, to maximum: Int) -> ObjectError.Kind {
        .badEntrySize(field: "cmdsize", found: found, expected: "a multiple of 8, from \(minimum) to \(maximum)")
    }

    static let ranges: [MachODamageRow] = [
        MachODamageRow(
            .section(0, "offset"), 0xffff_ffff,
            .outsideFile(structure: "section", offset: 0xffff_ffff, size: 32, fileSize: size)),
        MachODamageRow(
            .section(0, "offset"), UInt64(size) - 31,
            .outsideFile(structure: "section", offset: UInt64(size) - 31, size: 32, fileSize: size)),
        MachODamageRow(
            "a size that wraps", .outsideFile(structure: "section", offset: 632, size: .max, fileSize: size),
            at: .section(0, "offset"), damage: { $0[.section(0, "size")] = .max }),
        MachODamageRow(
            .section(0, "reloff"), UInt64(size) - 23,
            .outsideFile(structure: "table of relocations", offset: UInt64(size) - 23, size: 24, fileSize: size)),
        MachODamageRow(
            "more relocations than the file has",
            .outsideFile(structure: "table of relocations", offset: 720, size: 8 * 0xffff_ffff, fileSize: size),
            at: .section(0, "reloff"), damage: { $0[.section(0, "nreloc")] = 0xffff_ffff }),
        MachODamageRow(
            .command(2, "symoff"), 0xffff_ffff,
            .outsideFile(structure: "symbol table", offset: 0xffff_ffff, size: 112, fileSize: size)),
        MachODamageRow(
            "more symbols than the file has",
            .outsideFile(structure: "symbol table", offset: 776, size: 16 * 0xffff_ffff, fileSize: size),
            at: .command(2, "symoff"), damage: { $0[.command(2, "nsyms")] = 0xffff_ffff }),
        MachODamageRow(
            .command(2, "stroff"), UInt64(size),
            .outsideFile(structure: "string table", offset: UInt64(size), size: 53, fileSize: size)),
        MachODamageRow(.section(0, "offset"), 631, .overlap(with: "the file header and load commands")),
        MachODamageRow(
            "one byte shared by two sections", .overlap(with: "section 0"), at: .section(1, "offset"),
            damage: { $0[.section(0, "size")] = 33 }),
        MachODamageRow(.section(0, "reloff"), 752, .overlap(with: "the relocations of section 2"), in: nil),
        MachODamageRow(.command(2, "stroff"), 880, .overlap(with: "the symbol table")),
        MachODamageRow(
            "symbols that are strings", .overlap(with: "the string table"), at: .command(2, "symoff"),
            damage: {
                $0[.command(2, "symoff")] = 900
                $0[.command(2, "nsyms")] = 1
            }),
    ]

    static let sections: [MachODamageRow] = [
        MachODamageRow(
            .section(1, "align"), 64, .badAlignmentExponent(found: 64), in: "__TEXT,__literal8"),
        MachODamageRow(
            .section(1, "align"), 0xffff_ffff, .badAlignmentExponent(found: 0xffff_ffff), in: "__TEXT,__literal8"),
        MachODamageRow(
            .section(2, "flags"), 6,
            unsupported("flags", 6, "S_NON_LAZY_SYMBOL_POINTERS", "a type whose contents are in the section itself"),
            in: "__DATA,__data"),
        MachODamageRow(
            .section(0, "flags"), 0x8000_0408,
            unsupported("flags", 0x8000_0408, "S_SYMBOL_STUBS", "a type whose contents are in the section itself"),
            in: "__TEXT,__text"),
        MachODamageRow(
            "no whole number of literals", .partialEntry(size: 15, entrySize: 8), at: .section(1, "size"),
            in: "__TEXT,__literal8", damage: { $0[.section(1, "size")] = 15 }),
        MachODamageRow(.section(1, "sectname"), 0x61ff, .nameNotUTF8(field: "sectname")),
        MachODamageRow(.section(1, "segname"), 0xc3, .nameNotUTF8(field: "segname")),
    ]

    static let symbols: [MachODamageRow] = [
        MachODamageRow(.string(52), 0x41, .badStringTable(.unterminated)),
        MachODamageRow(
            "a string table that ends in a name", .badStringTable(.unterminated), at: .string(4),
            damage: { $0[.command(2, "strsize")] = 5 }),
        MachODamageRow(.symbol(1, "n_strx"), 53, .nameOutsideTable(field: "n_strx", found: 53, tableSize: 53)),
        MachODamageRow(
            .symbol(1, "n_strx"), 0xffff_ffff,
            .nameOutsideTable(field: "n_strx", found: 0xffff_ffff, tableSize: 53)),
        MachODamageRow(
            "names without a string table", .nameOutsideTable(field: "n_strx", found: 1, tableSize: 0),
            at: .symbol(0, "n_strx"), damage: { $0[.command(2, "strsize")] = 0 }),
        MachODamageRow(
            "a symbol name that is not UTF-8", .nameNotUTF8(field: "n_strx"), at: .symbol(1, "n_strx"),
            damage: { $0[.string(9)] = 0xff }),
        MachODamageRow(.symbol(1, "n_sect"), 0, .badSectionIndex(field: "n_sect", found: 0, count: 6)),
        MachODamageRow(.symbol(1, "n_sect"), 6, .badSectionIndex(field: "n_sect", found: 6, count: 6)),
        MachODamageRow(.symbol(1, "n_sect"), 255, .badSectionIndex(field: "n_sect", found: 255, count: 6)),
        MachODamageRow(
            .symbol(1, "n_type"), 0x0b,
            unsupported(
                "n_type", 0x0b, "N_INDR among others", "N_UNDF (0), N_ABS (2) or N_SECT (14) in bits 1 to 3")),
        MachODamageRow(
            .symbol(1, "n_type"), 0x05,
            unsupported("n_type", 0x05, nil, "N_UNDF (0), N_ABS (2) or N_SECT (14) in bits 1 to 3")),
        MachODamageRow(
            .symbol(1, "n_value"), 33,
            .addressOutsideSection(field: "n_value", address: 33, section: 0, start: 0, size: 32)),
        MachODamageRow(
            .symbol(6, "n_value"), 0x2f,
            .addressOutsideSection(field: "n_value", address: 0x2f, section: 2, start: 0x30, size: 32)),
        MachODamageRow(
            .symbol(6, "n_value"), .max,
            .addressOutsideSection(field: "n_value", address: .max, section: 2, start: 0x30, size: 32)),
    ]

    private static func type(
        _ type: UInt32, _ length: UInt32, pcRelative: Bool = false, arm64: Bool = false
    ) -> RelocationType {
        RelocationType(machO: arm64 ? .aarch64 : .x86_64, type: type, length: length, isPCRelative: pcRelative)
    }

    private static func bad(
        _ type: UInt32, _ length: UInt32, pcRelative: Bool = false, arm64: Bool = false, _ fault: ObjectError.RelocationFault
    ) -> ObjectError.Kind {
        .badRelocation(type: Self.type(type, length, pcRelative: pcRelative, arm64: arm64), fault)
    }

    /// A relocation, without labels, which rows of them need not.
    private static func relocation(
        _ offset: UInt64, _ number: UInt64, _ type: UInt64, _ length: UInt64, _ pcRelative: Bool, _ external: Bool
    ) -> [UInt8] {
        MachOBuilder.relocation(offset, number, type: type, length: length, pcRelative: pcRelative, external: external)
    }

    static let relocations: [MachODamageRow] = [
        MachODamageRow(
            .relocation(0, 2, "r_address"), 0x8000_0001,
            unsupported("r_address", 0x8000_0001, "R_SCATTERED among others", "an offset in the section, below 2^31"),
            in: "__TEXT,__text"),
        outside(29, type(2, 2, pcRelative: true)),
        outside(32, type(2, 2, pcRelative: true)),
        outside(0x7fff_ffff, type(2, 2, pcRelative: true)),
        outside(25, type(0, 3)),
        outside(31, type(0, 1)),
        outside(32, type(0, 0)),
        MachODamageRow(
            "a relocation of a zero-filled section",
            .relocationOutsideSection(type: type(0, 3), offset: 0, section: 3, sectionSize: 0), field: "r_address",
            section: 3, relocations: [relocation(0, 6, 0, 3, false, true)]),
        MachODamageRow(
            "a symbol that is not there", .badSymbolIndex(found: 7, count: 7),
            relocations: [relocation(0, 7, 0, 3, false, true)]),
        MachODamageRow(
            "the last symbol that an entry can say", .badSymbolIndex(found: 0xff_ffff, count: 7),
            relocations: [relocation(0, 0xff_ffff, 0, 3, false, true)]),
        MachODamageRow(
            "against no section", .badSectionIndex(field: "r_symbolnum", found: 0, count: 6),
            relocations: [relocation(0, 0, 0, 3, false, false)]),
        MachODamageRow(
            "against a section that is not there", .badSectionIndex(field: "r_symbolnum", found: 6, count: 6),
            relocations: [relocation(0, 6, 0, 3, false, false)]),
        MachODamageRow(
            "against an entry for debuggers", bad(0, 3, .debugSymbol), at: .relocation(2, 0, "r_symbolnum"),
            in: "__DATA,__data",
            of: {
                var builder = MachOBuilder.minimal()
                builder.sections[2].relocations = [relocation(0, 0, 0, 3, false, true)]
                return builder
            }, damage: { $0[.symbol(0, "n_type")] = 0x24 }),
        MachODamageRow("type 10", bad(10, 2, .unknown), relocations: [relocation(0, 6, 10, 2, false, true)]),
        MachODamageRow(
            "SIGNED of 8 bytes", bad(1, 3, pcRelative: true, .unknown), relocations: [relocation(0, 6, 1, 3, true, true)]),
        MachODamageRow(
            "SIGNED that is absolute", bad(1, 2, .unknown), relocations: [relocation(0, 6, 1, 2, false, true)]),
        MachODamageRow(
            "UNSIGNED that is PC-relative", bad(0, 3, pcRelative: true, .unknown),
            relocations: [relocation(0, 6, 0, 3, true, true)]),
        MachODamageRow(
            "GOT_LOAD against a section", bad(3, 2, pcRelative: true, .sectionRelative),
            relocations: [relocation(0, 2, 3, 2, true, false)]),
        MachODamageRow(
            "TLV against a section", bad(9, 2, pcRelative: true, .sectionRelative),
            relocations: [relocation(0, 2, 9, 2, true, false)]),
        MachODamageRow(
            "BRANCH26 against a section", bad(2, 2, pcRelative: true, arm64: true, .sectionRelative), section: 0,
            arm64: true, relocations: [relocation(12, 1, 2, 2, true, false)]),
        MachODamageRow(
            "arm64's type 12", bad(12, 2, arm64: true, .unknown), arm64: true,
            relocations: [relocation(0, 6, 12, 2, false, true)]),
        MachODamageRow(
            "a signed pointer", bad(11, 3, arm64: true, .authenticated), arm64: true,
            relocations: [relocation(0, 6, 11, 3, false, true)]),
        immediate(of: 0x1400_0000, bits: 0x0000_0001, type(2, 2, pcRelative: true, arm64: true)),
        immediate(of: 0x1400_0000, bits: 0x02a0_0000, type(2, 2, pcRelative: true, arm64: true)),
        immediate(of: 0x9000_0000, bits: 0x6000_0000, type(3, 2, pcRelative: true, arm64: true)),
        immediate(of: 0x9000_0000, bits: 0x0080_0020, type(5, 2, pcRelative: true, arm64: true)),
        immediate(of: 0x9100_0000, bits: 0x003f_fc00, type(4, 2, arm64: true)),
        immediate(of: 0xf940_0000, bits: 0x0000_0400, type(9, 2, arm64: true)),
    ]

    /// A relocation of __text, of 32 bytes, that leaves it.
    private static func outside(_ offset: UInt64, _ type: RelocationType) -> MachODamageRow {
        let fields = type.machOFields
        return MachODamageRow(
            "\(type) at \(offset)",
            .relocationOutsideSection(type: type, offset: offset, section: 0, sectionSize: 32), field: "r_address",
            section: 0,
            relocations: [
                relocation(offset, 6, UInt64(fields.type), UInt64(fields.length), fields.isPCRelative, true)
            ])
    }

    /// An instruction that holds a value where its relocation will put one.
    private static func immediate(
        of instruction: UInt32, bits: UInt32, _ type: RelocationType
    ) -> MachODamageRow {
        let fields = type.machOFields
        return MachODamageRow(
            "\(type.name) of 0x\(String(instruction | bits, radix: 16))",
            .badRelocation(type: type, .valueInInstruction(bits: bits)), at: .relocation(0, 0, "r_symbolnum"),
            in: "__TEXT,__text",
            of: {
                var builder = MachOBuilder.minimalARM64()
                var word = MachOImage(bytes: [])
                word.append(UInt64(instruction | bits), 4)
                builder.sections[0].contents.replaceSubrange(0..<4, with: word.bytes)
                builder.sections[0].relocations = [
                    relocation(0, 3, UInt64(fields.type), UInt64(fields.length), fields.isPCRelative, true)
                ]
                return builder
            }, damage: { _ in })
    }

    private static let subtractorAlone = bad(5, 2, .unpaired(with: "UNSIGNED of the same length"))
    private static let addendAlone = bad(10, 2, arm64: true, .unpaired(with: "BRANCH26, PAGE21 or PAGEOFF12"))

    static let pairs: [MachODamageRow] = [
        MachODamageRow("a last SUBTRACTOR", subtractorAlone, relocations: [relocation(0, 6, 5, 2, false, true)]),
        MachODamageRow(
            "SUBTRACTOR before another type", subtractorAlone,
            relocations: [relocation(0, 6, 5, 2, false, true), relocation(0, 6, 1, 2, true, true)]),
        MachODamageRow(
            "SUBTRACTOR before another length", subtractorAlone,
            relocations: [relocation(0, 6, 5, 2, false, true), relocation(0, 6, 0, 3, false, true)]),
        MachODamageRow(
            "SUBTRACTOR before another offset", subtractorAlone,
            relocations: [relocation(0, 6, 5, 2, false, true), relocation(4, 6, 0, 2, false, true)]),
        MachODamageRow(
            "SUBTRACTOR before what is no relocation", bad(15, 2, .unknown), at: 1,
            relocations: [relocation(0, 6, 5, 2, false, true), relocation(0, 6, 15, 2, false, true)]),
        MachODamageRow(
            "SUBTRACTOR of no section", .badSectionIndex(field: "r_symbolnum", found: 9, count: 6),
            relocations: [relocation(0, 9, 5, 2, false, false), relocation(0, 6, 0, 2, false, true)]),
        MachODamageRow(
            "a last ADDEND", addendAlone, section: 0, arm64: true,
            relocations: [relocation(0, 1, 10, 2, false, false)]),
        MachODamageRow(
            "two ADDENDs", addendAlone, section: 0, arm64: true,
            relocations: [relocation(0, 1, 10, 2, false, false), relocation(0, 1, 10, 2, false, false)]),
        MachODamageRow(
            "ADDEND before another offset", addendAlone, section: 0, arm64: true,
            relocations: [relocation(0, 1, 10, 2, false, false), relocation(4, 6, 4, 2, false, true)]),
        MachODamageRow(
            "ADDEND before GOT_LOAD_PAGE21", addendAlone, section: 0, arm64: true,
            relocations: [relocation(0, 1, 10, 2, false, false), relocation(0, 6, 5, 2, true, true)]),
    ]

    /// The last offset at which a relocation is still inside: one more is in the rows above.
    @Test(arguments: [(28, 2, 2, true), (24, 0, 3, false), (30, 0, 1, false), (31, 0, 0, false)])
    func relocationFitsExactly(offset: UInt64, type: UInt64, length: UInt64, pcRelative: Bool) throws {
        var builder = MachOBuilder.minimal()
        builder.sections[0].relocations = [Self.relocation(offset, 6, type, length, pcRelative, true)]
        let object = try Object(parsingMachO: builder.build().bytes, name: "minimal.o")
        #expect(object.sections[0].relocations.map(\.offset) == [offset])
    }
}
