import ObjectFiles

/// What an object says, in the words of `llvm-objdump -h -t -r -s`: the reader's lists on one side and
/// the tool's on the other are compared as text.
struct ObjectDump: Equatable {
    var sections: [String] = []
    var symbols: [String] = []
    var relocations: [String] = []
    /// "name: bytes", of each section with contents.
    var contents: [String] = []

    /// What the reader says.
    init(_ object: Object) {
        // The tool prints addresses in the file's width, and addends only where they are in the table.
        let is32Bit = object.architecture == .i386
        let digits = is32Bit ? 8 : 16
        for section in object.sections {
            // The tool's types: code, zeros, data, debug information; nothing for what else is not part of the program.
            var type = ""
            if section.flags.contains(.executable) {
                type = "TEXT"
            } else if section.flags.contains(.zeroFilled) {
                type = "BSS"
            } else if section.flags.contains(.allocated) {
                type = "DATA"
            } else if section.name.hasPrefix(".debug") {
                type = "DEBUG"
            }
            sections.append("\(section.index) \(section.name) \(section.size) \(type)")
            if !section.contents.isEmpty {
                contents.append("\(section.name): \(section.contents.map { hex(UInt64($0), 2) }.joined())")
            }
            if !section.relocations.isEmpty { relocations.append("[\(section.name)]") }
            for relocation in section.relocations {
                // Names that the assembler makes up on RISC-V end with a space.
                let name = object.symbols[relocation.symbol].name.split(separator: " ").joined(separator: " ")
                let symbol = relocation.symbol == 0 ? "*ABS*" : name
                let sign = relocation.addend < 0 ? "-" : "+"
                let addend = relocation.addend == 0 || is32Bit ? "" : sign + "0x" + hex(relocation.addend.magnitude, 1)
                let type = relocation.type.name
                relocations.append("\(hex(relocation.offset, digits)) \(type) \(symbol)\(addend)")
            }
        }
        symbols = object.symbols.dropFirst().map { symbol in
            let place =
                switch symbol.placement {
                case .section(let index): object.sections[index].name
                case .undefined: "*UND*"
                case .absolute: "*ABS*"
                case .common: "*COM*"
                }
            // Of common symbols the tool prints size and alignment, of others value and size.
            let numbers = symbol.placement == .common ? (symbol.size, symbol.value) : (symbol.value, symbol.size)
            let (first, second) = (hex(numbers.0, digits), hex(numbers.1, digits))
            return "\(first) \(Self.flags(of: symbol)) \(place) \(second) \(symbol.name)"
        }
    }

    /// The tool's letters: binding (l, g, or nothing where undefined or common), weak, kind.
    private static func flags(of symbol: Symbol) -> String {
        var letters = ""
        switch symbol.binding {
        case .local: letters += "l"
        case .global: letters += symbol.placement == .undefined || symbol.placement == .common ? "" : "g"
        case .weak: letters += "w"
        }
        switch symbol.kind {
        case .file: letters += "df"
        case .section: letters += "d"
        case .function: letters += "F"
        case .object: letters += "O"
        case .none, .threadLocal, .other: break
        }
        return letters
    }

    /// What the tool says.
    init(objdump text: String) {
        enum Part { case none, sections, symbols, relocations, contents }
        var part = Part.none
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            if line.hasPrefix("Sections:") {
                part = .sections
            } else if line.hasPrefix("SYMBOL TABLE:") {
                part = .symbols
            } else if line.hasPrefix("RELOCATION RECORDS FOR ") {
                part = .relocations
                relocations.append(String(line.dropFirst("RELOCATION RECORDS FOR ".count).dropLast()))
            } else if line.hasPrefix("Contents of section ") {
                part = .contents
                contents.append(line.dropFirst("Contents of section ".count) + " ")
            } else if line.hasPrefix("<skipping contents of bss section") {
                contents.removeLast()
            } else if line.isEmpty || line.hasPrefix("Idx ") || line.hasPrefix("OFFSET ") {
                continue
            } else {
                switch part {
                case .none: break
                case .sections: sections.append(Self.section(line))
                case .symbols: symbols.append(Self.symbol(line))
                case .relocations: relocations.append(line.split(separator: " ").joined(separator: " "))
                case .contents: contents[contents.count - 1] += Self.bytes(line)
                }
            }
        }
    }

    /// "  1 .text 0000001f 0000000000000000 TEXT"; the null section has no name.
    private static func section(_ line: Substring) -> String {
        var words = line.split(separator: " ").map(String.init)
        if words.first == "0" { words.insert("", at: 1) }
        let size = Int(words[2], radix: 16).map(String.init) ?? words[2]
        return "\(words[0]) \(words[1]) \(size) \(words.dropFirst(4).joined(separator: " "))"
    }

    /// "0000000000000000 l     F .text<tab>0000000000000006 name", half as wide where addresses are; the flags
    /// are in seven columns. Before the name may stand what st_other says ("0x60", ".hidden").
    private static func symbol(_ line: Substring) -> String {
        let halves = line.split(separator: "\t")
        let value = halves[0].prefix { $0 != " " }
        let flags = halves[0].dropFirst(value.count + 1).prefix(7).filter { $0 != " " }
        let section = halves[0].dropFirst(value.count + 9)
        var words = halves[1].split(separator: " ", omittingEmptySubsequences: false)
        if words.count > 2, words[1].hasPrefix("0x") || words[1] == ".hidden" { words.remove(at: 1) }
        return "\(value) \(flags) \(section) \(words[0]) \(words.dropFirst().joined(separator: " "))"
    }

    /// " 0000 e9000000 00e90000 0000             ........": up to four groups of four bytes.
    private static func bytes(_ line: Substring) -> String {
        line.dropFirst().drop { $0 != " " }.dropFirst().prefix(35).filter { $0 != " " }
    }
}

private func hex(_ number: UInt64, _ digits: Int) -> String {
    let text = String(number, radix: 16)
    return String(repeating: "0", count: max(0, digits - text.count)) + text
}
