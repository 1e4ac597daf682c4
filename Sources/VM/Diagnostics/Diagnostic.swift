/// One thing that is wrong with an input, and where.
public struct Diagnostic: Hashable, Sendable, CustomStringConvertible {
    public var location: SourceLocation
    /// What was found, what was expected, what to do. One line, no full stop, no "error:".
    public var message: String
    /// A second line of help, such as the nearest valid name.
    public var note: String?

    public init(_ message: String, at location: SourceLocation, note: String? = nil) {
        self.message = message
        self.location = location
        self.note = note
    }

    public var description: String {
        location.line == 0 ? "error: \(message)" : "\(location.line):\(location.column): error: \(message)"
    }

    /// `file:line:column: error: message`, the line of the source, a caret below it, the note.
    public func rendered(file: String, source: [UInt8]) -> String {
        var text = "\(file):\(location.line == 0 ? " " : "")\(description)\n" + location.excerpt(of: source)
        if let note { text += "    note: \(note)\n" }
        return text
    }
}

extension SourceLocation {
    /// The line of the source and a caret below it, each behind four blanks; empty where there is no such line, or it is long.
    package func excerpt(of source: [UInt8]) -> String {
        guard let line = Self.line(Int(line), of: source) else { return "" }
        // Tabs stay tabs in the caret's line, so that it stands where the terminal shows the fault.
        let before = line.prefix(max(0, Int(column) - 1))
        let padding = before.map { $0 == UInt8(ascii: "\t") ? UInt8(ascii: "\t") : UInt8(ascii: " ") }
        let width = min(Int(length), max(1, line.count - before.count))
        return "    " + Self.printable(line) + "\n"
            + "    " + String(decoding: padding, as: UTF8.self) + String(repeating: "^", count: width) + "\n"
    }

    /// The bytes of a line (numbered from 1) without its end, or nil.
    private static func line(_ number: Int, of source: [UInt8]) -> ArraySlice<UInt8>? {
        guard number > 0 else { return nil }
        var start = source.startIndex
        for _ in 1..<max(number, 1) {
            guard let end = source[start...].firstIndex(of: UInt8(ascii: "\n")) else { return nil }
            start = end + 1
        }
        var line = source[start...].prefix { $0 != UInt8(ascii: "\n") }
        if line.last == UInt8(ascii: "\r") { line.removeLast() }
        return line.count <= 400 ? line : nil
    }

    /// Text that cannot steer a terminal: control bytes and bytes above ASCII become `?`, so that a byte is a column.
    private static func printable(_ line: ArraySlice<UInt8>) -> String {
        String(decoding: line.map { $0 == 9 || (32...126).contains($0) ? $0 : UInt8(ascii: "?") }, as: UTF8.self)
    }
}

/// An input that cannot be used: everything that is wrong with it, in the order of the text.
public struct InvalidInput: Error, Hashable, Sendable, CustomStringConvertible {
    public var diagnostics: [Diagnostic]

    public init(_ diagnostics: [Diagnostic]) { self.diagnostics = diagnostics }

    public var description: String { diagnostics.map(\.description).joined(separator: "\n") }

    /// Every diagnostic as a terminal shows it.
    public func rendered(file: String, source: [UInt8]) -> String {
        diagnostics.map { $0.rendered(file: file, source: source) }.joined()
    }
}

/// The name among `candidates` that is most like `name`, for "did you mean": at most a third of
/// its characters away, or nil.
package func nearestName(to name: String, among candidates: some Sequence<String>) -> String? {
    let wanted = Array(name.utf8.prefix(64))
    var best: (name: String, distance: Int)?
    for candidate in candidates {
        let other = Array(candidate.utf8.prefix(64))
        let limit = max(1, max(wanted.count, other.count) / 3)
        guard abs(other.count - wanted.count) <= limit else { continue }
        let distance = editDistance(wanted, other)
        if distance <= limit, distance < best?.distance ?? .max { best = (candidate, distance) }
    }
    return best?.name
}

/// Bytes to insert, delete or replace, and neighbours to exchange, to make one of the other.
private func editDistance(_ a: [UInt8], _ b: [UInt8]) -> Int {
    var beforePrevious: [Int] = []
    var previous = Array(0...b.count)
    for i in a.indices {
        var current = [i + 1]
        for j in b.indices {
            var best = min(previous[j] + (a[i] == b[j] ? 0 : 1), previous[j + 1] + 1, current[j] + 1)
            if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { best = min(best, beforePrevious[j - 1] + 1) }
            current.append(best)
        }
        (beforePrevious, previous) = (previous, current)
    }
    return previous[b.count]
}
