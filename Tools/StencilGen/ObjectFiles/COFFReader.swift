// Reads relocatable COFF objects for x86-64, i386 and ARM64, with headers of either kind.
//
// What is odd about COFF:
// - No magic number: the file begins with the machine. An object of /bigobj begins with two numbers
//   that cannot be a machine and its sections, and has 32 bits for numbers of sections.
// - Names of up to 8 bytes are in the entry itself, without a zero behind the eighth. Longer ones are in the
//   string table, which has no header: it follows the symbol table, and begins with its own size.
// - Sections are numbered from 1, and a section's place in `Object.sections` is its number less one
//   (which is what llvm-objdump prints).
// - The symbol table has auxiliary records between the symbols, and they count in every number of
//   a symbol. `Object.symbols` has the symbols alone, and its numbers are others.
// - A symbol has no size, and an addend is in the contents that are patched: see
//   COFFReader+Symbols.swift and COFFAddend.swift.
// - On i386 names are decorated: C's `add` is `_add`. They are given as they are.
//
// What an Object does not say of a COFF object: COMDAT (which sections the linker takes once, and which go
// with which), what .drectve tells the linker, line numbers, dates and check sums.
//
// Source: PE Format (https://learn.microsoft.com/windows/win32/debug/pe-format), "COFF File Header",
// "Section Table", "COFF Relocations", "COFF Symbol Table", "COFF String Table"; the header of /bigobj is
// ANON_OBJECT_HEADER_BIGOBJ of the Windows SDK's winnt.h.

/// The state of reading one file.
struct COFFReader {
    typealias Kind = ObjectError.Kind

    var file: ObjectFile
    let architecture: Object.Architecture
    let headers: Table
    /// The symbol table, empty where there is none.
    let records: Table
    /// Where the string table is, with the size that it begins with; nil where there is no symbol table.
    let strings: Range<Int>?

    /// The error that a field's value cannot be with the others.
    func contradiction(_ cell: Cell, expected: String) -> ObjectError {
        file.error(.contradiction(field: cell.name, found: cell.number, expected: expected), at: cell)
    }

    // MARK: Headers

    /// Reads the file header, and finds the tables.
    init(_ bytes: [UInt8], name: String, limits: ReaderLimits) throws(ObjectError) {
        var file = try ObjectFile(bytes, name: name, limits: limits, layout: .narrow)
        let (header, machine) = try Self.readHeader(&file)
        architecture = machine.architecture
        let sectionCount = header.cell(COFFHeader.sectionCount)
        headers = try file.table(
            "section table", at: sectionCount.with(COFFHeader.bytes[file.layout]), count: sectionCount.number,
            of: COFFSection.bytes, owner: .headers)
        try file.check(.sections, headers.count, at: sectionCount)
        let symbolTable = header.cell(COFFHeader.symbolTable)
        let symbolCount = header.cell(COFFHeader.symbolCount)
        guard symbolTable.number != 0 || symbolCount.number == 0 else {
            throw file.error(.missing("symbol table"), at: symbolTable)
        }
        records = try file.table(
            "symbol table", at: symbolTable, count: symbolCount.number, of: COFFSymbol.bytes[file.layout])
        let behind = symbolTable.with(records.range.upperBound)
        strings = symbolTable.number == 0 ? nil : try Self.findStrings(at: behind, file)
        try file.check(.symbols, records.count, at: symbolCount)
        self.file = file

        var claims: [ObjectFile.Claim] = [("the headers", 0..<headers.range.upperBound, sectionCount)]
        if let strings {
            let range = records.range.lowerBound..<strings.upperBound
            claims.append(("the symbol and string tables", range, symbolTable))
        }
        for header in headers {
            let contents = try contents(of: header)
            claims.append(("section \(header.index)", contents, header.cell(COFFSection.contents)))
            let relocations = try relocationTable(of: header).range
            claims.append(
                ("the relocations of section \(header.index)", relocations, header.cell(COFFSection.relocations)))
        }
        try file.checkOverlaps(claims)
    }

