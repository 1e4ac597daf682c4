import Foundation

/// A line on the terminal that says what is being done. Nothing where standard error is no terminal.
struct Progress: Sendable {
    private let isVisible = isatty(2) != 0

    /// Replaces the line.
    @Sendable func show(_ text: String) { write("\r\u{1B}[K\(text)") }

    /// Removes the line.
    func end() { write("\r\u{1B}[K") }

    private func write(_ text: String) {
        if isVisible { FileHandle.standardError.write(Data(text.utf8)) }
    }
}
