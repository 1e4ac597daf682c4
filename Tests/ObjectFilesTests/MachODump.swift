import ObjectFiles

/// What a Mach-O object says, in the words of `llvm-objdump -h -t -s` and `llvm-objdump --macho -r`, which tells pcrel and length
/// as well; as ``ObjectDump`` has an ELF object's.
struct MachODump {
    var sections: [String] = []
    var symbols: [String] = []
    var relocations: [String] = []
    var contents: [String] = []
    /// Of the sections, in their order; an Object has them no longer.
    var addresses: [UInt64] = []

    /// What the reader says.
    init(_ object: Object, addresses: [UInt64]) {
        self.addresses = addresses
        for section in object.sections {
            let name = Self.shortName(section.name)
            sections.append("\(section.index) \(name) \(section.size)")
            if !section.contents.isEmpty {
                contents.append("\(section.name): \(section.contents.map { hex(UInt64($0), 2) }.joined())")
            }
            if !section.relocations.isEmpty { relocations.append("[\(section.name)]") }
            for relocation in section.relocations {
                let fields = relocation.type.machOFields
                let offset = hex(relocation.offset, 8)
                // Before instructions of arm64, the tool prints the entry that the addend came in.
                if object.architecture == .aarch64, (2...4).contains(fields.type), relocation.addend != 0 {
                    let addend = hex(UInt64(bitPattern: relocation.addend & 0xff_ffff), 6)
                    relocations.append("\(offset) False 2 ADDEND addend = 0x\(addend)")
                }
                let pcRelative = fields.isPCRelative ? "True" : "False"
                let type = Self.shortTypes[relocation.type.name] ?? relocation.type.name
                let target = object.symbols[relocation.symbol].name
                relocations.append("\(offset) \(pcRelative) \(fields.length) \(type) \(target)")
            }
        }
        for symbol in object.symbols where symbol.kind != .section {
            var letters = [.local: "l", .global: symbol.section == nil ? "" : "g", .weak: "w"][symbol.binding] ?? ""
            var place = "*UND*"
            var value = symbol.value
            switch symbol.placement {
            case .section(let index):
                place = object.sections[index].name
                value += addresses[index]
                letters += object.sections[index].flags.contains(.executable) ? "F" : "O"
                // The assembler's own labels are functions to the tool.
                if symbol.kind == .none, !symbol.name.hasPrefix("ltmp") { letters += "?" }
            case .undefined: break
            case .absolute: place = "*ABS*"
            case .common:
                // The tool has them the other way round.
                (value, place) = (symbol.size, "*COM* \(hex(symbol.value, 16))")
            }
            symbols.append("\(hex(value, 16)) \(letters) \(place) \(symbol.name)")
        }
    }

    /// What the tool says; `relocationText` without -h, -t and -s.
    init(objdump text: String, relocationText: String) {
        enum Part { case none, sections, symbols, contents }
        var part = Part.none
        for line in text.split(separator: "\n") {
            let words = line.split { $0 == " " || $0 == "\t" }.map(String.init)
            if line.hasPrefix("Sections:") {
                part = .sections
            } else if line.hasPrefix("SYMBOL TABLE:") {
                part = .symbols
            } else if line.hasPrefix("Contents of section ") {
                part = .contents
                contents.append(line.dropFirst("Contents of section ".count) + " ")
            } else if line.hasPrefix("<skipping contents of bss section") {
                contents.removeLast()
            } else if !line.hasPrefix("Idx ") {
                switch part {
                case .none: break
                case .sections:
                    sections.append("\(words[0]) \(words[1]) \(Int(words[2], radix: 16) ?? -1)")
                    addresses.append(UInt64(words[3], radix: 16) ?? 0)
                case .symbols: symbols.append(Self.symbol(line))
                case .contents: contents[contents.count - 1] += Self.bytes(line)
                }
            }
        }
        for line in relocationText.split(separator: "\n") {
            if line.hasPrefix("Relocation information (") {
                relocations.append("[\(line.dropFirst("Relocation information (".count).prefix { $0 != ")" })]")
            } else if !line.hasPrefix("address "), !line.hasSuffix(":") {
                relocations.append(Self.relocation(line))
            }
        }
    }

    /// "__TEXT,__text" is "__text" in the tool's list of sections.
    private static func shortName(_ name: String) -> String {
        String(name.split(separator: ",", omittingEmptySubsequences: false).last ?? "")
    }

    /// How the tool abbreviates types, in columns of eight.
    private static let shortTypes = [
        "X86_64_RELOC_UNSIGNED": "UNSIGND", "X86_64_RELOC_SIGNED": "SIGNED", "X86_64_RELOC_BRANCH": "BRANCH",
        "X86_64_RELOC_GOT_LOAD": "GOT_LD", "X86_64_RELOC_GOT": "GOT", "X86_64_RELOC_SUBTRACTOR": "SUB",
        "X86_64_RELOC_SIGNED_1": "SIGNED1", "X86_64_RELOC_SIGNED_2": "SIGNED2", "X86_64_RELOC_SIGNED_4": "SIGNED4",
        "X86_64_RELOC_TLV": "TLV", "ARM64_RELOC_UNSIGNED": "UNSIGND", "ARM64_RELOC_SUBTRACTOR": "SUB",
        "ARM64_RELOC_BRANCH26": "BR26", "ARM64_RELOC_PAGE21": "PAGE21", "ARM64_RELOC_PAGEOFF12": "PAGOF12",
        "ARM64_RELOC_GOT_LOAD_PAGE21": "GOTLDP", "ARM64_RELOC_GOT_LOAD_PAGEOFF12": "GOTLDPOF",
        "ARM64_RELOC_POINTER_TO_GOT": "PTRTGOT", "ARM64_RELOC_TLVP_LOAD_PAGE21": "TLVLDP",
        "ARM64_RELOC_TLVP_LOAD_PAGEOFF12": "TLVLDPOF",
    ]

    /// "0000000000000160 l     O __DATA,__bss _counter", with the flags in seven columns; a common symbol's line has its
    /// alignment behind *COM*, and a hidden one's the word .hidden before the name.
    private static func symbol(_ line: Substring) -> String {
        let flags = line.dropFirst(17).prefix(7).filter { $0 != " " }
        let words = line.dropFirst(25).split { $0 == " " || $0 == "\t" }.filter { $0 != ".hidden" }
        return "\(line.prefix(16)) \(flags) \(words.joined(separator: " "))"
    }

    /// "0000004a True  long   False  SIGNED  False     2 (__TEXT,__literal8)": address, pcrel, length, extern, type, scattered,
    /// target, in columns of fixed widths. arm64's quads are "?( 3)".
    private static func relocation(_ line: Substring) -> String {
        func column(_ start: Int, _ width: Int) -> String {
            String(line.dropFirst(start).prefix(width).filter { $0 != " " })
        }
        let length = ["byte": 0, "word": 1, "long": 2, "quad": 3, "?(3)": 3][column(15, 7)] ?? -1
        var target = String(line.dropFirst(47))
        if column(22, 7) == "False", let name = target.split(separator: "(").dropFirst().first {
            target = String(name.dropLast())
        }
        return "\(line.prefix(8)) \(column(9, 6)) \(length) \(column(29, 8)) \(target)"
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
