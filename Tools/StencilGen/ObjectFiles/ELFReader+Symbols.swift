// Symbols and relocations of an ELF object: the tables that count in one another.

extension ELFReader {
    // MARK: Symbols

    /// Reads the symbol table; an object without one has no symbols.
    mutating func readSymbols(sections: [Section]) throws(ObjectError) -> [Symbol] {
        guard let header = try onlySection(of: ELFSectionType.symbolTable, "symbol table") else { return [] }
        let table = try table(header, of: ELFSymbol.bytes[file.layout])
        try file.check(.symbols, table.count, at: header.cell(ELFSection.size))
        let strings = try stringTable(header.cell(ELFSection.link))
        let extended = try extendedSections(count: table.count)
        var symbols: [Symbol] = []
        symbols.reserveCapacity(table.count)
        for entry in table {
            symbols.append(try readSymbol(entry, extended?[entry.index], strings, sections))
        }
        return symbols
    }

    /// The table of section numbers that do not fit into symbols, if there is one: a number for
    /// each of `count` symbols.
    private func extendedSections(count: Int) throws(ObjectError) -> Table? {
        let type = ELFSectionType.extendedIndices
        guard let header = try onlySection(of: type, "table of extended section indices") else { return nil }
        try checkLinkToSymbols(header)
        let table = try table(header, of: 4)
        guard table.count == count else {
            let size = header.cell(ELFSection.size)
            throw file.error(.wrongCount(field: size.name, found: size.number, expected: count), at: size)
        }
        return table
    }

    /// Checks that a section that goes by numbers of symbols means the symbol table, the only one.
    private func checkLinkToSymbols(_ header: Entry) throws(ObjectError) {
        _ = try linked(header.cell(ELFSection.link), type: ELFSectionType.symbolTable, "the symbol table (2)")
    }

    /// Reads a symbol. st_other is read over: visibility matters to dynamic linking only, and
    /// for the machine's bits see ELFReader.swift.
    private mutating func readSymbol(
        _ entry: Entry, _ extended: Entry?, _ strings: Range<Int>, _ sections: [Section]
    ) throws(ObjectError) -> Symbol {
        let info = entry.cell(ELFSymbol.info)
        guard let binding = ELFSymbol.binding(info.number) else {
            throw file.unsupported(
                info, "binding \(info.number >> 4)", expected: "STB_LOCAL (0), STB_GLOBAL (1) or STB_WEAK (2)")
        }
        var symbol = Symbol(
            name: try file.name(entry.cell(ELFSymbol.name), in: strings), placement: try placement(entry, extended),
            value: entry[ELFSymbol.value], size: entry[ELFSymbol.size], binding: binding,
            kind: ELFSymbol.kind(info.number))
        if let index = symbol.section {
            try file.check(symbol, isIn: sections[index], at: entry.cell(ELFSymbol.value))
            if symbol.kind == .section, symbol.name.isEmpty { symbol.name = sections[index].name }
        }
        return symbol
    }

    /// What st_shndx says, with the extended index that belongs to the symbol.
    private func placement(_ entry: Entry, _ extended: Entry?) throws(ObjectError) -> Symbol.Placement {
        let cell = entry.cell(ELFSymbol.section)
        switch cell.number {
        case ELFSectionIndex.undefined: return .undefined
        case ELFSectionIndex.absolute: return .absolute
        case ELFSectionIndex.common, machine.largeCommon: return .common
        case ELFSectionIndex.extended:
            guard let extended else { throw file.error(.missing("table of extended section indices"), at: cell) }
            return .section(try linked(cell.with(extended[ELFSymbol.extendedSection])).index)
        case ELFSectionIndex.firstReserved...:
            throw file.badSection(cell, below: headers.count)
        default:
            return .section(try linked(cell).index)
        }
    }

    // MARK: Relocations

    /// Reads all relocations into the sections that they patch.
    func readRelocations(symbolCount: Int, into sections: inout [Section]) throws(ObjectError) {
        var total = 0
        for header in headers where header[ELFSection.type] == machine.addends.sectionType {
            let table = try table(header, of: machine.addends.relocationBytes[file.layout])
            // Each count is of entries in the file, so that the sum cannot overflow.
            total += table.count
            try file.check(.relocations, total, at: header.cell(ELFSection.size))
            try checkLinkToSymbols(header)
            let info = header.cell(ELFSection.info)
            let target = try linked(info)
            guard !ELFSectionType.withoutCode.contains(target[ELFSection.type]) else {
                throw wrongType(of: target, info, "a section of the program with contents")
            }
            let section = sections[target.index]
            for entry in table {
                sections[target.index].relocations.append(
                    try readRelocation(entry, patching: section, symbolCount: symbolCount))
            }
        }
    }

    private func readRelocation(
        _ entry: Entry, patching section: Section, symbolCount: Int
    ) throws(ObjectError) -> Relocation {
        let info = entry.cell(ELFRelocation.info)
        let typeBits = ELFRelocation.typeBits[file.layout]
        let symbol = info.number >> typeBits
        guard symbol < symbolCount else {
            throw file.error(.badSymbolIndex(found: symbol, count: symbolCount), at: info)
        }
        let type = RelocationType(
            format: .elf, architecture: machine.architecture, raw: UInt32(info.number & (1 << typeBits - 1)))
        let offset = entry.cell(ELFRelocation.offset)
        try file.check(type, patches: section, at: offset)
        let addend: Int64
        switch machine.addends {
        case .inTable:
            addend = entry.signed(ELFRelocation.addend)
        case .inContents:
            // Where a type that is not known has its addend is not known either; a field of several words
            // (R_386_TLS_DESC) holds more than an addend.
            guard let size = type.fieldSize, size <= entry.range(of: ELFRelocation.offset).count else {
                throw file.unsupported(
                    info, "type \(type)", expected: "a type that is known to keep its addend in a word of the contents")
            }
            addend = section.contents.signedNumber(at: Int(offset.number), bytes: size)
        }
        return Relocation(offset: offset.number, type: type, symbol: Int(symbol), addend: addend)
    }
}
