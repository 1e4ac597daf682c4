import Testing

import ObjectFiles

@Suite("Limits")
struct ELFLimitTests {
    /// A limit that the minimal object just meets.
    struct Row: CustomTestStringConvertible, Sendable {
        let limit: ReaderLimits.Name
        let set: @Sendable (inout ReaderLimits, Int) -> Void
        let used: Int
        let field: ELFImage.Field
        let section: String?

        var testDescription: String { limit.rawValue }
    }

    /// Names of the minimal object: 5 + 10 + 4 + 12 + 7 + 7 + 9 bytes of sections', 3 + 8 + 3 of symbols'.
    @Test(arguments: [
        Row(
            limit: .fileBytes, set: { $0.fileBytes = $1 }, used: ELFDamageTests.size, field: .header("EI_MAG"),
            section: nil),
        Row(limit: .sections, set: { $0.sections = $1 }, used: 8, field: .header("e_shnum"), section: nil),
        Row(limit: .symbols, set: { $0.symbols = $1 }, used: 5, field: .section(5, "sh_size"), section: ".symtab"),
        Row(
            limit: .relocations, set: { $0.relocations = $1 }, used: 2, field: .section(2, "sh_size"),
            section: ".rela.text"),
        Row(
            limit: .nameBytes, set: { $0.nameBytes = $1 }, used: 68, field: .symbol(5, 4, "st_name"), section: ".symtab"
        ),
    ])
    func isInclusive(_ row: Row) throws {
        let image = ELFBuilder.minimal().build()
        var limits = ReaderLimits()
        row.set(&limits, row.used)
        _ = try Object(parsingELF: image.bytes, name: "minimal.o", limits: limits)

        row.set(&limits, row.used - 1)
        let kind = ObjectError.Kind.tooLarge(row.limit, found: UInt64(row.used), limit: row.used - 1)
        let place = image.place(of: row.field, named: row.section)
        #expect(throws: ObjectError(kind, at: place, in: "minimal.o")) {
            try Object(parsingELF: image.bytes, name: "minimal.o", limits: limits)
        }
    }

    /// Symbols that share one long name would need far more memory than the file has bytes.
    @Test func sharedNamesAreCountedEachTime() throws {
        var builder = ELFBuilder.minimal()
        builder.sections[6].contents = [0] + [UInt8](repeating: 0x61, count: 1 << 16) + [0]
        builder.sections[5].contents += (0..<1000).flatMap { _ in ELFBuilder.symbol(name: 1, info: 0x10, section: 0) }
        builder.sections[5].contents.replaceSubrange(24..<120, with: [UInt8](repeating: 0, count: 96))
        let bytes = builder.build().bytes
        let error = #expect(throws: ObjectError.self) {
            try Object(parsingELF: bytes, name: "shared.o", limits: ReaderLimits(nameBytes: 1 << 20))
        }
        #expect(error?.kind == .tooLarge(.nameBytes, found: 1 << 20 + 1, limit: 1 << 20))
    }

    /// A size in memory is no reason to allocate.
    @Test func aHugeZeroFilledSectionCostsNothing() throws {
        var image = ELFBuilder.minimal().build()
        image[.section(3, "sh_size")] = .max
        image[.section(3, "sh_addralign")] = 1 << 63
        let object = try Object(parsingELF: image.bytes, name: "minimal.o")
        #expect(object.sections[3].size == .max)
        #expect(object.sections[3].contents.isEmpty)
        #expect(object.sections[3].alignment == 1 << 63)
    }
}
