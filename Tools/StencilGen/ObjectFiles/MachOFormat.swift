// The structures of 64-bit Mach-O as they lie in the file, and the numbers in them. Names are those of
// Apple's headers; see MachOReader.swift for their address.

/// The file header (mach_header_64). Its flags say MH_SUBSECTIONS_VIA_SYMBOLS: a linker may cut sections at symbols, which
/// nobody need do.
enum MachOHeader {
    static let bytes = 32
    static let magic = Field("magic", 0, 4)
    static let cpuType = Field("cputype", 4, 4)
    static let cpuSubtype = Field("cpusubtype", 8, 4)
    static let fileType = Field("filetype", 12, 4)
    static let commandCount = Field("ncmds", 16, 4)
    static let commandBytes = Field("sizeofcmds", 20, 4)

    static let magic64: UInt64 = 0xfeed_facf
    static let x86_64: UInt64 = 0x0100_0007
    static let arm64: UInt64 = 0x0100_000c

    /// Other files that one might take for an object: their first word, read as little endian.
    static let otherMagics: [UInt64: String] = [
        0xfeed_face: "MH_MAGIC, 32 bits", 0xcefa_edfe: "MH_MAGIC, 32 bits and big endian",
        0xcffa_edfe: "MH_MAGIC_64, big endian", 0xbeba_feca: "FAT_MAGIC, a universal file",
        0xbfba_feca: "FAT_MAGIC_64, a universal file",
    ]
    /// Names of machines that are not read, so that an error can say them.
    static let otherMachines: [UInt64: String] = [
        7: "CPU_TYPE_X86", 12: "CPU_TYPE_ARM", 18: "CPU_TYPE_POWERPC", 0x0100_0012: "CPU_TYPE_POWERPC64",
        0x0200_000c: "CPU_TYPE_ARM64_32",
    ]
}

/// A load command, and those that the reader treats specially. Others inform debuggers and linkers: LC_BUILD_VERSION,
/// LC_DATA_IN_CODE, LC_LINKER_OPTIMIZATION_HINT, LC_LINKER_OPTION, LC_NOTE, ...
enum MachOCommand {
    static let command = Field("cmd", 0, 4)
    static let size = Field("cmdsize", 4, 4)

    static let segment32: UInt64 = 0x1
    static let symbolTable: UInt64 = 0x2
    static let dynamicSymbolTable: UInt64 = 0xb
    static let segment: UInt64 = 0x19
    /// A bit that says: whoever does not know this command cannot load the file.
    static let required: UInt64 = 0x8000_0000

    /// Bytes of the fixed part of a segment's, whose section headers are behind it.
    static let segmentBytes = 72
    // segment_command_64
    static let sectionCount = Field("nsects", 64, 4)
    // symtab_command
    static let symbolsOffset = Field("symoff", 8, 4)
    static let symbolCount = Field("nsyms", 12, 4)
    static let stringsOffset = Field("stroff", 16, 4)
    static let stringBytes = Field("strsize", 20, 4)
    // dysymtab_command
    static let externalRelocations = Field("nextrel", 68, 4)
    static let localRelocations = Field("nlocrel", 76, 4)

    /// Bytes of a command's fixed part, where all of its fields are.
    static func minimumBytes(_ command: UInt64) -> Int {
        switch command {
        case segment: segmentBytes
        case symbolTable: 24
        case dynamicSymbolTable: 80
        default: 8
        }
    }
}

/// What a segment says of one of its sections (section_64).
enum MachOSection {
    static let bytes = 80
    static let name = Field("sectname", 0, 16)
    static let segmentName = Field("segname", 16, 16)
    static let address = Field("addr", 32, 8)
    static let size = Field("size", 40, 8)
    static let offset = Field("offset", 48, 4)
    static let alignment = Field("align", 52, 4)
    static let relocationsOffset = Field("reloff", 56, 4)
    static let relocationCount = Field("nreloc", 60, 4)
    static let flags = Field("flags", 64, 4)
}

