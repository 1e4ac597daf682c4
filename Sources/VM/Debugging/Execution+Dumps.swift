import CStencils
import UopRuntime

/// Texts for people: the graphs of regions.
extension Execution {
    /// Each region as a graph of values, with what the verifier has against it, as a pass leaves it.
    ///
    /// - Parameter pass: nil for the graph that registers are assigned to. `rotation` works on regions: behind it the
    ///   graph is built.
    package func graphText(after pass: PassName?) throws(ExecutionError) -> String {
        // Passes need to know which forms there are.
        guard library.hasMachineCode else { return graphText() }
        var graphs = regions.regions.map { _ in "" }
        let (program, layout) = (self.program, regions.layout)
        let catalog = program.catalog.withFusions(of: library)
        compilation.observer = { name, region, graph in
            guard pass == nil || (name ?? .rotation) == pass else { return }
            graphs[region] = graph.text(of: program, layout: layout, catalog: catalog)
            for problem in graph.verify(shapes: catalog.shapes) { graphs[region] += "  wrong: \(problem)\n" }
        }
        defer { compilation.observer = nil }
        var failure = ""
        do throws(ExecutionError) { try recompile() } catch { failure = "  not compiled: \(error)\n" }
        return zip(regions.regions, graphs).map { region, graph in
            "trace \(program.program.traces[region.trace].name)\n" + (graph.isEmpty ? failure : graph)
        }.joined()
    }

    /// Each region as a graph of values before any pass, not even on the region.
    package func graphText() -> String {
        var builder = GraphBuilder(program.catalog)
        var graph = Graph()
        var text = ""
        for region in regions.regions {
            text += "trace \(program.program.traces[region.trace].name)\n"
            if builder.build(region, program: program, layout: regions.layout, into: &graph) {
                text += graph.text(of: program, layout: regions.layout)
                for problem in graph.verify(shapes: program.catalog.shapes) { text += "  wrong: \(problem)\n" }
            } else {
                text += "  too large: there are many more values than uops\n"
            }
        }
        return text
    }
}

extension UopOperandKind {
    /// Whether the operand's word is the frame offset of something that has a name.
    var isPlace: Bool { self == .LOCAL_READ || self == .LOCAL_WRITE || self == .HELPER || elementBytes != nil }

    /// An immediate word as text.
    func text(of word: UInt64) -> String {
        switch self {
        case .IMM_F64: "\(Double(bitPattern: word))"
        case .IMM_OBJECT: UopClass.OBJECT.text(of: word)
        default: "\(Int64(bitPattern: word))"
        }
    }
}
