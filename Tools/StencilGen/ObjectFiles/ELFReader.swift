// Reads relocatable ELF objects of both classes, little endian, for the machines of ELFMachine.supported.
//
// What is odd about ELF:
// - Nothing has a fixed place but the file header. Sections are known by number, their headers say
//   where their bytes are, and any number may be wrong: ranges may wrap, overlap and leave the file.
// - Names are offsets into string tables, and may share bytes: the names together can be
//   far longer than the file.
// - Relocations are sections of their own, which name the section that they patch (sh_info) and the
//   symbol table that they count in (sh_link). Most machines keep addends there (SHT_RELA); i386 keeps
//   them in the field that is patched (SHT_REL), so that where they are depends on the relocation's type.
//   Either way Relocation.addend is the psABI's A, and what a field holds counts for nothing more.
// - Numbers of sections have 16 bits, and 0xff00 ... 0xffff mean something else. An object with more
//   sections has e_shnum 0 and the number in section 0's sh_size, e_shstrndx 0xffff and the number in section
//   0's sh_link, and symbols with st_shndx 0xffff and the number in a table beside the symbol table.
// - Section names are not unique.
// - The classes differ in more than the width of words: a symbol has its fields in another order.
// - The upper bits of st_other are the machine's, and are read over: on Power (ELFv2) they are the distance
//   from a function's global to its local entry point, on AArch64 and RISC-V they mark calling conventions for
//   dynamic linkers. A symbol's value is the global entry point; functions that use no TOC pointer
//   (-mcpu=pwr10) have no other.
//
// Sources: System V gABI (https://gabi.xinuos.com), chapters "ELF Header", "Sections", "String
// Table", "Symbol Table", "Relocation"; the machines' psABIs, chapter "Object Files": AMD64
// (https://gitlab.com/x86-psABIs/x86-64-ABI), i386 (https://gitlab.com/x86-psABIs/i386-ABI), AAELF64
// (https://github.com/ARM-software/abi-aa), RISC-V (https://github.com/riscv-non-isa/riscv-elf-psabi-doc),
// Power ELFv2 (https://github.com/openpower-foundation/ELF-Specification).

extension Object {
    /// Reads a relocatable ELF object for i386, or, of 64 bits, for x86-64, AArch64, RISC-V or Power (ELFv2).
    ///
    /// - Parameters:
    ///   - bytes: the whole file.
    ///   - name: what errors call it.
    ///   - limits: what is refused for its size.
    /// - Throws: ``ObjectError`` at the first thing that is not as gABI and psABI have it, or that
    ///   Object cannot say. No contents of `bytes` make it trap, hang, or allocate more than a small multiple
    ///   of the file's size and the limits.
    package init(
        parsingELF bytes: [UInt8], name: String, limits: ReaderLimits = ReaderLimits()
    ) throws(ObjectError) {
        var reader = try ELFReader(bytes, name: name, limits: limits)
        self = try reader.readObject()
    }
}

/// The state of reading one file.
struct ELFReader {
    typealias Kind = ObjectError.Kind

    /// A field of a structure in the file: what an error is about.
    struct Cell {
        let field: ELFField
        let place: ObjectError.Place
    }

    let file: ByteReader
    let limits: ReaderLimits
    let machine: ELFMachine
    let headers: [ELFSectionHeader]
    /// The section that holds the sections' names.
    let namesIndex: UInt32
    /// The machine's, which is the file's.
    var fileClass: ELFClass { machine.fileClass }
    /// Names of the sections; as many as have been read.
    var names: [String] = []
    /// Bytes of all names so far.
    var nameBytes = 0

    // MARK: Errors

    /// A field of a section header.
    func cell(_ header: ELFSectionHeader, _ field: ELFField) -> Cell {
        cell(header, header.place, field)
    }

    /// A field of the structure at `offset` of the file, in a section.
    func cell(_ header: ELFSectionHeader, _ offset: Int, _ field: ELFField) -> Cell {
        Cell(field: field, place: place(header, at: offset + field.offset(in: fileClass)))
    }

    func place(_ header: ELFSectionHeader, at offset: Int) -> ObjectError.Place {
        let name = header.index < names.count ? names[header.index] : nil
        return ObjectError.Place(offset: offset, sectionIndex: header.index, sectionName: name)
    }

    /// A field of the file header.
    func cell(_ field: ELFField) -> Cell {
        Cell(field: field, place: ObjectError.Place(offset: field.offset(in: fileClass)))
    }

    func error(_ kind: Kind, _ cell: Cell) -> ObjectError {
        ObjectError(kind, at: cell.place, in: file.object)
    }

    // MARK: Headers

