import CStencils

/// What verifying a graph finds out on its way.
struct GraphChecker {
    private(set) var problems: [String] = []
    /// By node: its place in its block's list; -1 where it is in none.
    var places: [Int]
    var checkedBindings: Set<Int> = []
    /// By block: the block that every way to it comes through last; itself for block 0, -1 where none leads.
    private var dominators: [Int]
    /// By block: its number in an order in which blocks come after those that dominate them.
    private var order: [Int]
    /// In the tree of dominators: the numbers of a block and of the last one below it.
    private var first: [Int]
    private var last: [Int]

    init(graph: borrowing Graph) {
        places = Array(repeating: -1, count: graph.nodes.count)
        dominators = Array(repeating: -1, count: graph.blocks.count)
        order = Array(repeating: -1, count: graph.blocks.count)
        first = order
        last = order
    }

    mutating func note(_ problem: String) {
        if problems.count < 20 { problems.append(problem) }
    }

    // MARK: Dominators

    /// Cooper, Harvey and Kennedy: A Simple, Fast Dominance Algorithm (2001).
    mutating func computeDominators(_ graph: borrowing Graph) {
        let blocks = reversePostorder(graph)
        for (number, block) in blocks.enumerated() { order[block] = number }
        dominators[0] = 0
        var isChanged = true
        while isChanged {
            isChanged = false
            for block in blocks.dropFirst() {
                var common = -1
                var edge = graph.blocks[block].firstIncoming
                while edge != Graph.absent {
                    let from = Int(graph.edges[Int(edge)].from)
                    if dominators[from] != -1 { common = common == -1 ? from : intersect(common, from) }
                    edge = graph.edges[Int(edge)].nextIncoming
                }
                if dominators[block] != common {
                    dominators[block] = common
                    isChanged = true
                }
            }
        }
        for block in 0..<graph.blocks.count where order[block] == -1 { note("b\(block) is never reached") }
        numberTree(blocks)
    }

    private func intersect(_ first: Int, _ second: Int) -> Int {
        var (a, b) = (first, second)
        while a != b {
            while order[a] > order[b] { a = dominators[a] }
            while order[b] > order[a] { b = dominators[b] }
        }
        return a
    }

    private func reversePostorder(_ graph: borrowing Graph) -> [Int] {
        var result: [Int] = []
        var isSeen = Array(repeating: false, count: graph.blocks.count)
        var stack: [(block: Int, next: Int)] = [(0, 0)]
        isSeen[0] = true
        while let (block, next) = stack.last {
            guard next < 2 else {
                result.append(block)
                stack.removeLast()
                continue
            }
            stack[stack.count - 1].next += 1
            let edge = next == 0 ? graph.blocks[block].jump : graph.blocks[block].fallThrough
            guard edge != Graph.absent else { continue }
            let to = Int(graph.edges[Int(edge)].to)
            if !isSeen[to] {
                isSeen[to] = true
                stack.append((to, 0))
            }
        }
        return result.reversed()
    }

    /// Numbers, so that one block dominates another if its range holds the other's number.
    private mutating func numberTree(_ blocks: [Int]) {
        var children = Array(repeating: [Int](), count: dominators.count)
        for block in blocks.dropFirst() { children[dominators[block]].append(block) }
        var stack: [(block: Int, next: Int)] = [(0, 0)]
        var number = 0
        while let (block, next) = stack.last {
            if next == 0 {
                first[block] = number
                number += 1
            }
            if next < children[block].count {
                stack[stack.count - 1].next += 1
                stack.append((children[block][next], 0))
            } else {
                last[block] = number - 1
                stack.removeLast()
            }
        }
    }

    private func dominates(_ a: Int, _ b: Int) -> Bool { first[a] <= first[b] && first[b] <= last[a] }

    // MARK: Uses

    private mutating func isDefined(_ graph: borrowing Graph, _ value: Graph.Value, _ user: String) -> Bool {
        let isDefined = Int(value) < places.count && places[Int(value)] >= 0
        if !isDefined { note("\(user) uses v\(value), which is not in the graph") }
        return isDefined
    }

    /// A value used at a place of a block.
    mutating func checkAt(
        _ graph: borrowing Graph, _ value: Graph.Value, _ point: (block: Int, place: Int), _ user: String
    ) {
        guard isDefined(graph, value, user) else { return }
        let block = Int(graph.nodes[Int(value)].block)
        let isBefore = block == point.block ? places[Int(value)] < point.place : dominates(block, point.block)
        if !isBefore { note("\(user) uses v\(value), which is not defined on every way to it") }
    }

    /// A value used by a node.
    mutating func checkUse(
        _ graph: borrowing Graph, _ value: Graph.Value, by node: Int, _ shapes: [UopShape], _ user: String
    ) {
        checkAt(graph, value, (Int(graph.nodes[node].block), places[node]), user)
        guard Int(value) < places.count else { return }
        let uop = graph.nodes[Int(value)].uop
        let isValue =
            uop < Graph.Special.first
            ? shapes[Int(uop)].outputCount > 0 && !shapes[Int(uop)].flags.contains(.guards) : uop != Graph.Special.store
        if !isValue { note("\(user) uses v\(value), which has no value") }
    }

    /// A value used at the end of a block.
    mutating func checkEnd(_ graph: borrowing Graph, _ value: Graph.Value, of block: Int, _ user: String) {
        checkAt(graph, value, (block, Int.max), user)
    }
}
