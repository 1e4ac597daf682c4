import ObjectFiles

/// The bytes of a COFF object, with its fields by the specification's names.
struct COFFImage {
    var bytes: [UInt8]

    /// A field in a file.
    enum Field: CustomStringConvertible {
        case header(String)
        case section(Int, String)
        /// A field of record `.0` of the symbol table.
        case symbol(Int, String)
        /// A field of record `.0`, which is an auxiliary one.
        case auxiliary(Int, String)
        /// A field of relocation number `.1` of section `.0`.
        case relocation(Int, Int, String)
        /// Byte number `.1` of section `.0`.
        case byte(Int, Int)
        /// Byte number `.0` of the string table.
        case string(Int)

        var description: String {
            switch self {
            case .header(let name): name
            case .section(let index, let name): "section \(index) \(name)"
            case .symbol(let index, let name), .auxiliary(let index, let name): "symbol \(index) \(name)"
            case .relocation(let section, let index, let name): "section \(section) relocation \(index) \(name)"
            case .byte(let section, let offset): "section \(section) byte \(offset)"
            case .string(let offset): "string table byte \(offset)"
            }
        }
    }

    /// Name, offset, size.
    typealias Layout = [(name: String, offset: Int, size: Int)]

    static let regularLayout: Layout = [
        ("Machine", 0, 2), ("NumberOfSections", 2, 2), ("TimeDateStamp", 4, 4), ("PointerToSymbolTable", 8, 4),
        ("NumberOfSymbols", 12, 4), ("SizeOfOptionalHeader", 16, 2), ("Characteristics", 18, 2),
    ]
    static let bigLayout: Layout = [
        ("Sig1", 0, 2), ("Sig2", 2, 2), ("Version", 4, 2), ("Machine", 6, 2), ("TimeDateStamp", 8, 4),
        ("ClassID", 12, 8), ("ClassID high", 20, 8), ("SizeOfData", 28, 4), ("Flags", 32, 4), ("MetaDataSize", 36, 4),
        ("MetaDataOffset", 40, 4), ("NumberOfSections", 44, 4), ("PointerToSymbolTable", 48, 4),
        ("NumberOfSymbols", 52, 4),
    ]
    static let sectionLayout: Layout = [
        ("Name", 0, 8), ("VirtualSize", 8, 4), ("VirtualAddress", 12, 4), ("SizeOfRawData", 16, 4),
        ("PointerToRawData", 20, 4), ("PointerToRelocations", 24, 4), ("PointerToLinenumbers", 28, 4),
        ("NumberOfRelocations", 32, 2), ("NumberOfLinenumbers", 34, 2), ("Characteristics", 36, 4),
    ]
    static let regularSymbolLayout: Layout = [
        ("Name", 0, 8), ("Zeroes", 0, 4), ("Offset", 4, 4), ("Value", 8, 4), ("SectionNumber", 12, 2), ("Type", 14, 2),
        ("StorageClass", 16, 1), ("NumberOfAuxSymbols", 17, 1),
    ]
    static let bigSymbolLayout: Layout = [
        ("Name", 0, 8), ("Zeroes", 0, 4), ("Offset", 4, 4), ("Value", 8, 4), ("SectionNumber", 12, 4), ("Type", 16, 2),
        ("StorageClass", 18, 1), ("NumberOfAuxSymbols", 19, 1),
    ]
    /// The fields of each kind of auxiliary record, whichever the record is.
    static let auxiliaryLayout: Layout = [
        ("TagIndex", 0, 4), ("TotalSize", 4, 4), ("Number", 12, 2), ("Selection", 14, 1), ("NumberHighPart", 16, 2),
        ("FileName", 0, 8),
    ]
    static let relocationLayout: Layout = [("VirtualAddress", 0, 4), ("SymbolTableIndex", 4, 4), ("Type", 8, 2)]

    var isBig: Bool { Array(bytes.prefix(4)) == [0, 0, 0xff, 0xff] }
    var symbolBytes: Int { isBig ? 20 : 18 }
    private var symbolTable: Int { Int(self[.header("PointerToSymbolTable")]) }
    /// The file offset of the string table.
    var strings: Int { symbolTable + Int(self[.header("NumberOfSymbols")]) * symbolBytes }

    /// Where a field is, in an image whose header and section headers are still sound.
    func location(of field: Field) -> (offset: Int, size: Int) {
        func find(_ name: String, in layout: Layout, at base: Int) -> (offset: Int, size: Int) {
            guard let row = layout.first(where: { $0.name == name }) else { preconditionFailure("no field \(name)") }
            return (base + row.offset, row.size)
        }
        switch field {
        case .header(let name):
            return find(name, in: isBig ? Self.bigLayout : Self.regularLayout, at: 0)
        case .section(let index, let name):
            return find(name, in: Self.sectionLayout, at: (isBig ? 56 : 20) + 40 * index)
        case .symbol(let index, let name):
            let layout = isBig ? Self.bigSymbolLayout : Self.regularSymbolLayout
            return find(name, in: layout, at: symbolTable + symbolBytes * index)
        case .auxiliary(let index, let name):
            return find(name, in: Self.auxiliaryLayout, at: symbolTable + symbolBytes * index)
        case .relocation(let section, let index, let name):
            let table = Int(self[.section(section, "PointerToRelocations")])
            return find(name, in: Self.relocationLayout, at: table + 10 * index)
        case .byte(let section, let offset):
            return (Int(self[.section(section, "PointerToRawData")]) + offset, 1)
        case .string(let offset):
            return (strings + offset, 1)
        }
    }

    /// The place that an error about a field has.
    ///
    /// - Parameter section: the section that the field belongs to, and its name where the reader knows
    ///   it by then.
    func place(of field: Field, in section: (index: Int, name: String?)?) -> ObjectError.Place {
        ObjectError.Place(
            offset: location(of: field).offset, sectionIndex: section?.index, sectionName: section?.name)
    }

    subscript(field: Field) -> UInt64 {
        get {
            let (offset, size) = location(of: field)
            return bytes[offset..<offset + size].reversed().reduce(0) { $0 << 8 | UInt64($1) }
        }
        set {
            let (offset, size) = location(of: field)
            var image = ELFImage(bytes: bytes)
            image.store(newValue, at: offset, size: size)
            bytes = image.bytes
        }
    }

    /// Every field of the file header and the section headers, and of the first `entries` records
    /// and relocations.
    func fields(entries: Int) -> [Field] {
        var fields = (isBig ? Self.bigLayout : Self.regularLayout).map { Field.header($0.name) }
        let records = Int(self[.header("NumberOfSymbols")])
        for section in 0..<Int(self[.header("NumberOfSections")]) {
            fields += Self.sectionLayout.map { .section(section, $0.name) }
            for row in 0..<min(entries, Int(self[.section(section, "NumberOfRelocations")])) {
                fields += Self.relocationLayout.map { .relocation(section, row, $0.name) }
            }
        }
        var record = 0
        while record < min(records, 4 * entries) {
            fields += Self.regularSymbolLayout.map { .symbol(record, $0.name) }
            let count = Int(self[.symbol(record, "NumberOfAuxSymbols")])
            if count > 0 { fields += Self.auxiliaryLayout.map { .auxiliary(record + 1, $0.name) } }
            record += 1 + count
        }
        return fields + [.string(0), .string(3)]
    }
}
