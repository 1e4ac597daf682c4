import ObjectFiles

/// What a COFF object says, in words that are made from `llvm-objdump -h -t -r -s` on one side and
/// from the reader's object on the other.
struct COFFDump: Equatable {
    var sections: [String] = []
    var symbols: [String] = []
    var relocations: [String] = []
    /// "name: bytes", of each section with contents.
    var contents: [String] = []

    /// What the reader says.
    init(_ object: Object) {
        for section in object.sections {
            let type =
                section.flags.contains(.executable) ? "TEXT" : section.flags.contains(.zeroFilled) ? "BSS" : ""
            sections.append("\(section.index) \(section.name) \(section.size) \(type)")
            if !section.contents.isEmpty {
                contents.append("\(section.name): \(section.contents.map { hex(UInt64($0), 2) }.joined())")
            }
            if !section.relocations.isEmpty { relocations.append("[\(section.name)]") }
            for relocation in section.relocations {
                let symbol = object.symbols[relocation.symbol]
                relocations.append("\(relocation.offset) \(relocation.type.name) \(symbol.name)")
            }
        }
        symbols = object.symbols.map { symbol in
            let place =
                switch symbol.placement {
                case .section(let index): "\(index)+\(symbol.value)"
                case .undefined: "undefined"
                case .absolute: "absolute \(symbol.value)"
                case .common: "common \(symbol.size)"
                }
            // Which sections are for threads the tool does not say.
            let kind = symbol.kind == .threadLocal ? .none : symbol.kind
            return "\(symbol.name) \(place) \(symbol.binding) \(kind)"
        }
    }

    /// What the tool says.
    init(objdump text: String) {
        enum Part { case none, sections, symbols, relocations, contents }
        var part = Part.none
        var records: [[String]] = []
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
                let words = line.split { " ()[]".contains($0) }.map(String.init)
                switch part {
                case .none: break
                case .sections:
                    let type = words.contains("TEXT") ? "TEXT" : words.contains("BSS") ? "BSS" : ""
                    sections.append("\(words[0]) \(words[1]) \(Int(words[2], radix: 16) ?? -1) \(type)")
                case .symbols: records.append(words)
                case .relocations:
                    relocations.append("\(Int(words[0], radix: 16) ?? -1) \(words[1]) \(words[2])")
                case .contents:
                    contents[contents.count - 1] += line.dropFirst().drop { $0 != " " }.dropFirst().prefix(35)
                        .filter { $0 != " " }
                }
            }
        }
        symbols = Self.symbols(records)
    }

    /// "[ 4](sec  1)(fl 0x00)(ty  20)(scl   2) (nx 1) 0x00000004 add", in words: number, "sec", section, "fl",
    /// flags, "ty", type, "scl", class, "nx", auxiliary records, value, name. Auxiliary records begin with "AUX".
    private static func symbols(_ records: [[String]]) -> [String] {
        var places: [String: String] = [:]
        var kinds: [String: String] = [:]
        func number(_ word: String) -> Int { Int(word.hasPrefix("0x") ? String(word.dropFirst(2)) : word, radix: 16) ?? -1 }
        for words in records where words[0] != "AUX" {
            let section = Int(words[2]) ?? 0
            places[words[0]] = section > 0 ? "\(section - 1)+\(number(words[11]))" : "undefined"
            kinds[words[0]] = words[6] == "20" ? "function" : "none"
        }
        return records.indices.filter { records[$0][0] != "AUX" }.map { index in
            let words = records[index]
            let auxiliary = index + 1 < records.count ? records[index + 1] : []
            let value = number(words[11])
            var name = words[12]
            var place = places[words[0]] ?? ""
            var binding = "local"
            var kind = kinds[words[0]] ?? ""
            switch words[8] {
            case "2":
                binding = "global"
                if words[2] == "0", value > 0 { place = "common \(value)" }
            case "3":
                if words[10] != "0" { kind = "section" }
            case "67":
                kind = "file"
                name = auxiliary[1]
            case "69":
                binding = "weak"
                place = places[auxiliary[2]] ?? ""
                kind = place == "undefined" ? "none" : kinds[auxiliary[2]] ?? ""
            default: break
            }
            if words[2].hasPrefix("-") { place = "absolute \(value)" }
            return "\(name) \(place) \(binding) \(kind)"
        }
    }
}

private func hex(_ number: UInt64, _ digits: Int) -> String {
    let text = String(number, radix: 16)
    return String(repeating: "0", count: max(0, digits - text.count)) + text
}
