import CStencils
import Testing
import UopRuntime

@testable import UopVM

/// Uops that the base set lacks, graphs that are refused, and graphs that are wrong.
struct GraphLimitTests {
    private static func uop(
        _ name: String, _ inputs: [UopClass], _ outputs: [UopClass], _ operands: [UopOperandKind] = [],
        _ flags: UopFlags = []
    ) -> UopCatalog.Uop {
        UopCatalog.Uop(
            name: name, documentation: "", inputs: inputs, outputs: outputs, operands: operands, flags: flags)
    }

    /// The base set and more; regions are made without stencils.
    private static let catalog = UopCatalog(
        uops: BaseSet.catalog.uops + [
            uop("_DIVIDE", [.I64, .I64], [.I64, .F64, .OBJECT], [], [.exits]),
            uop("_INCREMENT", [], [], [.LOCAL_READ, .LOCAL_WRITE]),
            uop("_WATCH", [.I64], [.I64, .F64], [], [.peeks]),
        ])

    private static func graphs(_ text: String) throws -> String {
        let program = try Program(parsing: text, catalog: catalog).verified(catalog: catalog)
        let set = try program.regions()
        var builder = GraphBuilder(catalog)
        var graph = Graph()
        var result = ""
        for region in set.regions {
            try #require(builder.build(region, program: program, layout: set.layout, into: &graph))
            #expect(graph.verify(shapes: catalog.shapes) == [])
            result += graph.text(of: program, layout: set.layout)
        }
        return result
    }

    @Test func severalOutputs() throws {
        let text = try Self.graphs(
            """
            uops 1
            local a: i64
            local x: f64
            local o: object
            trace main
                _LOAD_FAST a
                _I64_CONST 7
                _DIVIDE
                _STORE_FAST o
                _STORE_FAST x
                _WATCH
                _STORE_FAST x
                _POP_TOP
                _STORE_FAST a
                _EXIT_TRACE
            end
            """)
        #expect(
            text == """
                b0
                  v0 = entry i64 a
                  v1 = constant i64 7
                  v2 = _DIVIDE v0, v1 -> exit 0 { | v0, v1}
                  v3 = output 1 of the node before
                  v4 = output 2 of the node before
                  v5 = _WATCH v2
                  v6 = output 1 of the node before
                  _EXIT_TRACE -> exit 1 {a = v2, x = v6, o = v4}

                """)
    }

    /// A uop that reads and writes locals by itself finds them in the frame.
    @Test func uopsThatUseLocals() throws {
        let text = try Self.graphs(
            """
            uops 1
            local a: i64
            local b: i64
            trace main
                _INCREMENT a b
                _LOAD_FAST b
                _STORE_FAST a
                _INCREMENT a b
                _EXIT_TRACE
            end
            """)
        #expect(
            text == """
                b0
                  _INCREMENT a, b
                  v1 = load i64 b
                  store a, v1
                  _INCREMENT a, b
                  v4 = load i64 b
                  _EXIT_TRACE -> exit 0 {b = v4, a = v1}

                """)
    }

    /// Hundreds of variables that change in each of hundreds of loops around them: a graph would be
    /// larger than its region by their product.
    @Test func graphsOutOfProportionAreRefused() throws {
        let count = 3000
        var text = "uops 1\n" + (0..<count).map { "local x\($0): i64\n" }.joined() + "trace main\n"
        for loop in 0..<count { text += "l\(loop):\n    _I64_CONST \(loop)\n    _POP_TOP\n" }
        for local in 0..<count { text += "    _I64_CONST \(local)\n    _STORE_FAST x\(local)\n" }
        for loop in (0..<count).reversed() { text += "    _LOAD_FAST x0\n    _JUMP_IF_TRUE l\(loop)\n" }
        text += "    _EXIT_TRACE\nend\n"
        let program = try BaseSet.program(text).verified(catalog: BaseSet.catalog)
        let set = try program.regions()
        var builder = GraphBuilder(BaseSet.catalog)
        var graph = Graph()
        #expect(!builder.build(set.regions[0], program: program, layout: set.layout, into: &graph))
        // What was left behind does not show: the next region is as with a new builder.
        let small = try BaseSet.execution(
            "uops 1\nlocal x0: i64\ntrace main\n    _LOAD_FAST x0\n    _GUARD_TRUE\n    _EXIT_TRACE\nend\n")
        let layout = small.regions.layout
        try #require(builder.build(small.regions.regions[0], program: small.program, layout: layout, into: &graph))
        #expect("trace main\n" + graph.text(of: small.program, layout: layout) == small.graphText())
    }

    // MARK: The verifier

    /// Each change breaks a rule, and the verifier says which.
    @Test func brokenGraphsAreNoticed() throws {
        let changes: [(String, (inout Graph) -> Void)] = [
            ("not defined on every way", { graph in graph.nodes[3].inputs.0 = 3 }),
            ("not in the graph", { graph in graph.nodes[3].inputs.0 = 1000 }),
            ("different registers", { graph in graph.nodes[1].valueClass = .F64 }),
            ("too few arguments", { graph in graph.edges[0].firstArgument = Graph.absent }),
            ("not where phis are", { graph in graph.blocks[1].phiCount = 0 }),
            ("its last node", { graph in graph.blocks[1].last = 3 }),
            ("the wrong way", { graph in graph.edges[1].isBack = false }),
            ("not in the loop", { graph in graph.blocks[2].loop = 0 }),
            ("outside", { graph in graph.nodes[0].block = 0; graph.nodes[3].uop = Graph.Special.entry }),
            ("words on the stack", { graph in graph.exits[1].depth = 5 }),
            ("sees binding", { graph in graph.bindings[Int(graph.exits[1].binding)].lastExit = 0 }),
            ("its exit is another node's", { graph in graph.exits[1].node = 0 }),
        ]
        let execution = try BaseSet.execution(
            """
            uops 1
            local b: i64 = 2
            local c: i64
            trace main
                _I64_CONST 0
                _STORE_FAST c
            again:
                _LOAD_FAST c
                _LOAD_FAST b
                _I64_ADD
                _STORE_FAST c
                _LOAD_FAST c
                _JUMP_IF_TRUE again
                _EXIT_TRACE
            end
            """)
        for (message, change) in changes {
            var builder = GraphBuilder(BaseSet.catalog)
            var graph = Graph()
            let layout = execution.regions.layout
            try #require(
                builder.build(execution.regions.regions[0], program: execution.program, layout: layout, into: &graph))
            #expect(graph.verify(shapes: BaseSet.catalog.shapes) == [])
            change(&graph)
            let problems = graph.verify(shapes: BaseSet.catalog.shapes)
            #expect(problems.contains { $0.contains(message) }, "\(message): \(problems)")
        }
    }
}
