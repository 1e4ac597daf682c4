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

/// The state of reading one file.
struct MachOReader {
    typealias Kind = ObjectError.Kind

    var file: ObjectFile
    let architecture: Object.Architecture
    /// Of the sections of the only segment.
    private(set) var headers: Table
    /// The load command that says where symbols and their names are; nil in an object without symbols.
    private(set) var symbolTable: Entry?

    // MARK: Load commands

    /// Reads the file header and the load commands.
    init(_ bytes: [UInt8], name: String, limits: ReaderLimits) throws(ObjectError) {
        file = try ObjectFile(bytes, name: name, limits: limits)
        let header = try file.header("Mach-O header", bytes: MachOHeader.bytes)
        architecture = try Self.checkHeader(header, file)
        headers = Table(bytes: bytes, range: 0..<0, entryBytes: MachOSection.bytes, layout: file.layout, owner: .headers)
        let commandBytes = header.cell(MachOHeader.commandBytes)
        let commands = try file.table(
            "table of load commands", at: commandBytes.with(MachOHeader.bytes), count: commandBytes.number)
        try readCommands(header[MachOHeader.commandCount], in: commands.range)

        var claims: [ObjectFile.Claim] = [
            ("the file header and load commands", 0..<commands.range.upperBound, commandBytes)
        ]
        for header in headers {
            let contents = try contents(of: header)
            claims.append(("section \(header.index)", contents, header.cell(MachOSection.offset)))
            let relocations = try relocations(of: header).range
            claims.append(
                ("the relocations of section \(header.index)", relocations, header.cell(MachOSection.relocationsOffset)))
        }
        if let command = symbolTable {
            let symbols = try symbols(of: command).range
            claims.append(("the symbol table", symbols, command.cell(MachOCommand.symbolsOffset)))
            let strings = try strings(of: command)
            claims.append(("the string table", strings, command.cell(MachOCommand.stringsOffset)))
        }
        try file.checkOverlaps(claims)
    }

    /// Checks what in the file header decides how the rest is to be read.
    private static func checkHeader(
        _ header: Entry, _ file: ObjectFile
    ) throws(ObjectError) -> Object.Architecture {
        let magic = header.cell(MachOHeader.magic)
        guard magic.number == MachOHeader.magic64 else {
            guard let other = MachOHeader.otherMagics[magic.number] else {
                throw file.notThisFormat(expected: "Mach-O's, 0xcf 0xfa 0xed 0xfe")
            }
            throw file.unsupported(magic, other, expected: "MH_MAGIC_64 (\(MachOHeader.magic64)), little endian")
        }
        let machine = header.cell(MachOHeader.cpuType)
        guard [MachOHeader.x86_64, MachOHeader.arm64].contains(machine.number) else {
            throw file.unsupported(
                machine, MachOHeader.otherMachines[machine.number],
                expected: "CPU_TYPE_X86_64 (\(MachOHeader.x86_64)) or CPU_TYPE_ARM64 (\(MachOHeader.arm64))")
        }
        // The top byte is of capabilities. arm64e signs pointers: its instructions and relocations are others.
        let subtype = header.cell(MachOHeader.cpuSubtype)
        if machine.number == MachOHeader.arm64, subtype.number & 0xff_ffff == 2 {
            throw file.unsupported(
                subtype, "CPU_SUBTYPE_ARM64E", expected: "one without signed pointers, as arm64 has it")
        }
        try file.check(header.cell(MachOHeader.fileType), is: 1, "a relocatable object")
        return machine.number == MachOHeader.x86_64 ? .x86_64 : .aarch64
    }

    /// Reads the load commands, of which there are `count` in `range` of the file.
    private mutating func readCommands(_ count: UInt64, in range: Range<Int>) throws(ObjectError) {
        var segment: Entry?
        var place = range.lowerBound
        // Each takes 8 bytes at least, so that the file's end ends a loop that the count would not.
        for number in 0..<Int(count) {
            var cursor = try file.cursor("load command", place..<range.upperBound)
            _ = try (cursor.read(UInt32.self), cursor.read(UInt32.self))
            let command = file.entry(at: place, index: number)
            let kind = command[MachOCommand.command]
            let size = command.cell(MachOCommand.size)
            let minimum = MachOCommand.minimumBytes(kind)
            guard size.number >= minimum, size.number % 8 == 0, size.number <= range.upperBound - place else {
                throw file.badEntrySize(
                    size, expected: "a multiple of 8, from \(minimum) to \(range.upperBound - place)")
            }
            switch kind {
            case MachOCommand.segment:
                try checkFirst(segment, command, "LC_SEGMENT_64")
                segment = command
                headers = try sectionHeaders(command)
            case MachOCommand.symbolTable:
                try checkFirst(symbolTable, command, "LC_SYMTAB")
                symbolTable = command
            case MachOCommand.dynamicSymbolTable:
                // Says where kinds of symbols begin, which they say themselves, and has relocations of linked files.
                for field in [MachOCommand.externalRelocations, MachOCommand.localRelocations] {
                    try file.check(
                        command.cell(field), is: 0, "a relocatable object has its relocations with its sections")
                }
            case MachOCommand.segment32, MachOCommand.required...:
                throw file.unsupported(
                    command.cell(MachOCommand.command), kind == MachOCommand.segment32 ? "LC_SEGMENT" : nil,
                    expected: "a load command of a 64-bit relocatable object")
            default:
                break
            }
            place += Int(size.number)
        }
    }

