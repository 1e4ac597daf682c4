// Symbols of a Mach-O object.

extension MachOReader {
    static let symbolBytes: UInt64 = 16

    /// Reads the symbol table; an object without one has no symbols.
    mutating func readSymbols(sections: [Section]) throws(ObjectError) -> [Symbol] {
        guard let command = symbolTable else { return [] }
        var table = try symbols(of: command)
        let count = Int(command.count)
        guard count <= limits.symbols else {
            let kind = Kind.tooLarge(.symbols, found: UInt64(count), limit: limits.symbols)
            throw error(kind, cell(command.place, .symbolCount))
        }
        let strings = try strings(of: command).range
        if let last = strings.last, file.bytes[last] != 0 {
            throw ObjectError(.badStringTable(.unterminated), at: ObjectError.Place(offset: last), in: file.object)
        }
        var symbols: [Symbol] = []
        symbols.reserveCapacity(count)
        var isAlternateEntry: [Bool] = []
        isAlternateEntry.reserveCapacity(count)
        for _ in 0..<count {
            let (symbol, info) = try readSymbol(&table, strings, sections)
            symbols.append(symbol)
            isAlternateEntry.append(info.isAlternateEntry)
        }
        deriveSizes(of: &symbols, isAlternateEntry, sections)
        return symbols
    }

    /// Reads the symbol (nlist_64) at the cursor of `table`. One in a section has no size yet.
    private mutating func readSymbol(
        _ table: inout ByteReader, _ strings: Range<Int>, _ sections: [Section]
    ) throws(ObjectError) -> (Symbol, MachOSymbolInfo) {
        let start = table.offset
        let nameIndex: UInt32 = try table.read()
        let type: UInt8 = try table.read()
        let section: UInt8 = try table.read()
        let info = MachOSymbolInfo(type: type, description: try table.read())
        let value: UInt64 = try table.read()

        var symbol = Symbol(
            name: try name(nameIndex, in: strings, cell(start, .symbolName)), placement: .absolute, value: value,
            size: 0, binding: info.binding, kind: .none)
        if info.isDebug {
            symbol.binding = .local
            symbol.kind = .other
            return (symbol, info)
        }
        switch info.place {
        case MachOSymbolInfo.undefined where info.isExternal && value > 0:
            symbol.placement = .common
            symbol.value = info.commonAlignment
            symbol.size = value
            symbol.kind = .object
        case MachOSymbolInfo.undefined:
            symbol.placement = .undefined
            symbol.value = 0
        case MachOSymbolInfo.absolute:
            break
        case MachOSymbolInfo.inSection:
            let header = try self.header(UInt32(section), cell(start, .symbolSection))
            guard value >= header.address, value - header.address <= header.size else {
                let kind = Kind.addressOutsideSection(
                    field: MachOField.symbolValue.name, address: value, section: header.index, start: header.address,
                    size: header.size)
                throw error(kind, cell(start, .symbolValue))
            }
            symbol.placement = .section(header.index)
            symbol.value = value - header.address
            symbol.kind = kind(of: symbol.name, info, in: header)
        default:
            let name = [0xa: "N_INDR", 0xc: "N_PBUD"][info.place]
            throw unsupported(
                cell(start, .symbolType), UInt32(type), name.map { "\($0) among others" },
                expected: "N_UNDF (0), N_ABS (2) or N_SECT (14) in bits 1 to 3")
        }
        return (symbol, info)
    }

    /// The header of the section that files give the number `number`.
    func header(_ number: UInt32, _ cell: Cell) throws(ObjectError) -> MachOSectionHeader {
        guard number != 0, number <= headers.count else {
            let kind = Kind.badSectionIndex(field: cell.field.name, found: UInt64(number), count: headers.count + 1)
            throw error(kind, cell)
        }
        return headers[Int(number) - 1]
    }

    /// What a symbol names: the format does not say, but its section does.
    private func kind(of name: String, _ info: MachOSymbolInfo, in header: MachOSectionHeader) -> Symbol.Kind {
        if info.isResolver { return .other }
        if header.type.isThreadLocal || header.type.isThreadLocalDescriptors { return .threadLocal }
        guard header.isCode else { return .object }
        // The assembler's own labels, as ltmp0 at the beginning of arm64's __text: not a function, where one may be as well.
        return !info.isExternal && (name.hasPrefix("l") || name.hasPrefix("L")) ? .none : .function
    }

    /// Makes each symbol reach to the next of its section, or to the section's end.
    private func deriveSizes(of symbols: inout [Symbol], _ isAlternateEntry: [Bool], _ sections: [Section]) {
        var order: [(section: Int, value: UInt64, symbol: Int)] = []
        for (index, symbol) in symbols.enumerated() {
            if let section = symbol.section { order.append((section, symbol.value, index)) }
        }
        // From each section's end to its beginning.
        order.sort { ($0.section, $0.value) > ($1.section, $1.value) }
        var section: Int?
        // Where symbols at `value` end, and whether one of them ends those before it.
        var end: UInt64 = 0
        var value: UInt64 = 0
        var isEnd = false
        for entry in order {
            if entry.section != section {
                section = entry.section
                end = sections[entry.section].size
                value = end
                isEnd = false
            }
            if entry.value < value {
                if isEnd { end = value }
                value = entry.value
                isEnd = false
            }
            symbols[entry.symbol].size = end - entry.value
            if !isAlternateEntry[entry.symbol] { isEnd = true }
        }
    }

    /// The name at `index` of the string table, whose last byte is zero. 0 is no name, whatever is there.
    private mutating func name(_ index: UInt32, in table: Range<Int>, _ cell: Cell) throws(ObjectError) -> String {
        if index == 0 { return "" }
        guard index < table.count else {
            throw error(.nameOutsideTable(field: cell.field.name, found: index, tableSize: table.count), cell)
        }
        // Searching is bounded by what names may have together, so that many long names take no long time.
        let start = table.lowerBound + Int(index)
        let room = min(table.upperBound - start, max(0, limits.nameBytes - nameBytes) + 1)
        return try decodedName(file.bytes[start..<start + room].prefix { $0 != 0 }, cell)
    }
}
