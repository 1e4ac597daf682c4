package import CStencils

/// Why an object cannot be written. Nothing was written then.
package struct ObjectWriterError: Error, Equatable, Sendable, CustomStringConvertible {
    package enum Quantity: String, Sendable {
        case sections
        case symbols
        case relocations
        case nameBytes = "bytes of a section's name"
        case sectionBytes = "bytes of a section"
        case fileBytes = "bytes of a file"
    }

    package enum Kind: Equatable, Sendable {
        /// More than the format has numbers for.
        case tooLarge(Quantity, found: Int, limit: Int)
        /// An alignment that is no power of two, or larger than the format can say.
        case alignment(Int, limit: Int)
        /// A symbol or a relocation that is not in its section, or names what there is not.
        case outOfBounds
        /// The format has no such machine.
        case noMachine(UopISA)
        /// The format cannot say how a field of this kind is filled, or not with such an addend.
        case noRelocation(UopHoleKind, addend: Int64)
    }

    package let kind: Kind
    package let format: ObjectFormat
    /// Where in the object.
    package let place: String

    init(_ kind: Kind, _ format: ObjectFormat, at place: String) {
        self.kind = kind
        self.format = format
        self.place = place
    }

    package var description: String {
        let words: String =
            switch kind {
            case .tooLarge(let quantity, let found, let limit):
                "\(found) \(quantity.rawValue), expected at most \(limit): compile less at once"
            case .alignment(let found, let limit): "an alignment of \(found), expected a power of two up to \(limit)"
            case .outOfBounds: "is not within the object, expected a place in one of its sections"
            case .noMachine(let isa): "there is none for \(isa.name), expected another system's triple: uopjit --help lists them"
            case .noRelocation(let kind, let addend):
                "no relocation fills a hole \(unsafe String(cString: uop_hole_kind_texts()[Int(kind.rawValue)].name))"
                    + (addend == 0 ? "" : " with the addend \(addend)")
                    + ", expected uops that call no C function: or write an ELF object (--target with a name or a Linux triple)"
            }
        return "\(format.rawValue) object: \(place): \(words)"
    }
}
