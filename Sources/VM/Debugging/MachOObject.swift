import CStencils

/// A relocatable Mach-O object of 64 bits, for macOS 11 and later.
///
/// One segment without a name that has all sections, as compilers write objects, and the commands that linkers ask for. See Apple's
/// headers <mach-o/loader.h>, <mach-o/nlist.h>, <mach-o/reloc.h>, and <mach-o/x86_64/reloc.h> and <mach-o/arm64/reloc.h> for
/// relocation types.
struct MachOObject {
    private let object: ObjectDescription
    private let isa: UopISA
    /// cputype and cpusubtype.
    private let machine: (type: UInt32, subtype: UInt32)
    /// Symbols in the file's order: those that are defined, then the others.
    private let order: [Int]
    private let definedCount: Int
    /// By symbol: its number in the file.
    private let numbers: [Int]

    /// - Throws: `ObjectWriterError.Kind.noMachine` for what macOS does not run on.
    init(_ isa: UopISA, _ object: ObjectDescription) throws(ObjectWriterError) {
        switch isa {
        // CPU_TYPE_X86_64, CPU_SUBTYPE_X86_64_ALL; CPU_TYPE_ARM64, CPU_SUBTYPE_ARM64_ALL.
        case .X86_64, .X86_64_V3: machine = (0x0100_0007, 3)
        case .AARCH64: machine = (0x0100_000C, 0)
        case .I686, .RISCV64, .POWERPC64LE: throw ObjectWriterError(.noMachine(isa), .machO, at: "the object")
        }
        self.isa = isa
        self.object = object
        let (defined, others) = (
            object.symbols.indices.filter { object.symbols[$0].section != nil },
            object.symbols.indices.filter { object.symbols[$0].section == nil }
        )
        order = defined + others
        definedCount = defined.count
        var numbers = order
        for (number, index) in order.enumerated() { numbers[index] = number }
        self.numbers = numbers
    }

    // n_sect has 8 bits, r_symbolnum 24, r_address 31, a section's name 16 bytes with the underscores; offsets in the file have 32 bits.
    private static let limits = ObjectLimits(
        format: .machO, sections: 255, symbols: 1 << 24 - 1, nameBytes: 14, alignment: 1 << 15, sectionBytes: Int(Int32.max),
        fileBytes: Int(UInt32.max))

    // Sizes of the header and of commands.
    private static let headerSize = 32
    private static let (segmentSize, sectionSize, versionSize, symbolsSize, dynamicSize) = (72, 80, 24, 24, 80)

    /// A section's place: in memory, in the file, and where its relocations are there.
    private struct Place {
        var address = 0, offset = 0, relocations = 0, relocationCount = 0
    }

    /// The whole file: header, commands, contents, relocations, symbols, names.
    func bytes() throws(ObjectWriterError) -> [UInt8] {
        try Self.limits.check(object)
        let commandsSize =
            Self.segmentSize + Self.sectionSize * object.sections.count + Self.versionSize + Self.symbolsSize + Self.dynamicSize
        let begin = Self.headerSize + commandsSize
        var file = Bytes()
        file.append(contentsOf: Array(repeating: 0, count: begin))
        var places = object.sections.map { _ in Place() }
        var address = 0
        for (index, section) in object.sections.enumerated() {
            address = (address + section.alignment - 1) & ~(section.alignment - 1)
            (places[index].address, places[index].offset) = (address, file.count)
            address += section.byteCount
            if case .bytes(let bytes) = section.contents { file.append(contentsOf: bytes) }
        }
        let end = file.count
        file.align(to: 8)
        for index in places.indices { try appendRelocations(of: index, &places, &file) }
        var names = StringTable()
        let symbols = file.count
        for index in order { append(object.symbols[index], places, &names, &file) }
        let strings = file.count
        file.append(contentsOf: names.bytes)

        var header = Bytes()
        // MH_MAGIC_64, the machine, MH_OBJECT, four commands. (Without MH_SUBSECTIONS_VIA_SYMBOLS linkers keep all in its order.)
        header.append(all: [UInt32(0xFEED_FACF), machine.type, machine.subtype, 1, 4, UInt32(commandsSize), 0, 0])
        appendSegment(places, fileRange: begin..<end, memorySize: address, &header)
        // LC_BUILD_VERSION: PLATFORM_MACOS, 11.0 and later, made with the SDK of 11.0, by no tool that is named.
        header.append(all: [UInt32(0x32), UInt32(Self.versionSize), 1, 11 << 16, 11 << 16, 0])
        // LC_SYMTAB.
        header.append(all: [2, Self.symbolsSize, symbols, order.count, strings, names.bytes.count].map { UInt32($0) })
        // LC_DYSYMTAB: first and count of local symbols, defined ones, others; and nothing that only libraries have.
        header.append(all: [0x0B, Self.dynamicSize, 0, 0, 0, definedCount, definedCount, order.count - definedCount].map { UInt32($0) })
        header.append(contentsOf: Array(repeating: 0, count: 12 * 4))
        file.replace(at: 0, with: header.bytes)
        return file.bytes
    }

