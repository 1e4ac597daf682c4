// The structures of 64-bit Mach-O as they lie in the file, and the numbers in them. Names are those of
// Apple's headers; see MachOReader.swift for their address.

/// A field of a structure: its name in the specification, and its offset in the structure.
struct MachOField {
    let name: String
    let offset: Int

    init(_ name: String, _ offset: Int) {
        self.name = name
        self.offset = offset
    }

    // mach_header_64
    static let magic = MachOField("magic", 0)
    static let cpuType = MachOField("cputype", 4)
    static let cpuSubtype = MachOField("cpusubtype", 8)
    static let fileType = MachOField("filetype", 12)
    static let commandCount = MachOField("ncmds", 16)
    static let commandBytes = MachOField("sizeofcmds", 20)

    // load_command
    static let command = MachOField("cmd", 0)
    static let commandSize = MachOField("cmdsize", 4)

    // segment_command_64
    static let sectionCount = MachOField("nsects", 64)

    // symtab_command
    static let symbolsOffset = MachOField("symoff", 8)
    static let symbolCount = MachOField("nsyms", 12)
    static let stringsOffset = MachOField("stroff", 16)
    static let stringBytes = MachOField("strsize", 20)

    // dysymtab_command
    static let externalRelocations = MachOField("nextrel", 68)
    static let localRelocations = MachOField("nlocrel", 76)

    // section_64
    static let sectionName = MachOField("sectname", 0)
    static let segmentName = MachOField("segname", 16)
    static let size = MachOField("size", 40)
    static let offset = MachOField("offset", 48)
    static let alignment = MachOField("align", 52)
    static let relocationsOffset = MachOField("reloff", 56)
    static let relocationCount = MachOField("nreloc", 60)
    static let flags = MachOField("flags", 64)

    // nlist_64
    static let symbolName = MachOField("n_strx", 0)
    static let symbolType = MachOField("n_type", 4)
    static let symbolSection = MachOField("n_sect", 5)
    static let symbolValue = MachOField("n_value", 8)

    // relocation_info: one word for the address, and one of five bit fields.
    static let relocationAddress = MachOField("r_address", 0)
    static let relocationTarget = MachOField("r_symbolnum", 4)
}

/// The file header (mach_header_64). Decoding it checks what decides how the rest is to be read.
struct MachOHeader {
    static let size: UInt64 = 32
    static let magic: UInt32 = 0xfeed_facf

    let architecture: Object.Architecture
    let commandCount: UInt32
    let commandBytes: UInt32

    /// Other files that one might take for an object: their first word, read as little endian.
    private static let otherMagics: [UInt32: String] = [
        0xfeed_face: "MH_MAGIC, 32 bits", 0xcefa_edfe: "MH_MAGIC, 32 bits and big endian",
        0xcffa_edfe: "MH_MAGIC_64, big endian", 0xbeba_feca: "FAT_MAGIC, a universal file",
        0xbfba_feca: "FAT_MAGIC_64, a universal file",
    ]
    /// Names of machines that are not read, so that an error can say them.
    private static let otherMachines: [UInt32: String] = [
        7: "CPU_TYPE_X86", 12: "CPU_TYPE_ARM", 18: "CPU_TYPE_POWERPC", 0x0100_0012: "CPU_TYPE_POWERPC64",
        0x0200_000c: "CPU_TYPE_ARM64_32",
    ]

