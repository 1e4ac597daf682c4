// Relocations of a Mach-O object.
//
// Addends are in the patched field, and what they mean depends. With S, A and P as in the psABIs (P is the
// address of the field), the value to be stored is S + A, or S + A - P where PC-relative, and A is made from what the field
// holds, V:
//
//   target             absolute        x86-64, PC-relative
//   a symbol           A = V           A = V - (bytes of the field)
//   a section          A = V - B       A = V + P0 - B
//
// - x86-64's values count from the end of the field, hence the first row. X86_64_RELOC_SIGNED_1, _2 and _4 tell a linker that
//   1, 2 or 4 bytes of the instruction follow the field; that number is already subtracted in V, as it is in ELF's addends.
// - A field against a section is as if nothing would move: absolute, it holds the target's address in the object; PC-relative,
//   the distance to it. B is the target section's address in the object, P0 the field's. A symbol of the
//   section is made the target (MachOReader.swift). Only pointers on arm64, and on x86-64 whatever does not go through a table.
// - arm64's instructions have no room for addends. Theirs come in an ARM64_RELOC_ADDEND before them; the two become one
//   Relocation, and an instruction that holds a value besides is refused. ARM64_RELOC_POINTER_TO_GOT has A = 0 and counts
//   from P; what its field holds means nothing (clang 21 leaves part of an offset there).
// - A difference is two relocations of one field: SUBTRACTOR, then UNSIGNED. Both become a Relocation, in this order and next
//   to each other; the value to be stored is the latter's S + A less the former's S. The former's A is 0.
//
// Sources: Apple's headers mach-o/reloc.h, mach-o/x86_64/reloc.h and mach-o/arm64/reloc.h.

/// A relocation as it lies in the file (relocation_info).
struct MachORelocationEntry {
    static let entryBytes: UInt64 = 8

    /// Where in the file it is.
    let place: Int
    let address: UInt32
    /// r_symbolnum: of a symbol, or of a section where not `isExternal`; the addend in ARM64_RELOC_ADDEND.
    let number: UInt32
    let isPCRelative: Bool
    let length: UInt32
    let isExternal: Bool
    let type: UInt32

    /// Decodes the entry at the cursor of `table`.
    init(_ table: inout ByteReader) throws(ObjectError) {
        place = table.offset
        address = try table.read()
        let word: UInt32 = try table.read()
        number = word & 0xff_ffff
        isPCRelative = word >> 24 & 1 != 0
        length = word >> 25 & 3
        isExternal = word >> 27 & 1 != 0
        type = word >> 28
    }

    /// The number as one of 24 bits with a sign.
    var addend: Int64 { Int64(Int32(bitPattern: number << 8) >> 8) }
    /// Bytes of the field.
    var fieldSize: Int { 1 << Int(length) }

    /// What a type asks of its reader.
    enum Role {
        /// A number that is stored whole; `section` where its target may be a section.
        case word(section: Bool)
        /// The first half of a difference.
        case subtractor
        /// One whose addend is not in the field; of an instruction's immediate, which the mask has, no bit is set.
        case outside(immediate: UInt32)
        /// The addend of the next.
        case addend
        /// One that only pointer authentication has: the field is no plain addend.
        case authenticated
    }

    func role(_ architecture: Object.Architecture) -> Role {
        if architecture == .aarch64 {
            return switch type {
            case 0: .word(section: true)
            case 1: .subtractor
            case 2: .outside(immediate: 0x03ff_ffff)
            case 3, 5, 8: .outside(immediate: 0x60ff_ffe0)
            case 4, 6, 9: .outside(immediate: 0x003f_fc00)
            case 10: .addend
            case 11: .authenticated
            default: .outside(immediate: 0)
            }
        }
        return switch type {
        case 5: .subtractor
        case 3, 4, 9: .word(section: false)
        default: .word(section: true)
        }
    }

    /// Whether ARM64_RELOC_ADDEND may precede it: BRANCH26, PAGE21, PAGEOFF12.
    var mayHaveAddend: Bool { [2, 3, 4].contains(type) }
}

extension MachOReader {
    /// Reads all relocations into the sections that they patch.
    ///
    /// - Parameters:
    ///   - isDebugSymbol: for each of the file's symbols, whether it is a debugger's.
    ///   - firstSectionSymbol: the index in Object.symbols of the symbol of section 0.
    func readRelocations(
        isDebugSymbol: [Bool], firstSectionSymbol: Int, into sections: inout [Section]
    ) throws(ObjectError) {
        var total: UInt64 = 0
        for header in headers {
            var table = try relocations(of: header)
            // Each count is of entries in the file, so that the sum cannot overflow.
            total += UInt64(header.relocationCount)
            guard total <= limits.relocations else {
                let kind = Kind.tooLarge(.relocations, found: total, limit: limits.relocations)
                throw error(kind, cell(header, .relocationCount))
            }
            var patched = MachOPatchedSection(
                reader: self, header: header, contents: try contents(of: header).range, isDebugSymbol: isDebugSymbol,
                firstSectionSymbol: firstSectionSymbol)
            patched.relocations.reserveCapacity(Int(header.relocationCount))
            while let entry = try patched.next(&table) {
                try patched.add(entry, before: &table)
            }
            sections[header.index].relocations = patched.relocations
        }
    }
}

