package import UopVM

/// A program's text, for those who want to say where something is. Instructions have positions in bytes only: lines
/// and columns are counted when somebody asks.
package struct SourceText {
    private let bytes: [UInt8]

    package init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// Line and column (both from 1, columns in bytes) of a byte.
    package func location(ofByte offset: Int) -> SourceLocation {
        locations(ofBytes: [offset])[0]
    }

    /// Lines and columns of many bytes, in the order asked for. The text is read once, up to the last of them.
    package func locations(ofBytes offsets: [Int]) -> [SourceLocation] {
        var locations = [SourceLocation](repeating: .none, count: offsets.count)
        let isSorted = zip(offsets, offsets.dropFirst()).allSatisfy { $0 <= $1 }
        let order = isSorted ? Array(offsets.indices) : offsets.indices.sorted { offsets[$0] < offsets[$1] }
        var (line, lineStart, position) = (1, 0, 0)
        for index in order {
            let target = min(max(0, offsets[index]), bytes.count)
            while position < target {
                if bytes[position] == UInt8(ascii: "\n") { (line, lineStart) = (line + 1, position + 1) }
                position += 1
            }
            locations[index] = SourceLocation(line: line, column: target - lineStart + 1)
        }
        return locations
    }

    /// The brackets of the innermost loop that has the byte at `offset` in its body, or nil outside of all loops. A
    /// `]` belongs to its own loop, because the loop is running where that `]` fails; a `[` belongs to the outer one.
    package func loop(aroundByte offset: Int) -> ClosedRange<Int>? {
        var depth = 0
        var start = min(offset, bytes.count) - 1
        while start >= 0 {
            if bytes[start] == UInt8(ascii: "]") { depth += 1 }
            if bytes[start] == UInt8(ascii: "[") {
                if depth == 0 { break }
                depth -= 1
            }
            start -= 1
        }
        guard start >= 0 else { return nil }
        depth = 0
        for end in start..<bytes.count {
            if bytes[end] == UInt8(ascii: "[") { depth += 1 }
            if bytes[end] == UInt8(ascii: "]") {
                depth -= 1
                if depth == 0 { return start...end }
            }
        }
        return nil
    }
}
