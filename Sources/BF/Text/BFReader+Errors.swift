import UopVM

extension BFReader {
    /// What is wrong with the brackets: the first errors in the order of the text, and a word about the others.
    ///
    /// A `]` is unmatched only where no loop is open, so that each `[` that is never closed comes after all of those.
    func diagnostics(_ state: borrowing ReaderState, _ text: SourceText) -> [Diagnostic] {
        let ends = state.unmatchedEnds
        let starts = state.openPositions(atMost: limits.errors + 1 - ends.count)
        let offsets = Array((ends + starts).prefix(limits.errors + 1))
        let locations = text.locations(ofBytes: offsets)
        return zip(offsets, locations).enumerated().map { index, error in
            let (offset, location) = error
            if index == limits.errors { return Diagnostic("more errors are left out", at: location) }
            let message =
                index < ends.count
                ? "unmatched ']' (byte \(offset)): no loop is open here"
                : "unmatched '[' (byte \(offset)): the loop is never closed"
            return Diagnostic(message, at: location)
        }
    }
}
