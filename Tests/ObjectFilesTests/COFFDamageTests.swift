import Testing

import ObjectFiles

/// One thing wrong with a COFF object, and the error that says so.
struct COFFDamageRow: CustomTestStringConvertible, Sendable {
    typealias Place = (index: Int, name: String?)

    let name: String
    let kind: ObjectError.Kind
    /// The field at the error's place.
    let field: COFFImage.Field
    /// The section that the field belongs to; its name where names have been read by then.
    let section: Place?
    /// Damage before and after the object is laid out.
    let change: @Sendable (inout COFFBuilder) -> Void
    let damage: @Sendable (inout COFFImage) -> Void

    init(
        _ name: String, _ kind: ObjectError.Kind, at field: COFFImage.Field, in section: Place? = nil,
        built change: @escaping @Sendable (inout COFFBuilder) -> Void = { _ in },
        damage: @escaping @Sendable (inout COFFImage) -> Void = { _ in }
    ) {
        self.name = name
        self.kind = kind
        self.field = field
        self.section = section
        self.change = change
        self.damage = damage
    }

    /// The damage is one value in the field that the error is about.
    init(
        _ field: COFFImage.Field, _ value: UInt64, _ kind: ObjectError.Kind, in section: Place? = nil,
        built change: @escaping @Sendable (inout COFFBuilder) -> Void = { _ in }
    ) {
        self.init(
            "\(field) = 0x\(String(value, radix: 16))", kind, at: field, in: section, built: change,
            damage: { $0[field] = value })
    }

    var testDescription: String { name }
}

@Suite("A damaged COFF object")
struct COFFDamageTests {
    @Test(arguments: header + ranges)
    func isRefusedForItsHeaders(_ row: COFFDamageRow) { check(row) }

    @Test(arguments: sections + strings)
    func isRefusedForItsSections(_ row: COFFDamageRow) { check(row) }

    @Test(arguments: symbols + relocations)
    func isRefusedForItsSymbolsAndRelocations(_ row: COFFDamageRow) { check(row) }

