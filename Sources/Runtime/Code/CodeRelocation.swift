package import CStencils

/// A field of code that has another value where a linker puts the code elsewhere, or finds what the code calls.
///
/// The field's value is that of its kind's formula (UopHoleKinds.def), with S the target and A the addend.
package struct CodeRelocation: Equatable, Sendable {
    package enum Target: Equatable, Sendable {
        /// The first byte of the code that the field is in.
        case code
        /// A C function, by its name. The field has not been filled.
        case helper(String)
    }

    /// Bytes from the beginning of the code to the field.
    package var offset: Int
    package var kind: UopHoleKind
    package var target: Target
    package var addend: Int64

    package init(offset: Int, kind: UopHoleKind, target: Target, addend: Int64) {
        self.offset = offset
        self.kind = kind
        self.target = target
        self.addend = addend
    }
}

/// A helper by its set's number, and its own among those of the set; or none. (As an Optional it would make holes larger.)
struct HelperNumber: BitwiseCopyable, Equatable {
    var set: UInt16
    var index: UInt16

    static let none = HelperNumber(set: .max, index: .max)
}

extension CodeStream {
    /// What a linker has to fill in the code that was finished last, if it may put it at any page: in no special order.
    ///
    /// Distances do not change, and neither do places in a page.
    package var relocations: [CodeRelocation] {
        (0..<addresses.count).compactMap { index in
            let hole = addresses[index]
            var target = CodeRelocation.Target.code
            if hole.helper != .none {
                target = .helper(library.name(of: hole.helper))
            } else if !hole.isPlace || !encoder[hole.kind].keepsPage {
                return nil
            }
            return CodeRelocation(
                offset: Int(hole.position), kind: hole.kind, target: target, addend: Int64(bitPattern: hole.value))
        }
    }
}

extension UopHoleField {
    /// Bits of an address that tell where in a page it is.
    private static let pageBits = 12

    /// Whether the field has bits of an address that are the same everywhere in a page.
    fileprivate var keepsPage: Bool {
        guard base == .nothing else { return false }
        return (0..<Int(partCount)).contains { index in
            let part = part(index)
            return Int(part.from) + Int(part.bits) > Self.pageBits
        }
    }
}
