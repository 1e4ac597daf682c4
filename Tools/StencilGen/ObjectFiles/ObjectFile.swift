/// A file that is being read: what readers of all formats ask of it, and check in the same way.
struct ObjectFile {
    typealias Kind = ObjectError.Kind

    private let reader: ByteReader
    private let limits: ReaderLimits
    /// The shape of the structures that are read from now on.
    var layout: Layout
    /// Names of the sections, for errors; as many as have been read.
    var sectionNames: [String] = []
    /// Bytes of all names so far.
    private var nameBytes = 0

    var name: String { reader.object }
    var bytes: [UInt8] { reader.bytes }

    init(_ bytes: [UInt8], name: String, limits: ReaderLimits, layout: Layout = .wide) throws(ObjectError) {
        reader = ByteReader(bytes, object: name)
        self.limits = limits
        self.layout = layout
        try check(.fileBytes, bytes.count, at: .start)
    }

    // MARK: Errors

    func error(_ kind: Kind, at cell: Cell) -> ObjectError {
        ObjectError(kind, at: place(of: cell), in: name)
    }

    func place(of cell: Cell) -> ObjectError.Place {
        let name = cell.section.flatMap { $0 < sectionNames.count ? sectionNames[$0] : nil }
        return ObjectError.Place(offset: cell.offset, sectionIndex: cell.section, sectionName: name)
    }

    /// The error that the file is of another format than the `expected` one.
    func notThisFormat(expected: String, at cell: Cell = .start) -> ObjectError {
        error(.notThisFormat(found: Array(bytes.prefix(4)), expected: expected), at: cell)
    }

    /// The error that nobody has taught the reader what a field asks for.
    func unsupported(_ cell: Cell, _ meaning: String? = nil, expected: String) -> ObjectError {
        error(.unsupported(field: cell.name, found: cell.number, meaning: meaning, expected: expected), at: cell)
    }

    /// The error that entries have not the size that this version of the format gives them.
    func badEntrySize(_ cell: Cell, expected: String) -> ObjectError {
        error(.badEntrySize(field: cell.name, found: cell.number, expected: expected), at: cell)
    }

    /// Checks that a field has the one value that is read, which means `meaning`.
    func check(_ cell: Cell, is expected: UInt64, _ meaning: String) throws(ObjectError) {
        guard cell.number == expected else { throw unsupported(cell, expected: "\(expected): \(meaning)") }
    }

    /// Checks that there are no more than the limit; `cell` says how many there are.
    func check(_ limit: ReaderLimits.Name, _ found: some BinaryInteger, at cell: Cell) throws(ObjectError) {
        guard found <= limits[limit] else {
            throw error(.tooLarge(limit, found: UInt64(found), limit: limits[limit]), at: cell)
        }
    }

    // MARK: Tables

    /// The table of `count` entries, each of `bytes` bytes, from a file offset on.
    ///
    /// - Parameter place: the offset, in the field that says it. Where none does: in the one that says how many there are.
    /// - Throws: `outsideFile` where they are not all in the file.
    func table(
        _ structure: String, at place: Cell, count: UInt64, of bytes: Int = 1, owner: Table.Owner = .section(nil)
    ) throws(ObjectError) -> Table {
        let stretch = try reader.stretch(
            structure, at: place.number, count: count, of: UInt64(bytes), saidAt: self.place(of: place))
        return Table(bytes: self.bytes, range: stretch.range, entryBytes: bytes, layout: layout, owner: owner)
    }

    /// Checks that a table, whose size is in a field, is a whole number of entries.
    func checkWhole(_ size: Cell, of entryBytes: UInt64) throws(ObjectError) {
        guard size.number % entryBytes == 0 else {
            throw error(.partialEntry(size: size.number, entrySize: entryBytes), at: size)
        }
    }

    /// The file header, with which the file begins.
    func header(_ structure: String, bytes: Int) throws(ObjectError) -> Entry {
        try table(structure, at: .start, count: 1, of: bytes)[0]
    }

    /// A cursor over a part of the file, for structures that say their own size.
    func cursor(_ structure: String, _ range: Range<Int>) throws(ObjectError) -> ByteReader {
        try reader.stretch(
            structure, at: UInt64(range.lowerBound), count: UInt64(range.count),
            saidAt: ObjectError.Place(offset: range.lowerBound))
    }

    /// Such a structure, the `index`th of its kind. Of its fields, those may be read that a cursor has come by, or that its
    /// size is known to include.
    func entry(at offset: Int, index: Int) -> Entry {
        Entry(bytes: bytes, start: offset, layout: layout, index: index, section: nil)
    }

    /// What has a stretch of the file for itself, and the field that says where.
    typealias Claim = (owner: String, range: Range<Int>, cell: Cell)

    /// Checks that nothing lies on anything else. That bounds the contents of all sections together by the file's size.
    func checkOverlaps(_ claims: [Claim]) throws(ObjectError) {
        // Of claims that begin together, the first comes first: the file header, where it is among them.
        let order = claims.enumerated().filter { !$0.element.range.isEmpty }.sorted {
            ($0.element.range.lowerBound, $0.offset) < ($1.element.range.lowerBound, $1.offset)
        }.map(\.element)
        for (before, after) in zip(order, order.dropFirst()) where after.range.lowerBound < before.range.upperBound {
            throw error(.overlap(with: before.owner), at: after.cell)
        }
    }

