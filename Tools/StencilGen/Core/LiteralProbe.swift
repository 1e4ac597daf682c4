import CStencils

/// Which literals a form takes in which field, asked of clang value by value.
struct LiteralProbe {
    let form: RegisterForm
    /// Assignments that may make a difference: the output in the register of an input, and not.
    private let assignments: [[Int]]

    /// All values of a signed byte.
    private static let bytes = Array(Int64(-128)...127)
    /// Values whose bits differ everywhere, with no meaning to a compiler.
    private static let words: [Int64] = [
        0x1234_5678, 0x7654_3211, 0x5A5A_5A5B, 0x2B3C_4D5F, 0x0001_2347, 0x7ABC_DEF3,
        -0x1234_5679, -0x7654_3213, -0x0001_2347, -0x5A5A_5A5D,
    ]
    private static let values = bytes + words

    init(_ form: RegisterForm) {
        self.form = form
        let different = form.axisIsFloat.indices.map { form.axisIsFloat.count - 1 - $0 }
        assignments = form.axisIsFloat.count > 1 ? [different, form.axisIsFloat.map { _ in 1 }] : [different]
    }

    var variants: [Variant] {
        assignments.flatMap { assignment in Self.values.map { Variant(form, assignment, literal: $0) } }
    }

    /// The forms that what clang gave suggests.
    func forms(_ stencils: [Stencil]) -> [LiteralForm] {
        let rows = assignments.indices.map { Array(stencils[$0 * Self.values.count..<($0 + 1) * Self.values.count]) }
        var result: [LiteralForm] = []
        if let short = short(rows) { result.append(short) }
        if let word = word(rows) { result.append(word) }
        // The small values that no field takes have code of their own; and so do those for which clang knows better,
        // such as products by what an address can be scaled by.
        if let first = result.first {
            var special = (Int64(-1)...6).filter { value in !result.contains { $0.accepts(value) } }
            // Counts of shifts are not negative.
            if first.range.lowerBound >= 0 { special.removeAll { $0 <= 0 } }
            let shape = Self.instructionSizes(rows[0][Self.bytes.count])
            if !first.accepts(37) || first.size == 4 {
                special += [2, 3, 4, 5, 8, 9].filter { value in
                    !special.contains(value) && Self.instructionSizes(rows[0][Int(value) + 128]) != shape
                }
            }
            result = special.map { LiteralForm(form, exactly: $0) } + result
        }
        return result
    }

    private func short(_ rows: [[Stencil]]) -> LiteralForm? {
        // Shift counts are all positive, and clang has ideas about small ones.
        let reference = Int64(37)
        var accepted = Set(Self.bytes)
        for row in rows {
            accepted.formIntersection(Self.accepted(Array(zip(Self.bytes, row)), reference: reference, size: 1))
        }
        guard accepted.contains(reference) else { return nil }
        func isIn(_ value: Int64) -> Bool { accepted.contains(value) || (-1...6).contains(value) }
        var low = reference
        while low > -128, isIn(low - 1) { low -= 1 }
        var high = reference
        while high < 127, isIn(high + 1) { high += 1 }
        while !accepted.contains(low) { low += 1 }
        guard high - low >= 16 else { return nil }
        let excluded = (Int64(-1)...6).filter { (low...high).contains($0) && !accepted.contains($0) }
        return LiteralForm(form, low...high, excluded: excluded, samples: [reference, max(low, -77), min(high, 59)], size: 1)
    }

    private func word(_ rows: [[Stencil]]) -> LiteralForm? {
        var accepted = Set(Self.words)
        for row in rows {
            let samples = Array(zip(Self.words, row[Self.bytes.count...]))
            accepted.formIntersection(Self.accepted(samples, reference: Self.words[0], size: 4))
        }
        let isPositive = Self.words.filter { $0 > 0 }.allSatisfy(accepted.contains)
        let isNegative = Self.words.filter { $0 < 0 }.allSatisfy(accepted.contains)
        guard isPositive else { return nil }
        let samples = [Self.words[0], Self.words[1]] + (isNegative ? [Self.words[6]] : [])
        // One less at each end, so that a field that holds a neighbour of the value does not overflow; and nothing
        // around 0, whose neighbour is at the other end of the unsigned numbers.
        return LiteralForm(
            form, (isNegative ? Int64(Int32.min) + 1 : 0)...Int64(Int32.max) - 1, excluded: [-1, 0, 1], samples: samples, size: 4)
    }

