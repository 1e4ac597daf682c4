// How a file's structures are read: a format says which fields a structure has, and where. A structure's bytes are measured
// against the file as a whole, as part of a table (ObjectFile.swift); its fields can then be read without a check each.

/// Which of a format's two shapes a file has. They differ in where fields are, and how wide: ELF's classes of 32 and 64 bits,
/// and COFF's headers with 16 bits for numbers of sections, or with 32 (/bigobj). Mach-O is read in one shape.
enum Layout: Sendable {
    case narrow, wide
}

/// What the shapes have each their own of.
struct PerLayout<Value: Sendable>: Sendable {
    let narrow: Value
    let wide: Value

    subscript(layout: Layout) -> Value { layout == .narrow ? narrow : wide }
}

/// A field of a structure: its name in the specification, and where in the structure it is.
struct Field: Sendable {
    let name: String
    let place: PerLayout<Range<Int>>

    /// A field of `bytes` bytes in the same place in both shapes.
    init(_ name: String, _ offset: Int, _ bytes: Int) {
        self.init(name, narrow: (offset, bytes), wide: (offset, bytes))
    }

    init(_ name: String, narrow: (offset: Int, bytes: Int), wide: (offset: Int, bytes: Int)) {
        self.name = name
        place = PerLayout(
            narrow: narrow.offset..<narrow.offset + narrow.bytes, wide: wide.offset..<wide.offset + wide.bytes)
    }
}

/// A field in a file: what an error is about.
struct Cell {
    let name: String
    /// What it says; see ``with(_:)``.
    let number: UInt64
    /// Its file offset.
    let offset: Int
    /// The section that it is in, or whose header it is in.
    let section: Int?

    /// The file's first byte, for errors about the file as a whole.
    static let start = Cell(name: "", number: 0, offset: 0, section: nil)

    /// The field, with a number that has to be looked up elsewhere, or computed from what it says.
    func with(_ number: some BinaryInteger) -> Cell {
        Cell(name: name, number: UInt64(truncatingIfNeeded: number), offset: offset, section: section)
    }
}

/// A structure in a file, whose bytes are all there.
struct Entry {
    let bytes: [UInt8]
    /// Its file offset.
    let start: Int
    let layout: Layout
    /// Its number in its table.
    let index: Int
    /// The section that it is in, or whose header it is.
    let section: Int?

    /// The number in a field.
    subscript(field: Field) -> UInt64 {
        let range = range(of: field)
        return bytes.number(at: range.lowerBound, bytes: range.count)
    }

    /// The number in a field, with a sign.
    func signed(_ field: Field) -> Int64 {
        let range = range(of: field)
        return bytes.signedNumber(at: range.lowerBound, bytes: range.count)
    }

    func cell(_ field: Field) -> Cell {
        Cell(name: field.name, number: self[field], offset: range(of: field).lowerBound, section: section)
    }

    /// The same in a section, for errors.
    func inSection(_ section: Int) -> Entry {
        Entry(bytes: bytes, start: start, layout: layout, index: index, section: section)
    }

    /// Where in the file a field is.
    func range(of field: Field) -> Range<Int> {
        let place = field.place[layout]
        return start + place.lowerBound..<start + place.upperBound
    }
}

/// Entries of one size that lie one behind the other, all of them in the file.
struct Table: RandomAccessCollection {
    let bytes: [UInt8]
    /// Where in the file it is.
    let range: Range<Int>
    let entryBytes: Int
    let layout: Layout
    /// Whose entries are in which section.
    let owner: Owner

    enum Owner {
        /// They are in no section, or in this one.
        case section(Int?)
        /// Each is the header of the section of its number.
        case headers
    }

    var startIndex: Int { 0 }
    var endIndex: Int { range.count / entryBytes }

    subscript(index: Int) -> Entry {
        let section: Int? =
            switch owner {
            case .section(let section): section
            case .headers: index
            }
        return Entry(
            bytes: bytes, start: range.lowerBound + index * entryBytes, layout: layout, index: index, section: section)
    }
}
