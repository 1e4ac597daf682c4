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
    /// What the symbols are, and for each record of the table which symbol it is: nil for an
    /// auxiliary record.
    typealias Symbols = (symbols: [Symbol], numbers: [Int?])

    /// A record of a symbol (IMAGE_SYMBOL), but for its name.
    private struct Record {
        /// Its number in the table.
        let number: Int
        /// Where in the file it is.
        let offset: Int
        let value: UInt32
        let sectionNumber: Int32
        let type: UInt16
        let storageClass: UInt8
        let auxiliaryCount: UInt8

        /// Whether the complex type, in bits 4 to 7 of Type, is a function's.
        var isFunction: Bool { type >> 4 & 15 == 2 }
    }

    /// A weak external that is undefined, and the field that says what stands in for it.
    private struct WeakExternal {
        let symbol: Int
        let standIn: UInt32
        let cell: Cell
    }

    /// Reads the symbol table; an object without one has no symbols.
    mutating func readSymbols(sections: [Section]) throws(ObjectError) -> Symbols {
        let count = records.count / header.symbolBytes
        var symbols: [Symbol] = []
        symbols.reserveCapacity(count)
        var numbers: [Int?] = []
        numbers.reserveCapacity(count)
        // Symbols that have a size of their own.
        var sized: [Int] = []
        var weakExternals: [WeakExternal] = []
        while numbers.count < count {
            let record = try readRecord(numbers.count, of: count)
            let symbol = try readSymbol(record, sections)
            if record.storageClass == COFFStorageClass.weakExternal.rawValue {
                if symbol.placement == .undefined {
                    weakExternals.append(try weakExternal(record, symbol: symbols.count))
                }
                sized.append(symbols.count)
            } else if record.storageClass != COFFStorageClass.label.rawValue, symbol.kind != .section {
                sized.append(symbols.count)
            }
            numbers.append(symbols.count)
            numbers += [Int?](repeating: nil, count: Int(record.auxiliaryCount))
            symbols.append(symbol)
        }
        // One that stands in for another may come behind it.
        let read = symbols
        for weak in weakExternals {
            guard weak.standIn < numbers.count, let number = numbers[Int(weak.standIn)] else {
                throw notASymbol(weak.standIn, weak.cell)
            }
            if case .section = read[number].placement {
                symbols[weak.symbol].placement = read[number].placement
                symbols[weak.symbol].value = read[number].value
                symbols[weak.symbol].size = read[number].size
                symbols[weak.symbol].kind = read[number].kind
            }
        }
        addSizes(to: &symbols, sized, sections)
        return (symbols, numbers)
    }

    /// The error that a field's value is not the number of a symbol.
    func notASymbol(_ found: UInt32, _ cell: Cell) -> ObjectError {
        let count = records.count / header.symbolBytes
        return error(.notASymbol(field: cell.field.name, found: UInt64(found), count: count), cell)
    }

    // MARK: Symbols

    /// Decodes record `number` of `count`, which is not an auxiliary one.
    private func readRecord(_ number: Int, of count: Int) throws(ObjectError) -> Record {
        let offset = records.lowerBound + number * header.symbolBytes
        let place = ObjectError.Place(offset: offset)
        var reader = try file.stretch(
            "symbol", at: UInt64(offset), count: UInt64(header.symbolBytes), saidAt: place)
        _ = try reader.read(UInt64.self)  // Name
        let value: UInt32 = try reader.read()
        let sectionNumber =
            header.isBig
            ? Int32(bitPattern: try reader.read(UInt32.self)) : COFFSectionNumber.extended(try reader.read())
        let record = Record(
            number: number, offset: offset, value: value, sectionNumber: sectionNumber, type: try reader.read(),
            storageClass: try reader.read(), auxiliaryCount: try reader.read())
        let left = count - number - 1
        guard record.auxiliaryCount <= left else {
            throw contradiction(
                record.auxiliaryCount, "\(left) at most: the symbol table ends there",
                cell(at: offset, header.auxiliaryCountField))
        }
        return record
    }

    /// Reads a symbol; a weak external as it is without what stands in for it.
    private mutating func readSymbol(_ record: Record, _ sections: [Section]) throws(ObjectError) -> Symbol {
        guard let storageClass = COFFStorageClass(rawValue: record.storageClass) else {
            let field = header.storageClassField
            let kind = Kind.unsupported(
                field: field.name, found: UInt64(record.storageClass), meaning: nil,
                expected: COFFStorageClass.expected)
            throw error(kind, cell(at: record.offset, field))
        }
        var symbol = Symbol(
            name: "", placement: try placement(record, storageClass), value: UInt64(record.value), size: 0,
            binding: .local, kind: .none)
        switch storageClass {
        case .external: symbol.binding = .global
        case .weakExternal: symbol.binding = .weak
        case .file:
            symbol.kind = .file
            symbol.value = 0
        case .section: symbol.kind = .section
        case .static, .label: break
        }
        symbol.name = try name(of: record, storageClass)
        switch symbol.placement {
        case .undefined: symbol.value = 0
        case .absolute: break
        case .common:
            symbol.size = UInt64(record.value)
            symbol.value = commonAlignment(symbol.size)
        case .section(let index):
            let section = sections[index]
            guard symbol.value <= section.size else {
                throw outside(symbol, section, cell(at: record.offset, .symbolValue))
            }
            try addFacts(of: record, storageClass, section, to: &symbol)
        }
        return symbol
    }

    /// What the section and the auxiliary record say of a symbol in a section.
    private func addFacts(
        of record: Record, _ storageClass: COFFStorageClass, _ section: Section, to symbol: inout Symbol
    ) throws(ObjectError) {
        let auxiliary = record.offset + header.symbolBytes
        let hasMore = record.auxiliaryCount > 0
        if record.isFunction {
            symbol.kind = .function
            if hasMore, storageClass == .external {
                let cell = cell(at: auxiliary, .functionSize)
                symbol.size = UInt64(try number(UInt32.self, cell))
                guard symbol.size <= section.size - symbol.value else { throw outside(symbol, section, cell) }
            }
        } else if storageClass == .static, hasMore, record.value == 0 {
            // Data at the beginning of a section looks the same but for the auxiliary record.
            symbol.kind = .section
            try checkDefinition(of: headers[section.index], at: auxiliary)
        } else if symbol.kind == .none, section.flags.contains(.threadLocal) {
            symbol.kind = .threadLocal
        }
        if symbol.kind == .section, symbol.name.isEmpty { symbol.name = section.name }
    }

    private func outside(_ symbol: Symbol, _ section: Section, _ cell: Cell) -> ObjectError {
        let kind = Kind.symbolOutsideSection(
            value: symbol.value, size: symbol.size, section: section.index, sectionSize: section.size)
        return error(kind, cell)
    }

    /// The name of a symbol: a source file's is in the auxiliary records.
    private mutating func name(
        of record: Record, _ storageClass: COFFStorageClass
    ) throws(ObjectError) -> String {
        guard storageClass == .file, record.auxiliaryCount > 0 else { return try symbolName(at: record.offset) }
        let start = record.offset + header.symbolBytes
        return try name(
            in: start..<start + Int(record.auxiliaryCount) * header.symbolBytes, cell(at: start, .symbolName))
    }

    /// What SectionNumber says.
    private func placement(
        _ record: Record, _ storageClass: COFFStorageClass
    ) throws(ObjectError) -> Symbol.Placement {
        switch record.sectionNumber {
        case COFFSectionNumber.undefined:
            return storageClass == .external && record.value > 0 ? .common : .undefined
        case COFFSectionNumber.absolute, COFFSectionNumber.debug:
            return .absolute
        default:
            let cell = cell(at: record.offset, .symbolSection)
            guard record.sectionNumber > 0, record.sectionNumber <= headers.count else {
                // The numbers that there are begin at 1.
                let kind = Kind.badSectionIndex(
                    field: cell.field.name, found: UInt64(UInt32(bitPattern: record.sectionNumber)),
                    count: headers.count + 1)
                throw error(kind, cell)
            }
            return .section(Int(record.sectionNumber) - 1)
        }
    }

    private func commonAlignment(_ size: UInt64) -> UInt64 {
        var alignment: UInt64 = 1
        while alignment < min(size, 32) { alignment *= 2 }
        return alignment
    }

    /// Gives each of the symbols `sized` that has no size yet the bytes up to the next of its section.
    private func addSizes(to symbols: inout [Symbol], _ sized: [Int], _ sections: [Section]) {
        let order = sized.compactMap { number in
            symbols[number].section.map { (section: $0, value: symbols[number].value, number: number) }
        }.sorted { ($0.section, $0.value) < ($1.section, $1.value) }
        var section: Int?
        // Of the symbols behind: where the last seen one begins, and where it ends.
        var next: UInt64 = 0
        var end: UInt64 = 0
        for symbol in order.reversed() {
            if symbol.section != section {
                section = symbol.section
                next = sections[symbol.section].size
                end = next
            }
            if symbol.value < next {
                end = next
                next = symbol.value
            }
            if symbols[symbol.number].size == 0 { symbols[symbol.number].size = end - symbol.value }
        }
    }

    // MARK: Auxiliary records

    /// The number in a field.
    private func number<Number: FixedWidthInteger & UnsignedInteger>(
        _: Number.Type, _ cell: Cell
    ) throws(ObjectError) -> Number {
        var reader = try file.stretch(
            cell.field.name, at: UInt64(cell.place.offset), count: UInt64(Number.bitWidth / 8), saidAt: cell.place)
        return try reader.read()
    }

    /// What stands in for an undefined weak external.
    private func weakExternal(_ record: Record, symbol: Int) throws(ObjectError) -> WeakExternal {
        guard record.auxiliaryCount > 0 else {
            throw contradiction(
                0, "1: what stands in for the weak external", cell(at: record.offset, header.auxiliaryCountField))
        }
        let cell = cell(at: record.offset + header.symbolBytes, .weakDefault)
        return WeakExternal(symbol: symbol, standIn: try number(UInt32.self, cell), cell: cell)
    }

    /// Checks what the auxiliary record at `offset` says of a section that the linker may drop for
    /// another. Its other fields say again what the section's header says, or nothing.
    private func checkDefinition(of section: COFFSectionHeader, at offset: Int) throws(ObjectError) {
        guard section.flags & COFFSectionFlag.comdat != 0 else { return }
        let cell = cell(section, offset, .selection)
        let selection = try number(UInt8.self, cell)
        guard COFFSelection.known.contains(selection) else {
            let range = "\(COFFSelection.known.lowerBound) to \(COFFSelection.known.upperBound)"
            throw contradiction(selection, "\(range), because the section has IMAGE_SCN_LNK_COMDAT", cell)
        }
        guard selection == COFFSelection.associative else { return }
        let low = self.cell(section, offset, .associatedLow)
        var other = UInt32(try number(UInt16.self, low))
        if header.isBig {
            other |= UInt32(try number(UInt16.self, self.cell(section, offset, .associatedHigh))) << 16
        }
        guard other != 0, other <= headers.count, other != section.index + 1 else {
            throw contradiction(other, "the number of another section, which this one goes with", low)
        }
    }
}
