import CStencils

/// Where a literal stands in a stencil's bytes, found by comparing what clang gives for several values. It may stand
/// in several places: a sum has it in the addition, and its negation where an exit takes it back.
package struct LiteralFields: Sendable, Equatable {
    package struct Field: Sendable, Equatable {
        /// In the bytes of the hot fragment, then the cold one.
        package var offset: Int
        /// 1 or 4.
        package var size: Int
        /// Whether the negation of the literal is stored.
        package var isNegated: Bool
        /// What is stored is the literal, or its negation, and this.
        package var addend: Int64

        /// Whether the bytes have the literal in the field.
        func holds(_ value: Int64, in bytes: [UInt8]) -> Bool {
            Self.content(bytes, offset, size) == (isNegated ? 0 &- value : value) &+ addend
        }

        static func content(_ bytes: [UInt8], _ offset: Int, _ size: Int) -> Int64 {
            let word = (0..<size).reversed().reduce(Int64(0)) { $0 << 8 | Int64(bytes[offset + $1]) }
            let unused = Int64(64 - 8 * size)
            return (word << unused) >> unused
        }
    }

    package var fields: [Field]

    /// The fields whose contents follow the literal in all samples, and outside of which the samples are equal; nil
    /// where there are no such. Samples must be of one shape.
    package static func find(_ samples: [(value: Int64, bytes: [UInt8])], size: Int) -> LiteralFields? {
        guard let first = samples.first, samples.count >= 2 else { return nil }
        var differing = first.bytes.indices.filter { index in samples.contains { $0.bytes[index] != first.bytes[index] } }
        var fields: [Field] = []
        while let lowest = differing.first {
            guard let field = field(at: lowest, size: size, samples) else { return nil }
            fields.append(field)
            differing.removeAll { (field.offset..<field.offset + size).contains($0) }
        }
        return fields.isEmpty ? nil : LiteralFields(fields: fields)
    }

    private static func field(at byte: Int, size: Int, _ samples: [(value: Int64, bytes: [UInt8])]) -> Field? {
        let first = samples[0]
        for offset in (max(0, byte - size + 1)...byte).reversed() where offset + size <= first.bytes.count {
            for isNegated in [false, true] {
                let addend = Field.content(first.bytes, offset, size) &- (isNegated ? 0 &- first.value : first.value)
                let field = Field(offset: offset, size: size, isNegated: isNegated, addend: addend)
                if abs(addend) <= 1, samples.allSatisfy({ field.holds($0.value, in: $0.bytes) }) { return field }
            }
        }
        return nil
    }

    /// Whether the bytes have the literal in all fields.
    package func hold(_ value: Int64, in bytes: [UInt8]) -> Bool { fields.allSatisfy { $0.holds(value, in: bytes) } }

    /// The stencil with holes in the places of the fields: `operand` is the literal's, the one behind it that of its
    /// negation.
    package func cleared(_ stencil: Stencil, operand: Int) -> Stencil {
        var result = stencil
        let hotSize = stencil.hot.bytes.count
        for field in fields {
            let hole = Stencil.Hole(
                offset: field.offset < hotSize ? field.offset : field.offset - hotSize,
                kind: field.size == 1 ? .absolute8Signed : .absolute32Signed,
                target: .operand(operand + (field.isNegated ? 1 : 0)), addend: field.addend)
            func clear(_ fragment: inout Stencil.Fragment) {
                for byte in 0..<field.size { fragment.bytes[hole.offset + byte] = 0 }
                fragment.holes.append(hole)
                fragment.holes.sort { $0.offset < $1.offset }
            }
            if field.offset < hotSize { clear(&result.hot) } else { clear(&result.cold) }
        }
        return result
    }
}
