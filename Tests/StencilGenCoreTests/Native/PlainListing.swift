import Foundation
import ObjectFiles
import StencilGenCore

/// What an object says of its stencils, as the text that golden files hold:
///
///     Compiler: clang version 21.0.0 (...)
///     Flags: -O2 ...
///
///     LOAD_FAST: 38 bytes
///       48 b8 00 00 ...
///       0x02 R_X86_64_64 OPARG + 0
struct PlainListing: Equatable {
    /// One section: a function, or constants.
    struct Part: Equatable {
        /// "LOAD_FAST: 38 bytes".
        var title: String
        var bytes: [String]
        var holes: [Hole]
    }

    struct Hole: Equatable {
        /// "0x02".
        var offset: String
        /// "R_X86_64_64 OPARG + 0": type, symbol, addend.
        var text: String
    }

    var compiler: String
    var flags: String
    var parts: [Part]

    init(_ object: Object, compiler: String, flags: [String]) {
        self.compiler = compiler
        self.flags = flags.joined(separator: " ")
        parts = object.sections.compactMap { section in
            let isCode = section.flags.contains(.executable)
            guard section.flags.contains(.allocated), !section.contents.isEmpty else { return nil }
            let function = object.symbols.first { $0.section == section.index && $0.kind == .function }?.name
            return Part(
                title: "\(isCode ? function ?? section.name : section.name): \(section.contents.count) bytes",
                bytes: stride(from: 0, to: section.contents.count, by: 16).map { start in
                    section.contents[start..<min(start + 16, section.contents.count)]
                        .map { hexadecimal($0, digits: 2) }.joined(separator: " ")
                },
                holes: section.relocations.map { relocation in
                    let sign = relocation.addend < 0 ? "-" : "+"
                    return Hole(
                        offset: "0x" + hexadecimal(relocation.offset, digits: 2),
                        text: "\(relocation.type.name) \(object.symbols[relocation.symbol].name) \(sign) "
                            + "\(relocation.addend.magnitude)")
                })
        }
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

    /// What every clang must agree on: which holes each part has, wherever they are.
    var holes: [String: [String]] {
        Dictionary(
            parts.map { part in (String(part.title.prefix { $0 != ":" }), part.holes.map(\.text).sorted()) },
            uniquingKeysWith: +)
    }
}