    /// Checks that a command that may be there once was not there before.
    private func checkFirst(_ first: Entry?, _ command: Entry, _ name: String) throws(ObjectError) {
        guard let first else { return }
        throw file.error(.severalCommands(name, first: first.index), at: command.cell(MachOCommand.command))
    }

    /// The headers of a segment's sections.
    private func sectionHeaders(_ command: Entry) throws(ObjectError) -> Table {
        let count = command.cell(MachOCommand.sectionCount)
        let room = (Int(command[MachOCommand.size]) - MachOCommand.segmentBytes) / MachOSection.bytes
        guard count.number <= room else {
            throw file.error(.noRoom(field: count.name, found: count.number, room: room), at: count)
        }
        try file.check(.sections, count.number, at: count)
        return try file.table(
            "table of sections", at: count.with(command.start + MachOCommand.segmentBytes), count: count.number,
            of: MachOSection.bytes, owner: .headers)
    }

    // MARK: Ranges

    /// Where the bytes of a section are; none where it is zero-filled.
    private func contents(of header: Entry) throws(ObjectError) -> Range<Int> {
        if MachOSectionFlags(header).isZeroFilled { return 0..<0 }
        return try file.table("section", at: header.cell(MachOSection.offset), count: header[MachOSection.size]).range
    }

    func relocations(of header: Entry) throws(ObjectError) -> Table {
        try file.table(
            "table of relocations", at: header.cell(MachOSection.relocationsOffset),
            count: header[MachOSection.relocationCount], of: MachORelocation.bytes, owner: .section(header.index))
    }

    func symbols(of command: Entry) throws(ObjectError) -> Table {
        try file.table(
            "symbol table", at: command.cell(MachOCommand.symbolsOffset), count: command[MachOCommand.symbolCount],
            of: MachOSymbol.bytes)
    }

    /// Where the names of the symbols are.
    func strings(of command: Entry) throws(ObjectError) -> Range<Int> {
        try file.table(
            "string table", at: command.cell(MachOCommand.stringsOffset), count: command[MachOCommand.stringBytes]
        ).range
    }

    /// The header of the section that a field names, counting from 1.
    func section(_ cell: Cell) throws(ObjectError) -> Entry {
        try file.checkSection(cell, below: headers.count + 1)
        return headers[Int(cell.number) - 1]
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
        let isDebug = symbols.map { $0.kind == .other && $0.placement == .absolute }
        symbols += sections.map {
            Symbol(name: $0.name, placement: .section($0.index), value: 0, size: 0, binding: .local, kind: .section)
        }
        try readRelocations(isDebugSymbol: isDebug, into: &sections)
        return Object(
            name: file.name, format: .machO, architecture: architecture, sections: sections, symbols: symbols)
    }

    private mutating func readSection(_ header: Entry) throws(ObjectError) -> Section {
        let section = try fixedName(header, MachOSection.name)
        let segment = try fixedName(header, MachOSection.segmentName)
        let name = "\(segment),\(section)"
        file.sectionNames.append(name)
        let flags = MachOSectionFlags(header)
        if let name = flags.unsupportedName {
            throw file.unsupported(
                header.cell(MachOSection.flags), name, expected: "a type whose contents are in the section itself")
        }
        let alignment = header.cell(MachOSection.alignment)
        guard alignment.number < 64 else {
            throw file.error(.badAlignmentExponent(found: UInt32(alignment.number)), at: alignment)
        }
        let size = header.cell(MachOSection.size)
        var result = Section(
            index: header.index, name: name, contents: Array(file.bytes[try contents(of: header)]), size: size.number,
            alignment: 1 << alignment.number, flags: [])
        if !flags.isDebug {
            result.flags.insert(.allocated)
            // Protection is the segment's, and all but this one can be written, if only until they have been linked.
            if segment != "__TEXT" { result.flags.insert(.writable) }
        }
        if flags.isCode { result.flags.insert(.executable) }
        if flags.isZeroFilled { result.flags.insert(.zeroFilled) }
        if flags.isThreadLocal { result.flags.insert(.threadLocal) }
        if flags.mergedEntrySize > 0 {
            try file.checkWhole(size, of: flags.mergedEntrySize)
            result.flags.insert(.mergeable)
            result.entrySize = flags.mergedEntrySize
        }
        return result
    }

    /// A name of 16 bytes in a section header, or of less with zeros behind it.
    private mutating func fixedName(_ header: Entry, _ field: Field) throws(ObjectError) -> String {
        try file.name(in: header.range(of: field), header.cell(field))
    }
}
