/// Why stencilgen stopped. `description` says where, what was found, what was expected, what to do.
package struct StencilGenError: Error, Sendable, Equatable, CustomStringConvertible {
    package enum Kind: Sendable, Hashable {
        /// No clang that understands stencils was found.
        case noCompiler
        /// clang refused a file, or could not be run.
        case compilation
        /// A file or folder could not be read or written.
        case file
        /// An object file was not as clang writes them.
        case object
        /// A uop's metadata is no valid definition.
        case definition
        /// A relocation has no hole kind.
        case unknownRelocation
        /// A stencil calls or uses a symbol that is neither magic nor a declared helper.
        case undeclaredSymbol
        /// A stencil has writable or thread-local data.
        case writableData
        /// A stencil that is no call needs a stack frame.
        case stackFrame
        /// A stencil's code cannot be laid out.
        case layout
    }

    package var kind: Kind
    /// Where: "Stencils/Integer64.c: uop '_I64_ADD', .text+0x1c", or a path. Empty if nowhere.
    package var place: String
    /// What was found and what was expected.
    package var message: String
    /// What to do. May be empty.
    package var remedy: String

    package init(_ kind: Kind, at place: String = "", _ message: String, remedy: String = "") {
        self.kind = kind
        self.place = place
        self.message = message
        self.remedy = remedy
    }

    package var description: String {
        var text = place.isEmpty ? message : "\(place):\n  \(message)"
        if !remedy.isEmpty { text += "\n  \(remedy)" }
        return text
    }
}
