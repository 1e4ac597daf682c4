// The structures of ELF64 as they lie in the file, and the numbers in them. Names are the
// specification's; see ELFReader.swift for its address.

/// A field of a structure: its name in the specification, and its offset in the structure.
struct ELFField {
    let name: String
    let offset: Int

    init(_ name: String, _ offset: Int) {
        self.name = name
        self.offset = offset
    }

    // Elf64_Ehdr
    static let fileClass = ELFField("EI_CLASS", 4)
    static let fileEncoding = ELFField("EI_DATA", 5)
    static let identVersion = ELFField("EI_VERSION", 6)
    static let fileType = ELFField("e_type", 16)
    static let machine = ELFField("e_machine", 18)
    static let fileVersion = ELFField("e_version", 20)
    static let headersOffset = ELFField("e_shoff", 40)
    static let fileHeaderSize = ELFField("e_ehsize", 52)
    static let headerSize = ELFField("e_shentsize", 58)
    static let headerCount = ELFField("e_shnum", 60)
    static let namesIndex = ELFField("e_shstrndx", 62)

    // Elf64_Shdr
    static let sectionName = ELFField("sh_name", 0)
    static let type = ELFField("sh_type", 4)
    static let flags = ELFField("sh_flags", 8)
    static let offset = ELFField("sh_offset", 24)
    static let size = ELFField("sh_size", 32)
    static let link = ELFField("sh_link", 40)
    static let info = ELFField("sh_info", 44)
    static let alignment = ELFField("sh_addralign", 48)
    static let entrySize = ELFField("sh_entsize", 56)

    // Elf64_Sym
    static let symbolName = ELFField("st_name", 0)
    static let symbolInfo = ELFField("st_info", 4)
    static let symbolSection = ELFField("st_shndx", 6)
    static let symbolValue = ELFField("st_value", 8)

    // Elf64_Rela
    static let relocationOffset = ELFField("r_offset", 0)
    static let relocationInfo = ELFField("r_info", 8)
}

/// The file header (Elf64_Ehdr). Decoding it checks what decides how the rest is to be read.
struct ELFHeader {
    static let size: UInt64 = 64

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
        func check(_ field: ELFField, _ found: some BinaryInteger, is expected: Int, _ meaning: String)
            throws(ObjectError)
        {
            guard found == expected else {
                let kind = ObjectError.Kind.unsupported(
                    field: field.name, found: UInt64(found), meaning: nil, expected: "\(expected): \(meaning)")
                throw ObjectError(kind, at: ObjectError.Place(offset: field.offset), in: file.object)
            }
        }
        let start = ObjectError.Place(offset: 0)
        var reader = try file.stretch("ELF header", at: 0, count: Self.size, saidAt: start)
        guard try reader.read(UInt32.self) == 0x464c_457f else {
            let kind = ObjectError.Kind.notThisFormat(
                found: Array(file.bytes.prefix(4)), expected: "ELF's, 0x7f 0x45 0x4c 0x46")
            throw ObjectError(kind, at: start, in: file.object)
        }
        try check(.fileClass, reader.read(UInt8.self), is: 2, "a 64-bit object")
        try check(.fileEncoding, reader.read(UInt8.self), is: 1, "little endian")
        try check(.identVersion, reader.read(UInt8.self), is: 1, "the current version")
        // EI_OSABI and its version only say whose extensions may occur; those that do are refused.
        _ = try (reader.read(UInt8.self), reader.read(UInt64.self))
        try check(.fileType, reader.read(UInt16.self), is: 1, "a relocatable object")
        machine = try .machine(reader.read(), object: file.object)
        try check(.fileVersion, reader.read(UInt32.self), is: 1, "the current version")
        // e_entry and e_phoff concern programs.
        _ = try (reader.read(UInt64.self), reader.read(UInt64.self))
        headersOffset = try reader.read()
        // e_flags: AMD64 defines none.
        _ = try reader.read(UInt32.self)
        try check(.fileHeaderSize, reader.read(UInt16.self), is: Int(Self.size), "the size of an ELF64 header")
        // e_phentsize and e_phnum.
        _ = try (reader.read(UInt16.self), reader.read(UInt16.self))
        let entrySize = try reader.read(UInt16.self)
        guard UInt64(entrySize) == ELFSectionHeader.entryBytes else {
            let kind = ObjectError.Kind.badEntrySize(
                field: ELFField.headerSize.name, found: UInt64(entrySize), expected: "\(ELFSectionHeader.entryBytes)")
            throw ObjectError(kind, at: .init(offset: ELFField.headerSize.offset), in: file.object)
        }
        headerCount = try reader.read()
        namesIndex = try reader.read()
    }
}

/// A machine whose objects are read. Another one is a row here, with its relocations' names in
/// RelocationType.swift.
struct ELFMachine {
    let raw: UInt16
    let name: String
    let architecture: Object.Architecture
    /// The st_shndx of common symbols in far data, where the machine has such.
    let largeCommon: UInt16?

    static let supported = [
        ELFMachine(raw: 62, name: "EM_X86_64", architecture: .x86_64, largeCommon: 0xff02)
    ]

    /// Names of others that clang compiles for, so that an error can say them.
    private static let otherNames: [UInt16: String] = [
        3: "EM_386", 8: "EM_MIPS", 20: "EM_PPC", 21: "EM_PPC64", 22: "EM_S390", 40: "EM_ARM", 43: "EM_SPARCV9",
        183: "EM_AARCH64", 243: "EM_RISCV", 247: "EM_BPF", 258: "EM_LOONGARCH",
    ]

    /// The machine that e_machine `raw` means.
    ///
    /// - Throws: `unsupported`, with the machine's name if it is known, where there is no row.
    static func machine(_ raw: UInt16, object: String) throws(ObjectError) -> ELFMachine {
        if let machine = supported.first(where: { $0.raw == raw }) { return machine }
        let kind = ObjectError.Kind.unsupported(
            field: ELFField.machine.name, found: UInt64(raw), meaning: otherNames[raw],
            expected: supported.map { "\($0.name) (\($0.raw))" }.joined(separator: " or "))
        throw ObjectError(kind, at: .init(offset: ELFField.machine.offset), in: object)
    }
}

/// An entry of the section header table (Elf64_Shdr).
struct ELFSectionHeader {
    static let entryBytes: UInt64 = 64

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

    /// Decodes header number `index` at the cursor of `table`.
    init(index: Int, _ table: inout ByteReader) throws(ObjectError) {
        self.index = index
        place = table.offset
        name = try table.read()
        type = try table.read()
        flags = try table.read()
        _ = try table.read(UInt64.self)  // sh_addr: 0 before linking
        offset = try table.read()
        size = try table.read()
        link = try table.read()
        info = try table.read()
        alignment = try table.read()
        entrySize = try table.read()
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
        ![null, symbolTable, stringTable, relocations, zeroFilled, extendedIndices].contains(type)
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
