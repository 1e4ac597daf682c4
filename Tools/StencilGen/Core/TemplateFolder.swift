import CStencils

/// Machine code that serves many variants of a form: `bytes` with the masks of all axes, by exclusive or.
package struct Template: Sendable, Equatable {
    /// The hot fragment's bytes, then the cold one's.
    package var bytes: [UInt8]
    package var hotSize: Int
    package var hotHoles: [Stencil.Hole]
    package var coldHoles: [Stencil.Hole]
    /// By axis, then register: as many bytes as there are.
    package var masks: [[[UInt8]]]

    /// The code for an assignment of registers.
    package func code(for assignment: [Int]) -> [UInt8] {
        var result = bytes
        for (axis, register) in assignment.enumerated() {
            for (index, byte) in masks[axis][register].enumerated() { result[index] ^= byte }
        }
        return result
    }
}

/// A form with its templates, and which of them serves which variant.
package struct FoldedForm: Sendable, Equatable {
    package var form: RegisterForm
    package var templates: [Template]
    /// By variant: its template.
    package var variants: [UInt8]
    /// The literals that it takes, without some of -1 ... 6: bit 0 for -1.
    package var literals: ClosedRange<Int32> = 0...0
    package var excluded: UInt8 = 0
    /// Bytes of stack that its variants take at most.
    package var frameSize = 0
    /// What clang gave: the tables are compared with it once more when they are complete.
    package var evidence: [Evidence] = []

    /// Clang's code of every assignment in their order, at one literal where the form has one, and for one cell where
    /// its displacement is a byte.
    package struct Evidence: Sendable, Equatable, Codable {
        package var literal: Int64?
        package var cell: Int64?
        /// Each the hot fragment's bytes, then the cold one's.
        package var code: [[UInt8]]

        init(_ stencils: [Stencil], literal: Int64? = nil, cell: Int64? = nil) {
            self.literal = literal
            self.cell = cell
            code = stencils.map { $0.hot.bytes + $0.cold.bytes }
        }
    }

    /// The code of a variant, as the tables will give it.
    package func code(for assignment: [Int]) -> [UInt8] {
        templates[Int(variants[RegisterForm.variant(assignment)])].code(for: assignment)
    }
}

