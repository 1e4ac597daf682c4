// PE Format, COFF Relocations (Object Only), Type Indicators. On ARM64 a field is bits of an
// instruction: its size is the instruction's.

extension RelocationRow {
    /// The row of a COFF type; nil for a number that is not known.
    static func coff(_ architecture: Object.Architecture, _ raw: UInt32) -> RelocationRow? {
        switch architecture {
        case .x86_64: coffX86_64[raw]
        case .i386: coffI386[raw]
        case .aarch64: coffARM64[raw]
        case .riscv64, .powerpc64le: nil
        }
    }

    /// x64 Processors.
    private static let coffX86_64: [UInt32: RelocationRow] = [
        0x0: RelocationRow("IMAGE_REL_AMD64_ABSOLUTE", 0),
        0x1: RelocationRow("IMAGE_REL_AMD64_ADDR64", 8),
        0x2: RelocationRow("IMAGE_REL_AMD64_ADDR32", 4),
        0x3: RelocationRow("IMAGE_REL_AMD64_ADDR32NB", 4),
        0x4: RelocationRow("IMAGE_REL_AMD64_REL32", 4),
        0x5: RelocationRow("IMAGE_REL_AMD64_REL32_1", 4),
        0x6: RelocationRow("IMAGE_REL_AMD64_REL32_2", 4),
        0x7: RelocationRow("IMAGE_REL_AMD64_REL32_3", 4),
        0x8: RelocationRow("IMAGE_REL_AMD64_REL32_4", 4),
        0x9: RelocationRow("IMAGE_REL_AMD64_REL32_5", 4),
        0xa: RelocationRow("IMAGE_REL_AMD64_SECTION", 2),
        0xb: RelocationRow("IMAGE_REL_AMD64_SECREL", 4),
        0xc: RelocationRow("IMAGE_REL_AMD64_SECREL7", 1),
        0xd: RelocationRow("IMAGE_REL_AMD64_TOKEN", 4),
        0xe: RelocationRow("IMAGE_REL_AMD64_SREL32", 4),
        0xf: RelocationRow("IMAGE_REL_AMD64_PAIR", 0),
        0x10: RelocationRow("IMAGE_REL_AMD64_SSPAN32", 4),
    ]

    /// Intel 386 Processors.
    private static let coffI386: [UInt32: RelocationRow] = [
        0x0: RelocationRow("IMAGE_REL_I386_ABSOLUTE", 0),
        0x1: RelocationRow("IMAGE_REL_I386_DIR16", 2),
        0x2: RelocationRow("IMAGE_REL_I386_REL16", 2),
        0x6: RelocationRow("IMAGE_REL_I386_DIR32", 4),
        0x7: RelocationRow("IMAGE_REL_I386_DIR32NB", 4),
        0x9: RelocationRow("IMAGE_REL_I386_SEG12", 2),
        0xa: RelocationRow("IMAGE_REL_I386_SECTION", 2),
        0xb: RelocationRow("IMAGE_REL_I386_SECREL", 4),
        0xc: RelocationRow("IMAGE_REL_I386_TOKEN", 4),
        0xd: RelocationRow("IMAGE_REL_I386_SECREL7", 1),
        0x14: RelocationRow("IMAGE_REL_I386_REL32", 4),
    ]

    /// ARM64 Processors.
    private static let coffARM64: [UInt32: RelocationRow] = [
        0x0: RelocationRow("IMAGE_REL_ARM64_ABSOLUTE", 0),
        0x1: RelocationRow("IMAGE_REL_ARM64_ADDR32", 4),
        0x2: RelocationRow("IMAGE_REL_ARM64_ADDR32NB", 4),
        0x3: RelocationRow("IMAGE_REL_ARM64_BRANCH26", 4),
        0x4: RelocationRow("IMAGE_REL_ARM64_PAGEBASE_REL21", 4),
        0x5: RelocationRow("IMAGE_REL_ARM64_REL21", 4),
        0x6: RelocationRow("IMAGE_REL_ARM64_PAGEOFFSET_12A", 4),
        0x7: RelocationRow("IMAGE_REL_ARM64_PAGEOFFSET_12L", 4),
        0x8: RelocationRow("IMAGE_REL_ARM64_SECREL", 4),
        0x9: RelocationRow("IMAGE_REL_ARM64_SECREL_LOW12A", 4),
        0xa: RelocationRow("IMAGE_REL_ARM64_SECREL_HIGH12A", 4),
        0xb: RelocationRow("IMAGE_REL_ARM64_SECREL_LOW12L", 4),
        0xc: RelocationRow("IMAGE_REL_ARM64_TOKEN", 4),
        0xd: RelocationRow("IMAGE_REL_ARM64_SECTION", 2),
        0xe: RelocationRow("IMAGE_REL_ARM64_ADDR64", 8),
        0xf: RelocationRow("IMAGE_REL_ARM64_BRANCH19", 4),
        0x10: RelocationRow("IMAGE_REL_ARM64_BRANCH14", 4),
        0x11: RelocationRow("IMAGE_REL_ARM64_REL32", 4),
    ]
}
