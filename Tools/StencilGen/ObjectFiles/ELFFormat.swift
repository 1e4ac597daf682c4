// The structures of ELF as they lie in the file, in both classes, and the numbers in them. Names are
// the specification's; see ELFReader.swift for its address.

/// One of the two widths of ELF: how large a word and each structure is, and how `r_info` is divided.
/// Where each field is, ELFField says.
struct ELFClass: Equatable {
    /// EI_CLASS.
    let raw: UInt8
    /// Bits of a word: of addresses, offsets in the file, and sizes.
    let bits: Int
    let headerBytes: UInt64
    let sectionHeaderBytes: UInt64
    let symbolBytes: UInt64
    /// Without (Elf_Rel) and with the addend (Elf_Rela).
    let relocationBytes: (without: UInt64, with: UInt64)
    /// How many low bits of r_info are the type; the others are the symbol.
    let typeBits: UInt64

    /// Elf32_Ehdr and so on.
    static let elf32 = ELFClass(
        raw: 1, bits: 32, headerBytes: 52, sectionHeaderBytes: 40, symbolBytes: 16, relocationBytes: (8, 12), typeBits: 8)
    /// Elf64_Ehdr and so on.
    static let elf64 = ELFClass(
        raw: 2, bits: 64, headerBytes: 64, sectionHeaderBytes: 64, symbolBytes: 24, relocationBytes: (16, 24), typeBits: 32)

    /// "2: a 64-bit object".
    var meaning: String { "\(raw): a \(bits)-bit object" }

    static func == (left: ELFClass, right: ELFClass) -> Bool { left.raw == right.raw }
}

/// A field of a structure: its name in the specification, and where it is in either class. The
/// classes order the fields of a symbol differently.
struct ELFField {
    let name: String
    private let offsets: (elf32: Int, elf64: Int)
    /// nil: a word of the class.
    private let fixedBytes: Int?

    private init(_ name: String, _ elf32: Int, _ elf64: Int, bytes: Int? = nil) {
        self.name = name
        offsets = (elf32, elf64)
        fixedBytes = bytes
    }

    /// Bytes from the beginning of the structure.
    func offset(in fileClass: ELFClass) -> Int { fileClass == .elf32 ? offsets.elf32 : offsets.elf64 }

    func bytes(in fileClass: ELFClass) -> Int { fixedBytes ?? fileClass.bits / 8 }

    // Elf_Ehdr
    static let fileClass = ELFField("EI_CLASS", 4, 4, bytes: 1)
    static let fileEncoding = ELFField("EI_DATA", 5, 5, bytes: 1)
    static let identVersion = ELFField("EI_VERSION", 6, 6, bytes: 1)
    static let fileType = ELFField("e_type", 16, 16, bytes: 2)
    static let machine = ELFField("e_machine", 18, 18, bytes: 2)
    static let fileVersion = ELFField("e_version", 20, 20, bytes: 4)
    static let headersOffset = ELFField("e_shoff", 32, 40)
    static let fileFlags = ELFField("e_flags", 36, 48, bytes: 4)
    static let fileHeaderSize = ELFField("e_ehsize", 40, 52, bytes: 2)
    static let headerSize = ELFField("e_shentsize", 46, 58, bytes: 2)
    static let headerCount = ELFField("e_shnum", 48, 60, bytes: 2)
    static let namesIndex = ELFField("e_shstrndx", 50, 62, bytes: 2)

    // Elf_Shdr
    static let sectionName = ELFField("sh_name", 0, 0, bytes: 4)
    static let type = ELFField("sh_type", 4, 4, bytes: 4)
    static let flags = ELFField("sh_flags", 8, 8)
    static let offset = ELFField("sh_offset", 16, 24)
    static let size = ELFField("sh_size", 20, 32)
    static let link = ELFField("sh_link", 24, 40, bytes: 4)
    static let info = ELFField("sh_info", 28, 44, bytes: 4)
    static let alignment = ELFField("sh_addralign", 32, 48)
    static let entrySize = ELFField("sh_entsize", 36, 56)

    // Elf_Sym
    static let symbolName = ELFField("st_name", 0, 0, bytes: 4)
    static let symbolInfo = ELFField("st_info", 12, 4, bytes: 1)
    static let symbolSection = ELFField("st_shndx", 14, 6, bytes: 2)
    static let symbolValue = ELFField("st_value", 4, 8)
    static let symbolSize = ELFField("st_size", 8, 16)

    // Elf_Rel, Elf_Rela
    static let relocationOffset = ELFField("r_offset", 0, 0)
    static let relocationInfo = ELFField("r_info", 4, 8)
    static let relocationAddend = ELFField("r_addend", 8, 16)
}

