import CStencils
import StencilGenCore
import UopRuntime

/// A hole that a linker has filled, or refused.
struct JudgedHole: Sendable {
    let relocation: String
    let kind: UopHoleKind
    /// What is around the field; the first word in the low half, where there are two.
    let instruction: UInt64
    /// S + A.
    let value: UInt64
    /// P.
    let place: UInt64
    /// What the linker left of the field's word.
    let bytes: [UInt8]
    let isRefused: Bool

    /// The number that is to be stored.
    private func number(_ base: UopHoleBase) -> UInt64 {
        switch base {
        case .nothing: value
        case .place: value &- place
        case .page: (value & ~0xfff) &- (place & ~0xfff)
        }
    }

    private func isLenient(_ machine: JudgedMachine) -> Bool {
        machine.leniency(kind, Int64(bitPattern: number(kind.field.base))) != nil
    }

    private var code: [UInt8] { (0..<8).map { $0 < Int(kind.field.size) ? UInt8(truncatingIfNeeded: instruction >> UInt64(8 * $0)) : 0 } }

    /// Where the runtime's encoder does not do the same, in words; nil where it does.
    func disagreement(on machine: JudgedMachine) -> String? {
        let words = "\(relocation), S + A = \(Int64(bitPattern: value)) at \(place)"
        var code = code
        do {
            var elements = code.mutableSpan
            var span = unsafe elements.mutableBytes
            try HoleEncoder().fill(kind, value: value, in: &span, at: 0, runAddress: place)
        } catch {
            if isLenient(machine) { return isRefused ? "\(words): the linker has learned to refuse it" : nil }
            return isRefused ? nil : "\(words): only we refuse it: \(error)"
        }
        if isRefused { return "\(words): only the linker refuses it" }
        return Array(code.prefix(bytes.count)) == bytes ? nil : "\(words): \(code), the linker has \(bytes)"
    }

    /// Whether a field stores what the linker does, and refuses what it refuses.
    func agrees(_ field: UopHoleField, on machine: JudgedMachine) -> Bool {
        var code = code
        let error = unsafe code.withUnsafeMutableBytes { bytes in
            unsafe HoleEncoder.store(number(field.base), in: field, at: bytes.baseAddress!)
        }
        if isLenient(machine) { return error != nil }
        if error != nil || isRefused { return error != nil && isRefused }
        return Array(code.prefix(bytes.count)) == bytes && code.dropFirst(bytes.count).allSatisfy { $0 == 0 }
    }
}

extension UopHoleField {
    /// Descriptions with one thing wrong that matters: a bit of a number, another sign, another base.
    var damaged: [(String, UopHoleField)] {
        let field = self
        var result: [(String, UopHoleField)] = []
        func flip(_ name: String, _ path: WritableKeyPath<UopHoleField, UInt8>) {
            for bit in 0..<7 as Range<UInt8> {
                var other = field
                other[keyPath: path] ^= 1 << bit
                result.append(("\(name) \(field[keyPath: path]) -> \(other[keyPath: path])", other))
            }
        }
        flip("size", \.size)
        // Where no value is refused for its size, the width says nothing.
        if field.signedness != .any { flip("width", \.width) }
        // Distances of pages are multiples of 4096 anyway.
        if field.base != .page { flip("aligned", \.aligned) }
        flip("partCount", \.partCount)
        flip("rounding", \.rounding)
        result.removeAll { !field.isMattering(rounding: $1.rounding) }
        let parts: [WritableKeyPath<UopHoleField, UopHolePart>] = [\.parts.0, \.parts.1, \.parts.2, \.parts.3]
        for part in parts.prefix(Int(field.partCount)) {
            flip("from", part.appending(path: \.from))
            flip("bits", part.appending(path: \.bits))
            flip("to", part.appending(path: \.to))
        }
        // All bits from the sign on are the same.
        let sign = field.width - 1
        result.removeAll { _, other in
            field.signedness == .signed && zip(field.allParts, other.allParts).contains { $0.from == sign && $1.from > sign && $1.from < 64 }
        }
        // (64 bits have no range, whatever their sign.)
        for signedness in [UopSignedness.signed, .unsigned, .any] where signedness != field.signedness && field.width < 64 {
            var other = field
            other.signedness = signedness
            result.append(("signedness", other))
        }
        for base in [UopHoleBase.nothing, .place, .page] where base != field.base {
            var other = field
            other.base = base
            result.append(("base", other))
        }
        return result
    }

    /// Whether another rounding makes a difference: to the range, or to a part above it; and if what is added is not below the
    /// lowest bit that a value has.
    private func isMattering(rounding other: UInt8) -> Bool {
        if other == rounding || other >= 64 { return true }
        let lowest = base == .page ? 12 : aligned
        let isSeen = signedness != .any && width < 64 || allParts.contains { $0.from >= min(other, rounding == 0 ? other : rounding) }
        return isSeen && (other > lowest || rounding > lowest)
    }
}
