extension LoopPass {
    /// The pass `scans`: a loop that only moves.
    mutating func rewriteScan(_ loop: ClosingLoop) -> Bool {
        let count = output.count - loop.head - 1
        guard loop.cell == 0, loop.isStraight, 1...Self.window ~= count else { return false }
        var stride = 0
        for index in loop.head + 1..<output.count {
            guard output[index].operation == .move else { return false }
            stride += output[index].signedAmount
        }
        guard stride != 0, abs(stride) <= TapeRegion.largestOffset else { return false }
        let amount = Int32(stride)
        output.truncate(to: loop.head)
        append(.scan, 0, amount: UInt32(bitPattern: amount), other: Int(loop.end.position), at: loop.first)
        return true
    }
}
