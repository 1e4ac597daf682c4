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
    /// The method of Boissinot, Darte, Rastello, de Dinechin and Guillon, "Revisiting Out-of-SSA
    /// Translation for Correctness, Code Quality, and Efficiency" (CGO 2009), algorithm 1.
    ///
    /// - Parameter scratch: a place that no move names; it holds one word while a cycle is turned.
    /// - Returns: as few moves as there are, without those to where the word is, and one more for each
    ///   cycle of which no word also goes elsewhere.
    package static func sequence(_ moves: [Move], scratch: Int) -> [Move] {
        var pending: [Int: Int] = [:]  // destination -> the place whose word it gets
        var locations: [Int: Int] = [:]  // such a place -> where its word is by now
        for move in moves where move.from != move.to {
            pending[move.to] = move.from
            locations[move.from] = move.from
        }
        var result: [Move] = []
        // In the order of `moves`, so that the same moves give the same code.
        var ready = moves.filter { $0.from != $0.to && locations[$0.to] == nil }.map(\.to)
        var rest = moves.map(\.to)[...]
        while !pending.isEmpty {
            while let destination = ready.popLast() {
                guard let source = pending.removeValue(forKey: destination), let location = locations[source] else {
                    continue
                }
                result.append(Move(from: location, to: destination))
                // Whoever else gets the word takes it from here, so that its own place is free at once.
                locations[source] = destination
                if location == source, pending[source] != nil { ready.append(source) }
            }
            // Whoever is left is in a cycle: its word steps aside.
            guard let next = rest.popFirst() else { break }
            guard pending[next] != nil else { continue }
            result.append(Move(from: next, to: scratch))
            locations[next] = scratch
            ready.append(next)
        }
        return result
    }
}
