// Lays out ELF objects of both classes byte by byte, right ones and wrong ones. It shares no code and no
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
    var target = ELFTarget.x86_64
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

        let layouts = target.layouts
        var image = ELFImage(bytes: [UInt8](repeating: 0, count: layouts.header.size), layouts: layouts)
        var offsets: [Int] = []
        for section in sections {
            image.pad(to: 8)
            offsets.append(image.bytes.count)
            image.bytes += section.contents
        }
        image.pad(to: 8)
        let table = image.bytes.count
        let word = target.is32Bit ? 4 : 8
        for (index, section) in sections.enumerated() {
            for (value, size) in [
                (UInt64(nameOffsets[index]), 4), (UInt64(section.type), 4), (section.flags, word), (0, word),
                (section.type == 0 ? 0 : UInt64(offsets[index]), word),
                (section.size ?? UInt64(section.contents.count), word), (UInt64(section.link), 4),
                (UInt64(section.info), 4), (section.alignment, word), (section.entrySize, word),
            ] {
                image.append(value, size)
            }
        }
        let extended = extendedNumbering || sections.count >= 0xff00
        let ident: [UInt8] = [0x7f, 0x45, 0x4c, 0x46, target.is32Bit ? 1 : 2, 1, 1]
        image.bytes.replaceSubrange(0..<ident.count, with: ident)
        for (name, value) in [
            ("e_type", 1), ("e_machine", Int(target.machine)), ("e_version", 1), ("e_shoff", table),
            ("e_flags", Int(target.flags)), ("e_ehsize", layouts.header.size), ("e_shentsize", layouts.section.size),
            ("e_shnum", extended ? 0 : sections.count), ("e_shstrndx", extended ? 0xffff : namesIndex),
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
        name: UInt32, info: UInt8, section: UInt16, value: UInt64 = 0, size: UInt64 = 0,
        for target: ELFTarget = .x86_64
    ) -> [UInt8] {
        var image = ELFImage(bytes: [])
        image.append(
            target.layouts.symbol,
            [
                "st_name": UInt64(name), "st_info": UInt64(info), "st_shndx": UInt64(section), "st_value": value,
                "st_size": size,
            ])
        return image.bytes
    }

    /// The entry of a table of relocations. Where the target has addends elsewhere, it is not stored.
    static func relocation(
        offset: UInt64, type: UInt32, symbol: UInt32, addend: Int64, for target: ELFTarget = .x86_64
    ) -> [UInt8] {
        var image = ELFImage(bytes: [])
        let info = target.is32Bit ? UInt64(symbol) << 8 | UInt64(type) : UInt64(symbol) << 32 | UInt64(type)
        image.append(
            target.usesREL ? target.layouts.rel : target.layouts.rela,
            ["r_offset": offset, "r_info": info, "r_addend": UInt64(bitPattern: addend)])
        return image.bytes
    }

    /// The contents of the minimal object's .text: 1 ... 16, and addends where the target has them there.
    static func text(for target: ELFTarget) -> [UInt8] {
        var image = ELFImage(bytes: [UInt8](1...16))
        for relocation in target.relocations where target.usesREL {
            image.store(UInt64(bitPattern: relocation.addend), at: Int(relocation.offset), size: relocation.size)
        }
        return image.bytes
    }

    /// The smallest object with something of everything. Its sections:
    /// 1 .text, 2 .rela.text (or .rel.text), 3 .bss, 4 .rodata.cst8, 5 .symtab, 6 .strtab, 7 .shstrtab.
    static func minimal(_ target: ELFTarget = .x86_64) -> ELFBuilder {
        let strings = Array("\0add\0CONTINUE\0H32\0".utf8)
        let symbols = [
            symbol(name: 0, info: 0, section: 0, for: target),
            symbol(name: 0, info: 0x03, section: 3, for: target),
            symbol(name: 1, info: 0x12, section: 1, value: 4, size: 12, for: target),
            symbol(name: 5, info: 0x10, section: 0, for: target),
            symbol(name: 14, info: 0x20, section: 0xfff1, value: 7, for: target),
        ]
        let relocations = zip(target.relocations, [3, 4] as [UInt32]).flatMap { row, symbol in
            relocation(offset: row.offset, type: row.type, symbol: symbol, addend: row.addend, for: target)
        }
        let relocationSize = (target.usesREL ? target.layouts.rel : target.layouts.rela).size
        return ELFBuilder(
            sections: [
                Section(name: "", type: 0, alignment: 0),
                Section(name: ".text", type: 1, flags: 6, contents: text(for: target), alignment: 16),
                Section(
                    name: target.usesREL ? ".rel.text" : ".rela.text", type: target.usesREL ? 9 : 4, flags: 0x40,
                    contents: relocations, link: 5, info: 1, alignment: 8, entrySize: UInt64(relocationSize)),
                Section(name: ".bss", type: 8, flags: 3, size: 32, alignment: 32),
                Section(
                    name: ".rodata.cst8", type: 1, flags: 0x12, contents: [UInt8](repeating: 9, count: 16),
                    alignment: 8, entrySize: 8),
                Section(
                    name: ".symtab", type: 2, contents: symbols.flatMap { $0 }, link: 6, info: 2, alignment: 8,
                    entrySize: UInt64(target.layouts.symbol.size)),
                Section(name: ".strtab", type: 3, contents: strings),
                Section(name: ".shstrtab", type: 3),
            ],
            namesIndex: 7, target: target)
    }

    /// The minimal object with its numbers of sections where a large object has them; section 8 is
    /// the table of extended indices, and symbol 2's section is there.
    static func minimalExtended(_ target: ELFTarget = .x86_64) -> ELFBuilder {
        var builder = minimal(target)
        builder.extendedNumbering = true
        var indices = ELFImage(bytes: [])
        for index in [0, 0, 1, 0, 0] { indices.append(UInt64(index), 4) }
        builder.sections.append(
            Section(
                name: ".symtab_shndx", type: 18, contents: indices.bytes, link: 5, alignment: 4, entrySize: 4))
        let symbol = target.layouts.symbol
        let place = 2 * symbol.size + symbol["st_shndx"].offset
        builder.sections[5].contents.replaceSubrange(place..<place + 2, with: [0xff, 0xff])
        return builder
    }
}
