import ObjectFiles
import Testing

@Suite("A reader of bytes")
struct ByteReaderTests {
    private static let place = ObjectError.Place(offset: 99, sectionIndex: 7, sectionName: "s")

    @Test func isLittleEndianInEveryWidth() throws {
        var reader = ByteReader([UInt8](1...15), object: "bytes")
        #expect(try reader.read(UInt8.self) == 0x01)
        #expect(try reader.read(UInt16.self) == 0x0302)
        #expect(try reader.read(UInt32.self) == 0x0706_0504)
        #expect(try reader.read(UInt64.self) == 0x0f0e_0d0c_0b0a_0908)
        #expect(reader.offset == 15)
    }

    @Test func stopsAtTheEndOfItsStretch() throws {
        let file = ByteReader([UInt8](0...9), object: "bytes")
        var reader = try file.stretch("table", at: 2, count: 1, of: 5, saidAt: Self.place)
        #expect(reader.contents == [2, 3, 4, 5, 6])
        #expect(try reader.read(UInt16.self) == 0x0302)
        let error = ObjectError(.endOfTable(needed: 4, available: 3), at: .init(offset: 4), in: "bytes")
        #expect(throws: error) { try reader.read(UInt32.self) }
        #expect(try reader.read(UInt16.self) == 0x0504)
    }

    /// A stretch that a file of ten bytes does not have.
    struct Row: CustomTestStringConvertible, Sendable {
        let offset: UInt64
        let count: UInt64
        let entrySize: UInt64
        /// What the error says; the most there is where it does not fit.
        let size: UInt64

        var testDescription: String { "\(count) entries of \(entrySize) bytes at \(offset)" }
    }

    @Test(arguments: [
        Row(offset: 1, count: 10, entrySize: 1, size: 10),
        Row(offset: 0, count: 11, entrySize: 1, size: 11),
        Row(offset: 11, count: 0, entrySize: 1, size: 0),
        Row(offset: .max, count: 1, entrySize: 1, size: 1),
        Row(offset: 1, count: .max, entrySize: 1, size: .max),
        Row(offset: 0, count: .max, entrySize: 64, size: .max),
        Row(offset: 0, count: 1 << 58, entrySize: 64, size: .max),
        Row(offset: 1 << 63, count: 1 << 63, entrySize: 1, size: 1 << 63),
    ])
    func isNeverOutsideTheFile(_ row: Row) {
        let file = ByteReader([UInt8](0...9), object: "bytes")
        let kind = ObjectError.Kind.outsideFile(
            structure: "table", offset: row.offset, size: row.size, fileSize: 10)
        #expect(throws: ObjectError(kind, at: Self.place, in: "bytes")) {
            try file.stretch("table", at: row.offset, count: row.count, of: row.entrySize, saidAt: Self.place)
        }
    }

    @Test func mayBeEmptyAtTheEnd() throws {
        let file = ByteReader([UInt8](0...9), object: "bytes")
        #expect(try file.stretch("table", at: 10, count: 0, saidAt: Self.place).contents == [])
        #expect(try file.stretch("table", at: 0, count: 10, saidAt: Self.place).contents == file.bytes)
    }
}
