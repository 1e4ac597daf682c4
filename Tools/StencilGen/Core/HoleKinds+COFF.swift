import CStencils
import ObjectFiles

extension UopHoleKind {
    /// The one place where COFF relocation types become hole kinds; nil where there is none.
    init?(coff type: RelocationType, instruction: UInt32) {
        switch (type.architecture, type.raw) {
        case (.x86_64, 1), (.aarch64, 0xe): self = .absolute64
        case (.x86_64, 2): self = .absolute32
        // REL32 and REL32_1 to _5: the reader has put what differs into the addend.
        case (.x86_64, 4...9): self = .pcRelative32
        case (.i386, 6): self = .word32
        case (.i386, 0x14): self = .pcWord32
        case (.aarch64, 3): self = .branch26
        case (.aarch64, 4): self = .page21
        case (.aarch64, 6), (.aarch64, 7):
            guard let kind = Self.pageOffset(in: instruction) else { return nil }
            self = kind
        case (.aarch64, 0xf): self = .branch19
        case (.aarch64, 0x10): self = .branch14
        default: return nil
        }
    }
}
