public import CStencils

/// Why a hole could not be filled. Nothing was written then.
public struct PatchError: Error, Equatable, Sendable, CustomStringConvertible {
    /// What went wrong.
    public enum Kind: Sendable {
        /// The value lies outside the field's range.
        case outOfRange
        /// Low bits of the value that the field does not store are not zero.
        case misaligned
        /// The field does not lie within the code.
        case outOfBounds
        /// The field's description is impossible: the tables are damaged.
        case invalidField
    }

    /// What went wrong.
    public let kind: Kind
    /// The hole's kind.
    public let hole: UopHoleKind
    /// The number that was to be stored, as 64 bits: S + A, or the distance from P or its page.
    public let value: UInt64
    /// Where the field is: bytes from the beginning of the code.
    public let offset: Int

    /// The smallest number that fits.
    public var minimum: Int64 {
        field.signedness == .signed && field.width > 0 ? (-1 << (Int64(field.width) - 1)) - field.half : 0
    }

    /// The largest number that fits.
    public var maximum: UInt64 {
        let width = field.signedness == .signed ? Int(field.width) - 1 : Int(field.width)
        return width >= 64 ? .max : (1 << UInt64(max(width, 0))) - 1 - UInt64(field.half)
    }

    private var field: UopHoleField { unsafe uop_hole_fields()[Int(hole.rawValue)] }

    /// Where, what was found, what was expected, and what to do.
    public var description: String {
        let name = unsafe String(cString: uop_hole_kind_texts()[Int(hole.rawValue)].name)
        let place = "code+\(offset): hole \(name)"
        let number = field.signedness == .signed ? "\(Int64(bitPattern: value))" : "\(value)"
        return switch kind {
        case .outOfRange:
            "\(place): \(number), expected \(minimum) to \(maximum): take a wider form, or place the target nearer."
        case .misaligned:
            "\(place): \(number), expected a multiple of \(1 << Int(field.aligned)): align the target."
        case .outOfBounds:
            "\(place): a field that ends behind the code, expected \(field.size) bytes: check the hole's offset."
        case .invalidField:
            "\(place): a field of \(field.size) bytes, expected 4 or 8: make the stencils anew."
        }
    }
}

extension UopHoleField {
    /// What is added before the value is rounded.
    fileprivate var half: Int64 { rounding == 0 ? 0 : 1 << (Int64(rounding) - 1) }
}