    /// Reads the file header, and checks what decides how the rest is to be read; afterwards the file has its layout.
    private static func readHeader(_ file: inout ObjectFile) throws(ObjectError) -> (Entry, COFFMachine) {
        var header = try file.header("COFF header", bytes: COFFHeader.bytes[.narrow])
        if header[COFFHeader.machine] == 0, header[COFFHeader.sectionCount] == 0xffff {
            file.layout = .wide
            header = try file.header("COFF header of /bigobj", bytes: COFFHeader.bytes[.wide])
            try checkAnonymous(header, file)
        }
        let number = header.cell(COFFHeader.machine)
        guard let machine = COFFMachine.supported.first(where: { $0.raw == number.number }) else {
            // It is also the only sign of the format: COFF's header begins with no magic number.
            guard let name = COFFMachine.otherNames[number.number] else {
                throw file.notThisFormat(
                    expected: "COFF's machine, 0x64 0x86 (x86-64), 0x4c 0x1 (i386) or 0x64 0xaa (ARM64)", at: number)
            }
            let expected = COFFMachine.supported.map { "\($0.name) (\($0.raw))" }.joined(separator: " or ")
            throw file.unsupported(number, name, expected: expected)
        }
        if file.layout == .narrow {
            try file.check(header.cell(COFFHeader.optionalHeaderSize), is: 0, "a relocatable object has none")
            let flags = header.cell(COFFHeader.flags)
            guard flags.number & COFFHeader.executable == 0 else {
                throw file.unsupported(
                    flags, "IMAGE_FILE_EXECUTABLE_IMAGE among others", expected: "a relocatable object")
            }
        }
        return (header, machine)
    }

    /// Checks that an anonymous object, as which several kinds begin, is one of /bigobj.
    private static func checkAnonymous(_ header: Entry, _ file: ObjectFile) throws(ObjectError) {
        let version = header.cell(COFFHeader.version)
        guard version.number >= 2 else {
            let meaning =
                version.number == 0 ? "the one of an entry of an import library" : "the one of code for /LTCG"
            throw file.unsupported(version, meaning, expected: "2: an object of /bigobj")
        }
        guard (header[COFFHeader.classLow], header[COFFHeader.classHigh]) == COFFHeader.bigClass else {
            throw file.unsupported(
                header.cell(COFFHeader.classLow), expected: "that of /bigobj, {D1BAA1C7-BAEE-4BA9-AF20-FAF66AA4DCB8}")
        }
    }

    /// Where the string table is, which begins behind the symbol table.
    private static func findStrings(at place: Cell, _ file: ObjectFile) throws(ObjectError) -> Range<Int> {
        let size = try file.table(COFFStrings.size.name, at: place, count: 1, of: COFFStrings.sizeBytes)[0]
            .cell(COFFStrings.size)
        guard size.number >= COFFStrings.sizeBytes else {
            throw file.error(.badStringTable(.smallerThanItsSize(UInt32(size.number))), at: size)
        }
        let strings = try file.table("string table", at: size.with(size.offset), count: size.number).range
        // The size itself need not end with zero.
        try file.checkTerminated(strings.dropFirst(COFFStrings.sizeBytes))
        return strings
    }

    // MARK: Object

    /// Reads everything behind the headers.
    mutating func readObject() throws(ObjectError) -> Object {
        for header in headers {
            file.sectionNames.append(try sectionName(header))
        }
        var sections: [Section] = []
        sections.reserveCapacity(headers.count)
        for header in headers {
            sections.append(try readSection(header))
        }
        let (symbols, numbers) = try readSymbols(sections: sections)
        try readRelocations(symbolNumbers: numbers, into: &sections)
        return Object(
            name: file.name, format: .coff, architecture: architecture, sections: sections, symbols: symbols)
    }

    // MARK: Sections