    /// Reads the file header and the section headers.
    init(_ bytes: [UInt8], name: String, limits: ReaderLimits) throws(ObjectError) {
        func error(_ kind: Kind, _ offset: Int) -> ObjectError {
            ObjectError(kind, at: ObjectError.Place(offset: offset), in: name)
        }
        guard bytes.count <= limits.fileBytes else {
            throw error(.tooLarge(.fileBytes, found: UInt64(bytes.count), limit: limits.fileBytes), 0)
        }
        let file = ByteReader(bytes, object: name)
        let header = try ELFHeader(file)
        let fileClass = header.machine.fileClass
        func error(_ kind: Kind, _ field: ELFField) -> ObjectError {
            error(kind, field.offset(in: fileClass))
        }
        let offset = header.headersOffset
        guard offset != 0 else { throw error(.missing("section header table"), .headersOffset) }
        func table(count: UInt64) throws(ObjectError) -> ByteReader {
            try file.stretch(
                "section header table", at: offset, count: count, of: fileClass.sectionHeaderBytes,
                saidAt: ObjectError.Place(offset: ELFField.headersOffset.offset(in: fileClass)))
        }
        // Section 0 has the numbers that the file header has no room for.
        let first = try table(count: 1)
        let null = try ELFSectionHeader(
            index: 0, ELFEntry(table: first, start: first.range.lowerBound, fileClass: fileClass))
        let count = header.headerCount == 0 ? null.size : UInt64(header.headerCount)
        guard count > 0 else { throw error(.missing("section header table"), .headerCount) }
        let entries = try table(count: count)
        guard count <= limits.sections else {
            throw error(.tooLarge(.sections, found: count, limit: limits.sections), .headerCount)
        }
        var headers: [ELFSectionHeader] = []
        headers.reserveCapacity(Int(count))
        for entry in ELFEntry.all(of: fileClass.sectionHeaderBytes, in: entries, fileClass) {
            headers.append(try ELFSectionHeader(index: headers.count, entry))
        }
        self.file = file
        self.limits = limits
        self.machine = header.machine
        self.headers = headers
        self.namesIndex = header.namesIndex == ELFSectionIndex.extended ? null.link : UInt32(header.namesIndex)
        try checkOverlaps(table: entries.range)
    }

    /// Checks that every section lies in the file, and that nothing lies on anything else. That
    /// bounds the contents of all sections together by the file's size.
    func checkOverlaps(table: Range<Int>) throws(ObjectError) {
        var taken: [(range: Range<Int>, section: ELFSectionHeader?)] = [
            (0..<Int(fileClass.headerBytes), nil), (table, nil),
        ]
        for header in headers where header.type != ELFSectionType.null && header.type != ELFSectionType.zeroFilled {
            let range = try contents(of: header).range
            if !range.isEmpty { taken.append((range, header)) }
        }
        taken.sort { $0.range.lowerBound < $1.range.lowerBound }
        for (before, after) in zip(taken, taken.dropFirst()) where after.range.lowerBound < before.range.upperBound {
            let owner =
                before.section.map { "section \($0.index)" }
                ?? (before.range.lowerBound == 0 ? "the ELF header" : "the section header table")
            throw error(.overlap(with: owner), after.section.map { cell($0, .offset) } ?? cell(.headersOffset))
        }
    }

    // MARK: Object

    /// Reads everything behind the headers.
    mutating func readObject() throws(ObjectError) -> Object {
        try readNames()
        var sections: [Section] = []
        sections.reserveCapacity(headers.count)
        for header in headers {
            sections.append(try readSection(header))
        }
        let symbols = try readSymbols(sections: sections)
        try readRelocations(symbolCount: symbols.count, into: &sections)
        return Object(
            name: file.object, format: .elf, architecture: machine.architecture, sections: sections,
            symbols: symbols)
    }

    /// The section that `index`, the value of a field, names. With `type`, of that type only.
    func linked(
        _ index: UInt32, _ cell: Cell, type: UInt32? = nil, _ expected: String = ""
    ) throws(ObjectError) -> ELFSectionHeader {
        guard index != 0, index < headers.count else {
            let kind = Kind.badSectionIndex(field: cell.field.name, found: UInt64(index), count: headers.count)
            throw error(kind, cell)
        }
        let header = headers[Int(index)]
        if let type, header.type != type { throw wrongType(of: header, cell, expected) }
        return header
    }

    func wrongType(of header: ELFSectionHeader, _ cell: Cell, _ expected: String) -> ObjectError {
        let kind = Kind.wrongSectionType(
            field: cell.field.name, section: header.index, found: header.type, expected: expected)
        return error(kind, cell)
    }

    /// The section of a type that may occur once, if there is one.
    func onlySection(of type: UInt32, _ what: String) throws(ObjectError) -> ELFSectionHeader? {
        let found = headers.filter { $0.type == type }
        guard found.count <= 1 else {
            throw error(.severalTables(what, first: found[0].index), cell(found[1], .type))
        }
        return found.first
    }

    // MARK: Sections

    /// The bytes of a section.
    func contents(of header: ELFSectionHeader) throws(ObjectError) -> ByteReader {
        try file.stretch("section", at: header.offset, count: header.size, saidAt: cell(header, .offset).place)
    }

