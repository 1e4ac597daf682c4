extension LoopPass {
    /// The pass `clear`: a loop that does nothing but add an odd number to its own cell ends at 0, whatever the cell
    /// was, because an odd number has a multiple for each residue of a power of 2. An even one may miss it.
    mutating func rewriteClear(_ loop: ClosingLoop) -> Bool {
        guard output.count == loop.head + 2 else { return false }
        let body = output[loop.head + 1]
        guard body.operation == .add, Int(body.offset) == loop.cell, body.amount & 1 == 1 else { return false }
        output.truncate(to: loop.head)
        append(.set, loop.cell, at: loop.first)
        return true
    }
}
