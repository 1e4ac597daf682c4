// The symbol table of a COFF object: symbols, and auxiliary records that say more about the one
// before them.
//
// What has no field is taken from elsewhere:
// - Size: a function's own auxiliary record may say it. Otherwise a symbol ends where the next one of its
//   section begins, or where the section ends, so that padding belongs to the one before it. Labels and sections
//   have size 0, and a label ends nothing: it may lie in the middle of a function.
// - Alignment of common symbols: what the linker takes, the size rounded up to a power of two, 32 at most.
//   (clang asks for more by an option in .drectve.)
// - A weak external is an undefined symbol with another symbol that stands in for it. Where that one is in
//   a section, the weak external is in the same place, as ELF has it; where it is absolute, undefined or weak
//   itself, the weak external stays undefined. What is lost: which symbol stands in, and whether the
//   linker is to look in libraries first.

extension COFFReader {
    /// A weak external that is undefined, and the field that says what stands in for it.
    private typealias WeakExternal = (symbol: Int, standIn: Cell)

    /// Reads the symbol table; an object without one has no symbols.
    ///
    /// - Returns: the symbols, and for each record of the table which symbol it is: nil for an auxiliary record.
    mutating func readSymbols(sections: [Section]) throws(ObjectError) -> (symbols: [Symbol], numbers: [Int?]) {
        var symbols: [Symbol] = []
        var numbers: [Int?] = []
        numbers.reserveCapacity(records.count)
        // Symbols that reach to the next one.
        var reaching: [(symbol: Int, endsOthers: Bool)] = []
        var weakExternals: [WeakExternal] = []
        while numbers.count < records.count {
            let record = records[numbers.count]
            let auxiliaries = try auxiliaries(of: record)
            let storageClass = try storageClass(of: record)
            let symbol = try readSymbol(record, storageClass, auxiliaries, sections)
            if storageClass == .weakExternal, symbol.placement == .undefined {
                guard let auxiliary = auxiliaries.first else {
                    throw contradiction(
                        record.cell(COFFSymbol.auxiliaryCount), expected: "1: what stands in for the weak external")
                }
                weakExternals.append((symbols.count, auxiliary.cell(COFFSymbol.weakDefault)))
            }
            if storageClass != .label, symbol.kind != .section { reaching.append((symbols.count, true)) }
            numbers.append(symbols.count)
            numbers += [Int?](repeating: nil, count: auxiliaries.count)
            symbols.append(symbol)
        }
        // One that stands in for another may come behind it, and may itself be such a one: hence as they were read.
        let read = symbols
        for (symbol, cell) in weakExternals {
            let standIn = read[try self.symbol(cell, numbers)]
            if standIn.section != nil {
                symbols[symbol].placement = standIn.placement
                symbols[symbol].value = standIn.value
                symbols[symbol].size = standIn.size
                symbols[symbol].kind = standIn.kind
            }
        }
        symbols.addSizes(to: reaching, in: sections)
        return (symbols, numbers)
    }

    /// The symbol that a field names by the number of its record.
    func symbol(_ cell: Cell, _ numbers: [Int?]) throws(ObjectError) -> Int {
        guard cell.number < numbers.count, let symbol = numbers[Int(cell.number)] else {
            throw file.error(.notASymbol(field: cell.name, found: cell.number, count: numbers.count), at: cell)
        }
        return symbol
    }

    /// The records behind a symbol's that say more about it.
    private func auxiliaries(of record: Entry) throws(ObjectError) -> Slice<Table> {
        let behind = records.dropFirst(record.index + 1)
        let count = record.cell(COFFSymbol.auxiliaryCount)
        guard count.number <= behind.count else {
            throw contradiction(count, expected: "\(behind.count) at most: the symbol table ends there")
        }
        return behind.prefix(Int(count.number))
    }

    private func storageClass(of record: Entry) throws(ObjectError) -> COFFStorageClass {
        let cell = record.cell(COFFSymbol.storageClass)
        guard let storageClass = COFFStorageClass(rawValue: cell.number) else {
            throw file.unsupported(cell, expected: COFFStorageClass.expected)
        }
        return storageClass
    }

    // MARK: Symbols

