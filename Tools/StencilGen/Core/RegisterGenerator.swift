import CStencils

/// From operations to folded forms: which forms there are, and which literals they take.
package struct RegisterGenerator {
    private let compiler: VariantCompiler
    private let registers: RegisterFile

    package init(_ compiler: VariantCompiler, _ registers: RegisterFile) {
        self.compiler = compiler
        self.registers = registers
    }

    /// By operation: its forms; without literals first, those with literals by the size of the field. Where a
    /// displacement may be one byte, the form for that comes before the one for all.
    package func forms(of operations: [Operation]) throws(StencilGenError) -> [[FoldedForm]] {
        let plain = operations.map { $0.isCompiledForRegisters ? RegisterForm.forms(of: $0, compiler.target, registers) : [] }
        let probes = plain.map { forms in forms.first?.withLiteral.map(LiteralProbe.init) }
        let probeVariants = probes.flatMap { $0?.variants ?? [] }
        let probeStencils = try compiler.stencils(probeVariants)
        try checkRules(probeVariants, probeStencils)
        var requests: [(operation: Int, request: FormRequest)] = []
        for (operation, forms) in plain.enumerated() { requests += forms.map { (operation, FormRequest($0)) } }
        var position = 0
        for (operation, probe) in probes.enumerated() {
            guard let probe else { continue }
            let count = probe.variants.count
            let found = probe.forms(Array(probeStencils[position..<position + count]))
            requests += found.map { (operation, FormRequest($0)) }
            position += count
        }
        return try folded(requests, count: operations.count)
    }

    /// Compiles what is asked for, and folds it.
    private func folded(
        _ requests: [(operation: Int, request: FormRequest)], count: Int
    ) throws(StencilGenError) -> [[FoldedForm]] {
        let variants = requests.flatMap { $0.request.variants }
        let stencils = try compiler.stencils(variants)
        try checkRules(variants, stencils)
        var result = Array(repeating: [FoldedForm](), count: count)
        var position = 0
        for (operation, request) in requests {
            let count = request.variants.count
            result[operation] += try request.folded(Array(stencils[position..<position + count]))
            position += count
        }
        return result
    }

    /// Stack that a variant may take: two registers saved, as long divisions want.
    private static let frameLimit = 16

    private func checkRules(_ variants: [Variant], _ stencils: [Stencil]) throws(StencilGenError) {
        for (variant, stencil) in zip(variants, stencils) {
            let operation = variant.form.operation
            try checkFrame(stencil, variant.form)
            try stencil.checkCells(operation.operands, of: variant.form.target, at: "\(operation.place) \(variant.form.title)")
        }
    }

    /// A variant that needs much stack is slower than the value in memory would be. Where an access may fault, there must be
    /// none: the host goes on from there, and knows nothing of what lies on the stack.
    private func checkFrame(_ stencil: Stencil, _ form: RegisterForm) throws(StencilGenError) {
        let mayFault = form.operation.has(UOP_FLAG_FAULTS)
        guard !form.target.mayUseStack || mayFault, stencil.frameSize > (mayFault ? 0 : Self.frameLimit) else { return }
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
