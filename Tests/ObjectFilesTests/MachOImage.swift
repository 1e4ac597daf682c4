import ObjectFiles

/// The bytes of a 64-bit Mach-O object, with its fields by the names of Apple's headers.
struct MachOImage {
    var bytes: [UInt8]

    /// A field in a file.
    enum Field: CustomStringConvertible {
        case header(String)
        /// A field of load command number `.0`.
        case command(Int, String)
        /// A field of the header of section number `.0`, counted from 0.
        case section(Int, String)
        case symbol(Int, String)
        /// A field of relocation number `.1` of section `.0`.
        case relocation(Int, Int, String)
        /// Byte number `.1` of section `.0`.
        case byte(Int, Int)
        /// Byte number `.0` of the string table.
        case string(Int)
        /// The byte at that offset of the file.
        case offset(Int)

        var description: String {
            switch self {
            case .header(let name): name
            case .command(let index, let name): "command \(index) \(name)"
            case .section(let index, let name): "section \(index) \(name)"
            case .symbol(let index, let name): "symbol \(index) \(name)"
            case .relocation(let section, let index, let name): "section \(section) relocation \(index) \(name)"
            case .byte(let section, let offset): "section \(section) byte \(offset)"
            case .string(let offset): "string table byte \(offset)"
            case .offset(let offset): "byte \(offset)"
            }
        }
    }

    /// Name, offset, size.
    typealias Layout = [(name: String, offset: Int, size: Int)]

    static let headerLayout: Layout = words(
        "magic", "cputype", "cpusubtype", "filetype", "ncmds", "sizeofcmds", "flags", "reserved")
    static let segmentLayout: Layout =
        words("cmd", "cmdsize") + [
            ("segname", 8, 8), ("vmaddr", 24, 8), ("vmsize", 32, 8), ("fileoff", 40, 8), ("filesize", 48, 8),
            ("maxprot", 56, 4), ("initprot", 60, 4), ("nsects", 64, 4), ("flags", 68, 4),
        ]
    static let sectionLayout: Layout = [
        ("sectname", 0, 8), ("segname", 16, 8), ("addr", 32, 8), ("size", 40, 8), ("offset", 48, 4), ("align", 52, 4),
        ("reloff", 56, 4), ("nreloc", 60, 4), ("flags", 64, 4), ("reserved1", 68, 4), ("reserved2", 72, 4),
    ]
    static let symbolLayout: Layout = [
        ("n_strx", 0, 4), ("n_type", 4, 1), ("n_sect", 5, 1), ("n_desc", 6, 2), ("n_value", 8, 8),
    ]
    static let relocationLayout: Layout = words("r_address", "r_symbolnum")

    /// What a command has, by its number; of a command that is not here, only what all have.
    static func commandLayout(_ command: UInt64) -> Layout {
        switch command {
        case 0x19: segmentLayout
        case 2: words("cmd", "cmdsize", "symoff", "nsyms", "stroff", "strsize")
        case 11:
            words(
                "cmd", "cmdsize", "ilocalsym", "nlocalsym", "iextdefsym", "nextdefsym", "iundefsym", "nundefsym",
                "tocoff", "ntoc", "modtaboff", "nmodtab", "extrefsymoff", "nextrefsyms", "indirectsymoff",
                "nindirectsyms", "extreloff", "nextrel", "locreloff", "nlocrel")
        default: words("cmd", "cmdsize")
        }
    }

    private static func words(_ names: String...) -> Layout {
        names.enumerated().map { ($1, 4 * $0, 4) }
    }

    /// Where a field is, in an image whose header and load commands are still sound.
    func location(of field: Field) -> (offset: Int, size: Int) {
        func find(_ name: String, in layout: Layout, at base: Int) -> (offset: Int, size: Int) {
            guard let row = layout.first(where: { $0.name == name }) else { preconditionFailure("no field \(name)") }
            return (base + row.offset, row.size)
        }
        switch field {
        case .header(let name):
            return find(name, in: Self.headerLayout, at: 0)
        case .command(let index, let name):
            let start = commandOffset { number, _ in number == index }
            return find(name, in: Self.commandLayout(load(start, 4)), at: start)
        case .section(let index, let name):
            let segment = commandOffset { _, command in command == 0x19 }
            return find(name, in: Self.sectionLayout, at: segment + 72 + 80 * index)
        case .symbol(let index, let name):
            let table = commandOffset { _, command in command == 2 }
            return find(name, in: Self.symbolLayout, at: Int(load(table + 8, 4)) + 16 * index)
        case .relocation(let section, let index, let name):
            let table = Int(self[.section(section, "reloff")])
            return find(name, in: Self.relocationLayout, at: table + 8 * index)
        case .byte(let section, let offset):
            return (Int(self[.section(section, "offset")]) + offset, 1)
        case .string(let offset):
            let table = commandOffset { _, command in command == 2 }
            return (Int(load(table + 16, 4)) + offset, 1)
        case .offset(let offset):
            return (offset, 1)
        }
    }

