// Reads relocatable 64-bit Mach-O objects, little endian, for x86-64 and arm64.
//
// What is odd about Mach-O:
// - An object is one segment without a name, whose sections say of which segment of the program they will be. An Object's
//   section is named by both, as in C's section attribute: "__TEXT,__text".
// - Sections have addresses, as if the object were laid out already, and symbols' values are such addresses. Here they are
//   offsets in the section again.
// - Files count sections from 1. In Object and in errors they are counted from 0, as llvm-objdump does.
// - Names of C begin with an underscore, so that `add` is "_add"; names that begin with l or L are the assembler's.
// - Symbols have no sizes. Here a symbol reaches to the next one of its section, or the section's end, and has whatever
//   padding lies between. (One that is marked as a further entry, N_ALT_ENTRY, ends none.)
// - Addends are in the code. See MachOReader+Relocations.swift.
// - There are no symbols of sections, but relocations against sections. Behind the file's symbols, Object.symbols has one
//   for each section, in their order: local, of kind .section, named as the section, at 0.
// - A symbol for debuggers (a stab) keeps its number; it is absolute, of kind .other, and no relocation may be against it.
// - __compact_unwind and __eh_frame are sections like others, with relocations: for unwinders, not for who uses the code.
//
// Sources: Apple's headers mach-o/loader.h, mach-o/nlist.h and mach-o/reloc.h
// (https://github.com/apple-oss-distributions/xnu, EXTERNAL_HEADERS), mach/machine.h.

extension Object {
    /// Reads a relocatable Mach-O object for x86-64 or arm64.
    ///
    /// - Parameters:
    ///   - bytes: the whole file.
    ///   - name: what errors call it.
    ///   - limits: what is refused for its size.
    /// - Throws: ``ObjectError`` at the first thing that is not as Apple's headers have it, or that
    ///   Object cannot say. No contents of `bytes` make it trap, hang, or allocate more than a small multiple
    ///   of the file's size and the limits.
    package init(
        parsingMachO bytes: [UInt8], name: String, limits: ReaderLimits = ReaderLimits()
    ) throws(ObjectError) {
        var reader = try MachOReader(bytes, name: name, limits: limits)
        self = try reader.readObject()
    }
}

/// The state of reading one file.
struct MachOReader {
    typealias Kind = ObjectError.Kind

    /// A field of a structure in the file: what an error is about.
    struct Cell {
        let field: MachOField
        let place: ObjectError.Place
    }

    let file: ByteReader
    let limits: ReaderLimits
    let architecture: Object.Architecture
    private(set) var headers: [MachOSectionHeader] = []
    /// nil in an object without symbols.
    private(set) var symbolTable: MachOSymbolTable?
    /// Names of the sections; as many as have been read.
    var names: [String] = []
    /// Bytes of all names so far.
    var nameBytes = 0

    // MARK: Errors

    /// A field of the structure at `offset` of the file, in no section.
    func cell(_ offset: Int, _ field: MachOField) -> Cell {
        Cell(field: field, place: ObjectError.Place(offset: offset + field.offset))
    }

    /// A field of a section header.
    func cell(_ header: MachOSectionHeader, _ field: MachOField) -> Cell {
        cell(header, header.place, field)
    }

    /// A field of the structure at `offset` of the file, which belongs to a section.
    func cell(_ header: MachOSectionHeader, _ offset: Int, _ field: MachOField) -> Cell {
        let name = header.index < names.count ? names[header.index] : nil
        return Cell(
            field: field,
            place: ObjectError.Place(offset: offset + field.offset, sectionIndex: header.index, sectionName: name))
    }

    func error(_ kind: Kind, _ cell: Cell) -> ObjectError {
        ObjectError(kind, at: cell.place, in: file.object)
    }

    func unsupported(_ cell: Cell, _ found: UInt32, _ meaning: String?, expected: String) -> ObjectError {
        error(.unsupported(field: cell.field.name, found: UInt64(found), meaning: meaning, expected: expected), cell)
    }

    // MARK: Load commands

    /// Reads the file header and the load commands.
    init(_ bytes: [UInt8], name: String, limits: ReaderLimits) throws(ObjectError) {
        guard bytes.count <= limits.fileBytes else {
            let kind = Kind.tooLarge(.fileBytes, found: UInt64(bytes.count), limit: limits.fileBytes)
            throw ObjectError(kind, at: ObjectError.Place(offset: 0), in: name)
        }
        file = ByteReader(bytes, object: name)
        self.limits = limits
        let header = try MachOHeader(file)
        architecture = header.architecture
        let commands = try file.stretch(
            "table of load commands", at: MachOHeader.size, count: UInt64(header.commandBytes),
            saidAt: cell(0, .commandBytes).place)
        try readCommands(header.commandCount, in: commands.range)
        try checkOverlaps(commands: commands.range)
    }