    // MARK: Names

    /// Checks that a string table, in a section or not, ends with a zero byte, and so its last name.
    func checkTerminated(_ strings: Range<Int>, in section: Int? = nil) throws(ObjectError) {
        guard let last = strings.last else { return }
        try check(last, isZeroOr: .unterminated, in: section)
    }

    /// Checks a byte of a string table, which is at file offset `offset`.
    func check(_ offset: Int, isZeroOr fault: ObjectError.StringTableFault, in section: Int?) throws(ObjectError) {
        guard bytes[offset] == 0 else {
            throw error(.badStringTable(fault), at: Cell(name: "", number: 0, offset: offset, section: section))
        }
    }

    /// The name at the number that a field says of a string table, whose last byte is zero.
    mutating func name(_ cell: Cell, in strings: Range<Int>) throws(ObjectError) -> String {
        guard cell.number < strings.count else {
            let kind = Kind.nameOutsideTable(
                field: cell.name, found: UInt32(clamping: cell.number), tableSize: strings.count)
            throw error(kind, at: cell)
        }
        return try name(in: strings.dropFirst(Int(cell.number)), cell)
    }

    /// The name that `range` of the file begins with: up to a zero byte, or all of it. `cell` leads to it.
    mutating func name(in range: Range<Int>, _ cell: Cell) throws(ObjectError) -> String {
        // Searching is bounded by what names may have together.
        let room = limits.nameBytes - nameBytes
        var end = range.lowerBound
        while end < range.upperBound, end - range.lowerBound <= room, reader.bytes[end] != 0 { end += 1 }
        let bytes = reader.bytes[range.lowerBound..<end]
        nameBytes += bytes.count
        try check(.nameBytes, nameBytes, at: cell)
        // Decoding repairs what is not UTF-8, and changes it thereby.
        let name = String(decoding: bytes, as: UTF8.self)
        guard name.utf8.elementsEqual(bytes) else { throw error(.nameNotUTF8(field: cell.name), at: cell) }
        return name
    }

    // MARK: What numbers lead to

    /// Checks that a field has the number of a section: not 0, and below `count`.
    func checkSection(_ cell: Cell, below count: Int) throws(ObjectError) {
        guard cell.number != 0, cell.number < count else { throw badSection(cell, below: count) }
    }

    /// The error that a field has not the number of a section.
    func badSection(_ cell: Cell, below count: Int) -> ObjectError {
        error(.badSectionIndex(field: cell.name, found: cell.number, count: count), at: cell)
    }

    /// Checks that a symbol, whose value and size are set, is in its section.
    func check(_ symbol: Symbol, isIn section: Section, at cell: Cell) throws(ObjectError) {
        guard symbol.value <= section.size, symbol.size <= section.size - symbol.value else {
            let kind = Kind.symbolOutsideSection(
                value: symbol.value, size: symbol.size, section: section.index, sectionSize: section.size)
            throw error(kind, at: cell)
        }
    }

    /// Checks that what a relocation of `type` patches is in the contents of its section; `offset` says where.
    func check(_ type: RelocationType, patches section: Section, at offset: Cell) throws(ObjectError) {
        let size = UInt64(section.contents.count)
        // A type that is not known patches something: a byte at least.
        guard offset.number <= size, UInt64(type.fieldSize ?? 1) <= size - offset.number else {
            let kind = Kind.relocationOutsideSection(
                type: type, offset: offset.number, section: section.index, sectionSize: size)
            throw error(kind, at: offset)
        }
    }
}

extension [Symbol] {
    /// Gives symbols the bytes up to the next one of their section, or to the section's end, where the format has no sizes.
    ///
    /// - Parameter reaching: numbers of the symbols to be given a size where theirs is 0; each with whether it ends those
    ///   before it.
    mutating func addSizes(to reaching: [(symbol: Int, endsOthers: Bool)], in sections: [Section]) {
        var places: [(section: Int, value: UInt64, symbol: Int, endsOthers: Bool)] = []
        for (symbol, endsOthers) in reaching {
            guard let section = self[symbol].section else { continue }
            places.append((section, self[symbol].value, symbol, endsOthers))
        }
        // From each section's end to its beginning.
        places.sort { ($0.section, $0.value) > ($1.section, $1.value) }
        var section: Int?
        // Where symbols at `value` end, and whether one of them ends those before it.
        var end: UInt64 = 0
        var value: UInt64 = 0
        var isEnd = false
        for place in places {
            if place.section != section {
                section = place.section
                end = sections[place.section].size
                value = end
                isEnd = false
            }
            if place.value < value {
                if isEnd { end = value }
                value = place.value
                isEnd = false
            }
            if self[place.symbol].size == 0 { self[place.symbol].size = end - place.value }
            if place.endsOthers { isEnd = true }
        }
    }
}
