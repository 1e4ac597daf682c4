package import CStencils

/// One region in static single assignment form: blocks of nodes in the order of their code, values with
/// one definition each, and for every exit what the interpreter would see there.
///
/// All lists are flat, and all references are indices, so that building and rewriting allocate nothing
/// for each uop. A graph is used again for the next region: `removeAll` keeps its memory.
package struct Graph: ~Copyable {
    /// A node's number is the number of its value.
    package typealias Value = UInt32
    package static let absent = UInt32.max

    /// Nodes in the order of their making; blocks link those that belong to them. What is in no list (a phi that
    /// turned out to be one value) has no block. A value may have a larger number than nodes that use it: where
    /// a loop is entered past its head, code comes before that which it follows.
    package var nodes = GrowingBuffer<Node>(capacity: 512)
    /// Blocks in the order of their code.
    package var blocks = GrowingBuffer<Block>(capacity: 64)
    package var edges = GrowingBuffer<Edge>(capacity: 64)
    /// What edges hand to the phis of the blocks that they lead to.
    package var arguments = GrowingBuffer<Value>(capacity: 128)
    /// Words of immediates and constants.
    package var operands = GrowingBuffer<UInt64>(capacity: 512)
    package var loops = GrowingBuffer<Loop>(capacity: 16)

    /// Points where control may leave, in the order of the code.
    package var exits = GrowingBuffer<Exit>(capacity: 128)
    /// Which variable has which value: a tree, whose branches are the ways that control takes.
    package var bindings = GrowingBuffer<Binding>(capacity: 256)
    /// Words of the operand stack at exits: a tree likewise.
    package var stackCells = GrowingBuffer<StackCell>(capacity: 256)

    /// Which blocks come before which, once the graph is built: passes change neither blocks nor edges.
    var dominators = Dominators()

    package init() {}

    package mutating func removeAll() {
        nodes.removeAll()
        blocks.removeAll()
        edges.removeAll()
        arguments.removeAll()
        operands.removeAll()
        loops.removeAll()
        exits.removeAll()
        bindings.removeAll()
        stackCells.removeAll()
    }
}

extension Graph {
    /// Puts a node at the beginning of the region, where everything behind can use it.
    mutating func moveToEntry(_ number: Int) {
        remove(number)
        let first = blocks[0].first
        nodes[number].block = 0
        nodes[number].previous = Graph.absent
        nodes[number].next = first
        if first == Graph.absent {
            blocks[0].last = UInt32(truncatingIfNeeded: number)
        } else {
            nodes[Int(first)].previous = UInt32(truncatingIfNeeded: number)
        }
        blocks[0].first = UInt32(truncatingIfNeeded: number)
    }

    /// Puts a node behind all others of a block.
    mutating func moveToEnd(_ number: Int, of block: Int) {
        remove(number)
        let last = blocks[block].last
        nodes[number].block = UInt32(truncatingIfNeeded: block)
        nodes[number].previous = last
        nodes[number].next = Graph.absent
        if last == Graph.absent {
            blocks[block].first = UInt32(truncatingIfNeeded: number)
        } else {
            nodes[Int(last)].next = UInt32(truncatingIfNeeded: number)
        }
        blocks[block].last = UInt32(truncatingIfNeeded: number)
    }

    /// Lets other values stand for values, wherever they are named.
    mutating func replace(_ replacement: borrowing GrowingBuffer<Value>) {
        for index in 0..<nodes.count where nodes[index].inputCount > 0 {
            let inputs = nodes[index].inputs
            nodes[index].inputs.0 = replacement[Int(inputs.0)]
            if inputs.1 != Graph.absent { nodes[index].inputs.1 = replacement[Int(inputs.1)] }
            if inputs.2 != Graph.absent { nodes[index].inputs.2 = replacement[Int(inputs.2)] }
        }
        for index in 0..<arguments.count { arguments[index] = replacement[Int(arguments[index])] }
        for index in 0..<stackCells.count { stackCells[index].value = replacement[Int(stackCells[index].value)] }
        for index in 0..<bindings.count { bindings[index].value = replacement[Int(bindings[index].value)] }
    }

    /// Says that a node does not leave any more, before it moves or goes. Checks that were moved before the same loop
    /// share an exit: it is the last one's, and then the one's before.
    mutating func dropExit(of number: Int) {
        let exit = nodes[number].exit
        guard exit != Graph.absent, Int(exits[Int(exit)].node) == number else { return }
        exits[Int(exit)].node = Graph.absent
        guard exits[Int(exit)].number == Graph.absent else { return }
        var other = nodes[number].previous
        while other != Graph.absent, nodes[Int(other)].exit != exit { other = nodes[Int(other)].previous }
        exits[Int(exit)].node = other
    }

    /// Takes a node out of its block. It keeps its number: exits may still name it, and compute it for themselves.
    mutating func remove(_ number: Int) {
        let node = nodes[number]
        let block = Int(node.block)
        if node.previous == Graph.absent { blocks[block].first = node.next } else { nodes[Int(node.previous)].next = node.next }
        if node.next == Graph.absent { blocks[block].last = node.previous } else { nodes[Int(node.next)].previous = node.previous }
        nodes[number].block = Graph.absent
    }
}

