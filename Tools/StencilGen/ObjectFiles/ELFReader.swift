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

/// The state of reading one file.
struct ELFReader {
    typealias Kind = ObjectError.Kind

    var file: ObjectFile
    let machine: ELFMachine
    let headers: Table
    /// The number of the section that holds the sections' names.
    let namesIndex: Cell

    // MARK: Headers

    /// Reads the file header, and finds the section headers.
    init(_ bytes: [UInt8], name: String, limits: ReaderLimits) throws(ObjectError) {
        var file = try ObjectFile(bytes, name: name, limits: limits, layout: .narrow)
        let (header, machine) = try Self.readHeader(&file)
        let offset = header.cell(ELFHeader.sections)
        guard offset.number != 0 else { throw file.error(.missing("section header table"), at: offset) }
        func table(_ count: UInt64) throws(ObjectError) -> Table {
            try file.table(
                "section header table", at: offset, count: count, of: ELFSection.bytes[file.layout], owner: .headers)
        }
        // Section 0 has the numbers that the file header has no room for.
        let null = try table(1)[0]
        let stated = header.cell(ELFHeader.sectionCount)
        let count = stated.number == 0 ? null[ELFSection.size] : stated.number
        guard count > 0 else { throw file.error(.missing("section header table"), at: stated) }
        headers = try table(count)
        try file.check(.sections, count, at: stated)
        let names = header.cell(ELFHeader.namesIndex)
        namesIndex = names.number == ELFSectionIndex.extended ? names.with(null[ELFSection.link]) : names
        self.machine = machine
        self.file = file

        var claims: [ObjectFile.Claim] = [
            ("the ELF header", 0..<ELFHeader.bytes[file.layout], .start),
            ("the section header table", headers.range, offset),
        ]
        for header in headers
        where ![ELFSectionType.null, ELFSectionType.zeroFilled].contains(header[ELFSection.type]) {
            let range = try contents(of: header)
            claims.append(("section \(header.index)", range, header.cell(ELFSection.offset)))
        }
        try file.checkOverlaps(claims)
    }

    /// Reads the file header, and checks what decides how the rest is to be read; afterwards the file has its class's layout.
    private static func readHeader(_ file: inout ObjectFile) throws(ObjectError) -> (Entry, ELFMachine) {
        // The smaller header has everything up to e_version.
        let beginning = try file.header("ELF header", bytes: ELFHeader.bytes[file.layout])
        guard beginning[ELFHeader.magic] == 0x464c_457f else {
            throw file.notThisFormat(expected: "ELF's, 0x7f 0x45 0x4c 0x46")
        }
        let fileClass = beginning.cell(ELFHeader.fileClass)
        guard [1, 2].contains(fileClass.number) else {
            throw file.unsupported(fileClass, expected: "1: a 32-bit object, or 2: a 64-bit object")
        }
        try file.check(beginning.cell(ELFHeader.encoding), is: 1, "little endian")
        try file.check(beginning.cell(ELFHeader.identVersion), is: 1, "the current version")
        // EI_OSABI and its version only say whose extensions may occur; those that do are refused.
        try file.check(beginning.cell(ELFHeader.type), is: 1, "a relocatable object")
        let number = beginning.cell(ELFHeader.machine)
        guard let machine = ELFMachine.supported.first(where: { $0.raw == number.number }) else {
            throw file.unsupported(
                number, ELFMachine.otherNames[number.number],
                expected: ELFMachine.supported.map(\.description).joined(separator: " or "))
        }
        let expected = ELFHeader.classes[machine.layout]
        try file.check(
            fileClass, is: expected.number, "a \(expected.bits)-bit object, because e_machine is \(machine)")
        try file.check(beginning.cell(ELFHeader.version), is: 1, "the current version")

        file.layout = machine.layout
        let bytes = ELFHeader.bytes[file.layout]
        let header = try file.header("ELF header", bytes: bytes)
        let flags = header.cell(ELFHeader.flags)
        guard flags.number & ~machine.ignoredFlags == machine.flags.required else {
            throw file.unsupported(flags, expected: machine.flags.meaning)
        }
        // e_entry and what is about program headers concerns programs.
        try file.check(
            header.cell(ELFHeader.headerBytes), is: UInt64(bytes), "the size of an ELF\(expected.bits) header")
        let sectionBytes = header.cell(ELFHeader.sectionBytes)
        guard sectionBytes.number == ELFSection.bytes[file.layout] else {
            throw file.badEntrySize(sectionBytes, expected: "\(ELFSection.bytes[file.layout])")
        }
        return (header, machine)
    }

    // MARK: Object

    /// Reads everything behind the headers.
    mutating func readObject() throws(ObjectError) -> Object {
        let names = try stringTable(namesIndex)
        for header in headers {
            let isNull = header[ELFSection.type] == ELFSectionType.null
            file.sectionNames.append(isNull ? "" : try file.name(header.cell(ELFSection.name), in: names))
        }
        var sections: [Section] = []
        sections.reserveCapacity(headers.count)
        for header in headers {
            sections.append(try readSection(header))
        }
        let symbols = try readSymbols(sections: sections)
        try readRelocations(symbolCount: symbols.count, into: &sections)
        return Object(
            name: file.name, format: .elf, architecture: machine.architecture, sections: sections, symbols: symbols)
    }

