import CStencils
import UopRuntime

/// Texts for people: what lives where, and the machine code of it.
extension Execution {
    /// A line a step: the form, its operands, its registers.
    package func planText() throws(ExecutionError) -> String {
        let code = try prepared()
        guard let listing = code.listing else { return "" }
        let names = StepNames(library, program, regions, code, listing)
        var text = ""
        for index in listing.steps.indices {
            text += heading(before: index, code, listing)
            text += "  \(padded("\(index)", 5))  \(names.text(of: index))\n"
        }
        return text
    }

    /// The plan with the bytes of each step, and where they run.
    package func codeText() throws(ExecutionError) -> String {
        let code = try prepared()
        guard let listing = code.listing else { return "" }
        let names = StepNames(library, program, regions, code, listing)
        let bytes = code.bytes
        var text = "\(bytes.count) bytes at 0x\(String(code.runAddress, radix: 16))\n"
        for index in listing.steps.indices {
            text += heading(before: index, code, listing)
            text += "  \(names.text(of: index))\n"
            text += lines(bytes, listing.offsets[index]..<listing.offsets[index + 1])
        }
        let end = listing.offsets[listing.steps.count]
        if end < bytes.count { text += "cold fragments and constants\n" + lines(bytes, end..<bytes.count) }
        return text
    }

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

    private func heading(before index: Int, _ code: JITCode, _ listing: Listing) -> String {
        var text = ""
        for (region, entry) in code.entryOffsets.enumerated()
        where listing.offsets[index] == entry && (index == 0 || listing.offsets[index - 1] != entry) && index < listing.hotCount {
            text += "trace \(program.program.traces[regions.regions[region].trace].name)\n"
        }
        return index == listing.hotCount ? text + "out of line\n" : text
    }

    private func lines(_ bytes: [UInt8], _ range: Range<Int>) -> String {
        var text = ""
        for start in stride(from: range.lowerBound, to: range.upperBound, by: 16) {
            let row = bytes[start..<min(start + 16, range.upperBound)]
            let hexadecimal = row.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined(separator: " ")
            text += "    \(padded(String(start, radix: 16), 6)): \(hexadecimal)\n"
        }
        return text
    }

    private func padded(_ text: String, _ width: Int) -> String {
        String(repeating: " ", count: max(0, width - text.count)) + text
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
