package import Foundation

/// What `stencilgen --list` and `--show` print.
package struct Report {
    let set: GeneratedSet
    let disassembler: Disassembler?
    private let source: URL

    package init(_ set: GeneratedSet, disassembler: Disassembler?, source: URL) {
        self.set = set
        self.disassembler = disassembler
        self.source = source
    }

    /// A line a uop: bytes of each form (hot + cold), holes, stack frame, stack effect. Without machine code, all but the last are "-".
    package func list() -> String {
        let width = (set.uops.map(\.name.count).max() ?? 0) + 2
        var text = pad("uop", width) + "  bytes (cold)      holes  frame  stack effect\n"
        for (uop, forms) in zip(set.uops, set.first.forms) {
            let sizes = forms.map { form in
                "\(form.hot.bytes.count)" + (form.cold.bytes.isEmpty ? "" : "(\(form.cold.bytes.count))")
            }.joined(separator: " / ")
            let holes = forms.first.map { "\($0.hot.holes.count + $0.cold.holes.count)" } ?? "-"
            let frameSize = forms.first?.frameSize ?? 0
            text += pad(uop.name, width) + "  " + pad(sizes.isEmpty ? "-" : sizes, 16) + "  " + pad(holes, 5) + "  "
            text += pad(frameSize == 0 ? "-" : "\(frameSize)", 5) + "  " + uop.stackEffect + "\n"
        }
        let code = set.first.stencils.reduce(0) { $0 + $1.hot.bytes.count + $1.cold.bytes.count }
        return text + "\(set.uops.count) uops, \(set.first.stencils.count) stencils, \(code) bytes of code\n"
    }

    /// One uop: its C, then each form's instructions with bytes and holes. Of two that are fused ("A+B"), there are
    /// forms with registers only.
    package func show(_ name: String) throws(StencilGenError) -> String {
        if let index = set.operations.firstIndex(where: { $0.name == name && $0.second != nil }) {
            return "\(name): the second takes the first's output\n\n"
                + (try registers(set.operations[index], set.first.registerForms[index]))
        }
        guard let index = set.uops.firstIndex(where: { $0.name == name }) else {
            throw StencilGenError(
                .definition, "there is no uop '\(name)' in set '\(set.name)'", remedy: "stencilgen --list names them all.")
        }
        let uop = set.uops[index]
        var text = "\(uop.name) \(uop.stackEffect)\n\(uop.documentation)\n\n"
        text += "\(uop.file):\(uop.line)\n" + (try definition(of: uop)) + "\n"
        for stencil in set.first.forms[index] {
            text += "\(stencil.symbol), \(set.compilerIdentity.prefix { $0 != "(" }.trimmingCharacters(in: .whitespaces))\n"
            for (part, fragment) in [("hot", stencil.hot), ("cold", stencil.cold)] where !fragment.bytes.isEmpty {
                text += "  \(part):\n" + (try instructions(of: fragment, uop: uop))
            }
            text += "\n"
        }
        return text + (try registers(set.operations[index], set.first.registerForms[index]))
    }

    private func instructions(of fragment: Stencil.Fragment, uop: Definition) throws(StencilGenError) -> String {
        let found = try disassembler?.instructions(of: [fragment.bytes], for: set.first.target)[0] ?? []
        let lines = found.isEmpty ? [Disassembler.Instruction(size: fragment.bytes.count, text: "")] : found
        var text = ""
        var position = 0
        for line in lines {
            let bytes = fragment.bytes[position..<position + line.size].map { hexadecimal($0, digits: 2) }
            let holes = fragment.holes.filter { (position..<position + line.size).contains($0.offset) }
                .map { "0x\(hexadecimal($0.offset, digits: 2)) " + GeneratedSet.describe($0, of: uop) }
            text += "    \(hexadecimal(position, digits: 2)): " + pad(bytes.joined(separator: " "), 33) + pad(line.text, 34)
            text += holes.joined(separator: "; ") + "\n"
            position += line.size
        }
        return text
    }

    /// The C text from the definition's first line to the end of its body, or of the macro call where
    /// the body is elsewhere.
    private func definition(of uop: Definition) throws(StencilGenError) -> String {
        let lines = try readText(source.appendingPathComponent(uop.file)).split(
            separator: "\n", omittingEmptySubsequences: false)
        var text = ""
        var depth = 0
        var isInBody = false
        for line in lines.dropFirst(max(0, uop.line - 1)) {
            if depth == 0, !text.isEmpty, !isInBody {
                // Behind the call: the body's brace, or something else.
                guard line.hasPrefix("{") else { break }
                isInBody = true
            }
            text += "    \(line)\n"
            if isInBody, line.hasPrefix("}") || line.hasSuffix("}") && line.hasPrefix("{") { break }
            // Parentheses in strings are words.
            let code = line.split(separator: "\"", omittingEmptySubsequences: false).enumerated()
                .filter { $0.offset.isMultiple(of: 2) }.map(\.element).joined()
            if !isInBody { depth += code.count { $0 == "(" } - code.count { $0 == ")" } }
        }
        return text
    }

    func pad(_ text: String, _ width: Int) -> String {
        text.count >= width ? text + " " : text + String(repeating: " ", count: width - text.count)
    }
}