extension Graph {
    /// What a node is, beside the uops of the catalog.
    package enum Special {
        /// Takes an argument of each edge into its block.
        package static let phi: UInt16 = 0xFFFF
        /// A variable's word when the region is entered; `operand` is the frame offset itself.
        package static let entry: UInt16 = 0xFFFE
        /// A literal; `operand` indexes its word in `operands`.
        package static let constant: UInt16 = 0xFFFD
        /// A further output of the node before: nodes of several outputs are followed by as many of these,
        /// with the outputs' places, from 1 on, in `operand`.
        package static let output: UInt16 = 0xFFFC
        /// Its input goes into a variable's word now, because the next node reads it there itself; `operand` is
        /// the frame offset. Only uops that use locals and do not just move words need it.
        package static let store: UInt16 = 0xFFFB
        /// A variable's word as the node before has left it in the frame; `operand` is the frame offset.
        package static let load: UInt16 = 0xFFFA
        package static let first: UInt16 = 0xFFF0
    }

    /// 40 bytes. One operation and its (first) value.
    package struct Node: Sendable, BitwiseCopyable {
        /// The uop's number in the catalog, or one of `Special`.
        package var uop: UInt16
        /// The class of its value: decides whether it lives in integer or float registers.
        package var valueClass: UopClass
        package var inputCount: UInt8
        package var inputs: (Value, Value, Value) = (Graph.absent, Graph.absent, Graph.absent)
        /// The first of its operand words in `Graph.operands`.
        package var operand: UInt32 = Graph.absent
        /// Its entry in `Graph.exits`; `absent` where it cannot leave.
        package var exit: UInt32 = Graph.absent
        package var block: UInt32
        /// The nodes before and behind it in its block; `absent` at the ends.
        package var previous: UInt32 = Graph.absent
        package var next: UInt32 = Graph.absent

        package init(uop: UInt16, valueClass: UopClass, inputCount: Int = 0, block: UInt32) {
            self.uop = uop
            self.valueClass = valueClass
            self.inputCount = UInt8(truncatingIfNeeded: inputCount)
            self.block = block
        }

        package func input(_ index: Int) -> Value { index == 0 ? inputs.0 : index == 1 ? inputs.1 : inputs.2 }
    }

    /// A run of nodes that is entered at its first and left at its last one only (exits apart).
    package struct Block: Sendable, BitwiseCopyable {
        /// The ends of its list of nodes, phis first; `absent` where it is empty.
        package var first: UInt32 = Graph.absent
        package var last: UInt32 = Graph.absent
        /// Phis are consecutive nodes, in the order of the edges' arguments.
        package var firstPhi: UInt32 = 0
        package var phiCount: UInt32 = 0
        /// The edge that its last node takes when it jumps, and the one into the block behind it.
        package var jump: UInt32 = Graph.absent
        package var fallThrough: UInt32 = Graph.absent
        /// The edges that lead here: a list through `Edge.nextIncoming`.
        package var firstIncoming: UInt32 = Graph.absent
        /// The innermost loop that it belongs to.
        package var loop: UInt32 = Graph.absent
        /// The instruction of the region that it begins with, for dumps.
        package var instruction: UInt32 = 0
    }

    package struct Edge: Sendable, BitwiseCopyable {
        package var from: UInt32
        package var to: UInt32
        /// As many arguments as `to` has phis.
        package var firstArgument: UInt32 = Graph.absent
        package var nextIncoming: UInt32 = Graph.absent
        /// Whether it leads to a block at or before its own.
        package var isBack: Bool
    }

    /// Blocks `first...last` in the order of the code; the first is the head, where back edges lead.
    package struct Loop: Sendable, BitwiseCopyable {
        package var first: UInt32
        package var last: UInt32
        /// The loop around it.
        package var parent: UInt32 = Graph.absent
        /// 1 for an outermost loop.
        package var depth: UInt32 = 1
        /// An entry of `Graph.exits` with the state just before the head is entered from outside, for what is
        /// moved there; it resumes at the head. The block before the head then leads to the head only, and
        /// everything in the loop comes after it. `absent` where there is no such place, because jumps lead into
        /// the loop past its head.
        package var entryExit: UInt32 = Graph.absent
    }

    /// A point where control may leave, and the state that the interpreter goes on from.
    package struct Exit: Sendable, BitwiseCopyable {
        /// The exit's number in `RegionSet.exits`; `absent` for a point that only code which is moved uses.
        package var number: UInt32
        /// The instruction to resume at, as not executed.
        package var instruction: UInt32
        /// The innermost binding that is visible here.
        package var binding: UInt32
        /// The top of the stack.
        package var stack: UInt32
        package var depth: UInt32
        /// The node that leaves here; `absent` once no code does.
        package var node: UInt32
    }

    /// A variable (a local or a named value of the frame) and the value it has from here on: what a store
    /// leaves behind. Variables without a binding have the word that they had at the entry.
    package struct Binding: Sendable, BitwiseCopyable {
        /// The frame offset of the variable.
        package var variable: UInt32
        package var value: Value
        /// The binding before it, of any variable.
        package var previous: UInt32
        /// The binding of the same variable that this one hides.
        package var hidden: UInt32
        /// The exits that may see it: none where `lastExit < firstExit`. All that do are among them.
        package var firstExit: UInt32
        package var lastExit: UInt32
    }

    package struct StackCell: Sendable, BitwiseCopyable {
        package var value: Value
        package var below: UInt32
    }
}
