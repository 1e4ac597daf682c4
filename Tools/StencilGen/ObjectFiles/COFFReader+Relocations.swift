// The relocations of a COFF object: a table for each section, which the section's header leads to.

extension COFFReader {
    /// Whether a section has 65,535 relocations or more. Their number is then in the address of an entry before them, which
    /// counts itself.
    private func isCounted(_ header: Entry) -> Bool { header[COFFSection.flags] & COFFSection.moreRelocations != 0 }

    /// The relocations of a section, and before them the entry that counts them, where there is one.
    func relocationTable(of header: Entry) throws(ObjectError) -> Table {
        let start = header.cell(COFFSection.relocations)
        func table(_ count: UInt64) throws(ObjectError) -> Table {
            try file.table(
                "relocation table", at: count == 0 ? start.with(0) : start, count: count, of: COFFRelocation.bytes,
                owner: .section(header.index))
        }
        let stated = header.cell(COFFSection.relocationCount)
        guard isCounted(header) else { return try table(stated.number) }
        guard stated.number == 0xffff else {
            throw contradiction(stated, expected: "65535, because the section has IMAGE_SCN_LNK_NRELOC_OVFL")
        }
        let count = try table(1)[0].cell(COFFRelocation.address)
        guard count.number > 0 else {
            throw contradiction(count, expected: "the number of relocations, this one included")
        }
        return try table(count.number)
    }

    /// Reads all relocations into the sections that they patch.
    ///
    /// - Parameter symbolNumbers: for each record of the symbol table, the symbol that it is.
    func readRelocations(symbolNumbers: [Int?], into sections: inout [Section]) throws(ObjectError) {
        var total = 0
        for header in headers {
            let table = try relocationTable(of: header).dropFirst(isCounted(header) ? 1 : 0)
            // Each count is of entries in the file, so that the sum cannot overflow.
            total += table.count
            try file.check(.relocations, total, at: header.cell(COFFSection.relocationCount))
            let base = header[COFFSection.virtualAddress]
            let section = sections[header.index]
            for entry in table {
                sections[header.index].relocations.append(
                    try readRelocation(entry, from: base, patching: section, symbolNumbers))
            }
        }
    }

    /// Reads a relocation of a section that begins at the address `base`.
    private func readRelocation(
        _ entry: Entry, from base: UInt64, patching section: Section, _ symbolNumbers: [Int?]
    ) throws(ObjectError) -> Relocation {
        let symbol = try symbol(entry.cell(COFFRelocation.symbol), symbolNumbers)
        let number = entry.cell(COFFRelocation.type)
        let type = RelocationType(format: .coff, architecture: architecture, raw: UInt32(number.number))
        let address = entry.cell(COFFRelocation.address)
        guard address.number >= base else {
            throw contradiction(address, expected: "\(base), the section's address, or more")
        }
        let offset = address.number - base
        try file.check(type, patches: section, at: address.with(offset))
        // Of a type that is not known, nobody can say what it keeps where.
        let stored = section.contents.signedNumber(at: Int(offset), bytes: type.fieldSize ?? 0)
        guard let immediate = type.coffImmediate else {
            return Relocation(offset: offset, type: type, symbol: symbol, addend: type.coffAddend(stored))
        }
        let instruction = UInt32(truncatingIfNeeded: stored)
        guard immediate.isOf(instruction) else {
            let kind = Kind.wrongInstruction(type: type, found: instruction, expected: immediate.name)
            throw file.error(kind, at: number)
        }
        return Relocation(offset: offset, type: type, symbol: symbol, addend: immediate.value(instruction))
    }
}