    /// Reads the load commands, of which there are `count` in `range` of the file.
    private mutating func readCommands(_ count: UInt32, in range: Range<Int>) throws(ObjectError) {
        var firstSegment: Int?
        var firstSymbolTable: Int?
        var place = range.lowerBound
        // Each takes 8 bytes at least, so that the file's end ends a loop that the count would not.
        for number in 0..<Int(count) {
            var rest = try file.stretch(
                "load command", at: UInt64(place), count: UInt64(range.upperBound - place),
                saidAt: cell(place, .command).place)
            let command: UInt32 = try rest.read()
            let size: UInt32 = try rest.read()
            let minimum = MachOCommand.minimumSize(command)
            guard size >= minimum, size % 8 == 0, size <= range.upperBound - place else {
                let kind = Kind.badEntrySize(
                    field: MachOField.commandSize.name, found: UInt64(size),
                    expected: "a multiple of 8, from \(minimum) to \(range.upperBound - place)")
                throw error(kind, cell(place, .commandSize))
            }
            switch command {
            case MachOCommand.segment:
                try checkOnly(&firstSegment, number, "LC_SEGMENT_64", place)
                try readSegment(place, size: size)
            case MachOCommand.symbolTable:
                try checkOnly(&firstSymbolTable, number, "LC_SYMTAB", place)
                symbolTable = try MachOSymbolTable(place: place, &rest)
            case MachOCommand.dynamicSymbolTable:
                // Says where kinds of symbols begin, which they say themselves, and has relocations of linked files.
                try checkNone(.externalRelocations, of: place)
                try checkNone(.localRelocations, of: place)
            case MachOCommand.segment32, MachOCommand.required...:
                let name = command == MachOCommand.segment32 ? "LC_SEGMENT" : nil
                throw unsupported(
                    cell(place, .command), command, name, expected: "a load command of a 64-bit relocatable object")
            default:
                break
            }
            place += Int(size)
        }
    }

    /// Notes that command `number` is there, which may be there once.
    private func checkOnly(_ first: inout Int?, _ number: Int, _ name: String, _ place: Int) throws(ObjectError) {
        if let first { throw error(.severalCommands(name, first: first), cell(place, .command)) }
        first = number
    }

    /// Checks that a field of the command at `place` is 0.
    private func checkNone(_ field: MachOField, of place: Int) throws(ObjectError) {
        let cell = cell(place, field)
        var reader = try file.stretch(
            "load command", at: UInt64(place + field.offset), count: 4, saidAt: cell.place)
        let found: UInt32 = try reader.read()
        guard found == 0 else {
            throw unsupported(cell, found, nil, expected: "0: a relocatable object has its relocations with its sections")
        }
    }

    /// Reads the headers of the sections of the segment at `place`, whose command has `size` bytes.
    private mutating func readSegment(_ place: Int, size: UInt32) throws(ObjectError) {
        let countCell = cell(place, .sectionCount)
        var reader = try file.stretch(
            "load command", at: UInt64(countCell.place.offset), count: 4, saidAt: countCell.place)
        let count: UInt32 = try reader.read()
        let room = UInt64(size - MachOCommand.segmentBytes) / MachOSectionHeader.entryBytes
        guard count <= room else {
            let kind = Kind.noRoom(field: countCell.field.name, found: UInt64(count), room: Int(room))
            throw error(kind, countCell)
        }
        guard count <= limits.sections else {
            throw error(.tooLarge(.sections, found: UInt64(count), limit: limits.sections), countCell)
        }
        var table = try file.stretch(
            "table of sections", at: UInt64(place) + UInt64(MachOCommand.segmentBytes), count: UInt64(count),
            of: MachOSectionHeader.entryBytes, saidAt: countCell.place)
        headers.reserveCapacity(Int(count))
        for index in 0..<Int(count) {
            headers.append(try MachOSectionHeader(index: index, &table))
        }
    }

    // MARK: Ranges

    /// The bytes of a section; none where it is zero-filled.
    func contents(of header: MachOSectionHeader) throws(ObjectError) -> ByteReader {
        let isThere = !header.type.isZeroFilled
        return try file.stretch(
            "section", at: isThere ? UInt64(header.offset) : 0, count: isThere ? header.size : 0,
            saidAt: cell(header, .offset).place)
    }

    /// The relocations of a section.
    func relocations(of header: MachOSectionHeader) throws(ObjectError) -> ByteReader {
        try file.stretch(
            "table of relocations", at: UInt64(header.relocationsOffset), count: UInt64(header.relocationCount),
            of: MachORelocationEntry.entryBytes, saidAt: cell(header, .relocationsOffset).place)
    }

    /// The table of symbols.
    func symbols(of table: MachOSymbolTable) throws(ObjectError) -> ByteReader {
        try file.stretch(
            "symbol table", at: UInt64(table.offset), count: UInt64(table.count), of: Self.symbolBytes,
            saidAt: cell(table.place, .symbolsOffset).place)
    }

