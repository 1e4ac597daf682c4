/// A relocatable ELF object of either class, little endian, for tools that read machine code: disassemblers, debuggers.
///
/// Only what these need: sections that are given whole, and symbols. Nothing is left to relocate. See the System V ABI,
/// chapter 4, "Object Files".
struct ELFObject {
    struct Section {
        enum Contents {
            case bytes([UInt8])
            /// They are elsewhere in memory.
            case nothing(byteCount: Int)
        }

        var name: String
        enum Use: UInt64 {
            /// SHF_ALLOC and SHF_EXECINSTR.
            case code = 6
            /// Nothing that a program has in memory.
            case debugging = 0
        }

        var use: Use
        /// Where it is, if it is in memory already.
        var address: UInt64 = 0
        var alignment = 1
        var contents: Contents
    }

    struct Symbol {
        enum Kind: UInt8 {
            case object = 1
            case function = 2
        }

        var name: String
        var kind: Kind
        /// An index in `sections`.
        var section: Int
        /// Bytes from the section's beginning.
        var offset: Int
        var byteCount: Int
    }

    private let machine: ELFMachine
    var sections: [Section] = []
    var symbols: [Symbol] = []

    init(_ machine: ELFMachine) { self.machine = machine }

    // Sizes of the file header, of a section header, of a symbol.
    private var headerSize: Int { machine.is64 ? 64 : 52 }
    private var sectionHeaderSize: Int { machine.is64 ? 64 : 40 }
    private var symbolSize: Int { machine.is64 ? 24 : 16 }

    /// The whole file: header, contents, symbols, names, section headers.
    func bytes() -> [UInt8] {
        var file = Bytes()
        file.append(contentsOf: Array(repeating: 0, count: headerSize))
        var names = StringTable()
        var headers = [SectionHeader()]
        for section in sections {
            var header = SectionHeader()
            header.name = names.add(section.name)
            header.flags = section.use.rawValue
            header.address = section.address
            header.alignment = UInt64(section.alignment)
            file.align(to: section.alignment)
            header.offset = UInt64(file.count)
            switch section.contents {
            case .bytes(let bytes):
                header.type = 1  // SHT_PROGBITS
                header.size = UInt64(bytes.count)
                file.append(contentsOf: bytes)
            case .nothing(let byteCount):
                header.type = 8  // SHT_NOBITS
                header.size = UInt64(byteCount)
            }
            headers.append(header)
        }
        appendSymbols(&file, &headers, &names)
        appendNames(&file, &headers, &names)
        file.align(to: 8)
        let headersOffset = file.count
        for header in headers { header.append(to: &file, is64: machine.is64) }
        writeFileHeader(&file, headersOffset: headersOffset, count: headers.count)
        return file.bytes
    }

    /// `.symtab`, and `.strtab` behind it, which it links to.
    private func appendSymbols(_ file: inout Bytes, _ headers: inout [SectionHeader], _ names: inout StringTable) {
        var strings = StringTable()
        file.align(to: 8)
        var table = SectionHeader()
        table.name = names.add(".symtab")
        table.type = 2  // SHT_SYMTAB
        table.offset = UInt64(file.count)
        table.size = UInt64((symbols.count + 1) * symbolSize)
        table.alignment = 8
        table.entrySize = UInt64(symbolSize)
        table.link = UInt32(headers.count + 1)
        // Local symbols come first; this is the first that is not: there is the empty one only.
        table.info = 1
        file.append(contentsOf: Array(repeating: 0, count: symbolSize))
        for symbol in symbols {
            file.append(strings.add(symbol.name))
            if !machine.is64 {
                file.append(UInt32(symbol.offset))
                file.append(UInt32(symbol.byteCount))
            }
            file.append(UInt8(1) << 4 | symbol.kind.rawValue)  // STB_GLOBAL
            file.append(UInt8(0))
            file.append(UInt16(symbol.section + 1))
            if machine.is64 {
                file.append(UInt64(symbol.offset))
                file.append(UInt64(symbol.byteCount))
            }
        }
        headers.append(table)
        headers.append(strings.section(named: names.add(".strtab"), &file))
    }

    private func appendNames(_ file: inout Bytes, _ headers: inout [SectionHeader], _ names: inout StringTable) {
        let name = names.add(".shstrtab")
        headers.append(names.section(named: name, &file))
    }

    private func writeFileHeader(_ file: inout Bytes, headersOffset: Int, count: Int) {
        var header = Bytes()
        // Magic, ELFCLASS64 or ELFCLASS32, ELFDATA2LSB, EV_CURRENT, ELFOSABI_NONE.
        header.append(contentsOf: [0x7F, 0x45, 0x4C, 0x46, machine.is64 ? 2 : 1, 1, 1, 0] + Array(repeating: 0, count: 8))
        header.append(UInt16(1))  // ET_REL
        header.append(machine.number)
        header.append(UInt32(1))
        for word in [0, 0, headersOffset] { header.append(word: UInt64(word), is64: machine.is64) }
        header.append(machine.flags)
        header.append(UInt16(headerSize))
        header.append(UInt16(0))
        header.append(UInt16(0))
        header.append(UInt16(sectionHeaderSize))
        header.append(UInt16(count))
        // The names of sections are in the last one.
        header.append(UInt16(count - 1))
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

        func append(to file: inout Bytes, is64: Bool) {
            file.append(name)
            file.append(type)
            for word in [flags, address, offset, size] { file.append(word: word, is64: is64) }
            file.append(link)
            file.append(info)
            for word in [alignment, entrySize] { file.append(word: word, is64: is64) }
        }
    }

    /// Names, each ended by a zero, the first of which is empty.
    private struct StringTable {
        private var bytes: [UInt8] = [0]

        /// - Returns: where the name begins.
        mutating func add(_ name: String) -> UInt32 {
            let offset = UInt32(bytes.count)
            bytes += Array(name.utf8) + [0]
            return offset
        }

        func section(named name: UInt32, _ file: inout Bytes) -> SectionHeader {
            var header = SectionHeader()
            header.name = name
            header.type = 3  // SHT_STRTAB
            header.offset = UInt64(file.count)
            header.size = UInt64(bytes.count)
            header.alignment = 1
            file.append(contentsOf: bytes)
            return header
        }
    }
}

/// Bytes to which numbers are appended, the lowest byte first.
struct Bytes {
    private(set) var bytes: [UInt8] = []
    var count: Int { bytes.count }

    mutating func append(_ value: some FixedWidthInteger) {
        for shift in stride(from: 0, to: value.bitWidth, by: 8) { bytes.append(UInt8(truncatingIfNeeded: value >> shift)) }
    }

    /// Appends a word of the file's class.
    mutating func append(word: UInt64, is64: Bool) {
        if is64 { append(word) } else { append(UInt32(truncatingIfNeeded: word)) }
    }

    mutating func append(contentsOf other: [UInt8]) { bytes += other }

    mutating func align(to alignment: Int) {
        while alignment > 1, bytes.count % alignment != 0 { bytes.append(0) }
    }

    mutating func replace(at offset: Int, with other: [UInt8]) {
        bytes.replaceSubrange(offset..<offset + other.count, with: other)
    }
}