    /// Where the bytes of a section are; where there are none, it does not matter where they would be.
    private func contents(of header: Entry) throws(ObjectError) -> Range<Int> {
        let start = header.cell(COFFSection.contents)
        let size = header[COFFSection.size]
        if size == 0 { return 0..<0 }
        if header[COFFSection.flags] & COFFSection.uninitialized != 0 {
            guard start.number == 0 else {
                throw contradiction(start, expected: "0, because the section has IMAGE_SCN_CNT_UNINITIALIZED_DATA")
            }
            return 0..<0
        }
        return try file.table("section", at: start, count: size).range
    }

    private func readSection(_ header: Entry) throws(ObjectError) -> Section {
        let flags = header.cell(COFFSection.flags)
        // IMAGE_SCN_ALIGN_*: 0 says nothing, which means 16 bytes in an object; n says 1 << (n - 1); 15 is not defined.
        let alignment = flags.number >> 20 & 15
        guard alignment < 15 else {
            throw contradiction(flags, expected: "IMAGE_SCN_ALIGN_8192BYTES (14 in bits 20 to 23) at most")
        }
        var section = Section(
            index: header.index, name: file.sectionNames[header.index],
            contents: Array(file.bytes[try contents(of: header)]), size: header[COFFSection.size],
            alignment: alignment == 0 ? 16 : 1 << (alignment - 1), flags: [])
        if flags.number & COFFSection.notAllocated == 0 { section.flags.insert(.allocated) }
        if flags.number & COFFSection.execute != 0 { section.flags.insert(.executable) }
        if flags.number & COFFSection.write != 0 { section.flags.insert(.writable) }
        if flags.number & COFFSection.uninitialized != 0 { section.flags.insert(.zeroFilled) }
        // No flag says it: the linker goes by the name, and joins .tls$ with what follows to .tls.
        if section.name == ".tls" || section.name.hasPrefix(".tls$") { section.flags.insert(.threadLocal) }
        return section
    }

    // MARK: Names

    private static let decimalDigits = Array("0123456789".utf8)
    private static let base64Digits =
        Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    /// The name of a section: up to 8 bytes, or a number of the string table, behind a slash in
    /// decimal, behind two in base 64 (for numbers of more than 7 digits).
    private mutating func sectionName(_ header: Entry) throws(ObjectError) -> String {
        let cell = header.cell(COFFSection.name)
        let field = header.range(of: COFFSection.name)
        let text = file.bytes[field].prefix { $0 != 0 }
        guard text.starts(with: "/".utf8) else { return try file.name(in: field, cell) }
        let isBase64 = text.starts(with: "//".utf8)
        let alphabet = isBase64 ? Self.base64Digits : Self.decimalDigits
        var number = 0
        // At most 7 digits: the number has at most 36 bits.
        let digits = text.dropFirst(isBase64 ? 2 : 1)
        for character in digits {
            guard let digit = alphabet.firstIndex(of: character) else {
                throw file.error(.badLongName(found: Array(text)), at: cell)
            }
            number = number * alphabet.count + digit
        }
        guard !digits.isEmpty, number <= UInt32.max else {
            throw file.error(.badLongName(found: Array(text)), at: cell)
        }
        return try longName(cell.with(number))
    }

    /// The name of a symbol: up to 8 bytes, or four zero bytes and a number of the string table. Eight zero bytes are
    /// the empty name.
    mutating func symbolName(_ record: Entry) throws(ObjectError) -> String {
        let cell = record.cell(COFFSymbol.name)
        let index = record[COFFSymbol.nameIndex]
        guard record[COFFSymbol.nameZeros] == 0, index != 0 else {
            return try file.name(in: record.range(of: COFFSymbol.name), cell)
        }
        return try longName(cell.with(index))
    }

    /// The name at a number of the string table.
    private mutating func longName(_ cell: Cell) throws(ObjectError) -> String {
        guard let strings else { throw file.error(.missing("string table"), at: cell) }
        guard cell.number >= COFFStrings.sizeBytes else {
            throw file.error(.nameInsideSize(field: cell.name, found: UInt32(cell.number)), at: cell)
        }
        return try file.name(cell, in: strings)
    }
}
