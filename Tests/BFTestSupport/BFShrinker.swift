/// Makes a program on which an engine is wrong smaller, as long as the engine is wrong on it.
///
/// Any candidate may be tried: those with unmatched brackets and those without an end are not run.
package struct BFShrinker {
    private let engine: BFEngine
    package private(set) var smallest: BFCase
    package private(set) var report: String
    /// Candidates that may still be tried.
    private var tries = 20_000

    package init(_ engine: BFEngine, _ item: BFCase, report: String) {
        self.engine = engine
        smallest = item
        self.report = report
    }

    package mutating func run() {
        removeComments()
        var before = Int.max
        while size < before, tries > 0 {
            before = size
            removeChunks()
            removeBrackets()
            shortenRuns()
            simplifyInput()
            simplifySetting()
        }
    }

    private var size: Int { smallest.text.count + smallest.input.count }

    /// Takes the candidate over where the engine is wrong on it, too.
    private mutating func accept(_ change: (inout BFCase) -> Void) -> Bool {
        var candidate = smallest
        change(&candidate)
        guard tries > 0, candidate != smallest else { return false }
        tries -= 1
        guard let difference = engine.difference(on: candidate) else { return false }
        (smallest, report) = (candidate, difference)
        return true
    }

    private mutating func removeComments() { _ = accept { $0.text.removeAll { !"+-<>[].,".utf8.contains($0) } } }

    // MARK: Text

    /// Equal bytes that follow each other: a long move is one thing, not thousands.
    private struct Piece {
        let byte: UInt8
        var count: Int
    }

    private var pieces: [Piece] {
        smallest.text.reduce(into: []) { pieces, byte in
            let isBracket = byte == UInt8(ascii: "[") || byte == UInt8(ascii: "]")
            if !isBracket, pieces.last?.byte == byte {
                pieces[pieces.count - 1].count += 1
            } else {
                pieces.append(Piece(byte: byte, count: 1))
            }
        }
    }

    private mutating func accept(pieces: some Sequence<Piece>) -> Bool {
        accept { $0.text = pieces.flatMap { Array(repeating: $0.byte, count: $0.count) } }
    }

    /// Long chunks first.
    private mutating func removeChunks() {
        var length = pieces.count
        while length > 0 {
            var start = 0
            while start + length <= pieces.count {
                var candidate = pieces
                candidate.removeSubrange(start..<start + length)
                if !accept(pieces: candidate) { start += 1 }
            }
            length = length > 8 ? length / 2 : length - 1
        }
    }

    /// Brackets without what is inside.
    private mutating func removeBrackets() {
        var start = 0
        while start < smallest.text.count {
            let partner = partner(of: start)
            let isRemoved = partner.map { partner in
                accept {
                    $0.text.remove(at: partner)
                    $0.text.remove(at: start)
                }
            }
            if isRemoved != true { start += 1 }
        }
    }

    private func partner(of start: Int) -> Int? {
        guard smallest.text[start] == UInt8(ascii: "[") else { return nil }
        var depth = 0
        return smallest.text.indices[start...].first { index in
            if smallest.text[index] == UInt8(ascii: "[") { depth += 1 }
            if smallest.text[index] == UInt8(ascii: "]") { depth -= 1 }
            return depth == 0
        }
    }

    /// Runs by themselves, and two at once: what goes there and comes back.
    private mutating func shortenRuns() {
        for first in pieces.indices.reversed() where first < pieces.count {
            shorten([first])
            for second in (first + 1)..<max(first + 1, min(pieces.count, first + 12)) { shorten([first, second]) }
        }
    }

    /// By half, by a quarter, and so on; again where it helps.
    private mutating func shorten(_ indices: [Int]) {
        guard indices.allSatisfy({ $0 < pieces.count }) else { return }
        var amount = (indices.map { pieces[$0].count }.min() ?? 0) / 2
        while amount > 0 {
            var candidate = pieces
            guard indices.allSatisfy({ $0 < candidate.count && candidate[$0].count > amount }) else { return amount /= 2 }
            for index in indices { candidate[index].count -= amount }
            if !accept(pieces: candidate) { amount /= 2 }
        }
    }

    // MARK: Everything else

    private mutating func simplifyInput() {
        for count in 0..<smallest.input.count where accept({ $0.input.removeLast($0.input.count - count) }) { break }
        for index in smallest.input.indices.reversed() where !accept({ $0.input.remove(at: index) }) {
            for byte in [1, 2, smallest.input[index] / 2] as [UInt8] where byte < smallest.input[index] {
                if accept({ $0.input[index] = byte }) { break }
            }
        }
    }

    private mutating func simplifySetting() {
        _ = accept { $0.cellBits = 8 }
        _ = accept { $0.endOfInput = .unchanged }
        for cells in [0, 1] where cells < smallest.cellsLeft && accept({ $0.cellsLeft = cells }) { break }
        _ = accept { $0.cellsRight = 1 }
    }
}
