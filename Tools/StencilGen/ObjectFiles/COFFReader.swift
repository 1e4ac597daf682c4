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

extension Object {
    /// Reads a relocatable COFF object for x86-64, i386 or ARM64.
    ///
    /// - Parameters:
    ///   - bytes: the whole file.
    ///   - name: what errors call it.
    ///   - limits: what is refused for its size.
    /// - Throws: ``ObjectError`` at the first thing that is not as the specification has it, or that
    ///   Object cannot say. No contents of `bytes` make it trap, hang, or allocate more than a small multiple
    ///   of the file's size and the limits.
    package init(
        parsingCOFF bytes: [UInt8], name: String, limits: ReaderLimits = ReaderLimits()
    ) throws(ObjectError) {
        var reader = try COFFReader(bytes, name: name, limits: limits)
        self = try reader.readObject()
    }
}

/// The state of reading one file.
struct COFFReader {
    typealias Kind = ObjectError.Kind

    /// A field of a structure in the file: what an error is about.
    struct Cell {
        let field: COFFField
        let place: ObjectError.Place
    }

    let file: ByteReader
    let limits: ReaderLimits
    let header: COFFHeader
    let headers: [COFFSectionHeader]
    /// The symbol table's records, none where there is no symbol table.
    let records: Range<Int>
    /// The string table with the size that it begins with; nil where there is no symbol table.
    let strings: Range<Int>?
    /// Names of the sections; as many as have been read.
    var names: [String] = []
    /// Bytes of all names so far.
    var nameBytes = 0

    // MARK: Errors

    /// A field of a section header.
    func cell(_ header: COFFSectionHeader, _ field: COFFField) -> Cell {
        cell(header, header.place, field)
    }

    /// A field of the structure at `offset` of the file, of a section.
    func cell(_ header: COFFSectionHeader, _ offset: Int, _ field: COFFField) -> Cell {
        let name = header.index < names.count ? names[header.index] : nil
        let place = ObjectError.Place(
            offset: offset + field.offset, sectionIndex: header.index, sectionName: name)
        return Cell(field: field, place: place)
    }

    /// A field of a structure that belongs to no section: the file header, a symbol.
    func cell(at offset: Int, _ field: COFFField) -> Cell {
        Cell(field: field, place: ObjectError.Place(offset: offset + field.offset))
    }

    func error(_ kind: Kind, _ cell: Cell) -> ObjectError {
        ObjectError(kind, at: cell.place, in: file.object)
    }

    /// The error that a field's value cannot be with the others.
    func contradiction(_ found: some BinaryInteger, _ expected: String, _ cell: Cell) -> ObjectError {
        error(.contradiction(field: cell.field.name, found: UInt64(found), expected: expected), cell)
    }

    // MARK: Headers

    /// Reads the file header and the section headers, and finds the tables.
    init(_ bytes: [UInt8], name: String, limits: ReaderLimits) throws(ObjectError) {
        func error(_ kind: Kind, _ field: COFFField) -> ObjectError {
            ObjectError(kind, at: ObjectError.Place(offset: field.offset), in: name)
        }
        guard bytes.count <= limits.fileBytes else {
            throw error(.tooLarge(.fileBytes, found: UInt64(bytes.count), limit: limits.fileBytes), .machine)
        }
        let file = ByteReader(bytes, object: name)
        let header = try COFFHeader(file)
        let count = UInt64(header.sectionCount)
        var table = try file.stretch(
            "section table", at: UInt64(header.size), count: count, of: UInt64(COFFSectionHeader.entryBytes),
            saidAt: ObjectError.Place(offset: header.sectionCountField.offset))
        guard count <= limits.sections else {
            throw error(.tooLarge(.sections, found: count, limit: limits.sections), header.sectionCountField)
        }
        var headers: [COFFSectionHeader] = []
        headers.reserveCapacity(Int(count))
        for index in 0..<Int(count) {
            headers.append(try COFFSectionHeader(index: index, &table))
        }
        self.file = file
        self.limits = limits
        self.header = header
        self.headers = headers
        (records, strings) = try Self.tables(header, file)
        guard header.symbolCount <= limits.symbols else {
            throw error(
                .tooLarge(.symbols, found: UInt64(header.symbolCount), limit: limits.symbols),
                header.symbolCountField)
        }
        try checkOverlaps(headersEnd: table.range.upperBound)
    }

