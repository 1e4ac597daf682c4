import Testing
import UopRuntime
import UopTestSupport

@testable import UopVM

/// What passes and registers are told of a graph, against what the words mean: found out by walking over the graph, for
/// loops that are nested, that overlap, and that are entered anywhere.
struct GraphFactsTests {
    /// Graphs of programs of both kinds, with their blocks in the order that passes expect.
    private func forEachGraph(_ body: (borrowing Graph, String) throws -> Void) throws {
        let seed: UInt64 = 20_260_711
        let programs = RandomPrograms(traits: try UopTraits(BaseSet.library), seed: seed)
        var builder = GraphBuilder(BaseSet.catalog)
        var graph = Graph()
        var order = BlockOrder()
        let forms = FormCatalog(BaseSet.library, BaseSet.catalog)
        let shapes = BaseSet.catalog.shapes
        var (count, ordered) = (0, 0)
        for index in 0..<400 {
            let program: Program
            if index % 2 == 0 {
                program = programs[index].program
            } else {
                program = try BaseSet.program(TangledProgram(seed: seed, index: index).text)
                guard BaseSet.faults(program).isEmpty else { continue }
            }
            let verified = try program.verified(catalog: BaseSet.catalog)
            let set = try verified.regions()
            for original in set.regions {
                let region = order.ordered(original, shapes: shapes, inverses: forms.inverses, jump: forms.jump)
                if region != nil { ordered += 1 }
                guard builder.build(region ?? original, program: verified, layout: set.layout, into: &graph) else { continue }
                try body(graph, "program \(index) of seed \(seed)")
                count += 1
            }
        }
        try #require(count > 400 && ordered > 40, "\(count), \(ordered)")
    }

    private func successors(_ block: Int, _ graph: borrowing Graph) -> [Int] {
        let (jump, behind) = (graph.blocks[block].jump, graph.blocks[block].fallThrough)
        return [jump, behind].filter { $0 != Graph.absent }.map { edge in Int(graph.edges[Int(edge)].to) }
    }

    /// A block dominates another if nothing leads to that without it.
    @Test func dominators() throws {
        try forEachGraph { graph, name in
            let count = graph.blocks.count
            guard count <= 40 else { return }
            for removed in 0..<count {
                var isReached = Array(repeating: false, count: count)
                var pending = removed == 0 ? [] : [0]
                while let block = pending.popLast() {
                    guard !isReached[block], block != removed else { continue }
                    isReached[block] = true
                    pending += successors(block, graph)
                }
                for block in 0..<count
                where graph.dominators.dominates(UInt32(removed), UInt32(block)) == isReached[block] {
                    Issue.record("\(name): b\(removed) and b\(block)")
                    return
                }
            }
        }
    }

    /// No phi is left that is one value: all of whose arguments are that value, or the phi.
    @Test func phiCleanup() throws {
        var phis = 0
        try forEachGraph { graph, name in
            for block in 0..<graph.blocks.count {
                for place in 0..<graph.blocks[block].phiCount {
                    let phi = graph.blocks[block].firstPhi + place
                    var values: Set<UInt32> = []
                    var edge = graph.blocks[block].firstIncoming
                    while edge != Graph.absent {
                        values.insert(graph.arguments[Int(graph.edges[Int(edge)].firstArgument + place)])
                        edge = graph.edges[Int(edge)].nextIncoming
                    }
                    phis += 1
                    if values.subtracting([phi]).count < 2 { Issue.record("\(name): v\(phi) of \(values)") }
                }
            }
        }
        #expect(phis > 1000)
    }

    /// What a block needs from outside is what some way from it uses before it is made: by the equations of liveness, until
    /// nothing changes.
    @Test func needs() throws {
        let forms = FormCatalog(BaseSet.library, BaseSet.catalog)
        var live = LiveRanges()
        var (compared, needed) = (0, 0)
        try forEachGraph { graph, name in
            guard live.compute(graph, forms) else { return }
            compared += 1
            let expected = liveness(graph, live, forms)
            for block in 0..<graph.blocks.count {
                var found: Set<UInt32> = []
                var need = live.firstNeed[block]
                while need != Graph.absent {
                    found.insert(live.needs[Int(need)].value)
                    need = live.needs[Int(need)].next
                }
                needed += found.count
                if found != expected[block] {
                    Issue.record("\(name), b\(block): \(found.sorted()), expected \(expected[block].sorted())")
                    return
                }
            }
        }
        #expect(compared > 300 && needed > 3000, "\(compared), \(needed)")
    }

    /// By block: the values that are made elsewhere and used by it, or by what comes behind it. Arguments of an edge are used
    /// where it begins; a literal that is part of the code is no use.
    private func liveness(_ graph: borrowing Graph, _ live: borrowing LiveRanges, _ forms: borrowing FormCatalog) -> [Set<UInt32>] {
        var result = Array(repeating: Set<UInt32>(), count: graph.blocks.count)
        var hasChanged = true
        while hasChanged {
            hasChanged = false
            for block in (0..<graph.blocks.count).reversed() {
                var needed: Set<UInt32> = []
                for edge in [graph.blocks[block].jump, graph.blocks[block].fallThrough] where edge != Graph.absent {
                    let target = Int(graph.edges[Int(edge)].to)
                    needed.formUnion(result[target])
                    for place in 0..<graph.blocks[target].phiCount {
                        needed.insert(graph.arguments[Int(graph.edges[Int(edge)].firstArgument + place)])
                    }
                }
                var node = graph.blocks[block].first
                while node != Graph.absent {
                    let form = live.forms[Int(node)]
                    let isUop = graph.nodes[Int(node)].uop < Graph.Special.first
                    let isFrame = isUop && form == forms.operations[Int(graph.nodes[Int(node)].uop)].frame
                    let literal = isUop && !isFrame ? forms.shapes[Int(form)].literalInput : FormShape.none
                    for input in 0..<Int(graph.nodes[Int(node)].inputCount) where input != Int(literal) {
                        needed.insert(graph.input(input, of: Int(node)))
                    }
                    node = graph.nodes[Int(node)].next
                }
                var own: Set<UInt32> = []
                for value in needed where Int(graph.nodes[Int(value)].block) == block { own.insert(value) }
                needed.subtract(own)
                if needed != result[block] {
                    result[block] = needed
                    hasChanged = true
                }
            }
        }
        return result
    }
}
