import CStencils

/// Where a literal stands in a stencil's bytes, found by comparing what clang gives for several values.
package struct LiteralField: Sendable, Equatable {
    /// In the bytes of the hot fragment, then the cold one.
    package var offset: Int
    /// 1 or 4.
    package var size: Int
    /// What is stored is the literal and this.
    package var addend: Int64

    /// The field whose content follows the literal in all samples, or nil. Samples must be of one shape.
    package static func find(_ samples: [(value: Int64, bytes: [UInt8])], sizes: [Int]) -> LiteralField? {
        guard let first = samples.first, samples.count >= 2 else { return nil }
        let differing = first.bytes.indices.filter { index in samples.contains { $0.bytes[index] != first.bytes[index] } }
        guard let lowest = differing.first, let highest = differing.last else { return nil }
        for size in sizes where highest - lowest < size {
            for offset in max(0, highest - size + 1)...lowest where offset + size <= first.bytes.count {
                let addend = content(first.bytes, offset, size) &- first.value
                let field = LiteralField(offset: offset, size: size, addend: addend)
                if abs(addend) <= 1, samples.allSatisfy({ field.holds($0.value, in: $0.bytes) }) { return field }
            }
        }
        return nil
    }

    /// Whether the bytes have the literal in the field.
    package func holds(_ value: Int64, in bytes: [UInt8]) -> Bool {
        Self.content(bytes, offset, size) == value &+ addend
    }

    private static func content(_ bytes: [UInt8], _ offset: Int, _ size: Int) -> Int64 {
        let word = (0..<size).reversed().reduce(Int64(0)) { $0 << 8 | Int64(bytes[offset + $1]) }
        let unused = Int64(64 - 8 * size)
        return (word << unused) >> unused
    }

    /// The stencil with a hole in the place of the field.
    package func cleared(_ stencil: Stencil, operand: Int) -> Stencil {
        var result = stencil
        let hotSize = stencil.hot.bytes.count
        let hole = Stencil.Hole(
            offset: offset < hotSize ? offset : offset - hotSize, kind: size == 1 ? .absolute8Signed : .absolute32Signed,
            target: .operand(operand), addend: addend)
        func clear(_ fragment: inout Stencil.Fragment) {
            for byte in 0..<size { fragment.bytes[hole.offset + byte] = 0 }
            fragment.holes.append(hole)
            fragment.holes.sort { $0.offset < $1.offset }
        }
        if offset < hotSize { clear(&result.hot) } else { clear(&result.cold) }
        return result
    }
}