    /// Where the symbol table and the string table behind it are.
    private static func tables(
        _ header: COFFHeader, _ file: ByteReader
    ) throws(ObjectError) -> (records: Range<Int>, strings: Range<Int>?) {
        let place = ObjectError.Place(offset: header.symbolTableField.offset)
        if header.symbolTable == 0 {
            guard header.symbolCount == 0 else {
                throw ObjectError(.missing("symbol table"), at: place, in: file.object)
            }
            return (0..<0, nil)
        }
        let records = try file.stretch(
            "symbol table", at: UInt64(header.symbolTable), count: UInt64(header.symbolCount),
            of: UInt64(header.symbolBytes), saidAt: place
        ).range
        let start = UInt64(records.upperBound)
        var reader = try file.stretch("size of the string table", at: start, count: 4, saidAt: place)
        let sizePlace = ObjectError.Place(offset: records.upperBound)
        let size: UInt32 = try reader.read()
        guard size >= 4 else {
            throw ObjectError(.badStringTable(.smallerThanItsSize(size)), at: sizePlace, in: file.object)
        }
        let strings = try file.stretch("string table", at: start, count: UInt64(size), saidAt: sizePlace).range
        guard size == 4 || file.bytes[strings.upperBound - 1] == 0 else {
            let last = ObjectError.Place(offset: strings.upperBound - 1)
            throw ObjectError(.badStringTable(.unterminated), at: last, in: file.object)
        }
        return (records, strings)
    }

    /// Checks that every section lies in the file, and that nothing lies on anything else. That
    /// bounds the contents of all sections together by the file's size.
    private func checkOverlaps(headersEnd: Int) throws(ObjectError) {
        let symbolTable = cell(at: 0, header.symbolTableField)
        var taken: [(range: Range<Int>, owner: String, cell: Cell)] = [
            (0..<headersEnd, "the headers", cell(at: 0, header.sectionCountField))
        ]
        if let strings {
            taken.append((records.lowerBound..<strings.upperBound, "the symbol and string tables", symbolTable))
        }
        for header in headers {
            let contents = try contents(of: header).range
            let relocations = try relocationTable(of: header).range
            taken.append((contents, "section \(header.index)", cell(header, .contents)))
            taken.append((relocations, "the relocations of section \(header.index)", cell(header, .relocations)))
        }
        taken.removeAll { $0.range.isEmpty }
        // The headers are the first of what begins at 0: nothing else may.
        let order = taken.indices.sorted {
            (taken[$0].range.lowerBound, $0) < (taken[$1].range.lowerBound, $1)
        }
        for (before, after) in zip(order, order.dropFirst())
        where taken[after].range.lowerBound < taken[before].range.upperBound {
            throw error(.overlap(with: taken[before].owner), taken[after].cell)
        }
    }

    // MARK: Object

    /// Reads everything behind the headers.
    mutating func readObject() throws(ObjectError) -> Object {
        names.reserveCapacity(headers.count)
        for header in headers {
            names.append(try sectionName(header))
        }
        var sections: [Section] = []
        sections.reserveCapacity(headers.count)
        for header in headers {
            sections.append(try readSection(header))
        }
        let (symbols, numbers) = try readSymbols(sections: sections)
        try readRelocations(symbolNumbers: numbers, into: &sections)
        return Object(
            name: file.object, format: .coff, architecture: header.machine.architecture, sections: sections,
            symbols: symbols)
    }

    // MARK: Sections

    /// The bytes of a section; where there are none, it does not matter where they would be.
    func contents(of header: COFFSectionHeader) throws(ObjectError) -> ByteReader {
        let cell = cell(header, .contents)
        if header.isZeroFilled {
            guard header.size == 0 || header.contents == 0 else {
                throw contradiction(
                    header.contents, "0, because the section has IMAGE_SCN_CNT_UNINITIALIZED_DATA", cell)
            }
            return try file.stretch("section", at: 0, count: 0, saidAt: cell.place)
        }
        let offset = header.size == 0 ? 0 : header.contents
        return try file.stretch("section", at: UInt64(offset), count: UInt64(header.size), saidAt: cell.place)
    }

