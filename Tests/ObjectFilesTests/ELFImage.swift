import ObjectFiles

/// The bytes of an ELF64 object, with its fields by the specification's names.
struct ELFImage {
    var bytes: [UInt8]

    /// A field in a file.
    enum Field: CustomStringConvertible {
        case header(String)
        case section(Int, String)
        /// A field of symbol number `.1`, of the table in section `.0`.
        case symbol(Int, Int, String)
        /// A field of relocation number `.1` of section `.0`.
        case relocation(Int, Int, String)
        /// Byte number `.1` of section `.0`.
        case byte(Int, Int)

        var description: String {
            switch self {
            case .header(let name): name
            case .section(let index, let name): "section \(index) \(name)"
            case .symbol(_, let index, let name): "symbol \(index) \(name)"
            case .relocation(let section, let index, let name): "section \(section) relocation \(index) \(name)"
            case .byte(let section, let offset): "section \(section) byte \(offset)"
            }
        }
    }

    /// Name, offset, size.
    typealias Layout = [(name: String, offset: Int, size: Int)]

    static let headerLayout: Layout = [
        ("EI_MAG", 0, 4), ("EI_CLASS", 4, 1), ("EI_DATA", 5, 1), ("EI_VERSION", 6, 1), ("EI_OSABI", 7, 1),
        ("EI_ABIVERSION", 8, 1), ("EI_PAD", 9, 1), ("e_type", 16, 2), ("e_machine", 18, 2), ("e_version", 20, 4),
        ("e_entry", 24, 8), ("e_phoff", 32, 8), ("e_shoff", 40, 8), ("e_flags", 48, 4), ("e_ehsize", 52, 2),
        ("e_phentsize", 54, 2), ("e_phnum", 56, 2), ("e_shentsize", 58, 2), ("e_shnum", 60, 2), ("e_shstrndx", 62, 2),
    ]
    static let sectionLayout: Layout = [
        ("sh_name", 0, 4), ("sh_type", 4, 4), ("sh_flags", 8, 8), ("sh_addr", 16, 8), ("sh_offset", 24, 8),
        ("sh_size", 32, 8), ("sh_link", 40, 4), ("sh_info", 44, 4), ("sh_addralign", 48, 8), ("sh_entsize", 56, 8),
    ]
    static let symbolLayout: Layout = [
        ("st_name", 0, 4), ("st_info", 4, 1), ("st_other", 5, 1), ("st_shndx", 6, 2), ("st_value", 8, 8),
        ("st_size", 16, 8),
    ]
    static let relocationLayout: Layout = [("r_offset", 0, 8), ("r_info", 8, 8), ("r_addend", 16, 8)]

    /// Where a field is, in an image whose header and section headers are still sound.
    func location(of field: Field) -> (offset: Int, size: Int) {
        func find(_ name: String, in layout: Layout, at base: Int) -> (offset: Int, size: Int) {
            guard let row = layout.first(where: { $0.name == name }) else { preconditionFailure("no field \(name)") }
            return (base + row.offset, row.size)
        }
        switch field {
        case .header(let name):
            return find(name, in: Self.headerLayout, at: 0)
        case .section(let index, let name):
            return find(name, in: Self.sectionLayout, at: Int(self[.header("e_shoff")]) + 64 * index)
        case .symbol(let section, let index, let name):
            return find(name, in: Self.symbolLayout, at: start(of: section) + 24 * index)
        case .relocation(let section, let index, let name):
            return find(name, in: Self.relocationLayout, at: start(of: section) + 24 * index)
        case .byte(let section, let offset):
            return (start(of: section) + offset, 1)
        }
    }

    /// The file offset of a section's contents.
    func start(of section: Int) -> Int {
        Int(self[.section(section, "sh_offset")])
    }

    /// The place that an error about a field has.
    ///
    /// - Parameter name: of the section, where the reader knows it by then.
    func place(of field: Field, named name: String?) -> ObjectError.Place {
        let offset = location(of: field).offset
        return switch field {
        case .header: ObjectError.Place(offset: offset)
        case .section(let index, _), .symbol(let index, _, _), .relocation(let index, _, _), .byte(let index, _):
            ObjectError.Place(offset: offset, sectionIndex: index, sectionName: name)
        }
    }

    subscript(field: Field) -> UInt64 {
        get {
            let (offset, size) = location(of: field)
            return bytes[offset..<offset + size].reversed().reduce(0) { $0 << 8 | UInt64($1) }
        }
        set {
            let (offset, size) = location(of: field)
            store(newValue, at: offset, size: size)
        }
    }

    /// Stores the low `size` bytes of `value`, little endian.
    mutating func store(_ value: UInt64, at offset: Int, size: Int) {
        for index in 0..<size {
            bytes[offset + index] = UInt8(truncatingIfNeeded: value >> UInt64(8 * index))
        }
    }

    /// Appends the low `size` bytes of `value`, little endian.
    mutating func append(_ value: UInt64, _ size: Int) {
        bytes += [UInt8](repeating: 0, count: size)
        store(value, at: bytes.count - size, size: size)
    }

    mutating func pad(to alignment: Int) {
        bytes += [UInt8](repeating: 0, count: (alignment - bytes.count % alignment) % alignment)
    }
}
