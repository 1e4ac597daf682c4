import CStencils

/// The proof that tables give what clang gave: every form, in every assignment of registers, at every literal that it
/// was compiled with, decoded from the pooled arrays as the runtime does it.
extension FormTables {
    /// How many variants were compared, each equal to clang's; throws at the first that is not.
    @discardableResult
    package func proven() throws(StencilGenError) -> Int {
        var count = 0
        for (number, entry) in forms.enumerated() {
            if let frame = entry.frame {
                guard code(form: number, []) == frame else { throw refuted(entry, "") }
                count += 1
            }
            guard let folded = entry.folded else { continue }
            let assignments = folded.form.assignments
            for evidence in folded.evidence {
                guard evidence.code.count == assignments.count else { throw refuted(entry, " (compared with too few)") }
                for (assignment, expected) in zip(assignments, evidence.code) {
                    var found = code(form: number, assignment)
                    let operation = folded.form.operation
                    if let literal = evidence.literal {
                        fill(literal, WrapperWriter.literalOperand(of: operation), in: &found, form: number, assignment)
                    }
                    if let cell = evidence.cell, let operand = operation.cellOperand {
                        fill(cell, operand, in: &found, form: number, assignment)
                    }
                    guard found == expected else { throw refuted(entry, " in registers \(assignment)") }
                    count += 1
                }
            }
            if folded.evidence.isEmpty { throw refuted(entry, " (compared with nothing)") }
        }
        return count
    }

    private func refuted(_ entry: FormEntry, _ what: String) -> StencilGenError {
        StencilGenError(
            .layout, "the tables' code of \(entry.title)\(what) is not what clang gives",
            remedy: "Report this: stencilgen's pooling is wrong.")
    }

    /// Stores a value where the holes for an operand are, and its negation where those for the next one are (a literal is the
    /// last), by a rule of its own: the runtime's encoder is not what is tried here.
    private func fill(_ value: Int64, _ operand: Int, in code: inout [UInt8], form: Int, _ assignment: [Int]) {
        guard let folded = forms[form].folded else { return }
        let template = templates[template(form: form, assignment)].template
        let isLiteral = operand == WrapperWriter.literalOperand(of: folded.form.operation)
        for (holes, start) in [(template.hotHoles, 0), (template.coldHoles, template.hotSize)] {
            for hole in holes {
                let stored: Int64
                switch hole.target {
                case .operand(operand): stored = value &+ hole.addend
                case .operand(operand + 1) where isLiteral: stored = 0 &- value &+ hole.addend
                default: continue
                }
                for byte in 0..<Int(hole.kind.field.size) {
                    code[start + hole.offset + byte] = UInt8(truncatingIfNeeded: stored >> Int64(8 * byte))
                }
            }
        }
    }
}
