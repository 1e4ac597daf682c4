// The structures of COFF as they lie in the file, and the numbers in them. Names are the
// specification's; see COFFReader.swift for its address. The wide layout is /bigobj's.

/// The file header (IMAGE_FILE_HEADER, and ANON_OBJECT_HEADER_BIGOBJ in the wide layout).
enum COFFHeader {
    static let bytes = PerLayout(narrow: 20, wide: 56)
    static let machine = Field("Machine", narrow: (0, 2), wide: (6, 2))
    static let sectionCount = Field("NumberOfSections", narrow: (2, 2), wide: (44, 4))
    /// Where the symbol table is, or 0.
    static let symbolTable = Field("PointerToSymbolTable", narrow: (8, 4), wide: (48, 4))
    /// Records of the symbol table, the auxiliary ones included.
    static let symbolCount = Field("NumberOfSymbols", narrow: (12, 4), wide: (52, 4))
    // In the narrow layout only.
    static let optionalHeaderSize = Field("SizeOfOptionalHeader", 16, 2)
    static let flags = Field("Characteristics", 18, 2)
    // In the wide layout only.
    static let version = Field("Version", 4, 2)
    static let classLow = Field("ClassID", 12, 8)
    static let classHigh = Field("ClassID", 20, 8)

    /// The ClassID of /bigobj, {D1BAA1C7-BAEE-4BA9-AF20-FAF66AA4DCB8}, as two numbers.
    static let bigClass: (low: UInt64, high: UInt64) = (0x4ba9_baee_d1ba_a1c7, 0xb8dc_a46a_f6fa_20af)
    /// IMAGE_FILE_EXECUTABLE_IMAGE
    static let executable: UInt64 = 2
}

/// A machine whose objects are read. Another one is a row here, with its relocations in
/// RelocationRow+COFF.swift and COFFAddend.swift.
struct COFFMachine {
    let raw: UInt64
    let name: String
    let architecture: Object.Architecture

    static let supported = [
        COFFMachine(raw: 0x8664, name: "IMAGE_FILE_MACHINE_AMD64", architecture: .x86_64),
        COFFMachine(raw: 0x14c, name: "IMAGE_FILE_MACHINE_I386", architecture: .i386),
        COFFMachine(raw: 0xaa64, name: "IMAGE_FILE_MACHINE_ARM64", architecture: .aarch64),
    ]

    /// Names of others that there are tools for, so that an error can say them. ARM64EC is not
    /// ARM64: its symbols have other names, and calls go through thunks.
    static let otherNames: [UInt64: String] = [
        0x1c0: "IMAGE_FILE_MACHINE_ARM", 0x1c4: "IMAGE_FILE_MACHINE_ARMNT", 0x200: "IMAGE_FILE_MACHINE_IA64",
        0x5064: "IMAGE_FILE_MACHINE_RISCV64", 0x6264: "IMAGE_FILE_MACHINE_LOONGARCH64",
        0xa641: "IMAGE_FILE_MACHINE_ARM64EC", 0xa64e: "IMAGE_FILE_MACHINE_ARM64X",
    ]
}

/// An entry of the section table (IMAGE_SECTION_HEADER), and values of its Characteristics.
enum COFFSection {
    static let bytes = 40
    static let name = Field("Name", 0, 8)
    /// What relocations' addresses begin at. Compilers write 0.
    static let virtualAddress = Field("VirtualAddress", 12, 4)
    static let size = Field("SizeOfRawData", 16, 4)
    static let contents = Field("PointerToRawData", 20, 4)
    static let relocations = Field("PointerToRelocations", 24, 4)
    static let relocationCount = Field("NumberOfRelocations", 32, 2)
    static let flags = Field("Characteristics", 36, 4)

    /// IMAGE_SCN_CNT_UNINITIALIZED_DATA: it has no bytes in the file.
    static let uninitialized: UInt64 = 0x80
    /// IMAGE_SCN_LNK_INFO, _LNK_REMOVE, _MEM_DISCARDABLE: not part of the program in memory, but for the linker, or for
    /// the loader to drop (debug information).
    static let notAllocated: UInt64 = 0x200 | 0x800 | 0x0200_0000
    /// IMAGE_SCN_LNK_COMDAT
    static let comdat: UInt64 = 0x1000
    /// IMAGE_SCN_LNK_NRELOC_OVFL: the number of relocations is in the first of them.
    static let moreRelocations: UInt64 = 0x0100_0000
    static let execute: UInt64 = 0x2000_0000
    static let write: UInt64 = 0x8000_0000
}

/// A relocation (IMAGE_RELOCATION).
enum COFFRelocation {
    static let bytes = 10
    static let address = Field("VirtualAddress", 0, 4)
    static let symbol = Field("SymbolTableIndex", 4, 4)
    static let type = Field("Type", 8, 2)
}

/// A record of the symbol table (IMAGE_SYMBOL), which is a symbol or says more about the one before it.
enum COFFSymbol {
    static let bytes = PerLayout(narrow: 18, wide: 20)
    static let name = Field("Name", 0, 8)
    /// What the name is where it is a long one: zeros, and its number in the string table.
    static let nameZeros = Field("Name", 0, 4)
    static let nameIndex = Field("Name", 4, 4)
    static let value = Field("Value", 8, 4)
    static let section = Field("SectionNumber", narrow: (12, 2), wide: (12, 4))
    static let type = Field("Type", narrow: (14, 2), wide: (16, 2))
    static let storageClass = Field("StorageClass", narrow: (16, 1), wide: (18, 1))
    static let auxiliaryCount = Field("NumberOfAuxSymbols", narrow: (17, 1), wide: (19, 1))

    // In auxiliary records: of a function, of a weak external, of a section.
    static let functionSize = Field("TotalSize", 4, 4)
    static let weakDefault = Field("TagIndex", 0, 4)
    static let selection = Field("Selection", 14, 1)
    static let associated = Field("Number", 12, 2)
    /// In the wide layout only.
    static let associatedHigh = Field("NumberHighPart", 16, 2)

    /// IMAGE_COMDAT_SELECT_ASSOCIATIVE
    static let selectAssociative: UInt64 = 5

    /// SectionNumber, which is negative where it is no section's. Of 16 bits, those from 0xff00 on are negative, so that
    /// 65,279 sections have numbers.
    static func sectionNumber(of record: Entry) -> Int32 {
        let number = UInt32(record[section])
        return Int32(bitPattern: record.layout == .narrow && number >= 0xff00 ? number | 0xffff_0000 : number)
    }
}

/// What the string table begins with: its size, these bytes included.
enum COFFStrings {
    static let size = Field("size of the string table", 0, 4)
    static let sizeBytes = 4
}

/// Values of SectionNumber that are not sections.
enum COFFSectionNumber {
    static let undefined: Int32 = 0
    static let absolute: Int32 = -1
    static let debug: Int32 = -2
}

/// Values of StorageClass that the reader knows.
enum COFFStorageClass: UInt64 {
    case external = 2
    case `static` = 3
    case label = 6
    case file = 103
    case section = 104
    case weakExternal = 105

    static let expected = "EXTERNAL (2), STATIC (3), LABEL (6), FILE (103), SECTION (104) or WEAK_EXTERNAL (105)"
}
