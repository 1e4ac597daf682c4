import Testing

import ObjectFiles

@Suite("A hand-built Mach-O object")
struct MachOMinimalObjectTests {
    private func read(_ image: MachOImage) throws -> Object {
        try Object(parsingMachO: image.bytes, name: "minimal.o")
    }

    @Test func isReadInFull() throws {
        let builder = MachOBuilder.minimal()
        let object = try read(builder.build())
        #expect(object.name == "minimal.o")
        #expect(object.format == .machO)
        #expect(object.architecture == .x86_64)

        func type(_ type: UInt32, _ length: UInt32, pcRelative: Bool = false) -> RelocationType {
            RelocationType(machO: .x86_64, type: type, length: length, isPCRelative: pcRelative)
        }
        // Symbols 7 ... 11 are the sections'.
        #expect(
            object.sections == [
                Section(
                    index: 0, name: "__TEXT,__text", contents: builder.sections[0].contents, size: 32, alignment: 16,
                    flags: [.allocated, .executable],
                    relocations: [
                        // 2, less 4 for the field and 1 for what follows it.
                        Relocation(offset: 16, type: type(6, 2, pcRelative: true), symbol: 6, addend: -3),
                        // 8, less 4.
                        Relocation(offset: 8, type: type(1, 2, pcRelative: true), symbol: 8, addend: 4),
                        Relocation(offset: 1, type: type(2, 2, pcRelative: true), symbol: 3, addend: -4),
                    ]),
                Section(
                    index: 1, name: "__TEXT,__literal8", contents: [UInt8](repeating: 9, count: 16), size: 16,
                    alignment: 8, flags: [.allocated, .mergeable], entrySize: 8),
                Section(
                    index: 2, name: "__DATA,__data", contents: builder.sections[2].contents, size: 32, alignment: 8,
                    flags: [.allocated, .writable],
                    relocations: [
                        Relocation(offset: 16, type: type(5, 2), symbol: 1, addend: 0),
                        Relocation(offset: 16, type: type(0, 2), symbol: 6, addend: 4),
                        Relocation(offset: 8, type: type(0, 3), symbol: 8, addend: 5),
                        Relocation(offset: 0, type: type(0, 3), symbol: 6, addend: 8),
                    ]),
                Section(
                    index: 3, name: "__DATA,__bss", contents: [], size: 32, alignment: 32,
                    flags: [.allocated, .writable, .zeroFilled]),
                Section(
                    index: 4, name: "__LD,__compact_unwind", contents: [UInt8](repeating: 0, count: 8), size: 8,
                    alignment: 8, flags: []),
            ])
        let sectionSymbols = object.sections.map { section in
            Symbol(
                name: section.name, placement: .section(section.index), value: 0, size: 0, binding: .local, kind: .section)
        }
        #expect(
            object.symbols == [
                Symbol(name: "_local", placement: .section(2), value: 8, size: 24, binding: .local, kind: .object),
                Symbol(name: "_add", placement: .section(0), value: 4, size: 12, binding: .global, kind: .function),
                Symbol(name: "_weak", placement: .section(0), value: 16, size: 16, binding: .weak, kind: .function),
                Symbol(name: "_CONTINUE", placement: .undefined, value: 0, size: 0, binding: .global, kind: .none),
                Symbol(name: "_common", placement: .common, value: 16, size: 48, binding: .global, kind: .object),
                Symbol(name: "_absolute", placement: .absolute, value: 7, size: 0, binding: .global, kind: .none),
                Symbol(name: "_data", placement: .section(2), value: 0, size: 8, binding: .global, kind: .object),
            ] + sectionSymbols)
    }

    @Test func ofARM64IsReadInFull() throws {
        let object = try read(MachOBuilder.minimalARM64().build())
        #expect(object.architecture == .aarch64)
        #expect(object.sections[1].flags == [.allocated, .mergeable])
        #expect(object.sections[1].entrySize == 1)
        func relocation(
            _ offset: UInt64, _ type: UInt32, _ length: UInt32, pcRelative: Bool = false, _ symbol: Int, _ addend: Int64
        ) -> Relocation {
            let type = RelocationType(machO: .aarch64, type: type, length: length, isPCRelative: pcRelative)
            return Relocation(offset: offset, type: type, symbol: symbol, addend: addend)
        }
        #expect(
            object.sections[0].relocations == [
                relocation(12, 2, 2, pcRelative: true, 3, 0), relocation(8, 6, 2, 3, 0), relocation(4, 4, 2, 6, 24),
                relocation(0, 3, 2, pcRelative: true, 6, -2),
            ])
        #expect(
            object.sections[2].relocations == [relocation(8, 7, 2, pcRelative: true, 3, 0), relocation(0, 0, 3, 8, 2)])
    }

    /// One fact about a symbol's fields each; the symbol is _data, of which there are 8 bytes.
    struct SymbolRow: CustomTestStringConvertible, Sendable {
        let fields: [(String, UInt64)]
        let expected: Symbol

        init(_ fields: [(String, UInt64)], _ change: (inout Symbol) -> Void) {
            self.fields = fields
            var symbol = Symbol(
                name: "_data", placement: .section(2), value: 0, size: 8, binding: .global, kind: .object)
            change(&symbol)
            expected = symbol
        }

        var testDescription: String {
            fields.map { "\($0.0) = 0x\(String($0.1, radix: 16))" }.joined(separator: ", ")
        }
    }

    @Test(arguments: [
        SymbolRow([("n_type", 0x0e)]) { $0.binding = .local },
        SymbolRow([("n_type", 0x1f)]) { _ in },
        SymbolRow([("n_type", 0x1e)]) { $0.binding = .local },
        SymbolRow([("n_desc", 0x80)]) { $0.binding = .weak },
        SymbolRow([("n_desc", 0x40)]) { _ in },
        SymbolRow([("n_desc", 0x100)]) { $0.kind = .other },
        SymbolRow([("n_desc", 0x20)]) { _ in },
        SymbolRow([("n_strx", 0)]) { $0.name = "" },
        SymbolRow([("n_strx", 48)]) { $0.name = "data" },
        SymbolRow([("n_value", 0x50)]) {
            $0.value = 32
            $0.size = 0
        },
        SymbolRow([("n_value", 0x38)]) {
            $0.value = 8
            $0.size = 24
        },
        SymbolRow([("n_sect", 1), ("n_value", 8)]) {
            $0.placement = .section(0)
            $0.value = 8
            $0.kind = .function
        },
        // Nothing behind them in their sections: up to the end.
        SymbolRow([("n_sect", 4), ("n_value", 0x60)]) {
            $0.placement = .section(3)
            $0.value = 16
            $0.size = 16
        },
        SymbolRow([("n_type", 0x01), ("n_value", 0), ("n_desc", 0x40)]) {
            $0 = Symbol(name: "_data", placement: .undefined, value: 0, size: 0, binding: .weak, kind: .none)
        },
        SymbolRow([("n_type", 0x01), ("n_value", 0), ("n_desc", 0x80)]) {
            $0 = Symbol(name: "_data", placement: .undefined, value: 0, size: 0, binding: .global, kind: .none)
        },
        SymbolRow([("n_type", 0x01), ("n_value", 5), ("n_desc", 0xf00)]) {
            $0 = Symbol(name: "_data", placement: .common, value: 1 << 15, size: 5, binding: .global, kind: .object)
        },
        SymbolRow([("n_type", 0x03)]) {
            $0 = Symbol(name: "_data", placement: .absolute, value: 0x30, size: 0, binding: .global, kind: .none)
        },
    ])
    func symbolSays(_ row: SymbolRow) throws {
        var image = MachOBuilder.minimal().build()
        for (name, value) in row.fields { image[.symbol(6, name)] = value }
        #expect(try read(image).symbols[6] == row.expected)
    }

    /// An entry for debuggers says nothing, but has a number.
    @Test func anEntryForDebuggersIsKeptApart() throws {
        var image = MachOBuilder.minimal().build()
        image[.symbol(0, "n_type")] = 0x24
        image[.symbol(0, "n_sect")] = 200
        #expect(
            try read(image).symbols[0]
                == Symbol(name: "_local", placement: .absolute, value: 0x38, size: 0, binding: .local, kind: .other))
    }

    @Test func aFurtherEntryEndsNoSymbol() throws {
        var image = MachOBuilder.minimal().build()
        image[.symbol(2, "n_desc")] = 0x280
        let object = try read(image)
        #expect(object.symbols[1].size == 28)
        #expect(object.symbols[2].size == 16)
    }

    @Test func anAssemblersLabelIsNoFunction() throws {
        var builder = MachOBuilder.minimal()
        builder.strings.replaceSubrange(8..<12, with: Array("ltmp".utf8))
        var image = builder.build()
        image[.symbol(1, "n_type")] = 0x0e
        #expect(try read(image).symbols[1].kind == .none)
    }

    /// A section's type and attributes.
    struct SectionRow: CustomTestStringConvertible, Sendable {
        let section: Int
        let flags: UInt64
        let expected: Section.Flags
        var entrySize: UInt64 = 0

        var testDescription: String { "flags = 0x\(String(flags, radix: 16)) of section \(section)" }
    }

    @Test(arguments: [
        SectionRow(section: 1, flags: 0x0, expected: [.allocated]),
        SectionRow(section: 1, flags: 0x400, expected: [.allocated, .executable]),
        SectionRow(section: 1, flags: 0x8000_0000, expected: [.allocated, .executable]),
        SectionRow(section: 1, flags: 0x2, expected: [.allocated, .mergeable], entrySize: 1),
        SectionRow(section: 1, flags: 0x3, expected: [.allocated, .mergeable], entrySize: 4),
        SectionRow(section: 1, flags: 0x5, expected: [.allocated, .mergeable], entrySize: 8),
        SectionRow(section: 1, flags: 0xe, expected: [.allocated, .mergeable], entrySize: 16),
        SectionRow(section: 1, flags: 0xb, expected: [.allocated]),
        SectionRow(section: 1, flags: 0x200_0000, expected: []),
        SectionRow(section: 1, flags: 0xff, expected: [.allocated]),
        SectionRow(section: 3, flags: 0xc, expected: [.allocated, .writable, .zeroFilled]),
        SectionRow(section: 3, flags: 0x12, expected: [.allocated, .writable, .threadLocal, .zeroFilled]),
        SectionRow(section: 2, flags: 0x11, expected: [.allocated, .writable, .threadLocal]),
        SectionRow(section: 2, flags: 0x13, expected: [.allocated, .writable]),
    ])
    func sectionSays(_ row: SectionRow) throws {
        var image = MachOBuilder.minimal().build()
        image[.section(row.section, "flags")] = row.flags
        let object = try read(image)
        #expect(object.sections[row.section].flags == row.expected)
        #expect(object.sections[row.section].entrySize == row.entrySize)
        #expect(brokenPromise(of: object) == nil)
        if [0x11, 0x12, 0x13].contains(row.flags) {
            let symbols = object.symbols.filter { $0.section == row.section && $0.kind != .section }
            #expect(symbols.allSatisfy { $0.kind == .threadLocal })
        }
    }

    /// Only what goes to __TEXT cannot be written.
    @Test(arguments: ["__TEXT", "__DATA", "__DATA_CONST", "OWN", ""])
    func aSegmentDecidesWhatIsWritable(_ segment: String) throws {
        var builder = MachOBuilder.minimal()
        builder.sections[2].segment = segment
        let section = try read(builder.build()).sections[2]
        #expect(section.name == "\(segment),__data")
        #expect(section.flags == (segment == "__TEXT" ? [.allocated] : [.allocated, .writable]))
    }

    @Test func aNameMayFillItsField() throws {
        var builder = MachOBuilder.minimal()
        builder.sections[2].segment = "__SIXTEEN_BYTES_"
        builder.sections[2].name = "__as_many_bytes_"
        #expect(try read(builder.build()).sections[2].name == "__SIXTEEN_BYTES_,__as_many_bytes_")
    }

    @Test func unknownCommandsArePassedOver() throws {
        var builder = MachOBuilder.minimal()
        builder.furtherCommands = [(0x7fff_ffff, []), (0x1b, [UInt8](repeating: 0xff, count: 16))]
        #expect(try read(builder.build()) == read(MachOBuilder.minimal().build()))
    }

    @Test func anObjectMayHaveNothing() throws {
        let empty = MachOBuilder(sections: [], symbols: [], strings: []).build()
        #expect(try read(empty).sections.isEmpty && read(empty).symbols.isEmpty)
        var headerOnly = MachOImage(bytes: Array(empty.bytes.prefix(32)))
        headerOnly[.header("ncmds")] = 0
        headerOnly[.header("sizeofcmds")] = 0
        #expect(try read(headerOnly) == read(empty))
    }

    /// One field of __data, with the addend that V gives by the formula.
    struct AddendRow: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let relocations: [[UInt8]]
        let field: [UInt8]
        let addends: [Int64]
        /// Indices of symbols; the sections' begin at 7.
        let symbols: [Int]
    }

    /// The field is 4 bytes behind the beginning of __data, which is at 0x30; __literal8 is at 0x20, __text at 0.
    @Test(arguments: [
        AddendRow(
            testDescription: "a byte", relocations: [MachOBuilder.relocation(4, 6, type: 0, length: 0)], field: [0x80],
            addends: [-128], symbols: [6]),
        AddendRow(
            testDescription: "two bytes", relocations: [MachOBuilder.relocation(4, 6, type: 0, length: 1)],
            field: [0xff, 0x7f], addends: [0x7fff], symbols: [6]),
        AddendRow(
            testDescription: "the smallest of eight bytes",
            relocations: [MachOBuilder.relocation(4, 6, type: 0, length: 3)], field: [0, 0, 0, 0, 0, 0, 0, 0x80],
            addends: [.min], symbols: [6]),
        AddendRow(
            testDescription: "a branch of one byte",
            relocations: [MachOBuilder.relocation(4, 3, type: 2, length: 0, pcRelative: true)], field: [0xfe],
            addends: [-3], symbols: [3]),
        AddendRow(
            testDescription: "4 bytes behind the field",
            relocations: [MachOBuilder.relocation(4, 6, type: 8, length: 2, pcRelative: true)],
            field: [0xfc, 0xff, 0xff, 0xff], addends: [-8], symbols: [6]),
        // 0x20 + 8 from 0x34 + 4, and 4 bytes behind the field.
        AddendRow(
            testDescription: "4 bytes behind the field, against a section",
            relocations: [MachOBuilder.relocation(4, 2, type: 8, length: 2, pcRelative: true, external: false)],
            field: [0xec, 0xff, 0xff, 0xff], addends: [0], symbols: [8]),
        AddendRow(
            testDescription: "GOT",
            relocations: [MachOBuilder.relocation(4, 3, type: 4, length: 2, pcRelative: true)], field: [4, 0, 0, 0],
            addends: [0], symbols: [3]),
        // 0x28, less _add.
        AddendRow(
            testDescription: "a section less a symbol",
            relocations: [
                MachOBuilder.relocation(4, 1, type: 5, length: 3),
                MachOBuilder.relocation(4, 2, type: 0, length: 3, external: false),
            ], field: [0x28, 0, 0, 0, 0, 0, 0, 0], addends: [0, 8], symbols: [1, 8]),
        // _data, less 0x28.
        AddendRow(
            testDescription: "a symbol less a section",
            relocations: [
                MachOBuilder.relocation(4, 2, type: 5, length: 2, external: false),
                MachOBuilder.relocation(4, 6, type: 0, length: 2),
            ], field: [0xd8, 0xff, 0xff, 0xff], addends: [0, -8], symbols: [8, 6]),
        // 0x31 less 0x28.
        AddendRow(
            testDescription: "a section less a section",
            relocations: [
                MachOBuilder.relocation(4, 2, type: 5, length: 2, external: false),
                MachOBuilder.relocation(4, 3, type: 0, length: 2, external: false),
            ], field: [9, 0, 0, 0], addends: [0, -7], symbols: [8, 9]),
    ])
    func addendIs(_ row: AddendRow) throws {
        var builder = MachOBuilder.minimal()
        builder.sections[2].contents.replaceSubrange(4..<4 + row.field.count, with: row.field)
        builder.sections[2].relocations = row.relocations
        let relocations = try read(builder.build()).sections[2].relocations
        #expect(relocations.map(\.addend) == row.addends)
        #expect(relocations.map(\.symbol) == row.symbols)
        #expect(relocations.allSatisfy { $0.offset == 4 })
    }
}
