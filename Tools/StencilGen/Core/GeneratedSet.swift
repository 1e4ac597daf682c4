package import CStencils

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
    /// The machine code, by what a processor must be able to execute; the least demanding first.
    package var levels: [Level]
    package var compilerIdentity: String
    package var digest: String

    /// The code for one level of the target.
    package struct Level: Sendable {
        package var level: UopLevel
        /// By uop: narrow, then wide where there is one.
        package var forms: [[Stencil]]
        /// Empty, or one for each `UopBridge`.
        package var bridges: [Stencil]
        /// By operation: its forms with values in registers.
        package var registerForms: [[FoldedForm]]

        /// Every stencil in the table's order: the uops' forms, then bridges.
        package var stencils: [Stencil] { forms.flatMap(\.self) + bridges }

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

    /// How many stencils clang made: each variant at each literal, and what needs no registers.
    package var variantCount: Int {
        levels.reduce(0) { count, level in
            level.registerForms.joined().flatMap(\.evidence).reduce(count + level.stencils.count) { $0 + $1.code.count }
        }
    }

    /// What every processor of the target executes.
    package var baseline: Level { levels[0] }
    package var forms: [[Stencil]] { baseline.forms }
    package var bridges: [Stencil] { baseline.bridges }
    package var stencils: [Stencil] { baseline.stencils }
    package var constants: [Stencil.Constant] { baseline.constants }

    /// The target triple of the table.
    package static let target = "x86_64-unknown-linux-gnu"

    /// "operand 0 (left)": what fills a hole, for people.
    package static func describe(_ target: Stencil.Target, of uop: Definition?) -> String {
        switch target {
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
