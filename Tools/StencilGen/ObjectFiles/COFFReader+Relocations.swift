// The relocations of a COFF object: a table for each section, which the section's header leads to.

extension COFFReader {
    static let relocationBytes: UInt64 = 10

    /// The relocations of a section, with the cursor at the first. Where there are 65,535 or more,
    /// the number is in the address of an entry before it, which counts itself.
    func relocationTable(of header: COFFSectionHeader) throws(ObjectError) -> ByteReader {
        let place = cell(header, .relocations).place
        var count = UInt64(header.relocationCount)
        let isLong = header.flags & COFFSectionFlag.moreRelocations != 0
        if isLong {
            guard count == 0xffff else {
                throw contradiction(
                    count, "65535, because the section has IMAGE_SCN_LNK_NRELOC_OVFL", cell(header, .relocationCount))
            }
            var first = try file.stretch(
                "relocation table", at: UInt64(header.relocations), count: 1, of: Self.relocationBytes,
                saidAt: place)
            let firstCell = cell(header, first.offset, .relocationAddress)
            count = UInt64(try first.read(UInt32.self))
            guard count > 0 else {
                throw contradiction(0, "the number of relocations, this one included", firstCell)
            }
        }
        let start = count == 0 ? 0 : UInt64(header.relocations)
        var table = try file.stretch(
            "relocation table", at: start, count: count, of: Self.relocationBytes, saidAt: place)
        if isLong { _ = try (table.read(UInt64.self), table.read(UInt16.self)) }
        return table
    }

    /// Reads all relocations into the sections that they patch.
    ///
    /// - Parameter symbolNumbers: for each record of the symbol table, the symbol that it is.
    func readRelocations(symbolNumbers: [Int?], into sections: inout [Section]) throws(ObjectError) {
        var total: UInt64 = 0
        for header in headers {
            var table = try relocationTable(of: header)
            let count = UInt64(table.range.upperBound - table.offset) / Self.relocationBytes
            // Each count is of entries in the file, so that the sum cannot overflow.
            total += count
            guard total <= limits.relocations else {
                throw error(
                    .tooLarge(.relocations, found: total, limit: limits.relocations), cell(header, .relocationCount))
            }
            var relocations: [Relocation] = []
            relocations.reserveCapacity(Int(count))
            for _ in 0..<count {
                relocations.append(
                    try readRelocation(&table, of: header, patching: sections[header.index].contents, symbolNumbers))
            }
            sections[header.index].relocations = relocations
        }
    }

    /// Reads the relocation (IMAGE_RELOCATION) at the cursor of `table`.
    private func readRelocation(
        _ table: inout ByteReader, of header: COFFSectionHeader, patching contents: [UInt8], _ symbolNumbers: [Int?]
    ) throws(ObjectError) -> Relocation {
        let start = table.offset
        let address: UInt32 = try table.read()
        let number: UInt32 = try table.read()
        let raw: UInt16 = try table.read()
        guard number < symbolNumbers.count, let symbol = symbolNumbers[Int(number)] else {
            throw notASymbol(number, cell(header, start, .relocationSymbol))
        }
        let type = RelocationType(
            format: .coff, architecture: self.header.machine.architecture, raw: UInt32(raw))
        // A type that is not known patches something: a byte at least.
        let fieldSize = type.fieldSize ?? 1
        guard address >= header.virtualAddress else {
            let expected = "\(header.virtualAddress), the section's address, or more"
            throw contradiction(address, expected, cell(header, start, .relocationAddress))
        }
        let offset = Int(address - header.virtualAddress)
        guard offset <= contents.count, fieldSize <= contents.count - offset else {
            let kind = Kind.relocationOutsideSection(
                type: type, offset: UInt64(offset), section: header.index, sectionSize: UInt64(contents.count))
            throw error(kind, cell(header, start, .relocationAddress))
        }
        switch COFFAddend(of: type, in: contents[offset..<offset + fieldSize]) {
        case .value(let addend):
            return Relocation(offset: UInt64(offset), type: type, symbol: symbol, addend: addend)
        case .wrongInstruction(let found, let expected):
            throw error(
                .wrongInstruction(type: type, found: found, expected: expected),
                cell(header, start, .relocationType))
        }
    }
}
