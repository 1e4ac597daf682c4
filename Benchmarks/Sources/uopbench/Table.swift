/// Text in columns: the first to the left, the others to the right.
struct Table {
    private var rows: [[String]] = []

    init(_ header: [String]) { rows = [header] }

    mutating func add(_ row: [String]) { rows.append(row) }

    var text: String {
        let columns = rows.map(\.count).max() ?? 0
        let widths = (0..<columns).map { column in rows.map { $0.count > column ? $0[column].count : 0 }.max() ?? 0 }
        return rows.map { row in
            row.enumerated().map { column, cell in
                let padding = String(repeating: " ", count: widths[column] - cell.count)
                return column == 0 ? cell + padding : padding + cell
            }.joined(separator: "  ")
        }.joined(separator: "\n") + "\n"
    }
}

/// What `uopbench loops` prints.
struct LoopsTable {
    let measurements: Measurements
    let code: [String: CodeSizes]

    /// Times in clang-O2-scalar's, and that in milliseconds.
    var times: String {
        let baseline = EngineSet.Name.scalar
        let others = measurements.engines.filter { $0 != baseline }
        var table = Table(["loop", "\(baseline)"] + others)
        for loop in measurements.loops {
            guard let unit = measurements.summary(loop, baseline) else { continue }
            let cells = others.map { engine in
                guard let summary = measurements.summary(loop, engine) else { return "" }
                return "\(decimal(summary.median / unit.median, 2)) \(Self.spread(summary))"
            }
            table.add([loop, "\(decimal(unit.median * 1000, 1)) ms \(Self.spread(unit))"] + cells)
        }
        func mean(_ ratios: [Double]) -> String {
            ratios.isEmpty ? "" : decimal(geometricMean(ratios), 2) + String(repeating: " ", count: 5)
        }
        table.add(
            ["geometric mean", ""] + others.map { mean(measurements.ratios(of: $0, to: baseline).map(\.ratio)) })
        table.add(["at the best placements", ""] + others.map { mean(measurements.bestRatios(of: $0, to: baseline)) })
        return table.text
    }

    static func spread(_ summary: Summary) -> String {
        let percent = decimal(summary.spread * 100, 0)
        return String(repeating: " ", count: max(0, 2 - percent.count)) + "±\(percent)%"
    }

    /// Bytes of machine code.
    var sizes: String {
        var table = Table(["loop", "jit bytes", "of them hot", "clang-O2-scalar bytes", "hot in clang's"])
        var ratios: [Double] = []
        for loop in measurements.loops {
            guard let sizes = code[loop], let jit = sizes.jit, let hot = sizes.jitHot, let scalar = sizes.scalar else { continue }
            ratios.append(Double(hot) / Double(scalar))
            table.add([loop, "\(jit)", "\(hot)", "\(scalar)", decimal(Double(hot) / Double(scalar), 2)])
        }
        if ratios.isEmpty { return "" }
        table.add(["geometric mean", "", "", "", decimal(geometricMean(ratios), 2)])
        return table.text
    }
}