    /// Where the first command is that is wanted by its place in the order and its number.
    private func commandOffset(_ isWanted: (Int, UInt64) -> Bool) -> Int {
        var offset = 32
        for index in 0..<Int(load(16, 4)) {
            if isWanted(index, load(offset, 4)) { return offset }
            offset += Int(load(offset + 4, 4))
        }
        preconditionFailure("no such command")
    }

    /// The place that an error about a field has.
    ///
    /// - Parameter name: of the section, where the reader knows it by then.
    func place(of field: Field, named name: String?) -> ObjectError.Place {
        let offset = location(of: field).offset
        return switch field {
        case .header, .command, .symbol, .string, .offset: ObjectError.Place(offset: offset)
        case .section(let index, _), .relocation(let index, _, _), .byte(let index, _):
            ObjectError.Place(offset: offset, sectionIndex: index, sectionName: name)
        }
    }

    subscript(field: Field) -> UInt64 {
        get {
            let (offset, size) = location(of: field)
            return load(offset, size)
        }
        set {
            let (offset, size) = location(of: field)
            for index in 0..<size { bytes[offset + index] = UInt8(truncatingIfNeeded: newValue >> UInt64(8 * index)) }
        }
    }

    private func load(_ offset: Int, _ size: Int) -> UInt64 {
        bytes[offset..<offset + size].reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// Appends the low `size` bytes of `value`, little endian.
    mutating func append(_ value: UInt64, _ size: Int) {
        for index in 0..<size { bytes.append(UInt8(truncatingIfNeeded: value >> UInt64(8 * index))) }
    }

    mutating func pad(to alignment: Int) {
        while bytes.count % alignment != 0 { bytes.append(0) }
    }
}

extension FieldMutations {
    /// The fields of an object's header, load commands and sections' headers, and the first `entries` entries of each table.
    init(machO bytes: [UInt8], entries: Int) {
        let image = MachOImage(bytes: bytes)
        var fields = MachOImage.headerLayout.map { MachOImage.Field.header($0.name) }
        for command in 0..<Int(image[.header("ncmds")]) {
            let layout = MachOImage.commandLayout(image[.command(command, "cmd")])
            fields += layout.map { .command(command, $0.name) }
            if image[.command(command, "cmd")] == 2 {
                for symbol in 0..<min(entries, Int(image[.command(command, "nsyms")])) {
                    fields += MachOImage.symbolLayout.map { .symbol(symbol, $0.name) }
                }
            }
            guard image[.command(command, "cmd")] == 0x19 else { continue }
            for section in 0..<Int(image[.command(command, "nsects")]) {
                fields += MachOImage.sectionLayout.map { .section(section, $0.name) }
                for relocation in 0..<min(entries, Int(image[.section(section, "nreloc")])) {
                    fields += MachOImage.relocationLayout.map { .relocation(section, relocation, $0.name) }
                }
            }
        }
        self.init(
            bytes: bytes,
            spots: fields.map { field in
                let (offset, size) = image.location(of: field)
                return Spot(name: field.description, offset: offset, size: size, value: image[field])
            })
    }
}

extension Victim {
    static let machOReader: Parse = { bytes, name throws(ObjectError) in try Object(parsingMachO: bytes, name: name) }

    /// Mach-O objects, clang's among them where there is a clang.
    static let machO: [Victim] = {
        var objects = [
            ("minimal Mach-O", MachOBuilder.minimal().build().bytes),
            ("minimal arm64 Mach-O", MachOBuilder.minimalARM64().build().bytes),
        ]
        for machine in ["x86_64", "arm64"] {
            let flags = ["--target=\(machine)-apple-macos14", "-ffreestanding", "-O1", "-fcommon"]
            if let bytes = try? Toolchain.found?.object(MachOSample.source, flags: flags) {
                objects.append(("compiled \(machine) Mach-O", bytes))
            }
        }
        return objects.map { name, bytes in
            Victim(testDescription: name, bytes: bytes, parse: machOReader) { FieldMutations(machO: $0, entries: 5) }
        }
    }()
}
