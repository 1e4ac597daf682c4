// Lays out ELF64 objects byte by byte, right ones and wrong ones. It shares no code and no
// constant with the reader: what it knows is typed from the specification a second time.

/// An object to be laid out.
struct ELFBuilder {
    struct Section {
        var name: String
        var type: UInt32
        var flags: UInt64 = 0
        var contents: [UInt8] = []
        /// What sh_size says; nil for the size of `contents`.
        var size: UInt64?
        var link: UInt32 = 0
        var info: UInt32 = 0
        var alignment: UInt64 = 1
        var entrySize: UInt64 = 0
    }

    /// The null section and `.shstrtab` included; the latter's contents are made by `build`.
    var sections: [Section]
    var namesIndex: Int
    /// Numbers of sections go to section 0 even where the file header has room for them.
    var extendedNumbering = false

    /// Lays out header, contents (each aligned to 8) and section headers, in this order.
    func build() -> ELFImage {
        var sections = sections
        var names: [UInt8] = [0]
        var nameOffsets: [UInt32] = []
        for section in sections {
            nameOffsets.append(section.name.isEmpty ? 0 : UInt32(names.count))
            if !section.name.isEmpty { names += Array(section.name.utf8) + [0] }
        }
        sections[namesIndex].contents = names

        var image = ELFImage(bytes: [UInt8](repeating: 0, count: 64))
        var offsets: [Int] = []
        for section in sections {
            image.pad(to: 8)
            offsets.append(image.bytes.count)
            image.bytes += section.contents
        }
        image.pad(to: 8)
        let table = image.bytes.count
        for (index, section) in sections.enumerated() {
            image.append(UInt64(nameOffsets[index]), 4)
            image.append(UInt64(section.type), 4)
            image.append(section.flags, 8)
            image.append(0, 8)
            image.append(section.type == 0 ? 0 : UInt64(offsets[index]), 8)
            image.append(section.size ?? UInt64(section.contents.count), 8)
            image.append(UInt64(section.link), 4)
            image.append(UInt64(section.info), 4)
            image.append(section.alignment, 8)
            image.append(section.entrySize, 8)
        }
        let extended = extendedNumbering || sections.count >= 0xff00
        let ident: [UInt8] = [0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]
        image.bytes.replaceSubrange(0..<ident.count, with: ident)
        for (name, value) in [
            ("e_type", 1), ("e_machine", 62), ("e_version", 1), ("e_shoff", table), ("e_ehsize", 64),
            ("e_shentsize", 64), ("e_shnum", extended ? 0 : sections.count),
            ("e_shstrndx", extended ? 0xffff : namesIndex),
        ] {
            image[.header(name)] = UInt64(value)
        }
        if extended {
            image[.section(0, "sh_size")] = UInt64(sections.count)
            image[.section(0, "sh_link")] = UInt64(namesIndex)
        }
        return image
    }

    /// The entry of a symbol table.
    static func symbol(
        name: UInt32, info: UInt8, section: UInt16, value: UInt64 = 0, size: UInt64 = 0
    ) -> [UInt8] {
        var image = ELFImage(bytes: [])
        image.append(UInt64(name), 4)
        image.append(UInt64(info), 1)
        image.append(0, 1)
        image.append(UInt64(section), 2)
        image.append(value, 8)
        image.append(size, 8)
        return image.bytes
    }

    /// The entry of a table of relocations.
    static func relocation(offset: UInt64, type: UInt32, symbol: UInt32, addend: Int64) -> [UInt8] {
        var image = ELFImage(bytes: [])
        image.append(offset, 8)
        image.append(UInt64(type), 4)
        image.append(UInt64(symbol), 4)
        image.append(UInt64(bitPattern: addend), 8)
        return image.bytes
    }

    /// The smallest object with something of everything. Its sections:
    /// 1 .text, 2 .rela.text, 3 .bss, 4 .rodata.cst8, 5 .symtab, 6 .strtab, 7 .shstrtab.
    static func minimal() -> ELFBuilder {
        let strings = Array("\0add\0CONTINUE\0H32\0".utf8)
        let symbols = [
            symbol(name: 0, info: 0, section: 0),
            symbol(name: 0, info: 0x03, section: 3),
            symbol(name: 1, info: 0x12, section: 1, value: 4, size: 12),
            symbol(name: 5, info: 0x10, section: 0),
            symbol(name: 14, info: 0x20, section: 0xfff1, value: 7),
        ]
        let relocations = [
            relocation(offset: 1, type: 4, symbol: 3, addend: -4),
            relocation(offset: 12, type: 11, symbol: 4, addend: 16),
        ]
        return ELFBuilder(
            sections: [
                Section(name: "", type: 0, alignment: 0),
                Section(name: ".text", type: 1, flags: 6, contents: [UInt8](1...16), alignment: 16),
                Section(
                    name: ".rela.text", type: 4, flags: 0x40, contents: relocations.flatMap { $0 }, link: 5,
                    info: 1, alignment: 8, entrySize: 24),
                Section(name: ".bss", type: 8, flags: 3, size: 32, alignment: 32),
                Section(
                    name: ".rodata.cst8", type: 1, flags: 0x12, contents: [UInt8](repeating: 9, count: 16),
                    alignment: 8, entrySize: 8),
                Section(
                    name: ".symtab", type: 2, contents: symbols.flatMap { $0 }, link: 6, info: 2, alignment: 8,
                    entrySize: 24),
                Section(name: ".strtab", type: 3, contents: strings),
                Section(name: ".shstrtab", type: 3),
            ],
            namesIndex: 7)
    }

    /// The minimal object with its numbers of sections where a large object has them; section 8 is
    /// the table of extended indices, and symbol 2's section is there.
    static func minimalExtended() -> ELFBuilder {
        var builder = minimal()
        builder.extendedNumbering = true
        var indices = ELFImage(bytes: [])
        for index in [0, 0, 1, 0, 0] { indices.append(UInt64(index), 4) }
        builder.sections.append(
            Section(
                name: ".symtab_shndx", type: 18, contents: indices.bytes, link: 5, alignment: 4, entrySize: 4))
        builder.sections[5].contents.replaceSubrange(2 * 24 + 6..<2 * 24 + 8, with: [0xff, 0xff])
        return builder
    }
}
