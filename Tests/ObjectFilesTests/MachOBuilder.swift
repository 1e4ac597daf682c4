// Lays out 64-bit Mach-O objects byte by byte, right ones and wrong ones. It shares no code and no
// constant with the reader: what it knows is typed from Apple's headers a second time.

/// An object to be laid out.
struct MachOBuilder {
    struct Section {
        var segment: String
        var name: String
        var flags: UInt32
        var address: UInt64 = 0
        var contents: [UInt8] = []
        /// What size says; nil for the size of `contents`.
        var size: UInt64?
        /// The exponent.
        var alignment: UInt32 = 0
        var relocations: [[UInt8]] = []
    }

    var machine: UInt64 = 0x0100_0007
    var subtype: UInt64 = 3
    var sections: [Section]
    var symbols: [[UInt8]]
    /// The string table.
    var strings: [UInt8]
    /// Commands behind the four usual ones: number and what follows cmdsize, in whole multiples of 8 bytes.
    var furtherCommands: [(UInt32, [UInt8])] = []

    /// Lays out header, LC_SEGMENT_64, LC_BUILD_VERSION, LC_SYMTAB, LC_DYSYMTAB, further commands, contents (each aligned
    /// to 8), relocations, symbols and strings, in this order.
    func build() -> MachOImage {
        let commandBytes =
            72 + 80 * sections.count + 24 + 24 + 80 + furtherCommands.reduce(0) { $0 + 8 + $1.1.count }
        var image = MachOImage(bytes: [])
        for word in [0xfeed_facf, machine, subtype, 1, UInt64(4 + furtherCommands.count), UInt64(commandBytes)] {
            image.append(word, 4)
        }
        // MH_SUBSECTIONS_VIA_SYMBOLS
        for word: UInt64 in [0x2000, 0] { image.append(word, 4) }
        var offset = image.bytes.count + commandBytes
        let contentOffsets = sections.map { section in
            offset = (offset + 7) / 8 * 8
            defer { offset += section.contents.count }
            return offset
        }
        let relocationOffsets = sections.map { section in
            offset = (offset + 7) / 8 * 8
            defer { offset += 8 * section.relocations.count }
            return offset
        }
        offset = (offset + 7) / 8 * 8
        appendSegment(to: &image, contentOffsets, relocationOffsets)
        // LC_BUILD_VERSION: macOS 14, no tools.
        for word: UInt64 in [0x32, 24, 1, 14 << 16, 0, 0] { image.append(word, 4) }
        for word in [2, 24, offset, symbols.count, offset + 16 * symbols.count, strings.count] {
            image.append(UInt64(word), 4)
        }
        for word: UInt64 in [11, 80] + [UInt64](repeating: 0, count: 18) { image.append(word, 4) }
        for (command, body) in furtherCommands {
            image.append(UInt64(command), 4)
            image.append(UInt64(8 + body.count), 4)
            image.bytes += body
        }
        for section in sections {
            image.pad(to: 8)
            image.bytes += section.contents
        }
        for section in sections {
            image.pad(to: 8)
            image.bytes += section.relocations.flatMap { $0 }
        }
        image.pad(to: 8)
        image.bytes += symbols.flatMap { $0 } + strings
        return image
    }

    private func appendSegment(to image: inout MachOImage, _ contentOffsets: [Int], _ relocationOffsets: [Int]) {
        func name(_ text: String) -> [UInt8] {
            Array(text.utf8) + [UInt8](repeating: 0, count: 16 - text.utf8.count)
        }
        image.append(0x19, 4)
        image.append(UInt64(72 + 80 * sections.count), 4)
        image.bytes += name("")
        let end = sections.map { $0.address + ($0.size ?? UInt64($0.contents.count)) }.max() ?? 0
        let fileStart = contentOffsets.first ?? 0
        let fileEnd = (contentOffsets.last ?? 0) + (sections.last?.contents.count ?? 0)
        for word in [0, end, UInt64(fileStart), UInt64(fileEnd - fileStart)] { image.append(word, 8) }
        for word in [7, 7, sections.count, 0] { image.append(UInt64(word), 4) }
        for (index, section) in sections.enumerated() {
            image.bytes += name(section.name) + name(section.segment)
            image.append(section.address, 8)
            image.append(section.size ?? UInt64(section.contents.count), 8)
            image.append(section.contents.isEmpty ? 0 : UInt64(contentOffsets[index]), 4)
            image.append(UInt64(section.alignment), 4)
            image.append(section.relocations.isEmpty ? 0 : UInt64(relocationOffsets[index]), 4)
            image.append(UInt64(section.relocations.count), 4)
            image.append(UInt64(section.flags), 4)
            image.append(0, 4)
            image.append(0, 8)
        }
    }

    /// The entry of the symbol table.
    static func symbol(
        name: UInt64, type: UInt64, section: UInt64 = 0, description: UInt64 = 0, value: UInt64 = 0
    ) -> [UInt8] {
        var image = MachOImage(bytes: [])
        image.append(name, 4)
        image.append(type, 1)
        image.append(section, 1)
        image.append(description, 2)
        image.append(value, 8)
        return image.bytes
    }

    /// The second word of a relocation.
    static func target(
        _ number: UInt64, type: UInt64, length: UInt64, pcRelative: Bool = false, external: Bool = true
    ) -> UInt64 {
        number & 0xff_ffff | (pcRelative ? 1 << 24 : 0) | length << 25 | (external ? 1 << 27 : 0) | type << 28
    }

