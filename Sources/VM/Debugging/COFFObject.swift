import CStencils

/// A relocatable COFF object, as Windows has it.
///
/// See Microsoft's "PE Format": COFF File Header, Section Table, COFF Relocations, COFF Symbol Table, COFF String Table.
struct COFFObject {
    private let object: ObjectDescription
    private let isa: UopISA
    private let machine: UInt16

    /// - Throws: `ObjectWriterError.Kind.noMachine` for what Windows does not run on.
    init(_ isa: UopISA, _ object: ObjectDescription) throws(ObjectWriterError) {
        switch isa {
        case .X86_64, .X86_64_V3: machine = 0x8664  // IMAGE_FILE_MACHINE_AMD64
        case .AARCH64: machine = 0xAA64  // IMAGE_FILE_MACHINE_ARM64
        case .I686: machine = 0x014C  // IMAGE_FILE_MACHINE_I386
        case .RISCV64, .POWERPC64LE: throw ObjectWriterError(.noMachine(isa), .coff, at: "the object")
        }
        self.isa = isa
        self.object = object
    }

    // Numbers of sections from 0xFEFF on mean something else; IMAGE_SCN_ALIGN_8192BYTES is the largest; a name of a section is
    // in its header here.
    private static let limits = ObjectLimits(
        format: .coff, sections: 0xFEFE, symbols: Int(Int32.max), nameBytes: 8, alignment: 8192, sectionBytes: Int(UInt32.max),
        fileBytes: Int(UInt32.max))

    private static let (headerSize, sectionSize) = (20, 40)
    /// More relocations than this are counted in an entry before them.
    private static let mostCounted = 0xFFFE

    /// A section's contents and relocations in the file.
    private struct Place {
        var offset = 0, relocations = 0
    }

    /// C's names have an underscore on i386.
    private var prefix: String { isa == .I686 ? "_" : "" }

    /// @feat.00, on i386 only; then a symbol for each section, with a record behind it; then the others.
    private var firstSection: Int { isa == .I686 ? 1 : 0 }
    private var firstSymbol: Int { firstSection + 2 * object.sections.count }

    /// The whole file: header, sections' headers, contents, relocations, symbols, names.
    func bytes() throws(ObjectWriterError) -> [UInt8] {
        try Self.limits.check(object)
        let counts = object.sections.indices.map { index in object.relocations.count { $0.section == index } }
        var file = Bytes()
        file.append(contentsOf: Array(repeating: 0, count: Self.headerSize + Self.sectionSize * object.sections.count))
        var places = object.sections.map { _ in Place() }
        for (index, section) in object.sections.enumerated() {
            guard case .bytes(let bytes) = section.contents else { continue }
            file.align(to: 4)
            places[index].offset = file.count
            file.append(contentsOf: bytes)
        }
        for index in places.indices where counts[index] > 0 {
            places[index].relocations = file.count
            try appendRelocations(of: index, count: counts[index], contents: places[index].offset, &file)
        }
        let symbols = file.count
        appendSymbols(counts, &file)

        var header = Bytes()
        header.append(all: [machine, UInt16(object.sections.count)])
        // No time, so that equal objects are equal files.
        header.append(all: [0, UInt32(symbols), UInt32(firstSymbol + object.symbols.count)])
        header.append(all: [UInt16(0), 0])
        for (index, section) in object.sections.enumerated() { append(section, places[index], counts[index], &header) }
        file.replace(at: 0, with: header.bytes)
        return file.bytes
    }

    private func append(_ section: ObjectDescription.Section, _ place: Place, _ count: Int, _ header: inout Bytes) {
        header.append(section.name, paddedTo: 8)
        // In an image only: its size and address in memory.
        header.append(all: [UInt32(0), 0])
        header.append(all: [section.byteCount, place.offset, place.relocations, 0].map { UInt32($0) })
        header.append(all: [UInt16(min(count, Self.mostCounted + 1)), 0])
        // IMAGE_SCN_CNT_CODE, MEM_EXECUTE, MEM_READ; CNT_INITIALIZED_DATA, MEM_DISCARDABLE, MEM_READ.
        var flags: UInt32 = section.use == .code ? 0x6000_0020 : 0x4200_0040
        if case .nothing = section.contents { flags = flags & ~0x60 | 0x80 }  // CNT_UNINITIALIZED_DATA
        // IMAGE_SCN_LNK_NRELOC_OVFL; IMAGE_SCN_ALIGN_1BYTES is 1 << 20, ALIGN_2BYTES 2 << 20, ...
        if count > Self.mostCounted { flags |= 0x0100_0000 }
        header.append(flags | UInt32(section.alignment.trailingZeroBitCount + 1) << 20)
    }