/// Folds the variants of a form into templates: one base, and for each axis one mask a register.
///
/// Nothing is assumed of encodings. Variants of one shape (sizes and holes) are tried against a base; masks follow
/// from those that differ from it in one register; what the masks do not explain gets a template of its own.
package struct TemplateFolder {
    private let form: RegisterForm
    private let assignments: [[Int]]
    private let stencils: [Stencil]
    private let bytes: [[UInt8]]
    /// By assignment: for each pair of axes, whether they have the same register.
    private let patterns: [[Bool]]

    /// - Parameter stencils: by the form's assignments in their order.
    package init(_ form: RegisterForm, _ stencils: [Stencil]) {
        self.form = form
        assignments = form.assignments
        self.stencils = stencils
        bytes = stencils.map { $0.hot.bytes + $0.cold.bytes }
        patterns = assignments.map { assignment in
            assignment.indices.flatMap { a in
                (0..<a).map { b in form.axisIsFloat[a] == form.axisIsFloat[b] && assignment[a] == assignment[b] }
            }
        }
    }

    /// The templates; every variant's code is compared with clang's before they are returned.
    package func folded() throws(StencilGenError) -> FoldedForm {
        var templates: [Template] = []
        var variants = [UInt8](repeating: 0xFF, count: form.variantCount)
        for group in groups() {
            // Those that share no register first: clang has the most to say where an output is in the register of
            // an input, and what it says there must not become the rule.
            var rest = group.sorted { (patterns[$0].count { $0 }, $0) < (patterns[$1].count { $0 }, $1) }
            while let base = rest.first {
                let template = self.template(base: base, among: rest.filter { patterns[$0] == patterns[base] })
                let covered = rest.filter { template.code(for: assignments[$0]) == bytes[$0] }
                for index in covered { variants[RegisterForm.variant(assignments[index])] = UInt8(clamping: templates.count) }
                let set = Set(covered)
                rest.removeAll { set.contains($0) }
                templates.append(template)
            }
        }
        guard templates.count < 0xFF else {
            throw StencilGenError(
                .layout, at: form.operation.place, "its variants \(form.title) fold into \(templates.count) templates; at most 254 are kept",
                remedy: "Split it into simpler uops.")
        }
        var folded = FoldedForm(form: form, templates: templates, variants: variants)
        folded.frameSize = stencils.map(\.frameSize).max() ?? 0
        for (index, assignment) in assignments.enumerated() where folded.code(for: assignment) != bytes[index] {
            throw StencilGenError(
                .layout, at: form.operation.place, "variant \(assignment) of \(form.title) is not what clang gives",
                remedy: "Report this: stencilgen's folding is wrong.")
        }
        return folded
    }

    /// Variants of equal shape, in the order of their first.
    private func groups() -> [[Int]] {
        struct Shape: Hashable {
            var hot: Int
            var cold: Int
            var holes: [Stencil.Hole]
            var coldHoles: [Stencil.Hole]
        }
        var numbers: [Shape: Int] = [:]
        var groups: [[Int]] = []
        for (index, stencil) in stencils.enumerated() {
            let shape = Shape(
                hot: stencil.hot.bytes.count, cold: stencil.cold.bytes.count, holes: stencil.hot.holes,
                coldHoles: stencil.cold.holes)
            if let number = numbers[shape] {
                groups[number].append(index)
            } else {
                numbers[shape] = groups.count
                groups.append([index])
            }
        }
        return groups
    }

    /// The template of a base: a mask is known from the first variant that differs from known ones in it alone.
    private func template(base: Int, among candidates: [Int]) -> Template {
        let size = bytes[base].count
        var masks: [[[UInt8]?]] = form.axisIsFloat.map { _ in Array(repeating: nil, count: Int(UOP_AXIS_SIZE)) }
        for (axis, register) in assignments[base].enumerated() { masks[axis][register] = [UInt8](repeating: 0, count: size) }
        func difference(_ index: Int, unknown: Int) -> [UInt8] {
            var mask = bytes[index]
            for byte in 0..<size { mask[byte] ^= bytes[base][byte] }
            for (axis, register) in assignments[index].enumerated() where axis != unknown {
                guard let known = masks[axis][register] else { continue }
                for byte in 0..<size { mask[byte] ^= known[byte] }
            }
            return mask
        }
        // A variant with one unknown mask gives it. Where only such with more are left, as among those whose output
        // is in the register of an input, the first of its masks has all of the difference.
        var open = candidates
        while !open.isEmpty {
            var left: [Int] = []
            var firstOpen: Int?
            for index in open {
                let unknown = assignments[index].indices.filter { masks[$0][assignments[index][$0]] == nil }
                switch unknown.count {
                case 0: break
                case 1: masks[unknown[0]][assignments[index][unknown[0]]] = difference(index, unknown: unknown[0])
                default:
                    left.append(index)
                    firstOpen = firstOpen ?? index
                }
            }
            if left.count == open.count, let index = firstOpen {
                let unknown = assignments[index].indices.filter { masks[$0][assignments[index][$0]] == nil }
                masks[unknown[0]][assignments[index][unknown[0]]] = difference(index, unknown: unknown[0])
                for axis in unknown.dropFirst() { masks[axis][assignments[index][axis]] = [UInt8](repeating: 0, count: size) }
            }
            open = left
        }
        return Template(
            bytes: bytes[base], hotSize: stencils[base].hot.bytes.count, hotHoles: stencils[base].hot.holes,
            coldHoles: stencils[base].cold.holes,
            masks: masks.map { row in row.map { $0 ?? [UInt8](repeating: 0, count: size) } })
    }
}
