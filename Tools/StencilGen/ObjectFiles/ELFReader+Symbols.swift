// Symbols and relocations of an ELF object: the tables that count in one another.

extension ELFReader {
    static let extendedIndexBytes: UInt64 = 4

    // MARK: Symbols

    /// Reads the symbol table; an object without one has no symbols.
    mutating func readSymbols(sections: [Section]) throws(ObjectError) -> [Symbol] {
        guard let header = try onlySection(of: ELFSectionType.symbolTable, "symbol table") else { return [] }
        let count = try tableCount(header, of: fileClass.symbolBytes)
        guard count <= limits.symbols else {
            throw error(.tooLarge(.symbols, found: count, limit: limits.symbols), cell(header, .size))
        }
        let strings = try stringTable(header.link, cell(header, .link))
        var extendedIndices = try extendedIndices(count: count)
        var symbols: [Symbol] = []
        symbols.reserveCapacity(Int(count))
        for entry in ELFEntry.all(of: fileClass.symbolBytes, in: try contents(of: header), fileClass) {
            let extendedIndex: UInt32? = try extendedIndices?.read()
            symbols.append(try readSymbol(entry, of: header, extendedIndex, strings, sections))
        }
        return symbols
    }

    /// The table of section numbers that do not fit into symbols, if there is one: a number for
    /// each of `count` symbols.
    private func extendedIndices(count: UInt64) throws(ObjectError) -> ByteReader? {
        let type = ELFSectionType.extendedIndices
        guard let header = try onlySection(of: type, "table of extended section indices") else { return nil }
        try checkLinkToSymbols(header)
        guard try tableCount(header, of: Self.extendedIndexBytes) == count else {
            let kind = Kind.wrongCount(field: ELFField.size.name, found: header.size, expected: Int(count))
            throw error(kind, cell(header, .size))
        }
        return try contents(of: header)
    }

    /// Checks that a section that goes by numbers of symbols means the symbol table, the only one.
    private func checkLinkToSymbols(_ header: ELFSectionHeader) throws(ObjectError) {
        _ = try linked(header.link, cell(header, .link), type: ELFSectionType.symbolTable, "the symbol table (2)")
    }

    /// Reads a symbol (Elf_Sym). st_other is read over: visibility matters to dynamic linking only, and
    /// for the machine's bits see ELFReader.swift.
    private mutating func readSymbol(
        _ entry: ELFEntry, of header: ELFSectionHeader, _ extendedIndex: UInt32?, _ strings: Range<Int>,
        _ sections: [Section]
    ) throws(ObjectError) -> Symbol {
        let start = entry.start
        let nameIndex: UInt32 = try entry.read(.symbolName)
        let info: UInt8 = try entry.read(.symbolInfo)
        let sectionIndex: UInt16 = try entry.read(.symbolSection)
        let value: UInt64 = try entry.read(.symbolValue)
        let size: UInt64 = try entry.read(.symbolSize)

        guard let binding = ELFSymbolInfo.binding(info) else {
            let kind = Kind.unsupported(
                field: ELFField.symbolInfo.name, found: UInt64(info), meaning: "binding \(info >> 4)",
                expected: "STB_LOCAL (0), STB_GLOBAL (1) or STB_WEAK (2)")
            throw error(kind, cell(header, start, .symbolInfo))
        }
        var symbol = Symbol(
            name: try name(nameIndex, in: strings, cell(header, start, .symbolName)),
            placement: try placement(sectionIndex, extendedIndex, cell(header, start, .symbolSection)),
            value: value, size: size, binding: binding, kind: ELFSymbolInfo.kind(info))
        if let index = symbol.section {
            let sectionSize = sections[index].size
            guard value <= sectionSize, size <= sectionSize - value else {
                let kind = Kind.symbolOutsideSection(
                    value: value, size: size, section: index, sectionSize: sectionSize)
                throw error(kind, cell(header, start, .symbolValue))
            }
            if symbol.kind == .section, symbol.name.isEmpty { symbol.name = names[index] }
        }
        return symbol
    }