    /// Decodes the header at the beginning of `file`.
    ///
    /// - Throws: `outsideFile`, `notThisFormat` or `unsupported`.
    init(_ file: ByteReader) throws(ObjectError) {
        func unsupported(
            _ field: MachOField, _ found: UInt32, _ meaning: String? = nil, _ expected: String
        ) -> ObjectError {
            let kind = ObjectError.Kind.unsupported(
                field: field.name, found: UInt64(found), meaning: meaning, expected: expected)
            return ObjectError(kind, at: ObjectError.Place(offset: field.offset), in: file.object)
        }
        let start = ObjectError.Place(offset: 0)
        var reader = try file.stretch("Mach-O header", at: 0, count: Self.size, saidAt: start)
        let magic: UInt32 = try reader.read()
        guard magic == Self.magic else {
            if let other = Self.otherMagics[magic] {
                throw unsupported(.magic, magic, other, "MH_MAGIC_64 (\(Self.magic)), little endian")
            }
            let kind = ObjectError.Kind.notThisFormat(
                found: Array(file.bytes.prefix(4)), expected: "Mach-O's, 0xcf 0xfa 0xed 0xfe")
            throw ObjectError(kind, at: start, in: file.object)
        }
        let machine: UInt32 = try reader.read()
        let subtype: UInt32 = try reader.read()
        switch machine {
        case 0x0100_0007: architecture = .x86_64
        case 0x0100_000c: architecture = .aarch64
        default:
            throw unsupported(
                .cpuType, machine, Self.otherMachines[machine],
                "CPU_TYPE_X86_64 (\(0x0100_0007)) or CPU_TYPE_ARM64 (\(0x0100_000c))")
        }
        // The top byte is of capabilities. arm64e signs pointers: its instructions and relocations are others.
        if architecture == .aarch64, subtype & 0xff_ffff == 2 {
            throw unsupported(.cpuSubtype, subtype, "CPU_SUBTYPE_ARM64E", "one without signed pointers, as arm64 has it")
        }
        let type: UInt32 = try reader.read()
        guard type == 1 else { throw unsupported(.fileType, type, nil, "1: a relocatable object") }
        commandCount = try reader.read()
        commandBytes = try reader.read()
        // flags: MH_SUBSECTIONS_VIA_SYMBOLS lets a linker cut sections at symbols, which nobody need do.
    }
}

/// Values of cmd that the reader treats specially. Others inform debuggers and linkers: LC_BUILD_VERSION, LC_DATA_IN_CODE,
/// LC_LINKER_OPTIMIZATION_HINT, LC_LINKER_OPTION, LC_NOTE, ...
enum MachOCommand {
    static let segment32: UInt32 = 0x1
    static let symbolTable: UInt32 = 0x2
    static let dynamicSymbolTable: UInt32 = 0xb
    static let segment: UInt32 = 0x19
    /// A bit that says: whoever does not know this command cannot load the file.
    static let required: UInt32 = 0x8000_0000

    static let segmentBytes: UInt32 = 72

    /// Bytes of the command's fixed part.
    static func minimumSize(_ command: UInt32) -> UInt32 {
        switch command {
        case segment: segmentBytes
        case symbolTable: 24
        case dynamicSymbolTable: 80
        default: 8
        }
    }
}

/// Where symbols and their names are (symtab_command).
struct MachOSymbolTable {
    /// Where in the file the command is.
    let place: Int
    let offset: UInt32
    let count: UInt32
    let stringsOffset: UInt32
    let stringBytes: UInt32

    /// Decodes the command at `place` of the file; `body` is behind its size.
    init(place: Int, _ body: inout ByteReader) throws(ObjectError) {
        self.place = place
        offset = try body.read()
        count = try body.read()
        stringsOffset = try body.read()
        stringBytes = try body.read()
    }
}

/// What a segment says of one of its sections (section_64).
struct MachOSectionHeader {
    static let entryBytes: UInt64 = 80

    /// Its place in Object.sections: one less than the number that symbols and relocations give it.
    let index: Int
    /// Where in the file it is.
    let place: Int
    let address: UInt64
    let size: UInt64
    let offset: UInt32
    let alignment: UInt32
    let relocationsOffset: UInt32
    let relocationCount: UInt32
    let flags: UInt32

    /// Decodes header number `index` at the cursor of `table`.
    init(index: Int, _ table: inout ByteReader) throws(ObjectError) {
        self.index = index
        place = table.offset
        // sectname and segname, 16 bytes each
        for _ in 0..<4 { _ = try table.read(UInt64.self) }
        address = try table.read()
        size = try table.read()
        offset = try table.read()
        alignment = try table.read()
        relocationsOffset = try table.read()
        relocationCount = try table.read()
        flags = try table.read()
        // reserved1 and reserved2 concern stubs and pointers to symbols, reserved3 nothing.
        _ = try (table.read(UInt64.self), table.read(UInt32.self))
    }

