import Testing

@testable import UopVM

/// Every set of parallel moves among up to five places, executed.
struct ParallelMoveTests {
    /// Places are 0, 1, ...; the scratch place is far from them.
    private static let scratch = 99

    /// For each destination its source, or nil where nothing goes there.
    private static func mappings(_ places: Int) -> [[Int?]] {
        (0..<places).reduce([[]]) { mappings, _ in
            mappings.flatMap { mapping in ([nil] + Array(0..<places)).map { mapping + [$0] } }
        }
    }

    private static func moves(_ mapping: [Int?]) -> [ParallelMove.Move] {
        mapping.enumerated().compactMap { destination, source in source.map { .init(from: $0, to: destination) } }
    }

    /// Cycles of more than one place, none of whose words goes anywhere else: only these need a
    /// place aside.
    private static func closedCycles(_ mapping: [Int?]) -> Int {
        var seen: Set<Int> = []
        var count = 0
        for start in mapping.indices where !seen.contains(start) {
            var path = [start]
            while let source = mapping[path[path.count - 1]], source != start, !path.contains(source) {
                path.append(source)
            }
            guard path.count > 1, mapping[path[path.count - 1]] == start else { continue }
            seen.formUnion(path)
            if path.allSatisfy({ place in mapping.count { $0 == place } == 1 }) { count += 1 }
        }
        return count
    }

    @Test(arguments: 0...5)
    func everyMapping(places: Int) throws {
        let mappings = Self.mappings(places)
        #expect(mappings.count == (0..<places).reduce(1) { product, _ in product * (places + 1) })
        for mapping in mappings {
            for moves in [Self.moves(mapping), Self.moves(mapping).reversed()] {
                let sequence = ParallelMove.sequence(moves, scratch: Self.scratch)
                var words = Dictionary(uniqueKeysWithValues: (0..<places).map { ($0, "word \($0)") })
                for move in sequence { words[move.to] = words[move.from] }
                for place in 0..<places {
                    try #require(words[place] == "word \(mapping[place] ?? place)", "\(mapping): \(sequence)")
                }
                let cycles = Self.closedCycles(mapping)
                let needed = moves.count { $0.from != $0.to }
                try #require(sequence.count == needed + cycles, "\(mapping): \(sequence)")
                try #require(sequence.count { $0.to == Self.scratch } == cycles, "\(mapping): \(sequence)")
            }
        }
    }

    @Test func aSwapTakesThreeMoves() {
        let sequence = ParallelMove.sequence([.init(from: 0, to: 1), .init(from: 1, to: 0)], scratch: 2)
        #expect(sequence == [.init(from: 1, to: 2), .init(from: 0, to: 1), .init(from: 2, to: 0)])
    }

    /// The word that also goes to 2 can be fetched from there.
    @Test func aSwapWithACopyNeedsNoScratch() {
        let sequence = ParallelMove.sequence(
            [.init(from: 0, to: 1), .init(from: 1, to: 0), .init(from: 0, to: 2)], scratch: 3)
        #expect(sequence == [.init(from: 0, to: 2), .init(from: 1, to: 0), .init(from: 2, to: 1)])
    }
}