    /// A relocation.
    static func relocation(
        _ offset: UInt64, _ number: UInt64, type: UInt64, length: UInt64, pcRelative: Bool = false, external: Bool = true
    ) -> [UInt8] {
        var image = MachOImage(bytes: [])
        image.append(offset, 4)
        image.append(target(number, type: type, length: length, pcRelative: pcRelative, external: external), 4)
        return image.bytes
    }

    /// "_local", "_add", "_weak", "_CONTINUE", "_common", "_absolute", "_data" begin at 1, 8, 13, 19, 29, 37, 47.
    private static let strings = Array("\0_local\0_add\0_weak\0_CONTINUE\0_common\0_absolute\0_data\0".utf8)

    /// The symbols that both minimal objects have; the third section is their data.
    private static let symbols = [
        symbol(name: 1, type: 0x0e, section: 3, value: 0x38),
        symbol(name: 8, type: 0x0f, section: 1, value: 4),
        symbol(name: 13, type: 0x0f, section: 1, description: 0x80, value: 16),
        symbol(name: 19, type: 0x01),
        symbol(name: 29, type: 0x01, description: 0x400, value: 48),
        symbol(name: 37, type: 0x03, value: 7),
        symbol(name: 47, type: 0x0f, section: 3, value: 0x30),
    ]

    /// An x86-64 object with something of everything. Its sections: 0 __text, 1 __literal8, 2 __data, 3 __bss,
    /// 4 __compact_unwind.
    static func minimal() -> MachOBuilder {
        var text = [UInt8](repeating: 0x90, count: 32)
        // A branch to _CONTINUE; a load of the second literal; _data + 2 with 1 byte behind the field.
        text.replaceSubrange(1..<5, with: [0, 0, 0, 0])
        text.replaceSubrange(8..<12, with: [0x1c, 0, 0, 0])
        text.replaceSubrange(16..<20, with: [1, 0, 0, 0])
        // _data + 8; 5 bytes behind the literals' beginning; _data - _add + 4, in 4 bytes.
        let data: [UInt8] =
            [8, 0, 0, 0, 0, 0, 0, 0, 0x25, 0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0] + [UInt8](repeating: 0xff, count: 12)
        return MachOBuilder(
            sections: [
                Section(
                    segment: "__TEXT", name: "__text", flags: 0x8000_0400, contents: text, alignment: 4,
                    relocations: [
                        relocation(16, 6, type: 6, length: 2, pcRelative: true),
                        relocation(8, 2, type: 1, length: 2, pcRelative: true, external: false),
                        relocation(1, 3, type: 2, length: 2, pcRelative: true),
                    ]),
                Section(
                    segment: "__TEXT", name: "__literal8", flags: 4, address: 0x20,
                    contents: [UInt8](repeating: 9, count: 16), alignment: 3),
                Section(
                    segment: "__DATA", name: "__data", flags: 0, address: 0x30, contents: data, alignment: 3,
                    relocations: [
                        relocation(16, 1, type: 5, length: 2),
                        relocation(16, 6, type: 0, length: 2),
                        relocation(8, 2, type: 0, length: 3, external: false),
                        relocation(0, 6, type: 0, length: 3),
                    ]),
                Section(segment: "__DATA", name: "__bss", flags: 1, address: 0x50, size: 32, alignment: 5),
                Section(
                    segment: "__LD", name: "__compact_unwind", flags: 0x0200_0000, address: 0x70,
                    contents: [UInt8](repeating: 0, count: 8), alignment: 3),
            ],
            symbols: symbols, strings: strings)
    }

    /// An arm64 object with its kinds of relocation. Its sections: 0 __text, 1 __cstring, 2 __data.
    static func minimalARM64() -> MachOBuilder {
        // adrp x0, 0; add x0, x0, #0; ldr x1, [x1]; b .; ret; and as padding nop.
        let text: [UInt32] = [
            0x9000_0000, 0x9100_0000, 0xf940_0021, 0x1400_0000, 0xd65f_03c0, 0xd503_201f, 0xd503_201f, 0xd503_201f,
        ]
        var code = MachOImage(bytes: [])
        for word in text { code.append(UInt64(word), 4) }
        return MachOBuilder(
            machine: 0x0100_000c, subtype: 0,
            sections: [
                Section(
                    segment: "__TEXT", name: "__text", flags: 0x8000_0400, contents: code.bytes, alignment: 2,
                    relocations: [
                        relocation(12, 3, type: 2, length: 2, pcRelative: true),
                        relocation(8, 3, type: 6, length: 2),
                        relocation(4, 24, type: 10, length: 2, external: false),
                        relocation(4, 6, type: 4, length: 2),
                        relocation(0, 0xff_fffe, type: 10, length: 2, external: false),
                        relocation(0, 6, type: 3, length: 2, pcRelative: true),
                    ]),
                Section(
                    segment: "__TEXT", name: "__cstring", flags: 2, address: 0x20, contents: Array("hello\0".utf8)),
                Section(
                    segment: "__DATA", name: "__data", flags: 0, address: 0x30,
                    contents: [0x22, 0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0], alignment: 3,
                    relocations: [
                        relocation(8, 3, type: 7, length: 2, pcRelative: true),
                        relocation(0, 2, type: 0, length: 3, external: false),
                    ]),
            ],
            symbols: symbols, strings: strings,
            // LC_DATA_IN_CODE, LC_LINKER_OPTIMIZATION_HINT, LC_LINKER_OPTION
            furtherCommands: [(0x29, 8), (0x2e, 8), (0x2d, 24)].map { ($0.0, [UInt8](repeating: 0, count: $0.1)) })
    }
}
