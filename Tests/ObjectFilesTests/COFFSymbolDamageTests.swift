import Testing

import ObjectFiles

/// Rows for symbols and relocations; see COFFDamageTests.swift for what a row is.
extension COFFDamageTests {
    static let symbols: [COFFDamageRow] = [
        COFFDamageRow(
            .symbol(13, "NumberOfAuxSymbols"), 1,
            .contradiction(
                field: "NumberOfAuxSymbols", found: 1, expected: "0 at most: the symbol table ends there")),
        COFFDamageRow(
            .symbol(4, "NumberOfAuxSymbols"), 255,
            .contradiction(
                field: "NumberOfAuxSymbols", found: 255, expected: "9 at most: the symbol table ends there")),
        storageClass(0), storageClass(1), storageClass(101), storageClass(107), storageClass(255),
        COFFDamageRow(
            .symbol(4, "SectionNumber"), 6, .badSectionIndex(field: "SectionNumber", found: 6, count: 6)),
        COFFDamageRow(
            .symbol(4, "SectionNumber"), 0xfffd,
            .badSectionIndex(field: "SectionNumber", found: 0xffff_fffd, count: 6)),
        COFFDamageRow(
            .symbol(4, "SectionNumber"), 0xfeff, .badSectionIndex(field: "SectionNumber", found: 0xfeff, count: 6)),
        COFFDamageRow(
            .symbol(4, "SectionNumber"), 0xffff,
            .badSectionIndex(field: "SectionNumber", found: 0xffff, count: 6), built: big),
        COFFDamageRow(
            .symbol(4, "SectionNumber"), 0x8000_0000,
            .badSectionIndex(field: "SectionNumber", found: 0x8000_0000, count: 6), built: big),
        COFFDamageRow(
            .symbol(4, "Value"), 33, .symbolOutsideSection(value: 33, size: 0, section: 0, sectionSize: 32)),
        COFFDamageRow(
            .symbol(4, "Value"), 0xffff_ffff,
            .symbolOutsideSection(value: 0xffff_ffff, size: 0, section: 0, sectionSize: 32)),
        COFFDamageRow(
            .auxiliary(5, "TotalSize"), 29,
            .symbolOutsideSection(value: 4, size: 29, section: 0, sectionSize: 32), built: sizedFunction),
        COFFDamageRow(
            .auxiliary(5, "TotalSize"), 0xffff_ffff,
            .symbolOutsideSection(value: 4, size: 0xffff_ffff, section: 0, sectionSize: 32), built: sizedFunction),
        COFFDamageRow(
            .auxiliary(8, "TagIndex"), 8, .notASymbol(field: "TagIndex", found: 8, count: 14)),
        COFFDamageRow(
            .auxiliary(8, "TagIndex"), 14, .notASymbol(field: "TagIndex", found: 14, count: 14)),
        COFFDamageRow(
            .auxiliary(8, "TagIndex"), 0xffff_ffff, .notASymbol(field: "TagIndex", found: 0xffff_ffff, count: 14)),
        COFFDamageRow(
            "a weak external that nothing stands in for",
            .contradiction(
                field: "NumberOfAuxSymbols", found: 0, expected: "1: what stands in for the weak external"),
            at: .symbol(7, "NumberOfAuxSymbols"), built: { $0.symbols[5].auxiliaries = [] }),
        selection(0), selection(8), selection(255),
        associated(0), associated(1), associated(6), associated(0x1_0002, big: true),
    ]

    /// `add` has an auxiliary record, number 5; the weak external has none.
    static let sizedFunction: @Sendable (inout COFFBuilder) -> Void = {
        $0.symbols[2].auxiliaries = [[]]
        $0.symbols[5].storageClass = 2
        $0.symbols[5].auxiliaries = []
        $0.sections[0].relocations = []
    }

    private static func storageClass(_ found: UInt64) -> COFFDamageRow {
        COFFDamageRow(
            .symbol(5, "StorageClass"), found,
            .unsupported(
                field: "StorageClass", found: found, meaning: nil,
                expected:
                    "EXTERNAL (2), STATIC (3), LABEL (6), FILE (103), SECTION (104) or WEAK_EXTERNAL (105)"))
    }

