package import Foundation

/// Generated files beside the ones that are on disk.
package struct Output {
    /// Absolute path and text of every file that the set consists of.
    package let files: [(url: URL, text: String)]

    package init(files: [(url: URL, text: String)]) { self.files = files }

    /// Writes what differs; returns the files written.
    package func write() throws(StencilGenError) -> [URL] {
        var written: [URL] = []
        for (url, text) in files where (try? String(contentsOf: url, encoding: .utf8)) != text {
            do {
                try FileManager.default.createDirectory(
                    at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
                try text.write(to: url, atomically: true, encoding: .utf8)
            } catch {
                throw StencilGenError(.file, at: url.path, "could not be written: \(error.localizedDescription)")
            }
            written.append(url)
        }
        return written
    }

    /// A file whose contents on disk are not what would be generated.
    package struct Difference {
        package var url: URL
        /// Lines with their numbers: "-" on disk, "+" generated. At most some hunks of it.
        package var text: String
    }

    /// What differs in anything but comments and white space.
    package func differences() -> [Difference] {
        files.compactMap { url, text in
            guard let present = try? String(contentsOf: url, encoding: .utf8) else {
                return Difference(url: url, text: "  the file is missing\n")
            }
            // In documents everything counts; in C only what the compiler sees.
            let isCode = ["c", "h"].contains(url.pathExtension)
            let (old, new) = isCode ? (Self.essence(present), Self.essence(text)) : (lines(present), lines(text))
            guard isCode ? old.map(\.text).joined() != new.map(\.text).joined() : present != text else { return nil }
            return Difference(url: url, text: Self.hunks(old, new))
        }
    }

    /// The compiler that the files on disk were made by, as their header says.
    package func compilerOnDisk() -> String? {
        for (url, _) in files {
            guard let present = try? String(contentsOf: url, encoding: .utf8) else { continue }
            for line in present.split(separator: "\n").prefix(8) where line.hasPrefix("// Compiler: ") {
                return String(line.dropFirst("// Compiler: ".count))
            }
        }
        return nil
    }

    struct Line: Equatable {
        var number: Int
        var text: String
        static func == (a: Line, b: Line) -> Bool { a.text == b.text }
    }

    /// Lines without comments and white space; empty ones left out.
    static func essence(_ text: String) -> [Line] {
        numbered(text).compactMap { line in
            let text = withoutComment(line.text)
            return text.isEmpty ? nil : Line(number: line.number, text: text)
        }
    }

    /// A line of C up to its comment; white space is kept only in strings.
    private static func withoutComment(_ line: String) -> String {
        var kept = ""
        var isInString = false
        var isEscaped = false
        for character in line {
            if isInString {
                if character == "\"", !isEscaped { isInString = false }
                isEscaped = character == "\\" && !isEscaped
            } else if character == "\"" {
                isInString = true
            } else if character == "/", kept.last == "/" {
                kept.removeLast()
                break
            } else if character.isWhitespace {
                continue
            }
            kept.append(character)
        }
        return kept
    }

    private func lines(_ text: String) -> [Line] { Self.numbered(text) }

    private static func numbered(_ text: String) -> [Line] {
        text.split(separator: "\n", omittingEmptySubsequences: false).enumerated().map {
            Line(number: $0 + 1, text: String($1))
        }
    }

    /// The first changes in the file's order: a changed stencil shows its code before the offsets
    /// that follow from it.
    private static func hunks(_ old: [Line], _ new: [Line]) -> String {
        let changes = new.difference(from: old).map { change -> (number: Int, text: String) in
            switch change {
            case .remove(_, let line, _): (line.number, "  - \(line.number): \(line.text)\n")
            case .insert(_, let line, _): (line.number, "  + \(line.number): \(line.text)\n")
            }
        }
        // Stable, so that what is on disk stands before what would be there.
        let ordered = changes.enumerated().sorted { ($0.element.number, $0.offset) < ($1.element.number, $1.offset) }
        let limit = 20
        var text = ordered.prefix(limit).map(\.element.text).joined()
        if changes.count > limit { text += "  ... and \(changes.count - limit) more\n" }
        return text
    }
}
