import Testing

import ObjectFiles

@Suite("Limits of COFF")
struct COFFLimitTests {
    /// A limit that the minimal object just meets.
    struct Row: CustomTestStringConvertible, Sendable {
        let limit: ReaderLimits.Name
        let set: @Sendable (inout ReaderLimits, Int) -> Void
        let used: Int
        let field: COFFImage.Field
        var section: COFFDamageRow.Place?

        var testDescription: String { limit.rawValue }
    }

    /// Names of the minimal object: 5 + 4 + 11 + 5 + 8 bytes of sections', 5 + 3 + 3 + 8 + 10 + 8 + 6 + 3 + 4 + 3 + 4 of
    /// symbols'.
    @Test(arguments: [
        Row(
            limit: .fileBytes, set: { $0.fileBytes = $1 }, used: COFFDamageTests.size, field: .header("Machine")),
        Row(limit: .sections, set: { $0.sections = $1 }, used: 5, field: .header("NumberOfSections")),
        Row(limit: .symbols, set: { $0.symbols = $1 }, used: 14, field: .header("NumberOfSymbols")),
        Row(
            limit: .relocations, set: { $0.relocations = $1 }, used: 2, field: .section(0, "NumberOfRelocations"),
            section: (0, ".text")),
        Row(limit: .nameBytes, set: { $0.nameBytes = $1 }, used: 90, field: .symbol(13, "Name")),
    ])
    func isInclusive(_ row: Row) throws {
        let image = COFFBuilder.minimal().build()
        var limits = ReaderLimits()
        row.set(&limits, row.used)
        _ = try Object(parsingCOFF: image.bytes, name: "minimal.obj", limits: limits)

        row.set(&limits, row.used - 1)
        let kind = ObjectError.Kind.tooLarge(row.limit, found: UInt64(row.used), limit: row.used - 1)
        let place = image.place(of: row.field, in: row.section)
        #expect(throws: ObjectError(kind, at: place, in: "minimal.obj")) {
            try Object(parsingCOFF: image.bytes, name: "minimal.obj", limits: limits)
        }
    }

    /// Symbols that share one long name would need far more memory than the file has bytes.
    @Test func sharedNamesAreCountedEachTime() throws {
        var builder = COFFBuilder.minimal()
        builder.symbols.append(COFFBuilder.Symbol(name: String(repeating: "a", count: 1 << 16), storageClass: 2))
        builder.symbols += (0..<1000).map { _ in COFFBuilder.Symbol(name: "b", storageClass: 2) }
        var image = builder.build()
        for record in 15..<1015 { image[.symbol(record, "Name")] = image[.symbol(14, "Name")] }
        let error = #expect(throws: ObjectError.self) {
            try Object(parsingCOFF: image.bytes, name: "shared.obj", limits: ReaderLimits(nameBytes: 1 << 20))
        }
        #expect(error?.kind == .tooLarge(.nameBytes, found: 1 << 20 + 1, limit: 1 << 20))
    }

    /// A size in memory is no reason to allocate.
    @Test func aHugeZeroFilledSectionCostsNothing() throws {
        var image = COFFBuilder.minimal().build()
        image[.section(1, "SizeOfRawData")] = 0xffff_ffff
        let object = try Object(parsingCOFF: image.bytes, name: "minimal.obj")
        #expect(object.sections[1].size == 0xffff_ffff)
        #expect(object.sections[1].contents.isEmpty)
    }
}