    private static func selection(_ found: UInt64) -> COFFDamageRow {
        COFFDamageRow(
            .auxiliary(1, "Selection"), found,
            .contradiction(
                field: "Selection", found: found, expected: "1 to 7, because the section has IMAGE_SCN_LNK_COMDAT"),
            in: (0, ".text"))
    }

    /// Section 0, number 1, goes with a section.
    private static func associated(_ number: UInt32, big: Bool = false) -> COFFDamageRow {
        COFFDamageRow(
            "associated with section number \(number)",
            .contradiction(
                field: "Number", found: UInt64(number),
                expected: "the number of another section, which this one goes with"),
            at: .auxiliary(1, "Number"), in: (0, ".text"),
            built: {
                $0.isBig = big
                $0.symbols[0].auxiliaries = [COFFBuilder.definition(number: number, selection: 5)]
            })
    }

    /// Without /bigobj, the high part of a section's number means nothing.
    @Test func associatedNumbersHave16Bits() throws {
        var builder = COFFBuilder.minimal()
        builder.symbols[0].auxiliaries = [COFFBuilder.definition(number: 0x1_0002, selection: 5)]
        _ = try Object(parsingCOFF: builder.build().bytes, name: "minimal.obj")
    }

    static let relocations: [COFFDamageRow] = [
        COFFDamageRow(
            .relocation(0, 0, "SymbolTableIndex"), 14, .notASymbol(field: "SymbolTableIndex", found: 14, count: 14),
            in: (0, ".text")),
        COFFDamageRow(
            .relocation(0, 1, "SymbolTableIndex"), 0xffff_ffff,
            .notASymbol(field: "SymbolTableIndex", found: 0xffff_ffff, count: 14), in: (0, ".text")),
        COFFDamageRow(
            .relocation(0, 1, "SymbolTableIndex"), 1, .notASymbol(field: "SymbolTableIndex", found: 1, count: 14),
            in: (0, ".text")),
        COFFDamageRow(
            .relocation(0, 1, "VirtualAddress"), 0xfff,
            .contradiction(
                field: "VirtualAddress", found: 0xfff, expected: "4096, the section's address, or more"),
            in: (0, ".text"),
            built: {
                $0.sections[0].virtualAddress = 0x1000
                $0.sections[0].relocations[0].address += 0x1000
            }),
        COFFDamageRow(
            "a relocation of zeros", outside(type: 4, offset: 0, section: 1, size: 0),
            at: .relocation(1, 0, "VirtualAddress"), in: (1, ".bss"),
            built: { $0.sections[1].relocations = [(0, 5, 4)] }),
        outside(type: 4, offset: 29), outside(type: 4, offset: 32), outside(type: 4, offset: 0xffff_ffff),
        outside(type: 1, offset: 25), outside(type: 10, offset: 31), outside(type: 12, offset: 32),
        outside(type: 0, offset: 33), outside(type: 0x7fff, offset: 32),
    ]

    private static func outside(
        type raw: UInt32, offset: UInt64, section: Int, size: UInt64
    ) -> ObjectError.Kind {
        .relocationOutsideSection(
            type: RelocationType(format: .coff, architecture: .x86_64, raw: raw), offset: offset, section: section,
            sectionSize: size)
    }

    /// A relocation of .text, of 32 bytes, that leaves it.
    private static func outside(type raw: UInt32, offset: UInt64) -> COFFDamageRow {
        COFFDamageRow(
            "type \(raw) at \(offset)", outside(type: raw, offset: offset, section: 0, size: 32),
            at: .relocation(0, 1, "VirtualAddress"), in: (0, ".text"),
            damage: {
                $0[.relocation(0, 1, "Type")] = UInt64(raw)
                $0[.relocation(0, 1, "VirtualAddress")] = offset
            })
    }

    /// The last offset at which a relocation is still inside: one more is in the rows above.
    @Test(arguments: [(28, 4), (24, 1), (30, 10), (31, 12), (32, 0), (31, 0x7fff)] as [(UInt64, UInt64)])
    func relocationFitsExactly(offset: UInt64, type: UInt64) throws {
        var image = COFFBuilder.minimal().build()
        image[.relocation(0, 1, "Type")] = type
        image[.relocation(0, 1, "VirtualAddress")] = offset
        let object = try Object(parsingCOFF: image.bytes, name: "minimal.obj")
        #expect(object.sections[0].relocations[1].offset == offset)
    }
}
