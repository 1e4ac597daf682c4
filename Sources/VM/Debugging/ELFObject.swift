import CStencils

/// A relocatable ELF object of either class, little endian.
///
/// Only what linkers, disassemblers and debuggers need. See the System V ABI, chapter 4, "Object Files", and the psABIs for
/// relocation types.
struct ELFObject {
    private let isa: UopISA
    private let machine: ELFMachine
    private let object: ObjectDescription

    init(_ isa: UopISA, _ object: ObjectDescription) {
        self.isa = isa
        machine = ELFMachine(isa)
        self.object = object
    }

    // Sizes of the file header, of a section header, of a symbol.
    private var headerSize: Int { machine.is64 ? 64 : 52 }
    private var sectionHeaderSize: Int { machine.is64 ? 64 : 40 }
    private var symbolSize: Int { machine.is64 ? 24 : 16 }

    private var limits: ObjectLimits {
        // From SHN_LORESERVE on, numbers of sections mean something else; each section may have another for its relocations.
        let largest = machine.is64 ? Int.max : Int(UInt32.max)
        return ObjectLimits(
            format: .elf, sections: 0xFF00 / 2 - 8, symbols: machine.is64 ? Int(Int32.max) : 1 << 24 - 1, alignment: 1 << 31,
            sectionBytes: largest, fileBytes: largest)
    }

    /// The whole file: header, contents, symbols, names, relocations, section headers.
    func bytes() throws(ObjectWriterError) -> [UInt8] {
        try limits.check(object)
        var file = Bytes()
        file.append(contentsOf: Array(repeating: 0, count: headerSize))
        var names = StringTable()
        var headers = [SectionHeader()]
        for (index, section) in object.sections.enumerated() {
            var header = SectionHeader()
            header.name = names.add(section.name)
            // SHF_ALLOC and SHF_EXECINSTR.
            header.flags = section.use == .code ? 6 : 0
            header.address = section.address
            header.alignment = UInt64(section.alignment)
            file.align(to: section.alignment)
            header.offset = UInt64(file.count)
            header.size = UInt64(section.byteCount)
            // SHT_PROGBITS, SHT_NOBITS.
            header.type = 8
            if case .bytes(let bytes) = section.contents {
                header.type = 1
                file.append(contentsOf: bytes)
                if !machine.is64 { storeAddends(of: index, at: Int(header.offset), &file) }
            }
            headers.append(header)
        }
        appendSymbols(&file, &headers, &names)
        for section in object.sections.indices { try appendRelocations(of: section, &file, &headers, &names) }
        appendNames(&file, &headers, &names)
        file.align(to: 8)
        let headersOffset = file.count
        for header in headers { header.append(to: &file, is64: machine.is64) }
        writeFileHeader(&file, headersOffset: headersOffset, count: headers.count)
        return file.bytes
    }

    // MARK: Symbols

    /// The sections that relocations lead to: they have a symbol each.
    private var targetSections: [Int] {
        object.sections.indices.filter { index in object.relocations.contains { $0.target == .section(index) } }
    }

    /// `.symtab`, and `.strtab` behind it, which it links to.
    private func appendSymbols(_ file: inout Bytes, _ headers: inout [SectionHeader], _ names: inout StringTable) {
        var strings = StringTable()
        file.align(to: 8)
        let local = targetSections
        var table = SectionHeader()
        table.name = names.add(".symtab")
        table.type = 2  // SHT_SYMTAB
        table.offset = UInt64(file.count)
        table.size = UInt64((1 + local.count + object.symbols.count) * symbolSize)
        table.alignment = 8
        table.entrySize = UInt64(symbolSize)
        table.link = UInt32(headers.count + 1)
        // Local symbols come first; this is the first that is not.
        table.info = UInt32(1 + local.count)
        file.append(contentsOf: Array(repeating: 0, count: symbolSize))
        // STB_LOCAL, STT_SECTION.
        for section in local { append(name: 0, info: 3, section: section + 1, value: 0, size: 0, &file) }
        for symbol in object.symbols {
            // STB_GLOBAL; STT_FUNC, STT_OBJECT, and STT_NOTYPE for what is defined elsewhere (SHN_UNDEF).
            let type: UInt8 = symbol.section == nil ? 0 : symbol.kind == .function ? 2 : 1
            append(
                name: strings.add(symbol.name), info: 1 << 4 | type, section: symbol.section.map { $0 + 1 } ?? 0,
                value: symbol.offset, size: symbol.byteCount, &file)
        }
        headers.append(table)
        headers.append(SectionHeader(strings, named: names.add(".strtab"), &file))
    }

    private func append(name: UInt32, info: UInt8, section: Int, value: Int, size: Int, _ file: inout Bytes) {
        file.append(name)
        if !machine.is64 { file.append(all: [UInt32(value), UInt32(size)]) }
        file.append(all: [info, 0])
        file.append(UInt16(section))
        if machine.is64 { file.append(all: [UInt64(value), UInt64(size)]) }
    }

    // MARK: Relocations

