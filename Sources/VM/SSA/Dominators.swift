/// Which blocks come before which on every way: immediate dominators as Cooper, Harvey and Kennedy compute them
/// ("A Simple, Fast Dominance Algorithm", 2001). Forward edges lead forward in the order of the blocks, so that one
/// round is enough unless a loop has several entries.
package struct Dominators: ~Copyable {
    /// By block: its immediate dominator; itself for block 0.
    private(set) var immediate = GrowingBuffer<UInt32>(capacity: 64)
    /// By block: its place in a walk over the tree, down and up.
    private var down = GrowingBuffer<UInt32>(capacity: 64)
    private var up = GrowingBuffer<UInt32>(capacity: 64)
    private var firstChild = GrowingBuffer<UInt32>(capacity: 64)
    private var nextSibling = GrowingBuffer<UInt32>(capacity: 64)
    private var path = GrowingBuffer<UInt32>(capacity: 64)

    mutating func compute(_ blocks: borrowing GrowingBuffer<Graph.Block>, _ edges: borrowing GrowingBuffer<Graph.Edge>) {
        let count = blocks.count
        immediate.fill(count, with: Graph.absent)
        immediate[0] = 0
        var hasChanged = true
        while hasChanged {
            hasChanged = false
            for block in 1..<max(1, count) {
                var result = Graph.absent
                var edge = blocks[block].firstIncoming
                while edge != Graph.absent {
                    let from = edges[Int(edge)].from
                    if immediate[Int(from)] != Graph.absent {
                        result = result == Graph.absent ? from : meet(result, from)
                    }
                    edge = edges[Int(edge)].nextIncoming
                }
                if result != immediate[block] {
                    immediate[block] = result
                    hasChanged = true
                }
            }
        }
        number(count)
    }

    private func meet(_ first: UInt32, _ second: UInt32) -> UInt32 {
        var (a, b) = (first, second)
        while a != b {
            if a > b { a = immediate[Int(a)] } else { b = immediate[Int(b)] }
        }
        return a
    }

    /// Numbers the tree, so that dominance is a comparison of intervals.
    private mutating func number(_ count: Int) {
        down.fill(count, with: 0)
        up.fill(count, with: 0)
        firstChild.fill(count, with: Graph.absent)
        nextSibling.fill(count, with: Graph.absent)
        for block in (1..<max(1, count)).reversed() where immediate[block] != Graph.absent {
            nextSibling[block] = firstChild[Int(immediate[block])]
            firstChild[Int(immediate[block])] = UInt32(truncatingIfNeeded: block)
        }
        var clock: UInt32 = 1
        path.removeAll()
        path.append(0)
        down[0] = clock
        while path.count > 0 {
            let block = Int(path[path.count - 1])
            let child = firstChild[block]
            clock += 1
            if child != Graph.absent {
                // A child is taken off the list when it is entered.
                firstChild[block] = nextSibling[Int(child)]
                down[Int(child)] = clock
                path.append(child)
            } else {
                up[block] = clock
                _ = path.removeLast()
            }
        }
    }

    /// Whether every way to `second` leads through `first`; a block dominates itself.
    @inline(__always)
    func dominates(_ first: UInt32, _ second: UInt32) -> Bool {
        down[Int(first)] <= down[Int(second)] && up[Int(second)] <= up[Int(first)]
    }
}
