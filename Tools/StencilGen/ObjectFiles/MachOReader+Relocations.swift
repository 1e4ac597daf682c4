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

/// A relocation (relocation_info).
struct MachORelocation {
    static let bytes = 8
    static let address = Field("r_address", 0, 4)
    /// A word of five bit fields.
    static let target = Field("r_symbolnum", 4, 4)

    /// Its address.
    let offset: Cell
    /// r_symbolnum: of a symbol, or of a section where not `isExternal`; the addend in ARM64_RELOC_ADDEND.
    let number: Cell
    let isPCRelative: Bool
    let isExternal: Bool
    let type: RelocationType

    init(_ entry: Entry, _ architecture: Object.Architecture) {
        let target = entry.cell(Self.target)
        offset = entry.cell(Self.address)
        number = target.with(target.number & 0xff_ffff)
        isPCRelative = target.number >> 24 & 1 != 0
        isExternal = target.number >> 27 & 1 != 0
        type = RelocationType(
            machO: architecture, type: UInt32(target.number >> 28), length: UInt32(target.number >> 25 & 3),
            isPCRelative: isPCRelative)
    }

    /// The number as one of 24 bits with a sign.
    var addend: Int64 { Int64(bitPattern: number.number << 40) >> 40 }
    /// Bytes of the field.
    var fieldBytes: Int { 1 << Int(type.machOFields.length) }

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

    var role: Role {
        if type.architecture == .aarch64 {
            return switch type.machOFields.type {
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
        return switch type.machOFields.type {
        case 5: .subtractor
        case 3, 4, 9: .word(section: false)
        default: .word(section: true)
        }
    }

    /// Whether ARM64_RELOC_ADDEND may precede it: BRANCH26, PAGE21, PAGEOFF12.
    var mayHaveAddend: Bool { [2, 3, 4].contains(type.machOFields.type) }
}

extension MachOReader {
    /// Reads all relocations into the sections that they patch.
    ///
    /// - Parameter isDebugSymbol: for each of the file's symbols, whether it is a debugger's. The sections' symbols are
    ///   behind them.
    func readRelocations(isDebugSymbol: [Bool], into sections: inout [Section]) throws(ObjectError) {
        var total = 0
        for header in headers {
            let table = try relocations(of: header)
            // Each count is of entries in the file, so that the sum cannot overflow.
            total += table.count
            try file.check(.relocations, total, at: header.cell(MachOSection.relocationCount))
            var patched = MachOPatchedSection(
                reader: self, address: header[MachOSection.address], section: sections[header.index],
                isDebugSymbol: isDebugSymbol)
            var entries = table.makeIterator()
            while let entry = entries.next() {
                let relocation = try patched.read(entry)
                try patched.add(relocation, before: &entries)
            }
            sections[header.index] = patched.section
        }
    }
}

/// The state of reading one section's relocations.
private struct MachOPatchedSection {
    typealias Entries = IndexingIterator<Table>

    let reader: MachOReader
    /// The section's in the object.
    let address: UInt64
    var section: Section
    let isDebugSymbol: [Bool]

    private func bad(_ relocation: MachORelocation, _ fault: ObjectError.RelocationFault) -> ObjectError {
        reader.file.error(.badRelocation(type: relocation.type, fault), at: relocation.number)
    }

    /// Decodes an entry, which is of a known type and patches bytes of the section.
    func read(_ entry: Entry) throws(ObjectError) -> MachORelocation {
        let relocation = MachORelocation(entry, reader.architecture)
        guard relocation.offset.number < 1 << 31 else {
            throw reader.file.unsupported(
                relocation.offset, "R_SCATTERED among others", expected: "an offset in the section, below 2^31")
        }
        guard relocation.type.fieldSize != nil else { throw bad(relocation, .unknown) }
        try reader.file.check(relocation.type, patches: section, at: relocation.offset)
        return relocation
    }

    /// The second half of what `first` begins, which is the next entry, at the same offset.
    private func next(_ entries: inout Entries, at first: MachORelocation) throws(ObjectError) -> MachORelocation? {
        guard let entry = entries.next() else { return nil }
        let next = try read(entry)
        return next.offset.number == first.offset.number ? next : nil
    }

    /// Appends what an entry says, and the entry after it where the two belong together.
    mutating func add(_ relocation: MachORelocation, before entries: inout Entries) throws(ObjectError) {
        switch relocation.role {
        case .word(let mayBeSection):
            guard relocation.isExternal || mayBeSection else { throw bad(relocation, .sectionRelative) }
            try append(relocation, addend: value(relocation) &+ bias(relocation))
        case .outside:
            try addWithAddend(relocation, 0)
        case .addend:
            guard let next = try next(&entries, at: relocation), next.mayHaveAddend else {
                throw bad(relocation, .unpaired(with: "BRANCH26, PAGE21 or PAGEOFF12"))
            }
            try addWithAddend(next, relocation.addend)
        case .subtractor:
            guard let next = try next(&entries, at: relocation), next.fieldBytes == relocation.fieldBytes,
                next.type.machOFields.type == 0
            else { throw bad(relocation, .unpaired(with: "UNSIGNED of the same length")) }
            try append(relocation, addend: 0)
            // What the field holds has the subtracted section's address in it, where that is no symbol.
            try append(next, addend: value(next) &+ bias(next) &- bias(relocation))
        case .authenticated:
            throw bad(relocation, .authenticated)
        }
    }

    private mutating func addWithAddend(_ relocation: MachORelocation, _ addend: Int64) throws(ObjectError) {
        guard case .outside(let mask) = relocation.role else { throw bad(relocation, .unknown) }
        guard relocation.isExternal else { throw bad(relocation, .sectionRelative) }
        let immediate = UInt32(truncatingIfNeeded: value(relocation)) & mask
        guard immediate == 0 else { throw bad(relocation, .valueInInstruction(bits: immediate)) }
        try append(relocation, addend: addend)
    }

    private mutating func append(_ relocation: MachORelocation, addend: Int64) throws(ObjectError) {
        section.relocations.append(
            Relocation(
                offset: relocation.offset.number, type: relocation.type, symbol: try symbol(of: relocation),
                addend: addend))
    }

    /// The index in Object.symbols of a relocation's target.
    private func symbol(of relocation: MachORelocation) throws(ObjectError) -> Int {
        let number = relocation.number
        guard relocation.isExternal else { return isDebugSymbol.count + (try reader.section(number)).index }
        guard number.number < isDebugSymbol.count else {
            throw reader.file.error(.badSymbolIndex(found: number.number, count: isDebugSymbol.count), at: number)
        }
        guard !isDebugSymbol[Int(number.number)] else { throw bad(relocation, .debugSymbol) }
        return Int(number.number)
    }

    /// V: what the field holds, with its sign.
    private func value(_ relocation: MachORelocation) -> Int64 {
        section.contents.signedNumber(at: Int(relocation.offset.number), bytes: relocation.fieldBytes)
    }

    /// What makes V to A. Wraps, as addresses do; a section that is not there has no address, and is refused elsewhere.
    private func bias(_ relocation: MachORelocation) -> Int64 {
        let isRelative = relocation.isPCRelative && reader.architecture == .x86_64
        if relocation.isExternal { return isRelative ? -Int64(relocation.fieldBytes) : 0 }
        guard let target = try? reader.section(relocation.number) else { return 0 }
        let field = isRelative ? address &+ relocation.offset.number : 0
        return Int64(bitPattern: field &- target[MachOSection.address])
    }
}
