import CStencils
import UopRuntime

/// Which stencils there will be, and where each value lives at each uop.
extension Execution {
    /// Nodes of the graph, each with where values are before it and the steps that are made of it.
    ///
    ///     b1 from b0, b1  loop depth 1
    ///       v4 = _I64_ADD_CHECKED v2, v3                              r13 = v2, r14 = v3
    ///           3  _I64_ADD_CHECKED r13 r13 r14 | trace too_large (13)
    ///
    /// Out of line, where control leaves, stands what the exit's snapshot says.
    package func planText() throws(ExecutionError) -> String {
        let graphs = GraphLines(program, regions, program.catalog.withFusions(of: library))
        compilation.keepsListing = true
        compilation.observer = graphs.observe
        defer { compilation.observer = nil }
        try recompile()
        let code = try prepared()
        guard let listing = code.listing else { return "" }
        let names = StepNames(library, program, regions, code, listing)
        var notes = listing.notes[...]
        var text = ""
        for index in listing.steps.indices {
            if index == listing.hotCount { text += "out of line\n" }
            while let note = notes.first, index < listing.hotCount, note.step <= index {
                text += line(notes.removeFirst(), graphs, names)
            }
            text += "  \("\(index)".rightAligned(in: 5))  \(names.text(of: index))"
            if let point = names.point(of: index) { text += "  \(code.exits.text(of: point, names))" }
            text += "\n"
        }
        return text
    }

    private func line(_ note: PlanNote, _ graphs: GraphLines, _ names: StepNames) -> String {
        guard let node = note.node else {
            let trace = "trace \(program.program.traces[regions.regions[note.region].trace].name)\n"
            return (note.block == 0 ? trace : "") + graphs.headers[note.region][note.block]
        }
        // What has no code says only where its own value is.
        let shows = { (value: UInt32) in graphs.haveCode[note.region][node] || value == node }
        let registers = note.registers.filter { shows($0.value) }.map { "\(names.register($0.register)) = v\($0.value)" }
        let slots = note.slots.filter { shows($0.value) }.map { "\(names.place(UInt64($0.offset))) = v\($0.value)" }
        let text = "  " + graphs.lines[note.region][node]
        let column = 58
        let places = (registers + slots).joined(separator: ", ")
        if places.isEmpty { return text + "\n" }
        return text + String(repeating: " ", count: max(2, column - text.count)) + places + "\n"
    }
}

/// The graphs that registers are assigned to, as lines.
private final class GraphLines {
    private(set) var headers: [[String]]
    private(set) var lines: [[String]]
    /// By region and node: false for phis, literals and the like.
    private(set) var haveCode: [[Bool]]
    private let names: GraphNames

    init(_ program: VerifiedProgram, _ regions: RegionSet, _ catalog: UopCatalog) {
        names = GraphNames(program: program, layout: regions.layout, catalog: catalog)
        headers = regions.regions.map { _ in [] }
        lines = headers
        haveCode = regions.regions.map { _ in [] }
    }

    /// Called for each pass: what comes last counts.
    func observe(_ pass: PassName?, _ region: Int, _ graph: borrowing Graph) {
        headers[region] = []
        lines[region] = []
        haveCode[region] = []
        for block in 0..<graph.blocks.count { headers[region].append(graph.header(of: block)) }
        for node in 0..<graph.nodes.count {
            // What is in no block has no code.
            let isThere = graph.nodes[node].block != Graph.absent
            haveCode[region].append(graph.nodes[node].uop < Graph.Special.first)
            lines[region].append(isThere ? graph.line(node, names, showsState: false) : "")
        }
    }
}