    func readSection(_ header: ELFSectionHeader) throws(ObjectError) -> Section {
        var section = Section(
            index: header.index, name: names[header.index], contents: [], size: 0, alignment: 1, flags: [])
        // Its fields mean nothing, or something else in section 0.
        if header.type == ELFSectionType.null { return section }
        try checkSupported(header)

        section.size = header.size
        section.entrySize = header.entrySize
        section.alignment = max(header.alignment, 1)
        guard section.alignment.nonzeroBitCount == 1 else {
            throw error(.badAlignment(found: header.alignment), cell(header, .alignment))
        }
        for (bit, fact) in ELFSectionFlag.neutral where header.flags & bit != 0 {
            section.flags.insert(fact)
        }
        if section.flags.contains(.mergeable) {
            guard header.entrySize > 0 else {
                let kind = Kind.badEntrySize(
                    field: ELFField.entrySize.name, found: 0, expected: "more, because the section is mergeable")
                throw error(kind, cell(header, .entrySize))
            }
            _ = try entryCount(header, of: header.entrySize)
        }
        if header.type == ELFSectionType.zeroFilled {
            section.flags.insert(.zeroFilled)
        } else {
            section.contents = try contents(of: header).contents
        }
        return section
    }

    /// Refuses sections that an Object could not say rightly.
    func checkSupported(_ header: ELFSectionHeader) throws(ObjectError) {
        var name = ELFSectionType.unsupported[header.type]
        switch (header.type, machine.addends) {
        case (ELFSectionType.relocationsWithoutAddends, .inTable):
            throw error(.relocationsWithoutAddends, cell(header, .type))
        case (ELFSectionType.relocations, .inContents): name = "SHT_RELA"
        default: break
        }
        if let name {
            let kind = Kind.unsupported(
                field: ELFField.type.name, found: UInt64(header.type), meaning: name,
                expected: machine.addends.description)
            throw error(kind, cell(header, .type))
        }
        if header.flags & ELFSectionFlag.compressed != 0 {
            let kind = Kind.unsupported(
                field: ELFField.flags.name, found: header.flags, meaning: "SHF_COMPRESSED among others",
                expected: "contents as they are")
            throw error(kind, cell(header, .flags))
        }
    }

    /// How many entries of `size` bytes a section has.
    func entryCount(_ header: ELFSectionHeader, of size: UInt64) throws(ObjectError) -> UInt64 {
        let (count, rest) = header.size.quotientAndRemainder(dividingBy: size)
        guard rest == 0 else {
            throw error(.partialEntry(size: header.size, entrySize: size), cell(header, .size))
        }
        return count
    }

    /// How many entries a table has whose entries are of `size` bytes by the specification.
    func tableCount(_ header: ELFSectionHeader, of size: UInt64) throws(ObjectError) -> UInt64 {
        guard header.entrySize == size else {
            let field = ELFField.entrySize
            let kind = Kind.badEntrySize(field: field.name, found: header.entrySize, expected: "\(size)")
            throw error(kind, cell(header, field))
        }
        return try entryCount(header, of: size)
    }

    // MARK: Names

    mutating func readNames() throws(ObjectError) {
        let table = try stringTable(namesIndex, cell(.namesIndex))
        names.reserveCapacity(headers.count)
        for header in headers {
            let isNull = header.type == ELFSectionType.null
            names.append(isNull ? "" : try name(header.name, in: table, cell(header, .sectionName)))
        }
    }

    /// The bytes of the string table that a field names. They begin and end with zero.
    func stringTable(_ index: UInt32, _ cell: Cell) throws(ObjectError) -> Range<Int> {
        let header = try linked(index, cell, type: ELFSectionType.stringTable, "a string table (3)")
        let range = try contents(of: header).range
        guard let first = range.first, let last = range.last else {
            throw error(.badStringTable(.empty), self.cell(header, .size))
        }
        guard file.bytes[first] == 0 else {
            throw ObjectError(.badStringTable(.firstByteNotZero), at: place(header, at: first), in: file.object)
        }
        guard file.bytes[last] == 0 else {
            throw ObjectError(.badStringTable(.unterminated), at: place(header, at: last), in: file.object)
        }
        return range
    }

    /// The name at `index`, the value of a field, of a table that ``stringTable(_:_:)`` gave.
    mutating func name(_ index: UInt32, in table: Range<Int>, _ cell: Cell) throws(ObjectError) -> String {
        guard index < table.count else {
            throw error(.nameOutsideTable(field: cell.field.name, found: index, tableSize: table.count), cell)
        }
        let start = table.lowerBound + Int(index)
        var end = start
        // Ends at the table's last byte, which is zero.
        while file.bytes[end] != 0 {
            end += 1
            nameBytes += 1
            guard nameBytes <= limits.nameBytes else {
                throw error(.tooLarge(.nameBytes, found: UInt64(nameBytes), limit: limits.nameBytes), cell)
            }
        }
        let bytes = file.bytes[start..<end]
        // Decoding repairs what is not UTF-8, and changes it thereby.
        let name = String(decoding: bytes, as: UTF8.self)
        guard name.utf8.elementsEqual(bytes) else { throw error(.nameNotUTF8(field: cell.field.name), cell) }
        return name
    }
}
