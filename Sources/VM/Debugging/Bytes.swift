/// Bytes to which numbers are appended, the lowest byte first.
struct Bytes {
    private(set) var bytes: [UInt8] = []
    var count: Int { bytes.count }

    mutating func append(_ value: some FixedWidthInteger) {
        for shift in stride(from: 0, to: value.bitWidth, by: 8) { bytes.append(UInt8(truncatingIfNeeded: value >> shift)) }
    }

    /// Appends numbers one after the other.
    mutating func append<Number: FixedWidthInteger>(all values: [Number]) { for value in values { append(value) } }

    /// Appends a word of the file's class.
    mutating func append(word: UInt64, is64: Bool) {
        if is64 { append(word) } else { append(UInt32(truncatingIfNeeded: word)) }
    }

    /// Appends a text, and zeros behind it to so many bytes.
    mutating func append(_ text: String, paddedTo count: Int) {
        bytes += Array(text.utf8.prefix(count)) + Array(repeating: 0, count: max(0, count - text.utf8.count))
    }

    mutating func append(contentsOf other: [UInt8]) { bytes += other }

    mutating func align(to alignment: Int) {
        while alignment > 1, bytes.count % alignment != 0 { bytes.append(0) }
    }

    mutating func replace(at offset: Int, with other: [UInt8]) {
        bytes.replaceSubrange(offset..<offset + other.count, with: other)
    }

    /// Replaces so many bytes by a number's lowest ones.
    mutating func store(_ value: Int64, at offset: Int, size: Int) {
        for index in 0..<size { bytes[offset + index] = UInt8(truncatingIfNeeded: value >> Int64(8 * index)) }
    }
}

/// Names, each ended by a zero.
struct StringTable {
    private(set) var bytes: [UInt8]

    /// - Parameter prefix: what comes before the first name.
    init(after prefix: [UInt8] = [0]) { bytes = prefix }

    /// - Returns: where the name begins.
    mutating func add(_ name: String) -> UInt32 {
        let offset = UInt32(truncatingIfNeeded: bytes.count)
        bytes += Array(name.utf8) + [0]
        return offset
    }
}
