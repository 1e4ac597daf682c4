import Testing
import UopRuntime

@testable import UopVM

/// One region's graph with single passes over it.
final class PassBench {
    /// What traces of these tests use.
    static let declarations = """
        uops 1
        local a: i64
        local b: i64
        local c: i64
        local i: i64
        local n: i64 = 3
        local x: f64
        local y: f64 = nan
        local o: object
        buffer data: i64[8] = { 3, 1, 4, 1, 5, 9, 2, 6 }
        buffer other: i64[4] = { 2, 7 }
        buffer bytes: i8[8] = { 1, 255, 128 }
        helper touch() -> i64
        exit done
        exit early

        """

    /// The base set's inner uops that a text becomes, and fusions, by number.
    private static let names: [String] = {
        var names = BaseSet.catalog.uops.map(\.name)
        for unsafe table in unsafe BaseSet.library.tables {
            for index in 0..<Int(unsafe table.pointee.fusionCount) {
                let fusion = unsafe table.pointee.fusions[index]
                names.append("\(names[Int(fusion.first)])+\(names[Int(fusion.second)])")
            }
        }
        return names
    }()

    private(set) var graph = Graph()
    private let program: VerifiedProgram
    private let set: RegionSet
    private let forms = FormCatalog(BaseSet.library, BaseSet.catalog)

    /// The graph of the first trace.
    ///
    /// - Parameter body: statements, one a line, or behind semicolons; or whole traces.
    init(_ body: String) throws {
        program = try BaseSet.program(Self.text(body)).verified(catalog: BaseSet.catalog)
        set = try program.regions()
        var builder = GraphBuilder(BaseSet.catalog)
        try #require(builder.build(set.regions[0], program: program, layout: set.layout, into: &graph))
    }

    /// A whole file.
    static func text(_ body: String) -> String {
        let lines = body.replacing("; ", with: "\n")
        return declarations + (lines.hasPrefix("trace") ? lines : "trace main\n\(lines)\nend\n")
    }

    /// Runs passes over the graph, which must keep the rules of graphs.
    func run(_ passes: [PassName]) {
        for pass in passes {
            switch pass {
            case .rotation, .unrolling: Issue.record("\(pass.rawValue) works on regions")
            case .commonSubexpressions:
                var pass = CommonSubexpressions()
                pass.run(&graph, BaseSet.catalog.shapes)
            case .redundantChecks:
                var pass = RedundantChecks()
                pass.run(&graph, KnownUops(BaseSet.catalog))
            case .loopInvariants:
                var pass = LoopInvariants()
                _ = pass.run(&graph, BaseSet.catalog.shapes)
            case .deadCode:
                var pass = DeadCode()
                pass.run(&graph, BaseSet.catalog.shapes)
            case .fusion:
                var pass = Fusion()
                pass.run(&graph, forms, exits: set.exits)
            }
            // Rules of uops say nothing of fusions.
            if pass != .fusion { #expect(graph.verify(shapes: BaseSet.catalog.shapes) == [], "after \(pass)") }
        }
    }

    /// What is left in which order: a line for each block with a uop, with a star for each loop around it. Phis, literals
    /// and entries are left out.
    ///
    ///     b0: _MEM_SIZE_I64
    ///     b1*: _I64_ADD _POLL_INTERRUPT _JUMP_IF_TRUE
    var skeleton: String {
        var lines: [String] = []
        for block in 0..<graph.blocks.count {
            let names = uops(of: block)
            guard !names.isEmpty else { continue }
            let loop = graph.blocks[block].loop
            let stars = loop == Graph.absent ? 0 : Int(graph.loops[Int(loop)].depth)
            lines.append("b\(block)\(String(repeating: "*", count: stars)): \(names.joined(separator: " "))")
        }
        return lines.joined(separator: "\n")
    }

    private func uops(of block: Int) -> [String] {
        var names: [String] = []
        var node = graph.blocks[block].first
        while node != Graph.absent {
            let uop = graph.nodes[Int(node)].uop
            if uop < Graph.Special.first { names.append(Self.names[Int(uop)]) }
            node = graph.nodes[Int(node)].next
        }
        return names
    }

    /// How many uops of a name are left.
    func count(_ name: String) -> Int {
        (0..<graph.blocks.count).reduce(0) { $0 + uops(of: $1).count { $0 == name } }
    }

    /// The graph as `--dump ssa` prints it.
    var text: String { graph.text(of: program, layout: set.layout) }

    // MARK: Meaning

    private static let words: [UInt64] = [0, 1, 2, 7, 8, .max, 1 << 63, (1 << 63) - 1]

    /// Runs the traces with numbers of all kinds in `a`, `b` and `i` in both engines, with all passes: what a pass
    /// leaves out must not be missed.
    static func check(_ body: String) throws {
        let program = try BaseSet.program(text(body))
        for (index, a) in words.enumerated() {
            for (other, b) in words.enumerated() {
                var program = program
                for (name, word) in [("a", a), ("b", b), ("i", words[(index + other) % words.count])] {
                    let local = try #require(program.locals.firstIndex { $0.name == name })
                    program.locals[local].initial = .word(word)
                }
                var options = Execution.Options()
                options.fuel = 20
                var calls: UInt64 = 0
                let touch = Helper("touch", result: .I64) { _ in
                    calls += 1
                    return .value(calls)
                }
                let execution = try Execution(
                    program.verified(catalog: BaseSet.catalog), library: BaseSet.library, helpers: [touch], options: options)
                _ = try execution.run(.check)
            }
        }
    }
}

/// A trace, the passes that run over it, and what is left.
struct PassCase: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let body: String
    let skeleton: String

    init(_ name: String, _ body: String, leaves skeleton: String) {
        testDescription = name
        self.body = body
        self.skeleton = skeleton
    }

    /// Runs the passes, compares, and runs the program.
    func expect(after passes: PassName...) throws {
        let bench = try PassBench(body)
        bench.run(passes)
        let found = bench.skeleton
        let text = passes.contains(.fusion) ? "" : "\n" + bench.text
        #expect(found == skeleton, "\(text)")
        try PassBench.check(body)
    }
}