    // MARK: Symbols

    private func appendSymbols(_ counts: [Int], _ file: inout Bytes) {
        // The table of names begins with its size.
        var names = StringTable(after: [0, 0, 0, 0])
        // For linkers' /safeseh, which is their default on i386: an absolute symbol, which says that no handler of exceptions is here.
        if isa == .I686 { append("@feat.00", value: 1, section: 0xFFFF, type: 0, storage: 3, records: 0, &names, &file) }
        for (index, section) in object.sections.enumerated() {
            append(section.name, value: 0, section: UInt16(index + 1), type: 0, storage: 3, records: 1, &names, &file)
            // Its size, its relocations, no lines, no checksum; it is no COMDAT.
            file.append(UInt32(section.byteCount))
            file.append(all: [UInt16(min(counts[index], Self.mostCounted + 1)), 0])
            file.append(UInt32(0))
            file.append(contentsOf: Array(repeating: 0, count: 6))
        }
        for symbol in object.symbols {
            // 0x20 is a function; 2 is IMAGE_SYM_CLASS_EXTERNAL, as 3 above is IMAGE_SYM_CLASS_STATIC.
            append(
                prefix + symbol.name, value: UInt32(symbol.offset), section: UInt16(symbol.section.map { $0 + 1 } ?? 0),
                type: symbol.kind == .function ? 0x20 : 0, storage: 2, records: 0, &names, &file)
        }
        var table = Bytes()
        table.append(contentsOf: names.bytes)
        table.store(Int64(names.bytes.count), at: 0, size: 4)
        file.append(contentsOf: table.bytes)
    }

    private func append(
        _ name: String, value: UInt32, section: UInt16, type: UInt16, storage: UInt8, records: UInt8, _ names: inout StringTable,
        _ file: inout Bytes
    ) {
        // Long names are elsewhere.
        if name.utf8.count <= 8 { file.append(name, paddedTo: 8) } else { file.append(all: [0, names.add(name)]) }
        file.append(value)
        file.append(all: [section, type])
        file.append(all: [storage, records])
    }

    // MARK: Relocations

    /// Fields have their addends; those of instructions none here.
    private func appendRelocations(of section: Int, count: Int, contents: Int, _ file: inout Bytes) throws(ObjectWriterError) {
        if count > Self.mostCounted {
            file.append(all: [UInt32(count + 1), 0])
            file.append(UInt16(0))
        }
        for entry in object.relocations where entry.section == section {
            guard let (type, isWord) = form(of: entry), isWord || entry.addend == 0 else {
                throw ObjectWriterError(
                    .noRelocation(entry.kind, addend: entry.addend), .coff, at: "\(object.sections[section].name)+\(entry.offset)")
            }
            let symbol =
                switch entry.target {
                case .section(let index): firstSection + 2 * index
                case .symbol(let index), .tableEntry(let index): firstSymbol + index
                }
            if isWord { file.store(entry.addend, at: contents + entry.offset, size: entry.fieldSize) }
            file.append(all: [UInt32(entry.offset), UInt32(symbol)])
            file.append(type)
        }
    }

    /// The type's number, and whether the field is a whole word: else it is an instruction's.
    private func form(of entry: ObjectDescription.Relocation) -> (type: UInt16, isWord: Bool)? {
        if case .tableEntry = entry.target { return nil }
        return switch (isa, entry.kind) {
        case (.X86_64, .absolute64), (.X86_64_V3, .absolute64): (1, true)  // IMAGE_REL_AMD64_ADDR64
        case (.X86_64, .absolute32), (.X86_64_V3, .absolute32): (2, true)  // IMAGE_REL_AMD64_ADDR32
        case (.AARCH64, .absolute64): (0x0E, true)  // IMAGE_REL_ARM64_ADDR64
        case (.AARCH64, .page21): (4, false)  // IMAGE_REL_ARM64_PAGEBASE_REL21
        case (.AARCH64, .pageOffset12): (6, false)  // IMAGE_REL_ARM64_PAGEOFFSET_12A
        case (.I686, .word32): (6, true)  // IMAGE_REL_I386_DIR32
        default: nil
        }
    }
}
