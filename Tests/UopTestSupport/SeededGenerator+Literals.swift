package import CStencils
package import UopVM

/// Words for operands and initial values: mostly small, because they are indices and conditions that
/// often hold, and often at a border, because that is where mistakes are.
extension SeededGenerator {
    private static let integers: [UInt64] = [
        0, 1, .max, 1 << 63, (1 << 63) - 1, 0xFFFF_FFFF, 1 << 32, 1 << 31, (1 << 31) - 1, 0xFFFF_FFFF_8000_0000,
        0xFFFF_FFFF_7FFF_FFFF, 63, 64, 255, 256, 1 << 49, (1 << 49) - 1, UInt64(bitPattern: -(1 << 49)), 1 << 53,
    ]

    private static let floats: [UInt64] = [
        0, 1 << 63,  // the zeros
        0x7FF0_0000_0000_0000, 0xFFF0_0000_0000_0000,  // the infinities
        0x7FF8_0000_0000_0000, 0xFFF8_0000_0000_0000, 0x7FF0_0000_0000_0001, 0xFFFF_FFFF_FFFF_FFFF,  // NaNs
        1, 0x000F_FFFF_FFFF_FFFF, 0x0010_0000_0000_0000, 0x7FEF_FFFF_FFFF_FFFF,  // the borders of the exponents
        0x43E0_0000_0000_0000, 0xC3E0_0000_0000_0000, 0x43F0_0000_0000_0000,  // 2^63, -2^63, 2^64
        0xBFF0_0000_0000_0000, 0x3FF0_0000_0000_0000, 0x4340_0000_0000_0000,  // -1, 1, 2^53
    ]

    package mutating func integer() -> UInt64 {
        switch below(10) {
        case 0..<6: UInt64(bitPattern: Int64(below(11) - 2))
        case 6, 7: pick(Self.integers) ?? 0
        default: next() >> UInt64(below(64)) ^ (chance(2) ? 0 : .max)
        }
    }

    package mutating func float() -> UInt64 {
        switch below(10) {
        case 0..<6: (Double(below(33) - 12) / 4).bitPattern
        case 6, 7: pick(Self.floats) ?? 0
        case 8: Double(Int64(bitPattern: integer())).bitPattern
        default: next()
        }
    }

    /// An integer that objects hold.
    package mutating func smallInteger() -> Int64 {
        switch below(10) {
        case 0..<7: Int64(below(11) - 2)
        case 7: chance(2) ? ObjectWord.smallIntegers.lowerBound : ObjectWord.smallIntegers.upperBound
        default: Int64(bitPattern: next()) >> Int64(14 + below(50))
        }
    }

    /// A word that a literal of this class can state. A range iterator has no literal.
    package mutating func word(of valueClass: UopClass) -> UInt64 {
        switch valueClass {
        case .I64: integer()
        case .F64: float()
        case .INT: ObjectWord.integer(smallInteger()) ?? ObjectWord.none
        case .FLOAT: ObjectWord.float(Double(bitPattern: float()))
        case .BOOL: chance(2) ? ObjectWord.true : ObjectWord.false
        case .NONE: ObjectWord.none
        default: word(of: pick([UopClass.INT, .INT, .FLOAT, .BOOL, .NONE]) ?? .NONE)
        }
    }

    /// A range: short ones most often, so that loops over them end.
    package mutating func range() -> InitialValue {
        if percent(85) {
            let step = Int64(below(3) + 1)
            let start = smallInteger() >> 1
            return .range(start: start, stop: start + step * Int64(below(7)), step: step)
        }
        let step = smallInteger()
        return .range(start: smallInteger(), stop: smallInteger(), step: step == 0 ? -1 : step)
    }

    /// What a local of this class holds before the run.
    package mutating func initialValue(of valueClass: UopClass) -> InitialValue {
        if valueClass == .RANGE || valueClass == .OBJECT && chance(4) { return range() }
        return .word(word(of: valueClass))
    }

    /// A word for an operand that is a literal; nil for the kinds that name something.
    package mutating func literal(_ kind: UopOperandKind) -> UInt64? {
        switch kind {
        case .IMM_I64: integer()
        case .IMM_F64: float()
        case .IMM_OBJECT: word(of: .OBJECT)
        case .IMM_INDEX: chance(2) ? UInt64(below(4)) : next() & 0x7FFF_FFFF
        default: nil
        }
    }

    /// An element of a buffer, with zeros above its bits.
    package mutating func element(_ kind: UopOperandKind) -> UInt64 {
        kind == .BUFFER_F64 ? float() : integer() & (.max >> UInt64(64 - 8 * (kind.elementBytes ?? 8)))
    }
}