/// A structure in the file, to be read field by field.
struct ELFEntry {
    let table: ByteReader
    /// Its file offset.
    let start: Int
    let fileClass: ELFClass

    /// The entries of `size` bytes that a table consists of.
    static func all(of size: UInt64, in table: ByteReader, _ fileClass: ELFClass) -> some Sequence<ELFEntry> {
        stride(from: table.range.lowerBound, to: table.range.upperBound, by: Int(size)).lazy.map {
            ELFEntry(table: table, start: $0, fileClass: fileClass)
        }
    }

    /// The number in a field. `Number` is as wide as the field, or wider.
    func read<Number: FixedWidthInteger>(_ field: ELFField) throws(ObjectError) -> Number {
        Number(
            truncatingIfNeeded: try table.number(
                at: start + field.offset(in: fileClass), bytes: field.bytes(in: fileClass)))
    }
}

extension ByteReader {
    /// The number in `count` bytes (8 at most) from file offset `start` on, wherever the cursor is.
    ///
    /// - Throws: `endOfTable` where they are not all in the stretch.
    func number(at start: Int, bytes count: Int) throws(ObjectError) -> UInt64 {
        guard range.contains(start) || count == 0, count <= range.upperBound - start else {
            let available = range.contains(start) ? range.upperBound - start : 0
            throw ObjectError(
                .endOfTable(needed: count, available: available), at: ObjectError.Place(offset: start), in: object)
        }
        var number: UInt64 = 0
        for index in 0..<count {
            number |= UInt64(bytes[start + index]) << UInt64(8 * index)
        }
        return number
    }
}

/// The file header (Elf_Ehdr). Decoding it checks what decides how the rest is to be read.
struct ELFHeader {
    let machine: ELFMachine
    let headersOffset: UInt64
    /// 0 where the number is in section 0 (extended numbering).
    let headerCount: UInt16
    /// SHN_XINDEX where the number is in section 0.
    let namesIndex: UInt16

    /// Decodes the header at the beginning of `file`.
    ///
    /// - Throws: `outsideFile`, `notThisFormat`, `unsupported` or `badEntrySize`.
    init(_ file: ByteReader) throws(ObjectError) {
        let start = ObjectError.Place(offset: 0)
        func header(of fileClass: ELFClass) throws(ObjectError) -> ELFEntry {
            let table = try file.stretch("ELF header", at: 0, count: fileClass.headerBytes, saidAt: start)
            return ELFEntry(table: table, start: 0, fileClass: fileClass)
        }
        func check(_ entry: ELFEntry, _ field: ELFField, is expected: UInt64, _ meaning: String) throws(ObjectError) {
            let found: UInt64 = try entry.read(field)
            guard found == expected else {
                let kind = ObjectError.Kind.unsupported(
                    field: field.name, found: found, meaning: nil, expected: "\(expected): \(meaning)")
                throw ObjectError(kind, at: .init(offset: field.offset(in: entry.fileClass)), in: file.object)
            }
        }
        // The smaller header has everything up to e_version, where the classes have it in common.
        let beginning = try header(of: .elf32)
        guard try beginning.table.number(at: 0, bytes: 4) == 0x464c_457f else {
            let kind = ObjectError.Kind.notThisFormat(
                found: Array(file.bytes.prefix(4)), expected: "ELF's, 0x7f 0x45 0x4c 0x46")
            throw ObjectError(kind, at: start, in: file.object)
        }
        let rawClass: UInt8 = try beginning.read(.fileClass)
        func wrongClass(_ expected: String) -> ObjectError {
            let kind = ObjectError.Kind.unsupported(
                field: ELFField.fileClass.name, found: UInt64(rawClass), meaning: nil, expected: expected)
            return ObjectError(kind, at: .init(offset: ELFField.fileClass.offset(in: .elf32)), in: file.object)
        }
        let classes = [ELFClass.elf32, .elf64]
        guard let fileClass = classes.first(where: { $0.raw == rawClass }) else {
            throw wrongClass(classes.map(\.meaning).joined(separator: ", or "))
        }
        try check(beginning, .fileEncoding, is: 1, "little endian")
        try check(beginning, .identVersion, is: 1, "the current version")
        // EI_OSABI and its version only say whose extensions may occur; those that do are refused.
        try check(beginning, .fileType, is: 1, "a relocatable object")
        let machine = try ELFMachine.machine(beginning.read(.machine), object: file.object)
        guard fileClass == machine.fileClass else {
            throw wrongClass("\(machine.fileClass.meaning), because e_machine is \(machine)")
        }
        try check(beginning, .fileVersion, is: 1, "the current version")
        let entry = try header(of: fileClass)
        // e_entry and what is about program headers concerns programs.
        headersOffset = try entry.read(.headersOffset)
        try machine.checkFlags(entry.read(.fileFlags), object: file.object)
        try check(entry, .fileHeaderSize, is: fileClass.headerBytes, "the size of an ELF\(fileClass.bits) header")
        let entrySize: UInt64 = try entry.read(.headerSize)
        guard entrySize == fileClass.sectionHeaderBytes else {
            let kind = ObjectError.Kind.badEntrySize(
                field: ELFField.headerSize.name, found: entrySize, expected: "\(fileClass.sectionHeaderBytes)")
            throw ObjectError(kind, at: .init(offset: ELFField.headerSize.offset(in: fileClass)), in: file.object)
        }
        headerCount = try entry.read(.headerCount)
        namesIndex = try entry.read(.namesIndex)
        self.machine = machine
    }
}