/// A section's flags, whose low byte is its type. Types without a name here are sections with contents and nothing special.
struct MachOSectionFlags {
    let raw: UInt64

    init(_ header: Entry) { raw = header[MachOSection.flags] }

    /// S_ATTR_PURE_INSTRUCTIONS, S_ATTR_SOME_INSTRUCTIONS
    var isCode: Bool { raw & 0x8000_0400 != 0 }
    /// S_ATTR_DEBUG: no part of the program (__DWARF, __LD).
    var isDebug: Bool { raw & 0x0200_0000 != 0 }

    private var type: UInt64 { raw & 0xff }
    /// S_ZEROFILL, S_GB_ZEROFILL, S_THREAD_LOCAL_ZEROFILL
    var isZeroFilled: Bool { [0x01, 0x0c, 0x12].contains(type) }
    /// S_THREAD_LOCAL_REGULAR, S_THREAD_LOCAL_ZEROFILL: what each thread's copy begins as.
    var isThreadLocal: Bool { [0x11, 0x12].contains(type) }
    /// S_THREAD_LOCAL_VARIABLES: descriptors, by which code finds its thread's copy. They bear the variables' names.
    var isThreadLocalDescriptors: Bool { type == 0x13 }

    /// Size of entries that a linker may merge, or 0: S_CSTRING_LITERALS (strings, as ELF has them under SHF_MERGE with
    /// entries of 1 byte), S_4BYTE_LITERALS, S_8BYTE_LITERALS, S_LITERAL_POINTERS, S_16BYTE_LITERALS.
    var mergedEntrySize: UInt64 {
        switch type {
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
        switch type {
        case 0x06: "S_NON_LAZY_SYMBOL_POINTERS"
        case 0x07: "S_LAZY_SYMBOL_POINTERS"
        case 0x08: "S_SYMBOL_STUBS"
        case 0x10: "S_LAZY_DYLIB_SYMBOL_POINTERS"
        case 0x14: "S_THREAD_LOCAL_VARIABLE_POINTERS"
        default: nil
        }
    }
}

/// A symbol (nlist_64).
enum MachOSymbol {
    static let bytes = 16
    static let name = Field("n_strx", 0, 4)
    static let type = Field("n_type", 4, 1)
    static let section = Field("n_sect", 5, 1)
    static let description = Field("n_desc", 6, 2)
    static let value = Field("n_value", 8, 8)
}

/// The two words of flags in a symbol, n_type and n_desc.
struct MachOSymbolFlags {
    let type: UInt64
    let description: UInt64

    init(_ symbol: Entry) {
        type = symbol[MachOSymbol.type]
        description = symbol[MachOSymbol.description]
    }

    /// N_STAB: an entry for debuggers, not a symbol.
    var isDebug: Bool { type & 0xe0 != 0 }
    /// N_EXT
    var isExternal: Bool { type & 0x01 != 0 }
    /// N_UNDF, N_ABS and N_SECT are known; N_PBUD and N_INDR belong to linked files.
    var place: UInt64 { type & 0x0e }
    /// N_ALT_ENTRY: a further way into what the symbol before it names.
    var isAlternateEntry: Bool { description & 0x0200 != 0 }
    /// N_SYMBOL_RESOLVER: a function that gives the address of another.
    var isResolver: Bool { description & 0x0100 != 0 }
    /// Bits 8 ... 11 in a common symbol: the binary logarithm of its alignment.
    var commonAlignment: UInt64 { 1 << (description >> 8 & 15) }

    static let undefined: UInt64 = 0x0
    static let absolute: UInt64 = 0x2
    static let inSection: UInt64 = 0xe

    /// N_WEAK_DEF in a definition, N_WEAK_REF in a reference; the former bit means something else there.
    /// N_PEXT is visibility, and matters to dynamic linking only.
    var binding: Symbol.Binding {
        guard isExternal else { return .local }
        return description & (place == Self.undefined ? 0x40 : 0x80) != 0 ? .weak : .global
    }
}