/// The state of reading one section's relocations.
private struct MachOPatchedSection {
    let reader: MachOReader
    let header: MachOSectionHeader
    /// Where in the file the section's bytes are.
    let contents: Range<Int>
    let isDebugSymbol: [Bool]
    let firstSectionSymbol: Int
    var relocations: [Relocation] = []

    func type(_ entry: MachORelocationEntry) -> RelocationType {
        RelocationType(
            machO: reader.architecture, type: entry.type, length: entry.length, isPCRelative: entry.isPCRelative)
    }

    func bad(_ entry: MachORelocationEntry, _ fault: ObjectError.RelocationFault) -> ObjectError {
        reader.error(
            .badRelocation(type: type(entry), fault), reader.cell(header, entry.place, .relocationTarget))
    }

    /// The entry at the cursor, which is of a known type and patches bytes of the section; nil at the end.
    func next(_ table: inout ByteReader) throws(ObjectError) -> MachORelocationEntry? {
        if table.offset == table.range.upperBound { return nil }
        let entry = try MachORelocationEntry(&table)
        let addressCell = reader.cell(header, entry.place, .relocationAddress)
        guard entry.address < 1 << 31 else {
            throw reader.unsupported(
                addressCell, entry.address, "R_SCATTERED among others", expected: "an offset in the section, below 2^31")
        }
        guard let size = type(entry).fieldSize else { throw bad(entry, .unknown) }
        guard entry.address <= contents.count, size <= contents.count - Int(entry.address) else {
            let kind = ObjectError.Kind.relocationOutsideSection(
                type: type(entry), offset: UInt64(entry.address), section: header.index,
                sectionSize: UInt64(contents.count))
            throw reader.error(kind, addressCell)
        }
        return entry
    }

    /// Appends what an entry says, and the entry after it where the two belong together.
    mutating func add(_ entry: MachORelocationEntry, before table: inout ByteReader) throws(ObjectError) {
        switch entry.role(reader.architecture) {
        case .word(let mayBeSection):
            guard entry.isExternal || mayBeSection else { throw bad(entry, .sectionRelative) }
            try append(entry, addend: value(entry) &+ bias(entry))
        case .outside:
            try addWithAddend(entry, 0)
        case .addend:
            guard let next = try next(&table), next.address == entry.address, next.mayHaveAddend else {
                throw bad(entry, .unpaired(with: "BRANCH26, PAGE21 or PAGEOFF12"))
            }
            try addWithAddend(next, entry.addend)
        case .subtractor:
            guard let next = try next(&table), next.address == entry.address, next.length == entry.length, next.type == 0
            else { throw bad(entry, .unpaired(with: "UNSIGNED of the same length")) }
            try append(entry, addend: 0)
            // What the field holds has the subtracted section's address in it, where that is no symbol.
            try append(next, addend: value(next) &+ bias(next) &- bias(entry))
        case .authenticated:
            throw bad(entry, .authenticated)
        }
    }

    private mutating func addWithAddend(_ entry: MachORelocationEntry, _ addend: Int64) throws(ObjectError) {
        guard case .outside(let mask) = entry.role(reader.architecture) else { throw bad(entry, .unknown) }
        guard entry.isExternal else { throw bad(entry, .sectionRelative) }
        let immediate = UInt32(truncatingIfNeeded: value(entry)) & mask
        guard immediate == 0 else { throw bad(entry, .valueInInstruction(bits: immediate)) }
        try append(entry, addend: addend)
    }

    private mutating func append(_ entry: MachORelocationEntry, addend: Int64) throws(ObjectError) {
        relocations.append(
            Relocation(offset: UInt64(entry.address), type: type(entry), symbol: try symbol(of: entry), addend: addend))
    }

    /// The index in Object.symbols of an entry's target.
    private func symbol(of entry: MachORelocationEntry) throws(ObjectError) -> Int {
        let cell = reader.cell(header, entry.place, .relocationTarget)
        guard entry.isExternal else {
            return firstSectionSymbol + (try reader.header(entry.number, cell)).index
        }
        guard entry.number < isDebugSymbol.count else {
            throw reader.error(.badSymbolIndex(found: UInt64(entry.number), count: isDebugSymbol.count), cell)
        }
        guard !isDebugSymbol[Int(entry.number)] else { throw bad(entry, .debugSymbol) }
        return Int(entry.number)
    }

    /// V: what the field holds, with its sign.
    private func value(_ entry: MachORelocationEntry) -> Int64 {
        let start = contents.lowerBound + Int(entry.address)
        let bytes = reader.file.bytes[start..<start + entry.fieldSize]
        let unused = 64 - 8 * Int64(entry.fieldSize)
        let number: Int64 = bytes.reversed().reduce(0) { $0 << 8 | Int64($1) }
        return (number << unused) >> unused
    }

    /// What makes V to A. Wraps, as addresses do; a section that is not there has no address, and is refused elsewhere.
    private func bias(_ entry: MachORelocationEntry) -> Int64 {
        let isRelative = entry.isPCRelative && reader.architecture == .x86_64
        if entry.isExternal { return isRelative ? -Int64(entry.fieldSize) : 0 }
        guard entry.number != 0, entry.number <= reader.headers.count else { return 0 }
        let base = reader.headers[Int(entry.number) - 1].address
        let field = isRelative ? header.address &+ UInt64(entry.address) : 0
        return Int64(bitPattern: field &- base)
    }
}
