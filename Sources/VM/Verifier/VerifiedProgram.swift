package import CStencils

/// A program that the verifier has accepted: running it cannot corrupt memory, in any engine.
///
/// Only the verifier makes one.
public struct VerifiedProgram: Sendable {
    public let program: Program
    public let catalog: UopCatalog
    /// By trace.
    package let traces: [VerifiedTrace]
    /// Traces that exits lead to: a loop through them has no other back edge.
    package let linkedTraces: Set<Int>

    init(program: Program, catalog: UopCatalog, traces: [VerifiedTrace]) {
        self.program = program
        self.catalog = catalog
        self.traces = traces
        var linked: Set<Int> = []
        for trace in program.traces {
            for statement in trace.statements {
                if case .trace(let target) = statement.exit { linked.insert(target) }
            }
        }
        linkedTraces = linked
    }
}

/// What the verifier knows of a trace: the stack before each statement.
package struct VerifiedTrace: Sendable {
    /// By statement: the stack before it, or `StackStates.unreachable`.
    package var states: [Int32] = []
    package var stacks = StackStates()
    /// Words that the operand stack has at most.
    package var maximumDepth = 0
    /// By named value: its class.
    package var valueClasses: [UopClass] = []
    /// Named values of the traces before this one.
    package var firstValue = 0

    /// The classes on the stack before a statement, deepest first; nil where it is never reached.
    package func classes(before statement: Int) -> [UopClass]? {
        states[statement] == StackStates.unreachable ? nil : stacks.classes(of: states[statement])
    }

    /// Words on the stack before a statement that is reached.
    package func depth(before statement: Int) -> Int { stacks.depth(of: states[statement]) }
}

/// Stacks of value classes. States share their lower parts, so that a state takes a word however
/// deep it is.
package struct StackStates: Sendable {
    private struct Node {
        var top: UopClass
        var below: Int32
        var depth: Int32
    }

    package static let empty: Int32 = 0
    package static let unreachable: Int32 = -1

    private var nodes = [Node(top: .I64, below: 0, depth: 0)]

    /// The state with one more word on top.
    package mutating func push(_ top: UopClass, on state: Int32) -> Int32 {
        nodes.append(Node(top: top, below: state, depth: nodes[Int(state)].depth + 1))
        return Int32(nodes.count - 1)
    }

    package func depth(of state: Int32) -> Int { Int(nodes[Int(state)].depth) }
    package func top(of state: Int32) -> UopClass { nodes[Int(state)].top }
    package func below(_ state: Int32) -> Int32 { nodes[Int(state)].below }

    /// Deepest first.
    package func classes(of state: Int32) -> [UopClass] {
        var result: [UopClass] = []
        var current = state
        while current != Self.empty {
            result.append(top(of: current))
            current = below(current)
        }
        return result.reversed()
    }

    /// The first place from the top where `state` cannot serve as `expected`: words below the top,
    /// what was found and expected. Nil where it can. Both must be equally deep.
    func mismatch(_ state: Int32, _ expected: Int32) -> (distance: Int, found: UopClass, expected: UopClass)? {
        var (a, b, distance) = (state, expected, 0)
        while a != b {
            if !top(of: a).isAssignable(to: top(of: b)) { return (distance, top(of: a), top(of: b)) }
            (a, b, distance) = (below(a), below(b), distance + 1)
        }
        return nil
    }

    /// The state that both can serve as, or nil where some word has no common class.
    mutating func join(_ first: Int32, _ second: Int32) -> Int32? {
        var tops: [UopClass] = []
        var (a, b) = (first, second)
        while a != b {
            guard let common = top(of: a).joined(with: top(of: b)) else { return nil }
            tops.append(common)
            (a, b) = (below(a), below(b))
        }
        return tops.reversed().reduce(a) { push($1, on: $0) }
    }
}

extension UopClass {
    /// True for the classes of tagged words.
    package var isObject: Bool {
        switch self {
        case .OBJECT, .INT, .FLOAT, .BOOL, .NONE, .RANGE: true
        default: false
        }
    }

    /// Whether a value of this class may stand where `other` is expected.
    package func isAssignable(to other: UopClass) -> Bool { self == other || (other == .OBJECT && isObject) }

    /// The narrowest class that both are assignable to.
    package func joined(with other: UopClass) -> UopClass? {
        if self == other { return self }
        return isObject && other.isObject ? .OBJECT : nil
    }
}