/// An entry of the section header table (Elf_Shdr).
struct ELFSectionHeader {
    /// Its number in the table.
    let index: Int
    /// Where in the file it is.
    let place: Int
    let name: UInt32
    let type: UInt32
    let flags: UInt64
    let offset: UInt64
    let size: UInt64
    let link: UInt32
    let info: UInt32
    let alignment: UInt64
    let entrySize: UInt64

    /// Decodes header number `index`. sh_addr is not kept: it is 0 before linking.
    init(index: Int, _ entry: ELFEntry) throws(ObjectError) {
        self.index = index
        place = entry.start
        name = try entry.read(.sectionName)
        type = try entry.read(.type)
        flags = try entry.read(.flags)
        offset = try entry.read(.offset)
        size = try entry.read(.size)
        link = try entry.read(.link)
        info = try entry.read(.info)
        alignment = try entry.read(.alignment)
        entrySize = try entry.read(.entrySize)
    }
}

/// Values of sh_type that the reader treats specially. Every other type (SHT_PROGBITS, SHT_NOTE,
/// SHT_GROUP, SHT_X86_64_UNWIND, SHT_LLVM_ADDRSIG, ...) is a section with contents.
enum ELFSectionType {
    static let null: UInt32 = 0
    static let symbolTable: UInt32 = 2
    static let stringTable: UInt32 = 3
    static let relocations: UInt32 = 4
    static let zeroFilled: UInt32 = 8
    static let relocationsWithoutAddends: UInt32 = 9
    static let extendedIndices: UInt32 = 18

    /// Types that change what other sections mean and that no reader here knows: to pass over
    /// them would be to lose relocations.
    static let unsupported: [UInt32: String] = [
        19: "SHT_RELR",
        0x4000_0014: "SHT_CREL",
        0x6000_0001: "SHT_ANDROID_REL",
        0x6000_0002: "SHT_ANDROID_RELA",
    ]

    /// Whether a section of the type can be patched: it has contents that are the program's.
    static func hasContents(_ type: UInt32) -> Bool {
        ![
            null, symbolTable, stringTable, relocations, zeroFilled, relocationsWithoutAddends, extendedIndices,
        ].contains(type)
    }
}

/// Values of sh_flags.
enum ELFSectionFlag {
    static let compressed: UInt64 = 0x800

    /// Each neutral fact and the bit that states it.
    static let neutral: [(bit: UInt64, fact: Section.Flags)] = [
        (0x1, .writable), (0x2, .allocated), (0x4, .executable), (0x10, .mergeable), (0x400, .threadLocal),
    ]
}

/// Values of st_shndx that are not sections.
enum ELFSectionIndex {
    static let undefined: UInt16 = 0
    static let firstReserved: UInt16 = 0xff00
    static let absolute: UInt16 = 0xfff1
    static let common: UInt16 = 0xfff2
    /// The number is elsewhere: it does not fit, or would be a reserved one.
    static let extended: UInt16 = 0xffff
}

/// The two halves of st_info.
enum ELFSymbolInfo {
    /// nil for STB_GNU_UNIQUE and the reserved bindings, which have no neutral word.
    static func binding(_ info: UInt8) -> Symbol.Binding? {
        switch info >> 4 {
        case 0: .local
        case 1: .global
        case 2: .weak
        default: nil
        }
    }

    static func kind(_ info: UInt8) -> Symbol.Kind {
        switch info & 15 {
        case 0: .none
        case 1, 5: .object  // STT_COMMON says again what the placement says
        case 2: .function
        case 3: .section
        case 4: .file
        case 6: .threadLocal
        default: .other
        }
    }
}