    private func readSection(_ header: COFFSectionHeader) throws(ObjectError) -> Section {
        guard header.alignmentCode <= 14 else {
            let expected = "IMAGE_SCN_ALIGN_8192BYTES (14 in bits 20 to 23) at most"
            throw contradiction(header.flags, expected, cell(header, .sectionFlags))
        }
        // Where nothing is said, it is 16 bytes in an object.
        let alignment: UInt64 = header.alignmentCode == 0 ? 16 : 1 << UInt64(header.alignmentCode - 1)
        let name = names[header.index]
        var flags: Section.Flags = []
        if header.flags & COFFSectionFlag.notAllocated == 0 { flags.insert(.allocated) }
        if header.flags & COFFSectionFlag.execute != 0 { flags.insert(.executable) }
        if header.flags & COFFSectionFlag.write != 0 { flags.insert(.writable) }
        if header.isZeroFilled { flags.insert(.zeroFilled) }
        // No flag says it: the linker goes by the name, and joins .tls$ with what follows to .tls.
        if name == ".tls" || name.hasPrefix(".tls$") { flags.insert(.threadLocal) }
        return Section(
            index: header.index, name: name, contents: try contents(of: header).contents,
            size: UInt64(header.size), alignment: alignment, flags: flags)
    }

    // MARK: Names

    /// The name of a section: up to 8 bytes, or a number of the string table, behind a slash in
    /// decimal, behind two in base 64 (for numbers of more than 7 digits).
    private mutating func sectionName(_ header: COFFSectionHeader) throws(ObjectError) -> String {
        let cell = cell(header, .sectionName)
        let field = header.place..<header.place + 8
        let text = file.bytes[field].prefix { $0 != 0 }
        guard text.first == UInt8(ascii: "/") else { return try name(in: field, cell) }
        let isBase64 = text.dropFirst().first == UInt8(ascii: "/")
        let digits = text.dropFirst(isBase64 ? 2 : 1)
        let radix: UInt64 = isBase64 ? 64 : 10
        var number: UInt64 = 0
        // At most 7 digits: the number has at most 36 bits.
        for character in digits {
            guard let digit = isBase64 ? Self.base64Digit(character) : Self.decimalDigit(character) else {
                throw error(.badLongName(found: Array(text)), cell)
            }
            number = number * radix + digit
        }
        guard !digits.isEmpty, let index = UInt32(exactly: number) else {
            throw error(.badLongName(found: Array(text)), cell)
        }
        return try longName(index, cell)
    }

    private static func decimalDigit(_ character: UInt8) -> UInt64? {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(character) ? UInt64(character - UInt8(ascii: "0")) : nil
    }

    private static func base64Digit(_ character: UInt8) -> UInt64? {
        switch character {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt64(character - UInt8(ascii: "A"))
        case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt64(character - UInt8(ascii: "a")) + 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt64(character - UInt8(ascii: "0")) + 52
        case UInt8(ascii: "+"): 62
        case UInt8(ascii: "/"): 63
        default: nil
        }
    }

    /// The name of a symbol, whose record is at `offset`: up to 8 bytes, or four zero bytes and a
    /// number of the string table. Eight zero bytes are the empty name.
    mutating func symbolName(at offset: Int) throws(ObjectError) -> String {
        let cell = cell(at: offset, .symbolName)
        var reader = try file.stretch("name", at: UInt64(offset), count: 8, saidAt: cell.place)
        let start: UInt32 = try reader.read()
        let index: UInt32 = try reader.read()
        return start == 0 && index != 0 ? try longName(index, cell) : try name(in: offset..<offset + 8, cell)
    }

    /// The name at `index`, counted from the beginning of the string table.
    private mutating func longName(_ index: UInt32, _ cell: Cell) throws(ObjectError) -> String {
        guard let strings else { throw error(.missing("string table"), cell) }
        guard index >= 4 else { throw error(.nameInsideSize(field: cell.field.name, found: index), cell) }
        guard index < strings.count else {
            throw error(
                .nameOutsideTable(field: cell.field.name, found: index, tableSize: strings.count), cell)
        }
        return try name(in: strings.lowerBound + Int(index)..<strings.upperBound, cell)
    }

    /// The name that `range` of the file begins with: up to a zero byte, or all of it.
    mutating func name(in range: Range<Int>, _ cell: Cell) throws(ObjectError) -> String {
        var end = range.lowerBound
        while end < range.upperBound, file.bytes[end] != 0 {
            end += 1
            nameBytes += 1
            guard nameBytes <= limits.nameBytes else {
                throw error(.tooLarge(.nameBytes, found: UInt64(nameBytes), limit: limits.nameBytes), cell)
            }
        }
        let bytes = file.bytes[range.lowerBound..<end]
        // Decoding repairs what is not UTF-8, and changes it thereby.
        let name = String(decoding: bytes, as: UTF8.self)
        guard name.utf8.elementsEqual(bytes) else { throw error(.nameNotUTF8(field: cell.field.name), cell) }
        return name
    }
}