    /// Reads a symbol; a weak external as it is without what stands in for it.
    private mutating func readSymbol(
        _ record: Entry, _ storageClass: COFFStorageClass, _ auxiliaries: Slice<Table>, _ sections: [Section]
    ) throws(ObjectError) -> Symbol {
        let value = record.cell(COFFSymbol.value)
        var symbol = Symbol(
            name: "", placement: try placement(record, storageClass), value: value.number, size: 0, binding: .local,
            kind: .none)
        switch storageClass {
        case .external: symbol.binding = .global
        case .weakExternal: symbol.binding = .weak
        case .file:
            symbol.kind = .file
            symbol.value = 0
        case .section: symbol.kind = .section
        case .static, .label: break
        }
        symbol.name = try name(of: record, storageClass, auxiliaries)
        switch symbol.placement {
        case .undefined: symbol.value = 0
        case .absolute: break
        case .common:
            symbol.size = value.number
            // As the linker aligns it.
            symbol.value = 1
            while symbol.value < min(symbol.size, 32) { symbol.value *= 2 }
        case .section(let index):
            try file.check(symbol, isIn: sections[index], at: value)
            try addFacts(of: record, storageClass, auxiliaries.first, sections[index], to: &symbol)
        }
        return symbol
    }

    /// What the section and the auxiliary record say of a symbol in a section.
    private func addFacts(
        of record: Entry, _ storageClass: COFFStorageClass, _ auxiliary: Entry?, _ section: Section,
        to symbol: inout Symbol
    ) throws(ObjectError) {
        // The complex type, in bits 4 to 7, is a function's.
        if record[COFFSymbol.type] >> 4 & 15 == 2 {
            symbol.kind = .function
            if let auxiliary, storageClass == .external {
                symbol.size = auxiliary[COFFSymbol.functionSize]
                try file.check(symbol, isIn: section, at: auxiliary.cell(COFFSymbol.functionSize))
            }
        } else if let auxiliary, storageClass == .static, record[COFFSymbol.value] == 0 {
            // Data at the beginning of a section looks the same but for the auxiliary record.
            symbol.kind = .section
            try checkDefinition(of: headers[section.index], in: auxiliary)
        } else if symbol.kind == .none, section.flags.contains(.threadLocal) {
            symbol.kind = .threadLocal
        }
        if symbol.kind == .section, symbol.name.isEmpty { symbol.name = section.name }
    }

    /// Checks what an auxiliary record says of a section that the linker may drop for
    /// another. Its other fields say again what the section's header says, or nothing.
    private func checkDefinition(of header: Entry, in auxiliary: Entry) throws(ObjectError) {
        guard header[COFFSection.flags] & COFFSection.comdat != 0 else { return }
        let auxiliary = auxiliary.inSection(header.index)
        let selection = auxiliary.cell(COFFSymbol.selection)
        guard (1...7).contains(selection.number) else {
            throw contradiction(selection, expected: "1 to 7, because the section has IMAGE_SCN_LNK_COMDAT")
        }
        guard selection.number == COFFSymbol.selectAssociative else { return }
        let low = auxiliary.cell(COFFSymbol.associated)
        let high = file.layout == .wide ? auxiliary[COFFSymbol.associatedHigh] : 0
        let other = low.with(low.number | high << 16)
        guard other.number != 0, other.number <= headers.count, other.number != header.index + 1 else {
            throw contradiction(other, expected: "the number of another section, which this one goes with")
        }
    }

    /// The name of a symbol: a source file's is in the auxiliary records.
    private mutating func name(
        of record: Entry, _ storageClass: COFFStorageClass, _ auxiliaries: Slice<Table>
    ) throws(ObjectError) -> String {
        guard storageClass == .file, let first = auxiliaries.first else { return try symbolName(record) }
        let bytes = auxiliaries.count * records.entryBytes
        return try file.name(in: first.start..<first.start + bytes, first.cell(COFFSymbol.name))
    }

    /// What SectionNumber says.
    private func placement(
        _ record: Entry, _ storageClass: COFFStorageClass
    ) throws(ObjectError) -> Symbol.Placement {
        let number = COFFSymbol.sectionNumber(of: record)
        switch number {
        case COFFSectionNumber.undefined:
            return storageClass == .external && record[COFFSymbol.value] > 0 ? .common : .undefined
        case COFFSectionNumber.absolute, COFFSectionNumber.debug:
            return .absolute
        default:
            // Numbers begin at 1; negative ones are above all that there are.
            let cell = record.cell(COFFSymbol.section).with(UInt32(bitPattern: number))
            try file.checkSection(cell, below: headers.count + 1)
            return .section(Int(number) - 1)
        }
    }
}
