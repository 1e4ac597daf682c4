// Symbols of a Mach-O object.

extension MachOReader {
    /// Reads the symbol table; an object without one has no symbols.
    mutating func readSymbols(sections: [Section]) throws(ObjectError) -> [Symbol] {
        guard let command = symbolTable else { return [] }
        let table = try symbols(of: command)
        try file.check(.symbols, table.count, at: command.cell(MachOCommand.symbolCount))
        let strings = try strings(of: command)
        try file.checkTerminated(strings)
        var symbols: [Symbol] = []
        symbols.reserveCapacity(table.count)
        for entry in table {
            symbols.append(try readSymbol(entry, strings))
        }
        symbols.addSizes(
            to: table.map { (symbol: $0.index, endsOthers: !MachOSymbolFlags($0).isAlternateEntry) }, in: sections)
        return symbols
    }

    /// Reads a symbol. One in a section has no size yet.
    private mutating func readSymbol(_ entry: Entry, _ strings: Range<Int>) throws(ObjectError) -> Symbol {
        let nameIndex = entry.cell(MachOSymbol.name)
        let flags = MachOSymbolFlags(entry)
        let value = entry.cell(MachOSymbol.value)
        var symbol = Symbol(
            // 0 is no name, whatever is there.
            name: nameIndex.number == 0 ? "" : try file.name(nameIndex, in: strings), placement: .absolute,
            value: value.number, size: 0, binding: flags.binding, kind: .none)
        if flags.isDebug {
            symbol.binding = .local
            symbol.kind = .other
            return symbol
        }
        switch flags.place {
        case MachOSymbolFlags.undefined where flags.isExternal && value.number > 0:
            symbol.placement = .common
            symbol.value = flags.commonAlignment
            symbol.size = value.number
            symbol.kind = .object
        case MachOSymbolFlags.undefined:
            symbol.placement = .undefined
            symbol.value = 0
        case MachOSymbolFlags.absolute:
            break
        case MachOSymbolFlags.inSection:
            let header = try section(entry.cell(MachOSymbol.section))
            let (address, size) = (header[MachOSection.address], header[MachOSection.size])
            guard value.number >= address, value.number - address <= size else {
                let kind = Kind.addressOutsideSection(
                    field: value.name, address: value.number, section: header.index, start: address, size: size)
                throw file.error(kind, at: value)
            }
            symbol.placement = .section(header.index)
            symbol.value = value.number - address
            symbol.kind = kind(of: symbol.name, flags, in: MachOSectionFlags(header))
        default:
            let name = [0xa: "N_INDR", 0xc: "N_PBUD"][flags.place]
            throw file.unsupported(
                entry.cell(MachOSymbol.type), name.map { "\($0) among others" },
                expected: "N_UNDF (0), N_ABS (2) or N_SECT (14) in bits 1 to 3")
        }
        return symbol
    }

    /// What a symbol names: the format does not say, but its section does.
    private func kind(of name: String, _ flags: MachOSymbolFlags, in section: MachOSectionFlags) -> Symbol.Kind {
        if flags.isResolver { return .other }
        if section.isThreadLocal || section.isThreadLocalDescriptors { return .threadLocal }
        guard section.isCode else { return .object }
        // The assembler's own labels, as ltmp0 at the beginning of arm64's __text: not a function, where one may be as well.
        return !flags.isExternal && (name.hasPrefix("l") || name.hasPrefix("L")) ? .none : .function
    }
}
