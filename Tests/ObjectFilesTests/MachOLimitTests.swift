import Testing

import ObjectFiles

@Suite("Limits of Mach-O")
struct MachOLimitTests {
    /// A limit that the minimal object just meets.
    struct Row: CustomTestStringConvertible, Sendable {
        let limit: ReaderLimits.Name
        let set: @Sendable (inout ReaderLimits, Int) -> Void
        let used: Int
        let field: MachOImage.Field
        var section: String?

        var testDescription: String { limit.rawValue }
    }

    /// Names of the minimal object: 12 + 16 + 12 + 11 + 20 bytes of sections', 45 of symbols'.
    @Test(arguments: [
        Row(limit: .fileBytes, set: { $0.fileBytes = $1 }, used: MachODamageTests.size, field: .header("magic")),
        Row(limit: .sections, set: { $0.sections = $1 }, used: 5, field: .command(0, "nsects")),
        Row(limit: .symbols, set: { $0.symbols = $1 }, used: 7, field: .command(2, "nsyms")),
        Row(
            limit: .relocations, set: { $0.relocations = $1 }, used: 7, field: .section(2, "nreloc"),
            section: "__DATA,__data"),
        Row(limit: .nameBytes, set: { $0.nameBytes = $1 }, used: 116, field: .symbol(6, "n_strx")),
    ])
    func isInclusive(_ row: Row) throws {
        let image = MachOBuilder.minimal().build()
        var limits = ReaderLimits()
        row.set(&limits, row.used)
        _ = try Object(parsingMachO: image.bytes, name: "minimal.o", limits: limits)

        row.set(&limits, row.used - 1)
        let kind = ObjectError.Kind.tooLarge(row.limit, found: UInt64(row.used), limit: row.used - 1)
        let place = image.place(of: row.field, named: row.section)
        #expect(throws: ObjectError(kind, at: place, in: "minimal.o")) {
            try Object(parsingMachO: image.bytes, name: "minimal.o", limits: limits)
        }
    }

    /// Symbols that share one long name would need far more memory than the file has bytes.
    @Test func sharedNamesAreCountedEachTime() throws {
        var builder = MachOBuilder.minimal()
        let name = UInt64(builder.strings.count)
        builder.strings += [UInt8](repeating: 0x61, count: 1 << 16) + [0]
        builder.symbols += (0..<1000).map { _ in MachOBuilder.symbol(name: name, type: 1) }
        let bytes = builder.build().bytes
        let error = #expect(throws: ObjectError.self) {
            try Object(parsingMachO: bytes, name: "shared.o", limits: ReaderLimits(nameBytes: 1 << 20))
        }
        #expect(error?.kind == .tooLarge(.nameBytes, found: 1 << 20 + 1, limit: 1 << 20))
    }

    /// A size in memory is no reason to allocate.
    @Test func aHugeZeroFilledSectionCostsNothing() throws {
        var image = MachOBuilder.minimal().build()
        image[.section(3, "size")] = .max
        image[.section(3, "align")] = 63
        let object = try Object(parsingMachO: image.bytes, name: "minimal.o")
        #expect(object.sections[3].size == .max)
        #expect(object.sections[3].contents.isEmpty)
        #expect(object.sections[3].alignment == 1 << 63)
    }
}
