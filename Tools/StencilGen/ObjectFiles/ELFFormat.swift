// The structures of ELF as they lie in the file, in both classes, and the numbers in them. Names are
// the specification's; see ELFReader.swift for its address.

/// A field of 32 bits in ELF32 and of 64 in ELF64: an address, an offset in the file, or a size.
private func word(_ name: String, _ elf32: Int, _ elf64: Int) -> Field {
    Field(name, narrow: (elf32, 4), wide: (elf64, 8))
}

/// The file header (Elf_Ehdr). Up to e_version, the classes have it in common.
enum ELFHeader {
    static let bytes = PerLayout(narrow: 52, wide: 64)
    /// What EI_CLASS says, and how wide addresses are.
    static let classes = PerLayout<(number: UInt64, bits: Int)>(narrow: (1, 32), wide: (2, 64))

    static let magic = Field("EI_MAG", 0, 4)
    static let fileClass = Field("EI_CLASS", 4, 1)
    static let encoding = Field("EI_DATA", 5, 1)
    static let identVersion = Field("EI_VERSION", 6, 1)
    static let type = Field("e_type", 16, 2)
    static let machine = Field("e_machine", 18, 2)
    static let version = Field("e_version", 20, 4)
    static let sections = word("e_shoff", 32, 40)
    static let flags = Field("e_flags", narrow: (36, 4), wide: (48, 4))
    static let headerBytes = Field("e_ehsize", narrow: (40, 2), wide: (52, 2))
    static let sectionBytes = Field("e_shentsize", narrow: (46, 2), wide: (58, 2))
    /// 0 where the number is in section 0's size (extended numbering).
    static let sectionCount = Field("e_shnum", narrow: (48, 2), wide: (60, 2))
    /// SHN_XINDEX where the number is in section 0's link.
    static let namesIndex = Field("e_shstrndx", narrow: (50, 2), wide: (62, 2))
}

/// An entry of the section header table (Elf_Shdr). sh_addr is 0 before linking.
enum ELFSection {
    static let bytes = PerLayout(narrow: 40, wide: 64)
    static let name = Field("sh_name", 0, 4)
    static let type = Field("sh_type", 4, 4)
    static let flags = word("sh_flags", 8, 8)
    static let offset = word("sh_offset", 16, 24)
    static let size = word("sh_size", 20, 32)
    static let link = Field("sh_link", narrow: (24, 4), wide: (40, 4))
    static let info = Field("sh_info", narrow: (28, 4), wide: (44, 4))
    static let alignment = word("sh_addralign", 32, 48)
    static let entryBytes = word("sh_entsize", 36, 56)
}

/// A symbol (Elf_Sym), whose fields the classes have in another order.
enum ELFSymbol {
    static let bytes = PerLayout(narrow: 16, wide: 24)
    static let name = Field("st_name", 0, 4)
    static let info = Field("st_info", narrow: (12, 1), wide: (4, 1))
    static let section = Field("st_shndx", narrow: (14, 2), wide: (6, 2))
    static let value = word("st_value", 4, 8)
    static let size = word("st_size", 8, 16)

    /// An entry of the table beside the symbol table, for numbers of sections that do not fit into st_shndx.
    static let extendedSection = Field("st_shndx", 0, 4)

    /// The upper half of st_info; nil for STB_GNU_UNIQUE and the reserved bindings, which have no neutral word.
    static func binding(_ info: UInt64) -> Symbol.Binding? {
        switch info >> 4 {
        case 0: .local
        case 1: .global
        case 2: .weak
        default: nil
        }
    }

    /// The lower half of st_info.
    static func kind(_ info: UInt64) -> Symbol.Kind {
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

/// A relocation, without the addend (Elf_Rel) or with it (Elf_Rela).
enum ELFRelocation {
    static let offset = word("r_offset", 0, 0)
    static let info = word("r_info", 4, 8)
    static let addend = word("r_addend", 8, 16)

    /// How many low bits of r_info are the type; the others are the symbol.
    static let typeBits = PerLayout<UInt64>(narrow: 8, wide: 32)
}

/// Values of sh_type that the reader treats specially. Every other type (SHT_PROGBITS, SHT_NOTE,
/// SHT_GROUP, SHT_X86_64_UNWIND, SHT_LLVM_ADDRSIG, ...) is a section with contents.
enum ELFSectionType {
    static let null: UInt64 = 0
    static let symbolTable: UInt64 = 2
    static let stringTable: UInt64 = 3
    static let relocations: UInt64 = 4
    static let zeroFilled: UInt64 = 8
    static let relocationsWithoutAddends: UInt64 = 9
    static let extendedIndices: UInt64 = 18

    /// Types that change what other sections mean and that no reader here knows: to pass over
    /// them would be to lose relocations.
    static let unsupported: [UInt64: String] = [
        19: "SHT_RELR", 0x4000_0014: "SHT_CREL", 0x6000_0001: "SHT_ANDROID_REL", 0x6000_0002: "SHT_ANDROID_RELA",
    ]

    /// Types whose sections cannot be patched: they have no contents, or none that are the program's.
    static let withoutCode: Set<UInt64> = [
        null, symbolTable, stringTable, relocations, zeroFilled, relocationsWithoutAddends, extendedIndices,
    ]
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
    static let undefined: UInt64 = 0
    static let firstReserved: UInt64 = 0xff00
    static let absolute: UInt64 = 0xfff1
    static let common: UInt64 = 0xfff2
    /// The number is elsewhere: it does not fit, or would be a reserved one.
    static let extended: UInt64 = 0xffff
}
