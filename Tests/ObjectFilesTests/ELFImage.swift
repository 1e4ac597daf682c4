import ObjectFiles

/// The bytes of an ELF object, with its fields by the specification's names.
struct ELFImage {
    var bytes: [UInt8]
    /// Where fields are, whatever the bytes say by now.
    let layouts: ELFLayouts

    /// An object of the class that its EI_CLASS says.
    init(bytes: [UInt8]) {
        self.init(bytes: bytes, layouts: bytes.count > 4 && bytes[4] == 1 ? .elf32 : .elf64)
    }

    /// An object of that class, or the beginning of one.
    init(bytes: [UInt8], layouts: ELFLayouts) {
        self.bytes = bytes
        self.layouts = layouts
    }

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

    /// Where a field is, in an image whose header and section headers are still sound.
    func location(of field: Field) -> (offset: Int, size: Int) {
        func entry(_ structure: ELFLayouts.Structure, _ index: Int, _ name: String, _ base: Int) -> (offset: Int, size: Int) {
            (base + structure.size * index + structure[name].offset, structure[name].size)
        }
        return switch field {
        case .header(let name): layouts.header[name]
        case .section(let index, let name): entry(layouts.section, index, name, Int(self[.header("e_shoff")]))
        case .symbol(let section, let index, let name): entry(layouts.symbol, index, name, start(of: section))
        case .relocation(let section, let index, let name):
            entry(
                self[.section(section, "sh_type")] == 9 ? layouts.rel : layouts.rela, index, name, start(of: section))
        case .byte(let section, let offset): (start(of: section) + offset, 1)
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

    /// Appends a structure whose fields have these values, by name, and 0 where there is none.
    mutating func append(_ structure: ELFLayouts.Structure, _ values: [String: UInt64]) {
        for field in structure.fields { append(values[field.name] ?? 0, field.size) }
    }

    mutating func pad(to alignment: Int) {
        bytes += [UInt8](repeating: 0, count: (alignment - bytes.count % alignment) % alignment)
    }
}
