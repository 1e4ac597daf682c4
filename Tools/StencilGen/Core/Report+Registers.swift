import CStencils

/// `stencilgen --show`: the forms of a uop, or of two that are fused, with values in registers.
extension Report {
    /// The C of one variant, and each form's first template with what changes from register to register.
    func registers(_ operation: Operation, _ forms: [FoldedForm]) throws(StencilGenError) -> String {
        guard let first = forms.first else { return "no forms with values in registers\n" }
        let example = Self.assignments(first.form)[0]
        var text = "The C of a variant, \(Self.describe(first.form, example)):\n"
        text += Self.indented(WrapperWriter.variant(first.form, symbol: "variant", example)) + "\n"
        for folded in forms { text += try form(folded) + "\n" }
        return text
    }

    private func form(_ folded: FoldedForm) throws(StencilGenError) -> String {
        let form = folded.form
        let assignments = Self.assignments(form)
        let number = folded.template(assignments[0])
        let template = folded.templates[number]
        let served = form.assignments.count { folded.template($0) == number }
        var text = "\(form.operation.name) \(form.title): \(folded.templates.count) templates"
        if let literals = Self.literals(folded) { text += ", literals \(literals)" }
        text += "\n  template \(number) serves \(served) of \(form.assignments.count) assignments; "
        text += "\(template.hotSize) bytes hot, \(template.bytes.count - template.hotSize) cold\n"
        let shown = assignments.filter { folded.template($0) == number }
        for (part, range) in [("hot", 0..<template.hotSize), ("cold", template.hotSize..<template.bytes.count)] where !range.isEmpty {
            text += "  \(part):\n" + (try sideBySide(shown, template, range, form))
            for hole in part == "hot" ? template.hotHoles : template.coldHoles {
                text += "    hole at 0x\(hexadecimal(hole.offset, digits: 2)): \(GeneratedSet.describe(hole, of: nil))\n"
            }
        }
        return text + masks(template, form)
    }

    /// The same instructions in several assignments, a column each.
    private func sideBySide(
        _ assignments: [[Int]], _ template: Template, _ range: Range<Int>, _ form: RegisterForm
    ) throws(StencilGenError) -> String {
        let code = assignments.map { Array(template.code(for: $0)[range]) }
        let listings = try disassembler?.instructions(of: code, for: form.target) ?? []
        var rows = [assignments.map { Self.describe(form, $0) }]
        for row in 0..<(listings.map(\.count).max() ?? 0) {
            rows.append(listings.map { row < $0.count ? Self.withoutTarget($0[row].text) : "" })
        }
        return rows.map { row in
            "    " + (row.dropLast().map { pad($0, Self.columnWidth) } + row.suffix(1)).joined() + "\n"
        }.joined()
    }

    /// Where a branch leads is what a hole says, not its bytes.
    private static func withoutTarget(_ instruction: String) -> String {
        instruction.hasPrefix("j") ? String(instruction.prefix { $0 != " " }) : instruction
    }

    private static let columnWidth = 30

    /// By axis: what each register changes in the base, byte for byte; the rest of its bytes stay.
    private func masks(_ template: Template, _ form: RegisterForm) -> String {
        var text = "  base             " + Self.bytes(template.bytes) + "\n"
        for (axis, row) in template.masks.enumerated() {
            text += "  \(Self.role(axis, of: form)):\n"
            for register in 0..<form.registerCount(axis) {
                text += "    xor for \(pad(Self.name(form, axis, register), 7))" + Self.bytes(row[register], quiet: true) + "\n"
            }
        }
        return text
    }

    private static func bytes(_ bytes: [UInt8], quiet: Bool = false) -> String {
        bytes.map { quiet && $0 == 0 ? ".." : hexadecimal($0, digits: 2) }.joined(separator: " ")
    }

    /// "axis 0, sum", "axis 1, left".
    private static func role(_ axis: Int, of form: RegisterForm) -> String {
        let outputs = form.operation.outputs.indices.filter { form.outputAxes[$0] == axis }.map { form.operation.outputs[$0].name }
        let inputs = form.operation.inputs.indices.filter { form.inputAxes[$0] == axis }.map { form.operation.inputs[$0].name }
        return "axis \(axis), " + (outputs + inputs).joined(separator: " and ")
    }

    /// "r13 r14 r15".
    private static func describe(_ form: RegisterForm, _ assignment: [Int]) -> String {
        assignment.enumerated().map { name(form, $0, $1) }.joined(separator: " ")
    }

    private static func name(_ form: RegisterForm, _ axis: Int, _ register: Int) -> String {
        form.registers.name(register, isFloat: form.axisIsFloat[axis])
    }

    /// Four assignments: all registers different.
    private static func assignments(_ form: RegisterForm) -> [[Int]] {
        (0..<4).map { first in form.axisIsFloat.indices.map { (first + 2 * $0 + 1) % form.registerCount($0) } }
    }

    private static func indented(_ text: String) -> String {
        text.split(separator: "\n", omittingEmptySubsequences: false).map { $0.isEmpty ? "\n" : "    \($0)\n" }.joined()
    }
}

extension FoldedForm {
    /// The number of the template that serves an assignment.
    func template(_ assignment: [Int]) -> Int { Int(variants[RegisterForm.variant(assignment)]) }
}