    /// Entries have addends in files of 64 bits (SHT_RELA); in those of i386 the fields have them (SHT_REL).
    private func appendRelocations(
        of section: Int, _ file: inout Bytes, _ headers: inout [SectionHeader], _ names: inout StringTable
    ) throws(ObjectWriterError) {
        let entries = object.relocations.filter { $0.section == section }
        if entries.isEmpty { return }
        file.align(to: 8)
        let local = targetSections
        var header = SectionHeader()
        header.name = names.add((machine.is64 ? ".rela" : ".rel") + object.sections[section].name)
        header.type = machine.is64 ? 4 : 9
        header.flags = 0x40  // SHF_INFO_LINK
        header.offset = UInt64(file.count)
        header.link = UInt32(object.sections.count + 1)
        header.info = UInt32(section + 1)
        header.alignment = 8
        header.entrySize = machine.is64 ? 24 : 8
        header.size = UInt64(entries.count) * header.entrySize
        for entry in entries {
            guard let type = type(of: entry) else {
                throw ObjectWriterError(.noRelocation(entry.kind, addend: 0), .elf, at: "\(object.sections[section].name)+\(entry.offset)")
            }
            let symbol =
                switch entry.target {
                case .section(let index): 1 + (local.firstIndex(of: index) ?? 0)
                case .symbol(let index), .tableEntry(let index): 1 + local.count + index
                }
            if machine.is64 {
                file.append(all: [UInt64(entry.offset), UInt64(symbol) << 32 | UInt64(type)])
                file.append(entry.addend)
            } else {
                file.append(all: [UInt32(entry.offset), UInt32(symbol) << 8 | type])
            }
        }
        headers.append(header)
    }

    private func storeAddends(of section: Int, at start: Int, _ file: inout Bytes) {
        for entry in object.relocations where entry.section == section {
            file.store(entry.addend, at: start + entry.offset, size: entry.fieldSize)
        }
    }

    /// The number of what UopHoleKinds.def names; nil where there is none that code comes to have.
    private func type(of entry: ObjectDescription.Relocation) -> UInt32? {
        if case .tableEntry = entry.target { return nil }
        return switch (isa, entry.kind) {
        case (.X86_64, .absolute64), (.X86_64_V3, .absolute64): 1  // R_X86_64_64
        case (.X86_64, .absolute32), (.X86_64_V3, .absolute32): 10  // R_X86_64_32
        case (.X86_64, .absolute32Signed), (.X86_64_V3, .absolute32Signed): 11  // R_X86_64_32S
        case (.AARCH64, .absolute64): 257  // R_AARCH64_ABS64
        case (.AARCH64, .move16G0): 264  // R_AARCH64_MOVW_UABS_G0_NC
        case (.AARCH64, .move16G1): 266  // R_AARCH64_MOVW_UABS_G1_NC
        case (.AARCH64, .move16G2): 268  // R_AARCH64_MOVW_UABS_G2_NC
        case (.AARCH64, .move16G3): 269  // R_AARCH64_MOVW_UABS_G3
        case (.I686, .word32): 1  // R_386_32
        case (.RISCV64, .absolute64): 2  // R_RISCV_64
        case (.POWERPC64LE, .absolute64): 38  // R_PPC64_ADDR64
        default: nil
        }
    }

    // MARK: Headers

    private func appendNames(_ file: inout Bytes, _ headers: inout [SectionHeader], _ names: inout StringTable) {
        let name = names.add(".shstrtab")
        headers.append(SectionHeader(names, named: name, &file))
    }

    private func writeFileHeader(_ file: inout Bytes, headersOffset: Int, count: Int) {
        var header = Bytes()
        // Magic, ELFCLASS64 or ELFCLASS32, ELFDATA2LSB, EV_CURRENT, ELFOSABI_NONE.
        header.append(contentsOf: [0x7F, 0x45, 0x4C, 0x46, machine.is64 ? 2 : 1, 1, 1, 0] + Array(repeating: 0, count: 8))
        header.append(all: [UInt16(1), machine.number])  // ET_REL
        header.append(UInt32(1))
        for word in [0, 0, headersOffset] { header.append(word: UInt64(word), is64: machine.is64) }
        header.append(machine.flags)
        // The names of sections are in the last one.
        header.append(all: [UInt16(headerSize), 0, 0, UInt16(sectionHeaderSize), UInt16(count), UInt16(count - 1)])
        file.replace(at: 0, with: header.bytes)
    }

    private struct SectionHeader {
        var name: UInt32 = 0
        var type: UInt32 = 0
        var flags: UInt64 = 0
        var address: UInt64 = 0
        var offset: UInt64 = 0
        var size: UInt64 = 0
        var link: UInt32 = 0
        var info: UInt32 = 0
        var alignment: UInt64 = 0
        var entrySize: UInt64 = 0

        init() {}

        /// That of names, which it appends.
        init(_ strings: StringTable, named name: UInt32, _ file: inout Bytes) {
            self.name = name
            type = 3  // SHT_STRTAB
            offset = UInt64(file.count)
            size = UInt64(strings.bytes.count)
            alignment = 1
            file.append(contentsOf: strings.bytes)
        }

        func append(to file: inout Bytes, is64: Bool) {
            file.append(all: [name, type])
            for word in [flags, address, offset, size] { file.append(word: word, is64: is64) }
            file.append(all: [link, info])
            for word in [alignment, entrySize] { file.append(word: word, is64: is64) }
        }
    }
}