    /// The names of the symbols.
    func strings(of table: MachOSymbolTable) throws(ObjectError) -> ByteReader {
        try file.stretch(
            "string table", at: UInt64(table.stringsOffset), count: UInt64(table.stringBytes),
            saidAt: cell(table.place, .stringsOffset).place)
    }

    /// Checks that everything lies in the file, and nothing on anything else. That bounds the
    /// contents of all sections together by the file's size.
    private func checkOverlaps(commands: Range<Int>) throws(ObjectError) {
        var taken: [(range: Range<Int>, owner: String, cell: Cell)] = [
            (0..<commands.upperBound, "the file header and load commands", cell(0, .commandBytes))
        ]
        for header in headers {
            taken.append((try contents(of: header).range, "section \(header.index)", cell(header, .offset)))
            taken.append(
                (
                    try relocations(of: header).range, "the relocations of section \(header.index)",
                    cell(header, .relocationsOffset)
                ))
        }
        if let table = symbolTable {
            taken.append((try symbols(of: table).range, "the symbol table", cell(table.place, .symbolsOffset)))
            taken.append((try strings(of: table).range, "the string table", cell(table.place, .stringsOffset)))
        }
        taken.removeAll { $0.range.isEmpty }
        taken.sort { $0.range.lowerBound < $1.range.lowerBound }
        for (before, after) in zip(taken, taken.dropFirst()) where after.range.lowerBound < before.range.upperBound {
            throw error(.overlap(with: before.owner), after.cell)
        }
    }

    // MARK: Object

    /// Reads everything behind the load commands.
    mutating func readObject() throws(ObjectError) -> Object {
        var sections: [Section] = []
        sections.reserveCapacity(headers.count)
        for header in headers {
            sections.append(try readSection(header))
        }
        var symbols = try readSymbols(sections: sections)
        let fileSymbols = symbols.count
        let isDebug = symbols.map { $0.kind == .other && $0.placement == .absolute }
        for section in sections {
            symbols.append(
                Symbol(
                    name: section.name, placement: .section(section.index), value: 0, size: 0, binding: .local,
                    kind: .section))
        }
        try readRelocations(isDebugSymbol: isDebug, firstSectionSymbol: fileSymbols, into: &sections)
        return Object(
            name: file.object, format: .machO, architecture: architecture, sections: sections, symbols: symbols)
    }

    private mutating func readSection(_ header: MachOSectionHeader) throws(ObjectError) -> Section {
        let section = try fixedName(header, .sectionName)
        let segment = try fixedName(header, .segmentName)
        names.append("\(segment),\(section)")
        if let name = header.type.unsupportedName {
            throw unsupported(
                cell(header, .flags), header.flags, name, expected: "a type whose contents are in the section itself")
        }
        guard header.alignment < 64 else {
            throw error(.badAlignmentExponent(found: header.alignment), cell(header, .alignment))
        }
        var result = Section(
            index: header.index, name: names[header.index], contents: try contents(of: header).contents,
            size: header.size, alignment: 1 << UInt64(header.alignment), flags: [])
        if !header.isDebug {
            result.flags.insert(.allocated)
            // Protection is the segment's, and all but this one can be written, if only until they have been linked.
            if segment != "__TEXT" { result.flags.insert(.writable) }
        }
        if header.isCode { result.flags.insert(.executable) }
        if header.type.isZeroFilled { result.flags.insert(.zeroFilled) }
        if header.type.isThreadLocal { result.flags.insert(.threadLocal) }
        let entrySize = header.type.mergedEntrySize
        if entrySize > 0 {
            guard header.size % entrySize == 0 else {
                throw error(.partialEntry(size: header.size, entrySize: entrySize), cell(header, .size))
            }
            result.flags.insert(.mergeable)
            result.entrySize = entrySize
        }
        return result
    }

    /// A name of 16 bytes in a section header, or of less with zeros behind it.
    private mutating func fixedName(_ header: MachOSectionHeader, _ field: MachOField) throws(ObjectError) -> String {
        let start = header.place + field.offset
        return try decodedName(file.bytes[start..<start + 16].prefix { $0 != 0 }, cell(header, field))
    }

    /// The name that these bytes of the file are.
    mutating func decodedName(_ bytes: ArraySlice<UInt8>, _ cell: Cell) throws(ObjectError) -> String {
        nameBytes += bytes.count
        guard nameBytes <= limits.nameBytes else {
            throw error(.tooLarge(.nameBytes, found: UInt64(nameBytes), limit: limits.nameBytes), cell)
        }
        // Decoding repairs what is not UTF-8, and changes it thereby.
        let name = String(decoding: bytes, as: UTF8.self)
        guard name.utf8.elementsEqual(bytes) else { throw error(.nameNotUTF8(field: cell.field.name), cell) }
        return name
    }
}
