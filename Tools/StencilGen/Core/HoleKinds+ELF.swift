package import CStencils
package import ObjectFiles

extension UopHoleKind {
    /// The one place where ELF relocation types become hole kinds; nil where there is none.
    package init?(elf type: RelocationType) {
        switch (type.architecture, type.raw) {
        case (.x86_64, 1): self = .absolute64
        case (.x86_64, 10): self = .absolute32
        case (.x86_64, 11): self = .absolute32Signed
        case (.x86_64, 14): self = .absolute8Signed
        // PLT32 asks for a procedure linkage table entry only where the target needs one.
        case (.x86_64, 2), (.x86_64, 4): self = .pcRelative32
        default: return nil
        }
    }

    /// How the value is stored.
    package var field: UopHoleField { unsafe uop_hole_fields()[Int(rawValue)] }

    /// The enumerator's name in C, without its prefix.
    package var enumerator: String {
        unsafe uop_hole_kind_enumerators()[Int(rawValue)].map { unsafe String(cString: $0) } ?? ""
    }

    /// The kind's name in messages and comments.
    package var name: String { unsafe String(cString: uop_hole_kind_texts()[Int(rawValue)].name) }
}