    var type: MachOSectionType { MachOSectionType(raw: UInt8(truncatingIfNeeded: flags)) }
    /// S_ATTR_PURE_INSTRUCTIONS, S_ATTR_SOME_INSTRUCTIONS
    var isCode: Bool { flags & 0x8000_0400 != 0 }
    /// S_ATTR_DEBUG: no part of the program (__DWARF, __LD).
    var isDebug: Bool { flags & 0x0200_0000 != 0 }
}

/// The low byte of a section's flags. Types without a name here are sections with contents and nothing special.
struct MachOSectionType {
    let raw: UInt8

    /// S_ZEROFILL, S_GB_ZEROFILL, S_THREAD_LOCAL_ZEROFILL
    var isZeroFilled: Bool { [0x01, 0x0c, 0x12].contains(raw) }
    /// S_THREAD_LOCAL_REGULAR, S_THREAD_LOCAL_ZEROFILL: what each thread's copy begins as.
    var isThreadLocal: Bool { [0x11, 0x12].contains(raw) }
    /// S_THREAD_LOCAL_VARIABLES: descriptors, by which code finds its thread's copy. They bear the variables' names.
    var isThreadLocalDescriptors: Bool { raw == 0x13 }

    /// Size of entries that a linker may merge, or 0: S_CSTRING_LITERALS (strings, as ELF has them under SHF_MERGE with
    /// entries of 1 byte), S_4BYTE_LITERALS, S_8BYTE_LITERALS, S_LITERAL_POINTERS, S_16BYTE_LITERALS.
    var mergedEntrySize: UInt64 {
        switch raw {
        case 0x02: 1
        case 0x03: 4
        case 0x04, 0x05: 8
        case 0x0e: 16
        default: 0
        }
    }

    /// Types whose contents are made from the table of indirect symbols, which Object cannot say: to read them as plain
    /// bytes would be to lose what they point to.
    var unsupportedName: String? {
        switch raw {
        case 0x06: "S_NON_LAZY_SYMBOL_POINTERS"
        case 0x07: "S_LAZY_SYMBOL_POINTERS"
        case 0x08: "S_SYMBOL_STUBS"
        case 0x10: "S_LAZY_DYLIB_SYMBOL_POINTERS"
        case 0x14: "S_THREAD_LOCAL_VARIABLE_POINTERS"
        default: nil
        }
    }
}

/// The two words of flags in a symbol, n_type and n_desc.
struct MachOSymbolInfo {
    let type: UInt8
    let description: UInt16

    /// N_STAB: an entry for debuggers, not a symbol.
    var isDebug: Bool { type & 0xe0 != 0 }
    /// N_EXT
    var isExternal: Bool { type & 0x01 != 0 }
    /// N_UNDF, N_ABS and N_SECT are known; N_PBUD and N_INDR belong to linked files.
    var place: UInt8 { type & 0x0e }
    /// N_ALT_ENTRY: a further way into what the symbol before it names.
    var isAlternateEntry: Bool { description & 0x0200 != 0 }
    /// N_SYMBOL_RESOLVER: a function that gives the address of another.
    var isResolver: Bool { description & 0x0100 != 0 }
    /// Bits 8 ... 11 in a common symbol: the binary logarithm of its alignment.
    var commonAlignment: UInt64 { 1 << UInt64(description >> 8 & 15) }

    static let undefined: UInt8 = 0x0
    static let absolute: UInt8 = 0x2
    static let inSection: UInt8 = 0xe

    /// N_WEAK_DEF in a definition, N_WEAK_REF in a reference; the former bit means something else there.
    /// N_PEXT is visibility, and matters to dynamic linking only.
    var binding: Symbol.Binding {
        guard isExternal else { return .local }
        return description & (place == Self.undefined ? 0x40 : 0x80) != 0 ? .weak : .global
    }
}
