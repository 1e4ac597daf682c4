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

    /// The advice to compile for another target names all that there are.
    @Test func nameTheTargetsThatAreRead() {
        let kind = ObjectError.Kind.unsupported(field: "e_machine", found: 8, meaning: "EM_MIPS", expected: "another")
        let words = ObjectError(kind, at: .init(offset: 18), in: "a.o").description
        for architecture in ["i686", "powerpc64le", "x86_64", "aarch64", "riscv64"] {
            #expect(words.contains("\(architecture)-unknown-linux-gnu"))
        }
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
            .severalCommands("LC_SYMTAB", first: 2),
            .noRoom(field: "nsects", found: 6, room: 5),
            .badAlignmentExponent(found: 64),
            .addressOutsideSection(field: "n_value", address: 1, section: 2, start: 3, size: 4),
            .badStringTable(.smallerThanItsSize(3)),
            .contradiction(field: "Selection", found: 0, expected: "1 to 7"),
            .notASymbol(field: "TagIndex", found: 1, count: 1),
            .wrongInstruction(
                type: RelocationType(format: .coff, architecture: .aarch64, raw: 3), found: 0, expected: "b or bl"),
            .badLongName(found: Array("/x".utf8)),
            .nameInsideSize(field: "Name", found: 3),
        ] as [ObjectError.Kind])
    func haveThreeParts(_ kind: ObjectError.Kind) {
        let error = ObjectError(kind, at: .init(offset: 0), in: "a.o")
        let lines = error.description.split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines.count == 3)
        #expect(lines.dropFirst().allSatisfy { $0.hasPrefix("  ") && $0.count > 20 && $0.hasSuffix(".") })
    }

    @Test(
        arguments: [
            .unknown, .sectionRelative, .debugSymbol, .unpaired(with: "UNSIGNED"), .valueInInstruction(bits: 1), .authenticated,
        ] as [ObjectError.RelocationFault])
    func ofRelocationsHaveThreeParts(_ fault: ObjectError.RelocationFault) {
        let type = RelocationType(machO: .aarch64, type: 3, length: 2, isPCRelative: true)
        haveThreeParts(.badRelocation(type: type, fault))
        let error = ObjectError(.badRelocation(type: type, fault), at: .init(offset: 0), in: "a.o")
        #expect(error.description.contains("\n  Relocation ARM64_RELOC_PAGE21 (type 3, length 2, pcrel 1) "))
    }
}
