import Testing

import ObjectFiles

@Suite("Messages")
struct ObjectErrorTests {
    @Test func descriptionsNamePlaceFaultAndRemedy() throws {
        var image = ELFBuilder.minimal().build()
        image[.relocation(2, 1, "r_offset")] = 13
        let error = try #require(throws: ObjectError.self) { try Object(parsingELF: image.bytes, name: "add.o") }
        #expect(
            error.description == """
                add.o: section 2 '.rela.text', byte 0x68 of the file:
                  Relocation R_X86_64_32S (11) patches 0xd, but section 1 has 16 bytes of contents.
                  The file is damaged, or what wrote it is: compile it again, and compare with llvm-objdump -h -t -r.
                """)
    }

    @Test func leaveOutTheSectionThatIsNotKnown() {
        let error = ObjectError(
            .outsideFile(structure: "ELF header", offset: 0, size: 64, fileSize: 3), at: .init(offset: 0), in: "a.o")
        #expect(
            error.description.hasPrefix(
                "a.o: byte 0x0 of the file:\n  The ELF header would be 64 bytes from 0x0 on, but the file has 3 bytes.")
        )
    }

    /// A name from a hostile file does not reach the terminal as control characters.
    @Test func escapeNames() {
        let place = ObjectError.Place(offset: 1, sectionIndex: 2, sectionName: "\u{1b}[2J\u{9b}\n")
        let error = ObjectError(.relocationsWithoutAddends, at: place, in: "a\u{7}.o")
        #expect(error.description.hasPrefix("a\\u{07}.o: section 2 '\\u{1B}[2J\\u{009B}\\n', byte 0x1"))
    }

    /// Each kind has words for what was found and for what to do.
    @Test(
        arguments: [
            .notThisFormat(found: [], expected: "ELF's"),
            .unsupported(field: "e_type", found: 3, meaning: "ET_DYN", expected: "1"),
            .relocationsWithoutAddends,
            .tooLarge(.symbols, found: 3, limit: 2),
            .outsideFile(structure: "section", offset: .max, size: .max, fileSize: 1),
            .endOfTable(needed: 8, available: 3),
            .overlap(with: "section 1"),
            .missing("symbol table"),
            .severalTables("symbol table", first: 1),
            .badEntrySize(field: "sh_entsize", found: 1, expected: "24"),
            .partialEntry(size: 25, entrySize: 24),
            .wrongCount(field: "sh_size", found: 1, expected: 2),
            .badAlignment(found: 3),
            .badSectionIndex(field: "sh_link", found: 9, count: 1),
            .wrongSectionType(field: "sh_link", section: 1, found: 1, expected: "a string table (3)"),
            .badSymbolIndex(found: 9, count: 1),
            .symbolOutsideSection(value: 1, size: 2, section: 3, sectionSize: 2),
            .relocationOutsideSection(
                type: RelocationType(format: .elf, architecture: .x86_64, raw: 99), offset: 1, section: 2,
                sectionSize: 3),
            .badStringTable(.empty),
            .badStringTable(.firstByteNotZero),
            .badStringTable(.unterminated),
            .nameOutsideTable(field: "st_name", found: 1, tableSize: 1),
            .nameNotUTF8(field: "st_name"),
        ] as [ObjectError.Kind])
    func haveThreeParts(_ kind: ObjectError.Kind) {
        let error = ObjectError(kind, at: .init(offset: 0), in: "a.o")
        let lines = error.description.split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines.count == 3)
        #expect(lines.dropFirst().allSatisfy { $0.hasPrefix("  ") && $0.count > 20 && $0.hasSuffix(".") })
    }
}
