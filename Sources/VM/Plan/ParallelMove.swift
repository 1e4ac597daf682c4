/// Moves that happen at the same time, as a sequence of single ones.
package enum ParallelMove {
    /// One word, from one place to another.
    package struct Move: Hashable, Sendable {
        package var from: Int
        package var to: Int

        package init(from: Int, to: Int) {
            self.from = from
            self.to = to
        }
    }

    /// A sequence of moves with the effect of doing all of `moves` at once. No two go to one place.
    ///
    /// - Parameter scratch: a place that no move names; it holds one word while a cycle is turned.
    /// - Returns: as few moves as there are, without those to where the word is, and one more a cycle.
    package static func sequence(_ moves: [Move], scratch: Int) -> [Move] {
        var pending: [Int: Int] = [:]  // destination -> source
        var readers: [Int: Int] = [:]  // source -> how many pending moves read it
        for move in moves where move.from != move.to {
            pending[move.to] = move.from
            readers[move.from, default: 0] += 1
        }
        var result: [Move] = []
        // In the order of `moves`, so that the same moves give the same code.
        var ready = moves.filter { $0.from != $0.to && readers[$0.to] == nil }.map(\.to)
        var rest = moves.map(\.to)[...]
        while !pending.isEmpty {
            while let destination = ready.popLast() {
                guard let source = pending.removeValue(forKey: destination) else { continue }
                result.append(Move(from: source, to: destination))
                readers[source, default: 0] -= 1
                if readers[source] == 0, pending[source] != nil { ready.append(source) }
            }
            // Whoever is left is in a cycle, and is read by one: its word steps aside.
            guard let next = rest.popFirst() else { break }
            guard pending[next] != nil else { continue }
            result.append(Move(from: next, to: scratch))
            for (destination, source) in pending where source == next {
                pending[destination] = scratch
                readers[scratch, default: 0] += 1
            }
            readers[next] = 0
            ready.append(next)
        }
        return result
    }
}
