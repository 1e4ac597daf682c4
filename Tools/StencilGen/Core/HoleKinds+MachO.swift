import CStencils
import ObjectFiles

extension UopHoleKind {
    /// The one place where Mach-O relocation types become hole kinds; nil where there is none.
    init?(machO type: RelocationType, instruction: UInt32) {
        let (number, length, _) = type.machOFields
        switch (type.architecture, number, length) {
        case (.x86_64, 0, 3), (.aarch64, 0, 3): self = .absolute64
        // SIGNED, BRANCH, and SIGNED_1, _2 and _4: the reader has put what differs into the addend.
        case (.x86_64, 1, 2), (.x86_64, 2, 2), (.x86_64, 6, 2), (.x86_64, 7, 2), (.x86_64, 8, 2): self = .pcRelative32
        // GOT_LOAD and GOT: the same, to a slot.
        case (.x86_64, 3, 2), (.x86_64, 4, 2): self = .pcRelative32
        case (.aarch64, 2, _): self = .branch26
        case (.aarch64, 3, _), (.aarch64, 5, _): self = .page21
        case (.aarch64, 4, _), (.aarch64, 6, _):
            guard let kind = Self.pageOffset(in: instruction) else { return nil }
            self = kind
        default: return nil
        }
    }

    /// The types that lead to a slot of the global offset table, with S the slot's address.
    static let slotNames: Set<String> = [
        "X86_64_RELOC_GOT_LOAD", "X86_64_RELOC_GOT", "ARM64_RELOC_GOT_LOAD_PAGE21", "ARM64_RELOC_GOT_LOAD_PAGEOFF12",
    ]
}
