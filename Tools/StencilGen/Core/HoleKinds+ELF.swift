import CStencils
import ObjectFiles

extension UopHoleKind {
    /// The one place where ELF relocation types become hole kinds; nil where there is none.
    init?(elf type: RelocationType) {
        let kinds: [UInt32: UopHoleKind] =
            switch type.architecture {
            case .x86_64: Self.x86_64
            case .i386: Self.i386
            case .aarch64: Self.aarch64
            case .riscv64: Self.riscv64
            case .powerpc64le: Self.powerpc64le
            }
        guard let kind = kinds[type.raw] else { return nil }
        self = kind
    }

    private static let x86_64: [UInt32: UopHoleKind] = [
        1: .absolute64, 10: .absolute32, 11: .absolute32Signed, 14: .absolute8Signed,
        // PLT32 asks for a procedure linkage table entry only where the target needs one.
        2: .pcRelative32, 4: .pcRelative32,
    ]
    private static let i386: [UInt32: UopHoleKind] = [1: .word32, 2: .pcWord32, 4: .pcWord32]
    private static let aarch64: [UInt32: UopHoleKind] = [
        257: .absolute64, 263: .move16Unsigned16, 265: .move16Unsigned32, 264: .move16G0, 266: .move16G1, 268: .move16G2, 269: .move16G3,
        275: .page21, 277: .pageOffset12, 278: .pageOffset12, 279: .branch14, 280: .branch19, 282: .branch26, 283: .branch26,
        284: .pageOffset12By2, 285: .pageOffset12By4, 286: .pageOffset12By8, 299: .pageOffset12By16,
    ]
    private static let riscv64: [UInt32: UopHoleKind] = [
        2: .absolute64, 16: .riscvBranch12, 17: .riscvJump20, 18: .riscvCall, 19: .riscvCall, 20: .riscvPCHigh20, 23: .riscvPCHigh20,
        // Against the auipc that they belong to: the reader of stencils gives them its target.
        24: .riscvPCLow12, 25: .riscvPCLow12Store, 26: .riscvHigh20, 27: .riscvLow12, 28: .riscvLow12Store,
    ]
    private static let powerpc64le: [UInt32: UopHoleKind] = [
        38: .absolute64, 3: .ppcSigned16, 133: .ppcPrefixed34, 10: .ppcRelative24, 116: .ppcRelative24, 11: .ppcRelative14, 132: .ppcPrefixed34,
    ]

    /// Whether a relocation leads to a slot of the global offset table: to data that hold the symbol's address.
    static func leadsToSlot(_ type: RelocationType) -> Bool {
        switch (type.format, type.architecture) {
        case (.elf, .riscv64): type.raw == 20
        case (.elf, .powerpc64le): type.raw == 133
        case (.machO, _): slotNames.contains(type.name)
        default: false
        }
    }
}