    private func check(_ row: COFFDamageRow) {
        var builder = COFFBuilder.minimal()
        row.change(&builder)
        var image = builder.build()
        // Fields are where the sound object has them, whatever the damage says.
        let place = image.place(of: row.field, in: row.section)
        row.damage(&image)
        #expect(throws: ObjectError(row.kind, at: place, in: "damaged.obj")) {
            try Object(parsingCOFF: image.bytes, name: "damaged.obj")
        }
    }

    /// Bytes of the minimal object, and where it has things.
    static let image = COFFBuilder.minimal().build()
    static let size = image.bytes.count
    static let table = image[.header("PointerToSymbolTable")]
    static let stringTable = UInt64(image.strings)
    static let bigSize = COFFBuilder.minimal(isBig: true).build().bytes.count

    /// The number of relocations is in the first.
    static let counted: @Sendable (inout COFFBuilder) -> Void = { $0.sections[0].countsInFirstRelocation = true }
    static let countedSize: Int = {
        var builder = COFFBuilder.minimal()
        counted(&builder)
        return builder.build().bytes.count
    }()

    /// A /bigobj header.
    static let big: @Sendable (inout COFFBuilder) -> Void = { $0.isBig = true }

    static let expected = "COFF's machine, 0x64 0x86 (x86-64), 0x4c 0x1 (i386) or 0x64 0xaa (ARM64)"
    static let machines =
        "IMAGE_FILE_MACHINE_AMD64 (34404) or IMAGE_FILE_MACHINE_I386 (332) or IMAGE_FILE_MACHINE_ARM64 (43620)"

    static let header: [COFFDamageRow] = [
        COFFDamageRow(
            .header("Machine"), 0x457f, .notThisFormat(found: [0x7f, 0x45, 5, 0], expected: expected)),
        COFFDamageRow(.header("Machine"), 0, .notThisFormat(found: [0, 0, 5, 0], expected: expected)),
        COFFDamageRow(
            .header("Machine"), 0xa641,
            .unsupported(
                field: "Machine", found: 0xa641, meaning: "IMAGE_FILE_MACHINE_ARM64EC", expected: machines)),
        COFFDamageRow(
            .header("Machine"), 0x1c4,
            .unsupported(field: "Machine", found: 0x1c4, meaning: "IMAGE_FILE_MACHINE_ARMNT", expected: machines)),
        COFFDamageRow(
            .header("SizeOfOptionalHeader"), 240,
            .unsupported(
                field: "SizeOfOptionalHeader", found: 240, meaning: nil, expected: "0: a relocatable object has none")),
        COFFDamageRow(
            .header("Characteristics"), 0x22,
            .unsupported(
                field: "Characteristics", found: 0x22, meaning: "IMAGE_FILE_EXECUTABLE_IMAGE among others",
                expected: "a relocatable object")),
        COFFDamageRow(
            .header("Version"), 0,
            .unsupported(
                field: "Version", found: 0, meaning: "the one of an entry of an import library",
                expected: "2: an object of /bigobj"), built: big),
        COFFDamageRow(
            .header("Version"), 1,
            .unsupported(
                field: "Version", found: 1, meaning: "the one of code for /LTCG", expected: "2: an object of /bigobj"),
            built: big),
        COFFDamageRow(
            .header("ClassID"), 1,
            .unsupported(
                field: "ClassID", found: 1, meaning: nil,
                expected: "that of /bigobj, {D1BAA1C7-BAEE-4BA9-AF20-FAF66AA4DCB8}"), built: big),
        COFFDamageRow(
            "another end of a ClassID",
            .unsupported(
                field: "ClassID", found: 0x4ba9_baee_d1ba_a1c7, meaning: nil,
                expected: "that of /bigobj, {D1BAA1C7-BAEE-4BA9-AF20-FAF66AA4DCB8}"), at: .header("ClassID"),
            built: big, damage: { $0[.header("ClassID high")] = 0 }),
        COFFDamageRow(
            "another machine of /bigobj",
            .notThisFormat(found: [0, 0, 0xff, 0xff], expected: expected), at: .header("Machine"), built: big,
            damage: { $0[.header("Machine")] = 1 }),
    ]

    static let ranges: [COFFDamageRow] = [
        COFFDamageRow(
            .header("NumberOfSections"), 0xfffe,
            .outsideFile(structure: "section table", offset: 20, size: 0xfffe * 40, fileSize: size)),
        COFFDamageRow(
            .header("NumberOfSections"), 0xffff_ffff,
            .outsideFile(structure: "section table", offset: 56, size: 0xffff_ffff * 40, fileSize: bigSize),
            built: big),
        COFFDamageRow(
            .header("PointerToSymbolTable"), 0xffff_ffff,
            .outsideFile(structure: "symbol table", offset: 0xffff_ffff, size: 14 * 18, fileSize: size)),
        COFFDamageRow(
            "more symbols than the file has",
            .outsideFile(structure: "symbol table", offset: table, size: 0xffff_ffff * 18, fileSize: size),
            at: .header("PointerToSymbolTable"), damage: { $0[.header("NumberOfSymbols")] = 0xffff_ffff }),
        COFFDamageRow(.header("PointerToSymbolTable"), 0, .missing("symbol table")),
        COFFDamageRow(
            "no string table",
            .outsideFile(
                structure: "size of the string table", offset: stringTable, size: 4, fileSize: Int(stringTable) + 3),
            at: .header("PointerToSymbolTable"), damage: { $0.bytes.removeLast($0.bytes.count - $0.strings - 3) }),
        COFFDamageRow(
            "a string table that is too large",
            .outsideFile(structure: "string table", offset: stringTable, size: 0x7f00_0000 | 27, fileSize: size),
            at: .string(0), damage: { $0[.string(3)] = 0x7f }),
        COFFDamageRow(
            .section(0, "PointerToRawData"), 0xffff_fff0,
            .outsideFile(structure: "section", offset: 0xffff_fff0, size: 32, fileSize: size), in: (0, nil)),
        COFFDamageRow(
            "a size beyond the file",
            .outsideFile(
                structure: "section", offset: image[.section(0, "PointerToRawData")], size: 0xffff_ffff,
                fileSize: size),
            at: .section(0, "PointerToRawData"), in: (0, nil),
            damage: { $0[.section(0, "SizeOfRawData")] = 0xffff_ffff }),
        COFFDamageRow(
            .section(0, "PointerToRelocations"), UInt64(size) - 19,
            .outsideFile(structure: "relocation table", offset: UInt64(size) - 19, size: 20, fileSize: size),
            in: (0, nil)),
        COFFDamageRow(.section(0, "PointerToRawData"), 0, .overlap(with: "the headers"), in: (0, nil)),
        COFFDamageRow(.section(0, "PointerToRawData"), 219, .overlap(with: "the headers"), in: (0, nil)),
        COFFDamageRow(
            .section(2, "PointerToRawData"), table + 1, .overlap(with: "the symbol and string tables"), in: (2, nil)),
        COFFDamageRow(
            "one byte shared by two sections", .overlap(with: "section 2"), at: .section(3, "PointerToRawData"),
            in: (3, nil), damage: { $0[.section(2, "SizeOfRawData")] = 17 }),
        COFFDamageRow(
            "relocations inside a section", .overlap(with: "section 2"), at: .section(0, "PointerToRelocations"),
            in: (0, nil),
            damage: {
                $0[.section(0, "PointerToRelocations")] = $0[.section(2, "PointerToRawData")] + 2
                $0[.section(0, "NumberOfRelocations")] = 1
            }),
        COFFDamageRow(
            "a section inside relocations", .overlap(with: "the relocations of section 0"),
            at: .section(3, "PointerToRawData"), in: (3, nil),
            damage: { $0[.section(3, "PointerToRawData")] = $0[.section(0, "PointerToRelocations")] + 1 }),
    ]

    static let sections: [COFFDamageRow] = [
        COFFDamageRow(
            .section(2, "Characteristics"), 0x40f0_0040,
            .contradiction(
                field: "Characteristics", found: 0x40f0_0040,
                expected: "IMAGE_SCN_ALIGN_8192BYTES (14 in bits 20 to 23) at most"), in: (2, ".rdata$long")),
        COFFDamageRow(
            .section(1, "PointerToRawData"), 220,
            .contradiction(
                field: "PointerToRawData", found: 220,
                expected: "0, because the section has IMAGE_SCN_CNT_UNINITIALIZED_DATA"), in: (1, nil)),
        COFFDamageRow(
            "too few relocations to be counted in the first",
            .contradiction(
                field: "NumberOfRelocations", found: 2,
                expected: "65535, because the section has IMAGE_SCN_LNK_NRELOC_OVFL"),
            at: .section(0, "NumberOfRelocations"), in: (0, nil),
            damage: { $0[.section(0, "Characteristics")] |= 0x0100_0000 }),
        COFFDamageRow(
            .relocation(0, 0, "VirtualAddress"), 0,
            .contradiction(
                field: "VirtualAddress", found: 0, expected: "the number of relocations, this one included"),
            in: (0, nil), built: counted),
        COFFDamageRow(
            "more relocations than the file has, counted in the first",
            .outsideFile(
                structure: "relocation table", offset: image[.section(0, "PointerToRelocations")],
                size: 0xffff_ffff * 10, fileSize: countedSize), at: .section(0, "PointerToRelocations"), in: (0, nil),
            built: counted, damage: { $0[.relocation(0, 0, "VirtualAddress")] = 0xffff_ffff }),
    ]

    /// Names: of section 2 at 4, of record 6 at 16; the string table has 27 bytes.
    static let strings: [COFFDamageRow] = [
        COFFDamageRow(.string(0), 3, .badStringTable(.smallerThanItsSize(3))),
        COFFDamageRow(.string(0), 0, .badStringTable(.smallerThanItsSize(0))),
        COFFDamageRow(.string(26), 0x41, .badStringTable(.unterminated)),
        COFFDamageRow(
            "names that do not end", .badStringTable(.unterminated), at: .string(10), damage: { $0[.string(0)] = 11 }),
        sectionName("/3", .nameInsideSize(field: "Name", found: 3)),
        sectionName("/27", .nameOutsideTable(field: "Name", found: 27, tableSize: 27)),
        sectionName("/9999999", .nameOutsideTable(field: "Name", found: 9_999_999, tableSize: 27)),
        sectionName("//AAAAAb", .nameOutsideTable(field: "Name", found: 27, tableSize: 27)),
        sectionName("//D/////", .nameOutsideTable(field: "Name", found: 0xffff_ffff, tableSize: 27)),
        sectionName("//EAAAAA", .badLongName(found: Array("//EAAAAA".utf8))),
        sectionName("/", .badLongName(found: Array("/".utf8))),
        sectionName("//", .badLongName(found: Array("//".utf8))),
        sectionName("/4x", .badLongName(found: Array("/4x".utf8))),
        sectionName("/-4", .badLongName(found: Array("/-4".utf8))),
        sectionName("//AAA=", .badLongName(found: Array("//AAA=".utf8))),
        COFFDamageRow(
            "a long name without a string table", .missing("string table"), at: .section(2, "Name"), in: (2, nil),
            damage: {
                $0[.header("PointerToSymbolTable")] = 0
                $0[.header("NumberOfSymbols")] = 0
            }),
        COFFDamageRow(
            "a symbol's name in the string table's size", .nameInsideSize(field: "Name", found: 1),
            at: .symbol(6, "Name"), damage: { $0[.symbol(6, "Offset")] = 1 }),
        COFFDamageRow(
            "a symbol's name behind the string table", .nameOutsideTable(field: "Name", found: 27, tableSize: 27),
            at: .symbol(6, "Name"), damage: { $0[.symbol(6, "Offset")] = 27 }),
        COFFDamageRow(.section(0, "Name"), 0xff, .nameNotUTF8(field: "Name"), in: (0, nil)),
        COFFDamageRow(
            "a long section name that is not UTF-8", .nameNotUTF8(field: "Name"), at: .section(2, "Name"), in: (2, nil),
            damage: { $0[.string(5)] = 0xc3 }),
        COFFDamageRow(
            "a long symbol name that is not UTF-8", .nameNotUTF8(field: "Name"), at: .symbol(6, "Name"),
            damage: { $0[.string(17)] = 0xc3 }),
        COFFDamageRow(.symbol(5, "Name"), 0x80, .nameNotUTF8(field: "Name")),
        COFFDamageRow(.auxiliary(3, "FileName"), 0x80, .nameNotUTF8(field: "Name")),
    ]

    private static func sectionName(_ name: String, _ kind: ObjectError.Kind) -> COFFDamageRow {
        let number = name.utf8.reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        return COFFDamageRow(
            "section named \(name)", kind, at: .section(2, "Name"), in: (2, nil),
            damage: { $0[.section(2, "Name")] = number })
    }
}