    /// What st_shndx says, with the extended index that belongs to the symbol.
    private func placement(
        _ index: UInt16, _ extendedIndex: UInt32?, _ cell: Cell
    ) throws(ObjectError) -> Symbol.Placement {
        switch index {
        case ELFSectionIndex.undefined: return .undefined
        case ELFSectionIndex.absolute: return .absolute
        case ELFSectionIndex.common, machine.largeCommon: return .common
        case ELFSectionIndex.extended:
            guard let extendedIndex else { throw error(.missing("table of extended section indices"), cell) }
            return .section(try linked(extendedIndex, cell).index)
        case ELFSectionIndex.firstReserved...:
            let kind = Kind.badSectionIndex(field: cell.field.name, found: UInt64(index), count: headers.count)
            throw error(kind, cell)
        default:
            return .section(try linked(UInt32(index), cell).index)
        }
    }

    // MARK: Relocations

    /// Reads all relocations into the sections that they patch.
    func readRelocations(symbolCount: Int, into sections: inout [Section]) throws(ObjectError) {
        var total: UInt64 = 0
        let size = machine.addends.relocationBytes(in: fileClass)
        for header in headers where header.type == machine.addends.sectionType {
            // Each count is of entries in the file, so that the sum cannot overflow.
            let count = try tableCount(header, of: size)
            total += count
            guard total <= limits.relocations else {
                throw error(.tooLarge(.relocations, found: total, limit: limits.relocations), cell(header, .size))
            }
            try checkLinkToSymbols(header)
            let target = try linked(header.info, cell(header, .info))
            guard ELFSectionType.hasContents(target.type) else {
                throw wrongType(of: target, cell(header, .info), "a section of the program with contents")
            }
            var relocations: [Relocation] = []
            relocations.reserveCapacity(Int(count))
            for entry in ELFEntry.all(of: size, in: try contents(of: header), fileClass) {
                relocations.append(try readRelocation(entry, of: header, patching: target, symbolCount: symbolCount))
            }
            sections[target.index].relocations += relocations
        }
    }

    /// Reads a relocation (Elf_Rel or Elf_Rela).
    private func readRelocation(
        _ entry: ELFEntry, of header: ELFSectionHeader, patching target: ELFSectionHeader, symbolCount: Int
    ) throws(ObjectError) -> Relocation {
        let start = entry.start
        let offset: UInt64 = try entry.read(.relocationOffset)
        let info: UInt64 = try entry.read(.relocationInfo)
        let symbol = info >> fileClass.typeBits
        guard symbol < symbolCount else {
            throw error(
                .badSymbolIndex(found: symbol, count: symbolCount), cell(header, start, .relocationInfo))
        }
        let type = RelocationType(
            format: .elf, architecture: machine.architecture,
            raw: UInt32(truncatingIfNeeded: info & (1 << fileClass.typeBits - 1)))
        // A type that is not known patches something: a byte at least.
        let fieldSize = UInt64(type.fieldSize ?? 1)
        guard offset <= target.size, fieldSize <= target.size - offset else {
            let kind = Kind.relocationOutsideSection(
                type: type, offset: offset, section: target.index, sectionSize: target.size)
            throw error(kind, cell(header, start, .relocationOffset))
        }
        let addend: Int64
        switch machine.addends {
        case .inTable:
            addend = signed(try entry.read(.relocationAddend), bytes: fileClass.bits / 8)
        case .inContents:
            // Where a type that is not known has its addend is not known either; a field of several words
            // (R_386_TLS_DESC) holds more than an addend.
            guard let size = type.fieldSize, size <= fileClass.bits / 8 else {
                let kind = Kind.unsupported(
                    field: ELFField.relocationInfo.name, found: info, meaning: "type \(type)",
                    expected: "a type that is known to keep its addend in a word of the contents")
                throw error(kind, cell(header, start, .relocationInfo))
            }
            // Inside the section, which is inside the file, by the checks above.
            let contents = try contents(of: target)
            addend = signed(
                try contents.number(at: contents.range.lowerBound + Int(offset), bytes: size), bytes: size)
        }
        return Relocation(offset: offset, type: type, symbol: Int(symbol), addend: addend)
    }

    /// The signed number whose low `count` bytes are `number`'s; 0 where there are none.
    private func signed(_ number: UInt64, bytes count: Int) -> Int64 {
        let unused = UInt64(64 - 8 * count)
        // Without bytes both shifts are by 64, which leaves 0.
        return Int64(bitPattern: number << unused) >> Int64(unused)
    }
}