    /// LC_SEGMENT_64, with its sections.
    private func appendSegment(_ places: [Place], fileRange: Range<Int>, memorySize: Int, _ header: inout Bytes) {
        header.append(all: [UInt32(0x19), UInt32(Self.segmentSize + Self.sectionSize * places.count)])
        header.append("", paddedTo: 16)
        header.append(all: [0, UInt64(memorySize), UInt64(fileRange.lowerBound), UInt64(fileRange.count)])
        // All protections, as compilers have it.
        header.append(all: [7, 7, UInt32(places.count), 0])
        for (section, place) in zip(object.sections, places) {
            // ".text" is __text here.
            header.append("__" + section.name.drop { $0 == "." }, paddedTo: 16)
            header.append(section.use == .code ? "__TEXT" : "__DWARF", paddedTo: 16)
            header.append(all: [UInt64(place.address), UInt64(section.byteCount)])
            // S_ATTR_PURE_INSTRUCTIONS and S_ATTR_SOME_INSTRUCTIONS; S_ATTR_DEBUG; S_ZEROFILL.
            var (flags, offset): (UInt32, Int) = (section.use == .code ? 0x8000_0400 : 0x0200_0000, place.offset)
            if case .nothing = section.contents { (flags, offset) = (flags | 1, 0) }
            header.append(
                all: [offset, section.alignment.trailingZeroBitCount, place.relocations, place.relocationCount].map { UInt32($0) })
            header.append(all: [flags, 0, 0, 0])
        }
    }

    private func append(
        _ symbol: ObjectDescription.Symbol, _ places: [Place], _ names: inout StringTable, _ file: inout Bytes
    ) {
        file.append(names.add("_" + symbol.name))
        // N_EXT, and N_SECT or N_UNDF; the section's number; no description.
        file.append(all: [UInt8(symbol.section == nil ? 1 : 0x0F), UInt8(symbol.section.map { $0 + 1 } ?? 0)])
        file.append(UInt16(0))
        file.append(UInt64(symbol.section.map { places[$0].address + symbol.offset } ?? 0))
    }

    // MARK: Relocations

    /// A field's relocation_info has no addend: the field has it, and that of a distance counts from the field's end.
    private func appendRelocations(of section: Int, _ places: inout [Place], _ file: inout Bytes) throws(ObjectWriterError) {
        let entries = object.relocations.filter { $0.section == section }
        (places[section].relocations, places[section].relocationCount) = (entries.isEmpty ? 0 : file.count, entries.count)
        for entry in entries {
            guard let form = form(of: entry), form.isWord || entry.addend == 0 else {
                throw ObjectWriterError(
                    .noRelocation(entry.kind, addend: entry.addend), .machO, at: "\(object.sections[section].name)+\(entry.offset)")
            }
            var (number, isExternal, value) = (0, true, entry.addend + (form.isDistance ? Int64(entry.fieldSize) : 0))
            switch entry.target {
            case .symbol(let index), .tableEntry(let index): number = numbers[index]
            // Sections count from 1, and their fields have addresses.
            case .section(let index): (number, isExternal, value) = (index + 1, false, value + Int64(places[index].address))
            }
            if form.isWord { file.store(value, at: places[section].offset + entry.offset, size: entry.fieldSize) }
            file.append(UInt32(entry.offset))
            // r_symbolnum, r_pcrel, r_length, r_extern, r_type.
            let length = UInt32(entry.fieldSize.trailingZeroBitCount)
            file.append(
                UInt32(number) | (form.isDistance ? 1 << 24 : 0) | length << 25 | (isExternal ? 1 << 27 : 0) | form.type << 28)
        }
    }

    /// r_type and r_pcrel, and whether the field is a whole word: else it is an instruction's.
    private func form(of entry: ObjectDescription.Relocation) -> (type: UInt32, isDistance: Bool, isWord: Bool)? {
        let isTableEntry = if case .tableEntry = entry.target { true } else { false }
        return switch (isa, entry.kind, isTableEntry) {
        case (_, .absolute64, false): (0, false, true)  // X86_64_RELOC_UNSIGNED, ARM64_RELOC_UNSIGNED
        case (.X86_64, .pcRelative32, true), (.X86_64_V3, .pcRelative32, true): (3, true, true)  // X86_64_RELOC_GOT_LOAD
        case (.AARCH64, .page21, true): (5, true, false)  // ARM64_RELOC_GOT_LOAD_PAGE21
        case (.AARCH64, .pageOffset12By8, true): (6, false, false)  // ARM64_RELOC_GOT_LOAD_PAGEOFF12
        default: nil
        }
    }
}
