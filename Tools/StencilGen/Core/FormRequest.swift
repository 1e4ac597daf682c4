import CStencils

/// A form to compile: which variants clang is asked for, and what is made of its answers.
struct FormRequest {
    private let form: RegisterForm
    /// Nil where no input is a literal.
    private let literal: LiteralForm?

    init(_ form: RegisterForm) {
        self.form = form
        literal = nil
    }

    init(_ literal: LiteralForm) {
        form = literal.form
        self.literal = literal
    }

    /// Displacements of one byte that have nothing in common.
    private static let nearCells: [Int64] = [77, -100, 5]

    private var literals: [Int64?] { literal?.samples ?? [nil] }
    private var cells: [Int64] { form.near == nil ? [] : Self.nearCells }

    /// With any displacement at each literal; then with each near one.
    var variants: [Variant] {
        ([nil] + cells.map { $0 as Int64? }).flatMap { cell in
            literals.flatMap { literal in form.assignments.map { Variant(form, $0, literal: literal, cell: cell) } }
        }
    }

    /// The near form, if there is one, and the form; nothing where the literals' stencils do not agree.
    func folded(_ stencils: [Stencil]) throws(StencilGenError) -> [FoldedForm] {
        let count = form.assignments.count
        /// By displacement, then literal, then assignment.
        let all = stride(from: 0, to: stencils.count, by: count * literals.count).map { start in
            literals.indices.map { Array(stencils[start + $0 * count..<start + ($0 + 1) * count]) }
        }
        guard let far = try folded(form, all[0]) else { return [] }
        guard let nearForm = form.near, let cleared = near(Array(all.dropFirst())),
            var near = try folded(nearForm, cleared)
        else { return [far] }
        near.evidence = zip(cells, all.dropFirst()).flatMap { cell, rows in
            zip(literals, rows).map { FoldedForm.Evidence($1, literal: $0, cell: cell) }
        }
        var wide = far
        wide.form.isWide = true
        return [near, wide]
    }

    private func folded(_ form: RegisterForm, _ rows: [[Stencil]]) throws(StencilGenError) -> FoldedForm? {
        guard let cleared = literal.map({ $0.cleared(rows) }) ?? rows[0] else { return nil }
        var result = try TemplateFolder(form, cleared).folded()
        result.evidence = zip(literals, rows).map { FoldedForm.Evidence($1, literal: $0) }
        if let literal {
            result.literals = literal.range
            result.excluded = literal.excluded
        }
        return result
    }

    /// By literal, then assignment: the stencil with a hole for the displacement; nil where clang's code for the samples
    /// differs in more.
    private func near(_ byCell: [[[Stencil]]]) -> [[Stencil]]? {
        guard let operand = form.operation.cellOperand, !byCell.isEmpty else { return nil }
        var result: [[Stencil]] = []
        for literal in literals.indices {
            var row: [Stencil] = []
            for assignment in form.assignments.indices {
                guard let stencil = near(byCell.map { $0[literal][assignment] }, operand) else { return nil }
                row.append(stencil)
            }
            result.append(row)
        }
        return result
    }

    private func near(_ samples: [Stencil], _ operand: Int) -> Stencil? {
        let rows = zip(cells, samples).map { (value: $0, bytes: LiteralForm.bytes($1)) }
        guard Set(samples.map { [$0.hot.bytes.count, $0.cold.bytes.count] }).count == 1,
            let fields = LiteralFields.find(rows, size: 1), fields.fields.allSatisfy({ !$0.isNegated && $0.addend == 0 })
        else { return nil }
        let cleared = samples.map { fields.cleared($0, operand: operand) }
        guard cleared.allSatisfy({ LiteralForm.isEqual($0, cleared[0]) }) else { return nil }
        return cleared[0]
    }
}
