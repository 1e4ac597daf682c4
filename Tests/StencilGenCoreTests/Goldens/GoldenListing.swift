import CStencils
import StencilGenCore

/// Stencils as the text that golden files hold: what is left of clang's code when stencilgen has taken it apart.
///
///     Compiler: clang version 21.0.0 (...)
///     Flags: --target=x86_64-unknown-linux-gnu ...
///
///     GUARD hot: 9 bytes
///       4d 39 f5                    cmpq %r14, %r13
///       0f 85 00 00 00 00           jne 0x9
///       0x05 pcRelative32 exit - 4
///
/// How instructions read is for people, and not compared.
struct GoldenListing: Equatable {
    /// One fragment.
    struct Part: Equatable {
        /// "GUARD hot: 9 bytes".
        var title: String
        var bytes: [String]
        var holes: [Hole]
    }

    struct Hole: Equatable {
        /// "0x05".
        var offset: String
        /// "pcRelative32 exit - 4": kind, target, addend.
        var text: String
    }

    var compiler: String
    var flags: String
    var parts: [Part]

    /// - Parameter disassembler: makes code readable; nil for bare bytes.
    init(
        _ stencils: [Stencil], of target: StencilTarget, compiler: String, flags: [String], disassembler: Disassembler?
    ) throws {
        self.compiler = compiler
        self.flags = flags.joined(separator: " ")
        let fragments = stencils.flatMap { stencil in
            [("hot", stencil.hot), ("cold", stencil.cold)].filter { !$1.bytes.isEmpty }.map { ("\(stencil.symbol) \($0)", $1) }
        }
        let instructions = try disassembler?.instructions(of: fragments.map(\.1.bytes), for: target) ?? fragments.map { _ in [] }
        parts = zip(fragments, instructions).map { fragment, instructions in
            Part(
                title: "\(fragment.0): \(fragment.1.bytes.count) bytes", bytes: Self.lines(fragment.1.bytes, instructions),
                holes: fragment.1.holes.map { hole in
                    Hole(offset: "0x" + hexadecimal(hole.offset, digits: 2), text: GeneratedSet.describe(hole, of: nil))
                })
        }
    }

    private static func lines(_ bytes: [UInt8], _ instructions: [Disassembler.Instruction]) -> [String] {
        var lines: [String] = []
        var rest = bytes[...]
        for size in instructions.isEmpty ? Array(repeating: 8, count: (bytes.count + 7) / 8) : instructions.map(\.size) {
            let text = rest.prefix(size).map { hexadecimal($0, digits: 2) }.joined(separator: " ")
            let reading = instructions.isEmpty ? "" : instructions[lines.count].text
            lines.append(reading.isEmpty ? text : text.padding(to: 32) + reading)
            rest = rest.dropFirst(size)
        }
        return lines
    }

    /// Reads a golden file.
    init(_ text: String) {
        compiler = ""
        flags = ""
        parts = []
        for line in text.split(separator: "\n").map(String.init) {
            if line.hasPrefix("Compiler: ") {
                compiler = String(line.dropFirst("Compiler: ".count))
            } else if line.hasPrefix("Flags: ") {
                flags = String(line.dropFirst("Flags: ".count))
            } else if line.hasPrefix("  0x") {
                let words = line.dropFirst(2).split(separator: " ", maxSplits: 1).map(String.init)
                parts[parts.count - 1].holes.append(Hole(offset: words[0], text: words[1]))
            } else if line.hasPrefix("  ") {
                parts[parts.count - 1].bytes.append(String(line.dropFirst(2)))
            } else {
                parts.append(Part(title: line, bytes: [], holes: []))
            }
        }
    }

    var text: String {
        var text = "Compiler: \(compiler)\nFlags: \(flags)\n"
        for part in parts {
            text += "\n\(part.title)\n" + part.bytes.map { "  \($0)\n" }.joined()
            text += part.holes.map { "  \($0.offset) \($0.text)\n" }.joined()
        }
        return text
    }

    /// The same without how instructions read: bytes alone.
    var bare: GoldenListing {
        var result = self
        for index in parts.indices {
            result.parts[index].bytes = [
                parts[index].bytes.map { line in
                    let end = line.range(of: "  ")?.lowerBound ?? line.endIndex
                    return String(line[..<end])
                }.joined(separator: " ")
            ]
        }
        return result
    }

    /// What every clang must agree on: which holes each part has, wherever they are.
    var holes: [String: [String]] {
        Dictionary(
            parts.map { part in (String(part.title.prefix { $0 != ":" }), part.holes.map(\.text).sorted()) },
            uniquingKeysWith: +)
    }
}

extension String {
    /// With spaces behind it, at least two.
    fileprivate func padding(to length: Int) -> String { self + String(repeating: " ", count: max(2, length - count)) }
}
