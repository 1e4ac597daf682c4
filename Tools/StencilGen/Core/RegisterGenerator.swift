import CStencils

/// From operations to folded forms: which forms there are, and which literals they take.
package struct RegisterGenerator {
    private let compiler: VariantCompiler

    package init(_ compiler: VariantCompiler) { self.compiler = compiler }

    /// By operation: its forms; without literals first, those with literals by the size of the field.
    package func forms(of operations: [Operation]) throws(StencilGenError) -> [[FoldedForm]] {
        let plain = operations.map { $0.isCompiledForRegisters ? RegisterForm.forms(of: $0) : [] }
        var variants: [Variant] = []
        for form in plain.joined() { variants += form.assignments.map { Variant(form, $0) } }
        let candidates = plain.map { forms in forms.first?.withLiteral }
        let probes = candidates.map { $0.map(LiteralProbe.init) }
        let firstProbe = variants.count
        for probe in probes { variants += probe?.variants ?? [] }
        let stencils = try compiler.stencils(variants)
        try checkRules(variants, stencils)

        var position = 0
        var result: [[FoldedForm]] = []
        for forms in plain {
            var folded: [FoldedForm] = []
            for form in forms {
                let count = form.assignments.count
                let own = Array(stencils[position..<position + count])
                var result = try TemplateFolder(form, own).folded()
                result.evidence = [FoldedForm.Evidence(own)]
                folded.append(result)
                position += count
            }
            result.append(folded)
        }
        position = firstProbe
        var found: [(operation: Int, literal: LiteralForm)] = []
        for (operation, probe) in probes.enumerated() {
            guard let probe else { continue }
            let count = probe.variants.count
            found += probe.forms(Array(stencils[position..<position + count])).map { (operation, $0) }
            position += count
        }
        for (operation, form) in try literals(found) { result[operation].append(form) }
        return result
    }

    /// Literal forms in every assignment, at several values, which must agree but for the field.
    private func literals(
        _ found: [(operation: Int, literal: LiteralForm)]
    ) throws(StencilGenError) -> [(Int, FoldedForm)] {
        var variants: [Variant] = []
        for (_, literal) in found {
            for value in literal.samples { variants += literal.form.assignments.map { Variant(literal.form, $0, literal: value) } }
        }
        let stencils = try compiler.stencils(variants)
        try checkRules(variants, stencils)
        var position = 0
        var result: [(Int, FoldedForm)] = []
        for (operation, literal) in found {
            let count = literal.form.assignments.count
            let bySample = literal.samples.indices.map { sample in
                Array(stencils[position + sample * count..<position + (sample + 1) * count])
            }
            position += count * literal.samples.count
            guard let cleared = literal.cleared(bySample) else { continue }
            var folded = try TemplateFolder(literal.form, cleared).folded()
            folded.literals = literal.range
            folded.excluded = literal.excluded
            folded.evidence = zip(literal.samples, bySample).map { FoldedForm.Evidence($1, literal: $0) }
            result.append((operation, folded))
        }
        return result
    }

    /// Stack that a variant may take: two registers saved, as long divisions want.
    private static let frameLimit = 16

    private func checkRules(_ variants: [Variant], _ stencils: [Stencil]) throws(StencilGenError) {
        for (variant, stencil) in zip(variants, stencils) {
            let operation = variant.form.operation
            try checkFrame(stencil, variant.form)
            try stencil.checkCells(operation.operands, at: "\(operation.place) \(variant.form.title)")
        }
    }

    /// A variant that needs much stack is slower than the value in memory would be. Where an access may fault, there must be
    /// none: the host goes on from there, and knows nothing of what lies on the stack.
    private func checkFrame(_ stencil: Stencil, _ form: RegisterForm) throws(StencilGenError) {
        let mayFault = form.operation.has(UOP_FLAG_FAULTS)
        guard stencil.frameSize > (mayFault ? 0 : Self.frameLimit) else { return }
        throw StencilGenError(
            .stackFrame, at: form.operation.place,
            "needs \(stencil.frameSize) bytes of stack with its values in registers \(form.title)"
                + (mayFault ? "; a uop that FAULTS must need none" : ""),
            remedy: "Keep fewer values alive; or "
                + (mayFault ? "take the access apart from the rest." : "flag it ESCAPES, so that values stay in the frame around it."))
    }
}

extension Operation {
    /// Whether its values can be in registers: not those of uops that call, which would save and reload all that
    /// is live; nor of those that are only names for what is there already.
    package var isCompiledForRegisters: Bool {
        if has(UOP_FLAG_ESCAPES) || has(UOP_FLAG_INTERPRETED) || callsHelper { return false }
        return !has(UOP_FLAG_MOVES) || has(UOP_FLAG_INTERNAL) || !operands.isEmpty
    }
}
