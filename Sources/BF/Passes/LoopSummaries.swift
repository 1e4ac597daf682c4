import UopVM

/// What the body of a loop or branch may store to.
struct LoopSummary: BitwiseCopyable {
    /// Cells from the pointer at the head, as residues: see `KnownCells`.
    var stores: UInt64 = 0
    /// Whether the pointer is where it was at the head when the body ends.
    var isBalanced = true
}

/// The summaries of all loops and branches, in the order of their heads.
struct LoopSummaries: ~Copyable {
    struct Scope: BitwiseCopyable {
        var number: Int
        var start: Int
        var summary = LoopSummary()
    }

    private var scopes = GrowingBuffer<Scope>(capacity: 64)
    private var summaries = GrowingBuffer<LoopSummary>(capacity: 64)

    subscript(number: Int) -> LoopSummary { summaries[number] }

    mutating func collect(_ region: borrowing TapeRegion) {
        scopes.removeAll()
        summaries.removeAll()
        var scope = Scope(number: -1, start: 0)
        var place = 0
        for index in 0..<region.instructions.count {
            let instruction = region.instructions[index]
            switch instruction.operation {
            case .loop, .branch:
                scopes.append(scope)
                scope = Scope(number: summaries.count, start: place)
                summaries.append(LoopSummary())
            case .end, .endBranch:
                if place != scope.start { scope.summary.isBalanced = false }
                summaries[scope.number] = scope.summary
                let inner = scope
                scope = scopes.removeLast()
                scope.summary.stores |= inner.summary.stores.rotated(by: inner.start - scope.start)
                scope.summary.isBalanced = scope.summary.isBalanced && inner.summary.isBalanced
            case .move: place += instruction.signedAmount
            case .scan: scope.summary.isBalanced = false
            case .add, .set, .multiply, .product, .scale, .read:
                scope.summary.stores |= KnownCells.bit(place - scope.start + Int(instruction.offset))
            case .touch, .write, .print, .debug: break
            }
        }
    }
}

extension UInt64 {
    /// A set of residues of cells, all of them `distance` cells farther right.
    func rotated(by distance: Int) -> UInt64 {
        let count = UInt64(truncatingIfNeeded: distance & 63)
        return self &<< count | self &>> (0 &- count)
    }
}
