/// A cursor over a stretch of a file's bytes; little endian.
///
/// All arithmetic on numbers that come from the file is in here, and checked: a stretch is measured
/// once against the file, and every read against the stretch.
///
/// It holds the array and no span of it, because a type that stores a span needs lifetime
/// annotations, which are an experimental feature of Swift 6.3. Copying a reader copies no bytes.
package struct ByteReader {
    /// The whole file.
    package let bytes: [UInt8]
    /// What errors call the file.
    package let object: String
    /// The stretch that may be read, as offsets in the file.
    package let range: Range<Int>
    /// The file offset of the next byte to be read.
    package private(set) var offset: Int

    /// A reader of the whole file `bytes`.
    package init(_ bytes: [UInt8], object: String) {
        self.init(bytes: bytes, object: object, range: 0..<bytes.count)
    }

    private init(bytes: [UInt8], object: String, range: Range<Int>) {
        self.bytes = bytes
        self.object = object
        self.range = range
        self.offset = range.lowerBound
    }

    /// A reader of `count` entries of `entrySize` bytes from file offset `offset` on.
    ///
    /// - Parameters:
    ///   - structure: what these bytes are, for the error.
    ///   - place: the field that says where they are, for the error.
    /// - Throws: `outsideFile` where they are not all in the file.
    package func stretch(
        _ structure: String, at offset: UInt64, count: UInt64, of entrySize: UInt64 = 1, saidAt place: ObjectError.Place
    ) throws(ObjectError) -> ByteReader {
        let (size, sizeOverflows) = count.multipliedReportingOverflow(by: entrySize)
        let (end, endOverflows) = offset.addingReportingOverflow(size)
        guard !sizeOverflows, !endOverflows, end <= UInt64(bytes.count) else {
            let kind = ObjectError.Kind.outsideFile(
                structure: structure, offset: offset, size: sizeOverflows ? .max : size, fileSize: bytes.count)
            throw ObjectError(kind, at: place, in: object)
        }
        // Both are at most the file's size now, which is an Int.
        return ByteReader(bytes: bytes, object: object, range: Int(offset)..<Int(end))
    }

    /// The next integer, and advances behind it.
    ///
    /// - Throws: `endOfTable` at the cursor, which stays, where the stretch ends first.
    package mutating func read<Number: FixedWidthInteger & UnsignedInteger>(
        _: Number.Type = Number.self
    ) throws(ObjectError) -> Number {
        let size = Number.bitWidth / 8
        guard size <= range.upperBound - offset else {
            throw ObjectError(
                .endOfTable(needed: size, available: range.upperBound - offset),
                at: ObjectError.Place(offset: offset), in: object)
        }
        let number = bytes.number(at: offset, bytes: size)
        offset += size
        return Number(truncatingIfNeeded: number)
    }

    /// The bytes of the stretch, wherever the cursor is.
    package var contents: [UInt8] {
        Array(bytes[range])
    }
}

extension [UInt8] {
    /// The little-endian number in the `count` bytes from `start` on, which must be there; what 64 bits cannot hold is left out.
    func number(at start: Int, bytes count: Int) -> UInt64 {
        var number: UInt64 = 0
        for index in 0..<count {
            number |= UInt64(self[start + index]) << UInt64(8 * index)
        }
        return number
    }

    /// The same as a number with a sign; 0 where there are no bytes.
    func signedNumber(at start: Int, bytes count: Int) -> Int64 {
        let unused = 64 - 8 * Int64(count)
        // Without bytes both shifts are by 64, which leaves 0.
        return (Int64(bitPattern: number(at: start, bytes: count)) << unused) >> unused
    }
}