    /// Values whose stencil is that of `reference` but for the field.
    private static func accepted(_ row: [(Int64, Stencil)], reference: Int64, size: Int) -> Set<Int64> {
        guard let model = row.first(where: { $0.0 == reference })?.1 else { return [] }
        let same = row.filter { isOneShape($0.1, model) }
        // The fields from a few values; then everything else must fit.
        let hints = same.filter { abs($0.0 - reference) < 4 || abs($0.0) > 128 }.map { (value: $0.0, bytes: LiteralForm.bytes($0.1)) }
        guard let fields = LiteralFields.find(hints, size: size) else { return [] }
        let expected = LiteralForm.bytes(fields.cleared(model, operand: 0))
        return Set(
            same.filter { value, stencil in
                fields.hold(value, in: LiteralForm.bytes(stencil))
                    && LiteralForm.bytes(fields.cleared(stencil, operand: 0)) == expected
            }.map(\.0))
    }

    private static func instructionSizes(_ stencil: Stencil) -> [Int] {
        [stencil.hot.bytes.count, stencil.hot.holes.count, stencil.cold.bytes.count]
    }

    private static func isOneShape(_ a: Stencil, _ b: Stencil) -> Bool {
        a.hot.bytes.count == b.hot.bytes.count && a.cold.bytes.count == b.cold.bytes.count
            && a.hot.holes == b.hot.holes && a.cold.holes == b.cold.holes
    }
}

/// A form whose last input is a literal in a field of `size` bytes, or in no field: code for one value.
struct LiteralForm {
    let form: RegisterForm
    let range: ClosedRange<Int32>
    /// Those of -1 ... 6 that lie in the range and are not taken: bit 0 for -1.
    let excluded: UInt8
    /// What every assignment is compiled with.
    let samples: [Int64]
    let size: Int

    init(_ form: RegisterForm, _ range: ClosedRange<Int64>, excluded: [Int64], samples: [Int64], size: Int) {
        self.form = form
        self.range = Int32(clamping: range.lowerBound)...Int32(clamping: range.upperBound)
        self.excluded = excluded.reduce(0) { $0 | 1 << UInt8($1 + 1) }
        self.samples = Array(Set(samples)).sorted()
        self.size = size
    }

    init(_ form: RegisterForm, exactly value: Int64) {
        self.init(form, value...value, excluded: [], samples: [value], size: 0)
    }

    func accepts(_ value: Int64) -> Bool {
        guard let value = Int32(exactly: value), range.contains(value) else { return false }
        return !(-1...6).contains(value) || excluded >> UInt8(value + 1) & 1 == 0
    }

    static func bytes(_ stencil: Stencil) -> [UInt8] { stencil.hot.bytes + stencil.cold.bytes }

    /// Whether bytes and holes are the same.
    static func isEqual(_ a: Stencil, _ b: Stencil) -> Bool {
        bytes(a) == bytes(b) && a.hot.holes == b.hot.holes && a.cold.holes == b.cold.holes
    }

    /// By assignment: the stencil with a hole for the field; nil where the values' stencils do not agree.
    func cleared(_ bySample: [[Stencil]]) -> [Stencil]? {
        guard size > 0 else { return bySample[0] }
        let operand = WrapperWriter.literalOperand(of: form.operation)
        var result: [Stencil] = []
        for index in bySample[0].indices {
            let row = zip(samples, bySample).map { (value: $0, stencil: $1[index]) }
            let shapes = Set(row.map { [$0.stencil.hot.bytes.count, $0.stencil.cold.bytes.count] })
            guard shapes.count == 1,
                let fields = LiteralFields.find(row.map { ($0.value, Self.bytes($0.stencil)) }, size: size)
            else { return nil }
            let cleared = row.map { fields.cleared($0.stencil, operand: operand) }
            guard cleared.allSatisfy({ Self.isEqual($0, cleared[0]) }) else { return nil }
            result.append(cleared[0])
        }
        return result
    }
}
