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
    /// By uop: narrow, then wide where there is one.
    package var forms: [[Stencil]]
    /// Empty, or one for each `UopBridge`.
    package var bridges: [Stencil]
    package var compilerIdentity: String
    package var digest: String

    /// Every stencil in the table's order: the uops' forms, then bridges.
    package var stencils: [Stencil] { forms.flatMap(\.self) + bridges }

    /// Distinct constants in the order of their first use.
    package var constants: [Stencil.Constant] {
        var seen: Set<Stencil.Constant> = []
        var result: [Stencil.Constant] = []
        for stencil in stencils {
            for hole in stencil.hot.holes + stencil.cold.holes {
                if case .constant(let constant) = hole.target, seen.insert(constant).inserted { result.append(constant) }
            }
        }
        return result
    }

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