    // MARK: Sections

    /// Where the bytes of a section are.
    private func contents(of header: Entry) throws(ObjectError) -> Range<Int> {
        try file.table("section", at: header.cell(ELFSection.offset), count: header[ELFSection.size]).range
    }

    func readSection(_ header: Entry) throws(ObjectError) -> Section {
        var section = Section(
            index: header.index, name: file.sectionNames[header.index], contents: [], size: 0, alignment: 1, flags: [])
        // Its fields mean nothing, or something else in section 0.
        if header[ELFSection.type] == ELFSectionType.null { return section }
        try checkSupported(header)

        section.size = header[ELFSection.size]
        section.entrySize = header[ELFSection.entryBytes]
        let alignment = header.cell(ELFSection.alignment)
        section.alignment = max(alignment.number, 1)
        guard section.alignment.nonzeroBitCount == 1 else {
            throw file.error(.badAlignment(found: alignment.number), at: alignment)
        }
        for (bit, fact) in ELFSectionFlag.neutral where header[ELFSection.flags] & bit != 0 {
            section.flags.insert(fact)
        }
        if section.flags.contains(.mergeable) {
            guard section.entrySize > 0 else {
                throw file.badEntrySize(
                    header.cell(ELFSection.entryBytes), expected: "more, because the section is mergeable")
            }
            try file.checkWhole(header.cell(ELFSection.size), of: section.entrySize)
        }
        if header[ELFSection.type] == ELFSectionType.zeroFilled {
            section.flags.insert(.zeroFilled)
        } else {
            section.contents = Array(file.bytes[try contents(of: header)])
        }
        return section
    }

    /// Refuses sections that an Object could not say rightly.
    private func checkSupported(_ header: Entry) throws(ObjectError) {
        let type = header.cell(ELFSection.type)
        var name = ELFSectionType.unsupported[type.number]
        switch (type.number, machine.addends) {
        case (ELFSectionType.relocationsWithoutAddends, .inTable):
            throw file.error(.relocationsWithoutAddends, at: type)
        case (ELFSectionType.relocations, .inContents): name = "SHT_RELA"
        default: break
        }
        if let name {
            let expected = "\(machine.addends.typeName) (\(machine.addends.sectionType))"
            throw file.unsupported(type, name, expected: expected)
        }
        let flags = header.cell(ELFSection.flags)
        if flags.number & ELFSectionFlag.compressed != 0 {
            throw file.unsupported(flags, "SHF_COMPRESSED among others", expected: "contents as they are")
        }
    }

    /// The entries of a section that is a table, and whose entries are of `bytes` bytes by the specification.
    func table(_ header: Entry, of bytes: Int) throws(ObjectError) -> Table {
        let stated = header.cell(ELFSection.entryBytes)
        guard stated.number == bytes else { throw file.badEntrySize(stated, expected: "\(bytes)") }
        let size = header.cell(ELFSection.size)
        try file.checkWhole(size, of: stated.number)
        return try file.table(
            "section", at: header.cell(ELFSection.offset), count: size.number / stated.number, of: bytes,
            owner: .section(header.index))
    }

    /// Where the bytes of the string table are that a field names. They begin and end with zero.
    func stringTable(_ cell: Cell) throws(ObjectError) -> Range<Int> {
        let header = try linked(cell, type: ELFSectionType.stringTable, "a string table (3)")
        let strings = try contents(of: header)
        guard let first = strings.first else {
            throw file.error(.badStringTable(.empty), at: header.cell(ELFSection.size))
        }
        try file.check(first, isZeroOr: .firstByteNotZero, in: header.index)
        try file.checkTerminated(strings, in: header.index)
        return strings
    }

    // MARK: What numbers lead to

    /// The section that a field names. With `type`, of that type only.
    func linked(_ cell: Cell, type: UInt64? = nil, _ expected: String = "") throws(ObjectError) -> Entry {
        try file.checkSection(cell, below: headers.count)
        let header = headers[Int(cell.number)]
        if let type, header[ELFSection.type] != type { throw wrongType(of: header, cell, expected) }
        return header
    }

    func wrongType(of header: Entry, _ cell: Cell, _ expected: String) -> ObjectError {
        let kind = Kind.wrongSectionType(
            field: cell.name, section: header.index, found: UInt32(header[ELFSection.type]), expected: expected)
        return file.error(kind, at: cell)
    }

    /// The section of a type that may occur once, if there is one.
    func onlySection(of type: UInt64, _ what: String) throws(ObjectError) -> Entry? {
        let found = headers.filter { $0[ELFSection.type] == type }
        guard found.count <= 1 else {
            throw file.error(.severalTables(what, first: found[0].index), at: found[1].cell(ELFSection.type))
        }
        return found.first
    }
}
