// Lays out COFF objects byte by byte, right ones and wrong ones. It shares no code and no constant
// with the reader: what it knows is typed from the specification a second time.

/// An object to be laid out.
struct COFFBuilder {
    struct Section {
        var name: String
        var flags: UInt32
        var contents: [UInt8] = []
        /// What SizeOfRawData says; nil for the size of `contents`.
        var size: UInt32?
        var virtualAddress: UInt32 = 0
        var relocations: [(address: UInt32, symbol: UInt32, type: UInt16)] = []
        /// The number of relocations is in an entry before them.
        var countsInFirstRelocation = false
    }

    struct Symbol {
        var name: String
        var value: UInt32 = 0
        var section = 0
        var type: UInt16 = 0
        var storageClass: UInt8
        /// Auxiliary records, each filled up to a record's size.
        var auxiliaries: [[UInt8]] = []
    }

    var machine: UInt16 = 0x8664
    var isBig = false
    /// Long names of sections have their numbers in base 64.
    var namesInBase64 = false
    var sections: [Section]
    var symbols: [Symbol]

    /// Lays out header, section headers, contents (each aligned to 4) with their relocations, symbols
    /// and strings, in this order.
    func build() -> COFFImage {
        var strings: [UInt8] = [0, 0, 0, 0]
        func string(_ name: String) -> Int {
            strings += Array(name.utf8) + [0]
            return strings.count - name.utf8.count - 1
        }
        let table = isBig ? 56 : 20
        var image = ELFImage(bytes: [UInt8](repeating: 0, count: table + 40 * sections.count))
        for (index, section) in sections.enumerated() {
            let header = table + 40 * index
            let long = section.name.utf8.count > 8 ? string(section.name) : nil
            let name = long.map { namesInBase64 ? "//" + Self.base64($0) : "/\($0)" } ?? section.name
            image.bytes.replaceSubrange(header..<header + name.utf8.count, with: name.utf8)
            image.pad(to: 4)
            let size = UInt64(section.size ?? UInt32(section.contents.count))
            image.store(UInt64(section.virtualAddress), at: header + 12, size: 4)
            image.store(size, at: header + 16, size: 4)
            image.store(section.contents.isEmpty ? 0 : UInt64(image.bytes.count), at: header + 20, size: 4)
            image.bytes += section.contents
            var relocations = section.relocations
            var count = UInt64(relocations.count)
            if section.countsInFirstRelocation {
                relocations.insert((UInt32(relocations.count + 1), 0, 0), at: 0)
                count = 0xffff
            }
            image.store(relocations.isEmpty ? 0 : UInt64(image.bytes.count), at: header + 24, size: 4)
            image.store(count, at: header + 32, size: 2)
            image.store(
                UInt64(section.flags) | (section.countsInFirstRelocation ? 0x0100_0000 : 0), at: header + 36, size: 4)
            for relocation in relocations {
                image.append(UInt64(relocation.address), 4)
                image.append(UInt64(relocation.symbol), 4)
                image.append(UInt64(relocation.type), 2)
            }
        }
        let symbolTable = image.bytes.count
        for symbol in symbols {
            if symbol.name.utf8.count > 8 {
                image.append(0, 4)
                image.append(UInt64(string(symbol.name)), 4)
            } else {
                image.bytes += Array(symbol.name.utf8) + [UInt8](repeating: 0, count: 8 - symbol.name.utf8.count)
            }
            image.append(UInt64(symbol.value), 4)
            image.append(UInt64(bitPattern: Int64(symbol.section)), isBig ? 4 : 2)
            image.append(UInt64(symbol.type), 2)
            image.append(UInt64(symbol.storageClass), 1)
            image.append(UInt64(symbol.auxiliaries.count), 1)
            for record in symbol.auxiliaries {
                image.bytes += record + [UInt8](repeating: 0, count: (isBig ? 20 : 18) - record.count)
            }
        }
        let records = (image.bytes.count - symbolTable) / (isBig ? 20 : 18)
        image.bytes += strings
        image.store(UInt64(strings.count), at: image.bytes.count - strings.count, size: 4)
        if isBig {
            image.store(0xffff_0000, at: 0, size: 4)
            image.store(2, at: 4, size: 2)
            image.store(UInt64(machine), at: 6, size: 2)
            let classID: [UInt8] = [
                0xc7, 0xa1, 0xba, 0xd1, 0xee, 0xba, 0xa9, 0x4b, 0xaf, 0x20, 0xfa, 0xf6, 0x6a, 0xa4, 0xdc, 0xb8,
            ]
            image.bytes.replaceSubrange(12..<28, with: classID)
            image.store(UInt64(sections.count), at: 44, size: 4)
        } else {
            image.store(UInt64(machine), at: 0, size: 2)
            image.store(UInt64(sections.count), at: 2, size: 2)
        }
        image.store(UInt64(symbolTable), at: isBig ? 48 : 8, size: 4)
        image.store(UInt64(records), at: isBig ? 52 : 12, size: 4)
        return COFFImage(bytes: image.bytes)
    }

