import CStencils

/// A stencil set after compilation, before it is written: uops, stencils, bridges.
package struct GeneratedSet: Sendable {
    /// An identifier: names of C functions and files come from it.
    package var name: String
    /// The C files with definitions, as relative path from the generated files.
    package var files: [(name: String, include: String)]
    /// Sorted by name.
    package var uops: [Definition]
    package var helpers: [String]
    /// The uops, then what is made of two of them.
    package var operations: [Operation]
    /// The machine code, by target.
    package var tables: [Table]
    /// Targets that have tables: those, and others whose tables are on disk.
    package var targets: [StencilTarget]
    package var compilerIdentity: String

    /// The code for one target.
    package struct Table: Sendable {
        package var target: StencilTarget
        package var registers: RegisterFile
        /// Of everything that shaped it.
        package var digest: String
        /// How many stencils clang made for it: each variant at each literal, and what needs no registers. All were compared
        /// with what the tables give.
        package var variantCount = 0
        /// By uop: narrow, then wide where there is one.
        package var forms: [[Stencil]]
        /// Empty, or for each `UopBridge` its stencil, if it has one.
        package var bridges: [Stencil?]
        /// By operation: its forms with values in registers.
        package var registerForms: [[FoldedForm]]

        /// Every stencil in the table's order: the uops' forms, then bridges.
        package var stencils: [Stencil] { forms.flatMap(\.self) + bridges.compactMap(\.self) }

        /// Distinct constants in the order of their first use.
        package var constants: [Stencil.Constant] {
            let templates = registerForms.joined().flatMap(\.templates)
            let holes = stencils.flatMap { $0.hot.holes + $0.cold.holes } + templates.flatMap { $0.hotHoles + $0.coldHoles }
            var seen: Set<Stencil.Constant> = []
            var result: [Stencil.Constant] = []
            for hole in holes {
                if case .constant(let constant) = hole.target, seen.insert(constant).inserted { result.append(constant) }
            }
            return result
        }
    }

    package var variantCount: Int { tables.reduce(0) { $0 + $1.variantCount } }

    /// The first table: what there is one of for all targets is read from it.
    package var first: Table { tables[0] }

    /// "operand 0 (left)": what fills a hole, for people.
    package static func describe(_ target: Stencil.Target, of uop: Definition?) -> String {
        switch target {
        case .operandHigh(let number): return "upper half of \(describe(.operand(number), of: uop))"
        case .operandSlot(let number): return "data with \(describe(.operand(number), of: uop))"
        case .nothing: return "does not cross a boundary"
        case .helperSlot(let name): return "data with helper \(name)"
        case .operand(let number):
            let names = uop.map { $0.operands.map(\.name) + $0.inputs.map(\.name) + $0.outputs.map(\.name) } ?? []
            return "operand \(number)" + (number < names.count ? " (\(names[number]))" : "")
        case .continuation(0): return "next uop"
        case .continuation: return "jump"
        case .exit: return "exit"
        case .fragment(let index): return index == 0 ? "hot" : "cold"
        case .helper(let name): return "helper \(name)"
        case .constant(let constant):
            return "constant " + constant.bytes.map { hexadecimal($0, digits: 2) }.joined()
        }
    }

    /// "absolute32Signed operand 1 (right) + 8".
    package static func describe(_ hole: Stencil.Hole, of uop: Definition?) -> String {
        let addend = hole.addend == 0 ? "" : hole.addend < 0 ? " - \(-hole.addend)" : " + \(hole.addend)"
        return "\(hole.kind.name) \(describe(hole.target, of: uop))\(addend)"
    }
}

/// A number in lower-case hexadecimal with leading zeros.
package func hexadecimal(_ value: some BinaryInteger, digits: Int) -> String {
    let text = String(value, radix: 16)
    return String(repeating: "0", count: max(0, digits - text.count)) + text
}
