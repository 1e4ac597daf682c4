import Testing

import ObjectFiles

@Suite("A hand-built COFF object")
struct COFFMinimalObjectTests {
    /// An object says the same with each header, and with each way to write long names.
    @Test(arguments: [false, true], [false, true])
    func isReadInFull(isBig: Bool, namesInBase64: Bool) throws {
        var builder = COFFBuilder.minimal(isBig: isBig)
        builder.namesInBase64 = namesInBase64
        let object = try Object(parsingCOFF: builder.build().bytes, name: "minimal.obj")
        #expect(object.name == "minimal.obj")
        #expect(object.format == .coff)
        #expect(object.architecture == .x86_64)
        func type(_ raw: UInt32) -> RelocationType { RelocationType(format: .coff, architecture: .x86_64, raw: raw) }
        #expect(
            object.sections == [
                Section(
                    index: 0, name: ".text", contents: builder.sections[0].contents, size: 32, alignment: 16,
                    flags: [.allocated, .executable],
                    relocations: [
                        Relocation(offset: 8, type: type(4), symbol: 3, addend: 12),
                        Relocation(offset: 16, type: type(1), symbol: 7, addend: -2),
                    ]),
                Section(
                    index: 1, name: ".bss", contents: [], size: 40, alignment: 32,
                    flags: [.allocated, .writable, .zeroFilled]),
                Section(
                    index: 2, name: ".rdata$long", contents: [UInt8](repeating: 9, count: 16), size: 16, alignment: 8,
                    flags: [.allocated]),
                Section(
                    index: 3, name: ".tls$", contents: [1, 2, 3, 4], size: 4, alignment: 4,
                    flags: [.allocated, .writable, .threadLocal]),
                Section(index: 4, name: ".drectve", contents: Array(" /x".utf8), size: 3, alignment: 1, flags: []),
            ])
        #expect(
            object.symbols == [
                Symbol(name: ".text", placement: .section(0), value: 0, size: 0, binding: .local, kind: .section),
                Symbol(name: "a.c", placement: .absolute, value: 0, size: 0, binding: .local, kind: .file),
                // The label at 12 is inside.
                Symbol(name: "add", placement: .section(0), value: 4, size: 16, binding: .global, kind: .function),
                Symbol(name: "CONTINUE", placement: .undefined, value: 0, size: 0, binding: .global, kind: .none),
                Symbol(name: "constant_2", placement: .section(2), value: 8, size: 8, binding: .local, kind: .none),
                Symbol(name: "weakling", placement: .section(0), value: 4, size: 16, binding: .weak, kind: .function),
                Symbol(name: "common", placement: .common, value: 32, size: 20, binding: .global, kind: .none),
                Symbol(name: "H32", placement: .absolute, value: 7, size: 0, binding: .global, kind: .none),
                Symbol(name: "$LN1", placement: .section(0), value: 12, size: 0, binding: .local, kind: .none),
                Symbol(name: "sub", placement: .section(0), value: 20, size: 12, binding: .local, kind: .function),
                Symbol(name: "mine", placement: .section(3), value: 0, size: 4, binding: .global, kind: .threadLocal),
            ])
    }

    @Test(
        arguments: [
            (0x8664, .x86_64), (0x14c, .i386), (0xaa64, .aarch64),
        ] as [(UInt16, Object.Architecture)])
    func machineIsTheArchitecture(machine: UInt16, architecture: Object.Architecture) throws {
        var builder = COFFBuilder.minimal(machine: machine)
        builder.sections[0].relocations = [(0, 5, 0)]
        let object = try Object(parsingCOFF: builder.build().bytes, name: "minimal.obj")
        #expect(object.architecture == architecture)
        #expect(object.sections[0].relocations[0].type.architecture == architecture)
    }

    @Test(arguments: [(0, 16), (1, 1), (2, 2), (5, 16), (14, 8192)] as [(UInt64, UInt64)])
    func alignmentIsInTheFlags(code: UInt64, alignment: UInt64) throws {
        var image = COFFBuilder.minimal().build()
        image[.section(2, "Characteristics")] = 0x4000_0040 | code << 20
        let object = try Object(parsingCOFF: image.bytes, name: "minimal.obj")
        #expect(object.sections[2].alignment == alignment)
    }

    /// What the linker takes away and what the loader may drop is not part of the program.
    @Test(arguments: [0x40, 0x200, 0x800, 0x0200_0000, 0x1000] as [UInt64])
    func sectionIsAllocated(flag: UInt64) throws {
        var image = COFFBuilder.minimal().build()
        image[.section(2, "Characteristics")] = 0x4000_0040 | flag
        let object = try Object(parsingCOFF: image.bytes, name: "minimal.obj")
        #expect(object.sections[2].flags.contains(.allocated) == (flag == 0x40 || flag == 0x1000))
    }

    /// One fact about a symbol's fields each.
    struct SymbolRow: CustomTestStringConvertible, Sendable {
        let fields: [(name: String, value: UInt64)]
        let expected: Symbol

        init(_ fields: [(name: String, value: UInt64)], _ change: (inout Symbol) -> Void) {
            self.fields = fields
            var symbol = Symbol(
                name: "CONTINUE", placement: .undefined, value: 0, size: 0, binding: .global, kind: .none)
            change(&symbol)
            expected = symbol
        }

        var testDescription: String { fields.map { "\($0.name) = 0x\(String($0.value, radix: 16))" }.joined() }
    }

    @Test(arguments: [
        SymbolRow([("Value", 1)]) { ($0.placement, $0.value, $0.size) = (.common, 1, 1) },
        SymbolRow([("Value", 3)]) { ($0.placement, $0.value, $0.size) = (.common, 4, 3) },
        SymbolRow([("Value", 32)]) { ($0.placement, $0.value, $0.size) = (.common, 32, 32) },
        SymbolRow([("Value", 1 << 31)]) { ($0.placement, $0.value, $0.size) = (.common, 32, 1 << 31) },
        SymbolRow([("StorageClass", 3), ("Value", 9)]) { $0.binding = .local },
        SymbolRow([("SectionNumber", 0xffff), ("Value", 1 << 31)]) { ($0.placement, $0.value) = (.absolute, 1 << 31) },
        SymbolRow([("SectionNumber", 0xfffe)]) { $0.placement = .absolute },
        SymbolRow([("SectionNumber", 2), ("Value", 8)]) { ($0.placement, $0.value, $0.size) = (.section(1), 8, 32) },
        SymbolRow([("SectionNumber", 2), ("Value", 40)]) { ($0.placement, $0.value) = (.section(1), 40) },
        SymbolRow([("SectionNumber", 2), ("Type", 0x20)]) {
            ($0.placement, $0.size, $0.kind) = (.section(1), 40, .function)
        },
        SymbolRow([("SectionNumber", 2), ("StorageClass", 104)]) {
            ($0.placement, $0.binding, $0.kind) = (.section(1), .local, .section)
        },
        SymbolRow([("SectionNumber", 2), ("StorageClass", 105)]) {
            ($0.placement, $0.size, $0.binding) = (.section(1), 40, .weak)
        },
        SymbolRow([("Type", 0x20)]) { _ in },
        SymbolRow([("Name", 0)]) { $0.name = "" },
        SymbolRow([("Name", 0x41)]) { $0.name = "A" },
    ])
    func symbolSays(_ row: SymbolRow) throws {
        for isBig in [false, true] {
            var image = COFFBuilder.minimal(isBig: isBig).build()
            for (name, value) in row.fields {
                let negative = isBig && name == "SectionNumber" && value > 0xff00
                image[.symbol(5, name)] = negative ? value | 0xffff_0000 : value
            }
            let object = try Object(parsingCOFF: image.bytes, name: "minimal.obj")
            #expect(object.symbols[3] == row.expected)
        }
    }

    @Test func aFunctionsOwnSizeGoesBeforeTheNextSymbol() throws {
        var builder = COFFBuilder.minimal()
        builder.symbols[2].auxiliaries = [[0, 0, 0, 0, 10, 0, 0, 0]]
        builder.symbols[5].auxiliaries = []
        builder.symbols[5].storageClass = 2
        builder.sections[0].relocations = []
        let object = try Object(parsingCOFF: builder.build().bytes, name: "minimal.obj")
        #expect(object.symbols[2].size == 10)
        #expect(object.symbols[2].name == "add" && object.symbols[3].name == "CONTINUE")
    }

    @Test func symbolsOfOnePlaceHaveOneSize() throws {
        var builder = COFFBuilder.minimal()
        builder.symbols[10].section = 1
        builder.symbols[10].value = 4
        let object = try Object(parsingCOFF: builder.build().bytes, name: "minimal.obj")
        #expect(object.symbols[2].size == 16)
        #expect(object.symbols[10].size == 16)
    }

    /// Where the symbol that stands in is no place of this object, a weak external stays undefined.
    @Test(arguments: [5, 10, 7, 9])
    func weakExternalIsUndefined(standIn: UInt64) throws {
        var image = COFFBuilder.minimal().build()
        image[.auxiliary(8, "TagIndex")] = standIn
        let object = try Object(parsingCOFF: image.bytes, name: "minimal.obj")
        #expect(
            object.symbols[5]
                == Symbol(name: "weakling", placement: .undefined, value: 0, size: 0, binding: .weak, kind: .none))
    }

    @Test func aNameOfAFileMayTakeManyRecords() throws {
        let path = String(repeating: "folder/", count: 7) + "a.c"
        for isBig in [false, true] {
            var builder = COFFBuilder.minimal(isBig: isBig)
            let size = isBig ? 20 : 18
            let text = Array(path.utf8)
            builder.symbols[1].auxiliaries = stride(from: 0, to: text.count, by: size).map {
                Array(text[$0..<min($0 + size, text.count)])
            }
            builder.symbols[5].storageClass = 2
            builder.symbols[5].auxiliaries = []
            builder.sections[0].relocations = []
            let object = try Object(parsingCOFF: builder.build().bytes, name: "minimal.obj")
            #expect(object.symbols[1].name == path)
            #expect(object.symbols[2].name == "add")
        }
    }

    /// Addresses of relocations begin at the section's, where it has one.
    @Test func relocationsCountFromTheSectionsAddress() throws {
        var builder = COFFBuilder.minimal()
        builder.sections[0].virtualAddress = 0x1000
        builder.sections[0].relocations = [(0x1008, 5, 4)]
        let object = try Object(parsingCOFF: builder.build().bytes, name: "minimal.obj")
        #expect(object.sections[0].relocations.map(\.offset) == [8])
        #expect(object.symbols[2].value == 4)
    }

    @Test(arguments: [0, 1, 65_535, 70_000])
    func theNumberOfRelocationsMayBeInTheFirst(count: Int) throws {
        var builder = COFFBuilder.minimal()
        builder.sections[0].countsInFirstRelocation = true
        builder.sections[0].relocations = (0..<count).map { (UInt32($0 % 32), 5, 0) }
        let object = try Object(parsingCOFF: builder.build().bytes, name: "minimal.obj")
        #expect(object.sections[0].relocations.count == count)
        #expect(object.sections[0].relocations.first?.offset == (count == 0 ? nil : 0))
        #expect(object.sections[0].relocations.last?.offset == (count == 0 ? nil : UInt64(count - 1) % 32))
    }

    /// 65,279 is the last number that 16 bits have; with 32 bits there are more.
    @Test(arguments: [(65_279, false), (70_000, true)])
    func manySectionsHaveNumbers(count: Int, isBig: Bool) throws {
        let builder = COFFBuilder(
            isBig: isBig,
            sections: (0..<count).map { COFFBuilder.Section(name: ".s", flags: 0x40, contents: [UInt8($0 & 255)]) },
            symbols: (0..<count).map { COFFBuilder.Symbol(name: "s", section: $0 + 1, storageClass: 2) })
        let object = try Object(parsingCOFF: builder.build().bytes, name: "large.obj")
        #expect(object.sections.count == count)
        let wrong = object.symbols.indices.first {
            object.symbols[$0].section != $0 || object.sections[$0].contents != [UInt8($0 & 255)]
        }
        #expect(wrong == nil)
    }

    @Test func anObjectWithoutSymbolsHasNone() throws {
        var builder = COFFBuilder.minimal()
        builder.sections.remove(at: 2)
        builder.sections[0].relocations = []
        var image = builder.build()
        image[.header("PointerToSymbolTable")] = 0
        image[.header("NumberOfSymbols")] = 0
        let object = try Object(parsingCOFF: image.bytes, name: "minimal.obj")
        #expect(object.symbols.isEmpty)
        #expect(object.sections.count == 4)
    }

    @Test func anObjectMayBeEmpty() throws {
        let object = try Object(
            parsingCOFF: COFFBuilder(sections: [], symbols: []).build().bytes, name: "empty.obj")
        #expect(object.sections.isEmpty && object.symbols.isEmpty)
    }
}