    /// Six digits, the most significant first.
    private static func base64(_ number: Int) -> String {
        let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
        return String((0..<6).reversed().map { digits[number >> (6 * $0) & 63] })
    }

    /// The auxiliary record of a section: its length, and what COMDAT needs.
    static func definition(length: UInt32 = 0, number: UInt32 = 0, selection: UInt8 = 0) -> [UInt8] {
        var image = ELFImage(bytes: [])
        image.append(UInt64(length), 4)
        image.append(0, 8)
        image.append(UInt64(number), 2)
        image.append(UInt64(selection), 2)
        image.append(UInt64(number >> 16), 2)
        return image.bytes
    }

    /// The smallest object with something of everything. Its sections: 0 .text, 1 .bss, 2 with a long name,
    /// 3 .tls$, 4 .drectve. Records of its symbols: 0 (.text), 2 (.file), 4 add, 5 CONTINUE, 6 (a long name),
    /// 7 (weak), 9 (common), 10 (absolute), 11 (label), 12 sub, 13 perThread.
    static func minimal(machine: UInt16 = 0x8664, isBig: Bool = false) -> COFFBuilder {
        var code = [UInt8](1...32)
        // Of the first relocation: CONTINUE + 16, behind the field. Of the second: H32 - 2.
        code.replaceSubrange(8..<12, with: [16, 0, 0, 0])
        code.replaceSubrange(16..<24, with: [0xfe] + [UInt8](repeating: 0xff, count: 7))
        return COFFBuilder(
            machine: machine, isBig: isBig,
            sections: [
                Section(
                    name: ".text", flags: 0x6050_1020, contents: code,
                    relocations: [(8, 5, machine == 0x14c ? 0x14 : 4), (16, 10, machine == 0x14c ? 6 : 1)]),
                Section(name: ".bss", flags: 0xc060_0080, size: 40),
                Section(name: ".rdata$long", flags: 0x4040_0040, contents: [UInt8](repeating: 9, count: 16)),
                Section(name: ".tls$", flags: 0xc030_0040, contents: [1, 2, 3, 4]),
                Section(name: ".drectve", flags: 0x0010_0a00, contents: Array(" /x".utf8)),
            ],
            symbols: [
                Symbol(
                    name: ".text", section: 1, storageClass: 3,
                    auxiliaries: [definition(length: 32, number: 1, selection: 2)]),
                Symbol(name: ".file", section: -2, storageClass: 103, auxiliaries: [Array("a.c".utf8)]),
                Symbol(name: "add", value: 4, section: 1, type: 0x20, storageClass: 2),
                Symbol(name: "CONTINUE", storageClass: 2),
                Symbol(name: "constant_2", value: 8, section: 3, storageClass: 3),
                Symbol(name: "weakling", storageClass: 105, auxiliaries: [[4, 0, 0, 0, 3, 0, 0, 0]]),
                Symbol(name: "common", value: 20, storageClass: 2),
                Symbol(name: "H32", value: 7, section: -1, storageClass: 2),
                Symbol(name: "$LN1", value: 12, section: 1, storageClass: 6),
                Symbol(name: "sub", value: 20, section: 1, type: 0x20, storageClass: 3),
                Symbol(name: "mine", section: 4, storageClass: 2),
            ])
    }
}
