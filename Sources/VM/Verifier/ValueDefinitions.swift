import CStencils

/// Which named values are defined: a tree, because ways that part share what was defined before.
///
/// A state is the node of its latest definition; its values are those on the way to the root.
struct ValueDefinitions {
    private struct Node {
        var parent: Int32
        var depth: Int32
    }

    static let none: Int32 = 0

    private var nodes = [Node(parent: 0, depth: 0)]
    /// By value: its definition's node, or -1.
    private var definitions: [Int32] = []
    private var classes: [UopClass] = []

    init(count: Int = 0) {
        definitions = Array(repeating: -1, count: count)
        classes = Array(repeating: .I64, count: count)
    }

    /// The state in which the value is defined, too; nil where it has a definition elsewhere.
    mutating func define(_ value: Int, _ valueClass: UopClass, after state: Int32) -> Int32? {
        guard definitions[value] == -1 else { return nil }
        nodes.append(Node(parent: state, depth: nodes[Int(state)].depth + 1))
        definitions[value] = Int32(nodes.count - 1)
        classes[value] = valueClass
        return definitions[value]
    }

    func valueClass(of value: Int) -> UopClass { classes[value] }

    /// Whether the value is defined on every way to the state.
    func isDefined(_ value: Int, in state: Int32) -> Bool {
        let node = definitions[value]
        guard node != -1 else { return false }
        return ancestor(of: state, depth: nodes[Int(node)].depth) == node
    }

    /// What is defined on both ways.
    func common(_ first: Int32, _ second: Int32) -> Int32 {
        let depth = min(nodes[Int(first)].depth, nodes[Int(second)].depth)
        var (a, b) = (ancestor(of: first, depth: depth), ancestor(of: second, depth: depth))
        while a != b { (a, b) = (nodes[Int(a)].parent, nodes[Int(b)].parent) }
        return a
    }

    private func ancestor(of state: Int32, depth: Int32) -> Int32 {
        var node = state
        while nodes[Int(node)].depth > depth { node = nodes[Int(node)].parent }
        return node
    }
}

/// A binary heap of numbers.
struct MinimumHeap {
    private var items: [Int] = []

    mutating func insert(_ item: Int) {
        items.append(item)
        var child = items.count - 1
        while child > 0, items[(child - 1) / 2] > items[child] {
            items.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    mutating func removeFirst() -> Int? {
        guard let first = items.first else { return nil }
        let last = items.removeLast()
        guard !items.isEmpty else { return first }
        items[0] = last
        var parent = 0
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2] where child < items.count && items[child] < items[least] {
                least = child
            }
            if least == parent { return first }
            items.swapAt(parent, least)
            parent = least
        }
    }
}
