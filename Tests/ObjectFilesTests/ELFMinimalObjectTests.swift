import Testing

import ObjectFiles

@Suite("A hand-built object")
struct ELFMinimalObjectTests {
    /// Whether its numbers are where a small or where a large object has them, an object is the same.
    @Test(arguments: ELFTarget.all, [false, true])
    func isReadInFull(target: ELFTarget, extended: Bool) throws {
        let builder = extended ? ELFBuilder.minimalExtended(target) : ELFBuilder.minimal(target)
        let object = try Object(parsingELF: builder.build().bytes, name: "minimal.o")
        #expect(object.name == "minimal.o")
        #expect(object.format == .elf)
        #expect(object.architecture == target.architecture)
        #expect(object.sections.map(\.name) == builder.sections.map(\.name))
        #expect(object.sections.map(\.index) == Array(builder.sections.indices))

        func relocation(_ index: Int, against symbol: Int) -> Relocation {
            let row = target.relocations[index]
            let type = RelocationType(format: .elf, architecture: target.architecture, raw: row.type)
            return Relocation(offset: row.offset, type: type, symbol: symbol, addend: row.addend)
        }
        #expect(
            object.sections[1]
                == Section(
                    index: 1, name: ".text", contents: ELFBuilder.text(for: target), size: 16, alignment: 16,
                    flags: [.allocated, .executable],
                    relocations: [relocation(0, against: 3), relocation(1, against: 4)]))
        #expect(
            object.sections[3]
                == Section(
                    index: 3, name: ".bss", contents: [], size: 32, alignment: 32,
                    flags: [.allocated, .writable, .zeroFilled]))
        #expect(
            object.sections[4]
                == Section(
                    index: 4, name: ".rodata.cst8", contents: [UInt8](repeating: 9, count: 16), size: 16, alignment: 8,
                    flags: [.allocated, .mergeable], entrySize: 8))
        #expect(
            object.symbols == [
                Symbol(name: "", placement: .undefined, value: 0, size: 0, binding: .local, kind: .none),
                Symbol(name: ".bss", placement: .section(3), value: 0, size: 0, binding: .local, kind: .section),
                Symbol(name: "add", placement: .section(1), value: 4, size: 12, binding: .global, kind: .function),
                Symbol(name: "CONTINUE", placement: .undefined, value: 0, size: 0, binding: .global, kind: .none),
                Symbol(name: "H32", placement: .absolute, value: 7, size: 0, binding: .weak, kind: .none),
            ])
        #expect(object.symbols[2].section == 1)
        #expect(object.symbols[3].section == nil)
    }

    /// One fact about st_shndx and st_info each.
    struct SymbolRow: CustomTestStringConvertible, Sendable {
        let field: String
        let value: UInt64
        let expected: Symbol

        init(_ field: String, _ value: UInt64, _ change: (inout Symbol) -> Void) {
            self.field = field
            self.value = value
            var symbol = Symbol(
                name: "CONTINUE", placement: .undefined, value: 0, size: 0, binding: .global, kind: .none)
            change(&symbol)
            expected = symbol
        }

        var testDescription: String { "\(field) = 0x\(String(value, radix: 16))" }
    }

    @Test(arguments: [
        SymbolRow("st_shndx", 0xfff2) { $0.placement = .common },
        SymbolRow("st_shndx", 0xff02) { $0.placement = .common },
        SymbolRow("st_shndx", 0xfff1) { $0.placement = .absolute },
        SymbolRow("st_shndx", 4) { $0.placement = .section(4) },
        SymbolRow("st_info", 0x00) { $0.binding = .local },
        SymbolRow("st_info", 0x11) { $0.kind = .object },
        SymbolRow("st_info", 0x14) { $0.kind = .file },
        SymbolRow("st_info", 0x15) { $0.kind = .object },
        SymbolRow("st_info", 0x16) { $0.kind = .threadLocal },
        SymbolRow("st_info", 0x1a) { $0.kind = .other },
        SymbolRow("st_other", 2) { _ in },
        SymbolRow("st_name", 17) { $0.name = "" },
    ])
    func symbolSays(_ row: SymbolRow) throws {
        var image = ELFBuilder.minimal().build()
        image[.symbol(5, 3, row.field)] = row.value
        let object = try Object(parsingELF: image.bytes, name: "minimal.o")
        #expect(object.symbols[3] == row.expected)
    }

    @Test func aSymbolMayMarkTheEndOfItsSection() throws {
        var image = ELFBuilder.minimal().build()
        image[.symbol(5, 2, "st_value")] = 16
        image[.symbol(5, 2, "st_size")] = 0
        let object = try Object(parsingELF: image.bytes, name: "minimal.o")
        #expect(object.symbols[2].value == 16)
    }

    @Test func aSectionSymbolKeepsItsOwnName() throws {
        var image = ELFBuilder.minimal().build()
        image[.symbol(5, 1, "st_name")] = 1
        let object = try Object(parsingELF: image.bytes, name: "minimal.o")
        #expect(object.symbols[1].name == "add")
    }

    @Test func severalSectionsMayHaveOneName() throws {
        var builder = ELFBuilder.minimal()
        builder.sections.append(builder.sections[1])
        let object = try Object(parsingELF: builder.build().bytes, name: "minimal.o")
        #expect(object.sections.filter { $0.name == ".text" }.map(\.index) == [1, 8])
    }

    @Test func severalTablesMayPatchOneSection() throws {
        var builder = ELFBuilder.minimal()
        builder.sections.append(builder.sections[2])
        let object = try Object(parsingELF: builder.build().bytes, name: "minimal.o")
        #expect(object.sections[1].relocations.map(\.offset) == [1, 12, 1, 12])
    }

    @Test func groupsNotesAndUnknownTypesAreSectionsWithContents() throws {
        for type: UInt32 in [7, 17, 0x6fff_4c03, 0x7000_0001, 0x7fff_ffff] {
            var builder = ELFBuilder.minimal()
            builder.sections.append(ELFBuilder.Section(name: ".other", type: type, contents: [1, 2, 3]))
            let object = try Object(parsingELF: builder.build().bytes, name: "minimal.o")
            #expect(object.sections[8].contents == [1, 2, 3])
        }
    }

    @Test func anInactiveSectionMayHoldAnything() throws {
        var image = ELFBuilder.minimal().build()
        image[.section(4, "sh_type")] = 0
        for name in ["sh_name", "sh_flags", "sh_offset", "sh_size", "sh_link", "sh_addralign", "sh_entsize"] {
            image[.section(4, name)] = .max
        }
        let object = try Object(parsingELF: image.bytes, name: "minimal.o")
        #expect(
            object.sections[4]
                == Section(index: 4, name: "", contents: [], size: 0, alignment: 1, flags: []))
    }

    @Test func anObjectWithoutSymbolsHasNone() throws {
        var builder = ELFBuilder.minimal()
        builder.sections[2].type = 1
        builder.sections[5].type = 1
        let object = try Object(parsingELF: builder.build().bytes, name: "minimal.o")
        #expect(object.symbols.isEmpty)
        #expect(object.sections.allSatisfy { $0.relocations.isEmpty })
    }
}
