import Foundation

/// Bars for each group and engine, as SVG that is readable on light and on dark ground.
struct Chart {
    /// An engine's bar in each group, with a colour of middling lightness.
    struct Bar {
        var engine: String
        var colour: String
    }

    /// What bars stand together for, with the engines' ratios; engines without one have no bar.
    struct Group {
        var name: String
        var ratios: [String: Double]
    }

    var title: String
    /// In the order of their bars.
    var bars: [Bar]
    var groups: [Group]
    /// The ends of the logarithmic axis: powers of 2.
    var axis: ClosedRange<Double>
    /// What stands below all.
    var footnote: String

    /// What every text and line has: as far from white as from black.
    private static let ink = "#808080"
    private static let barHeight = 9.0
    private static let barDistance = 10.5
    private static let left = 170.0
    private static let top = 70.0
    private static let width = 600.0

    private var groupHeight: Double { Double(bars.count) * Self.barDistance + 8 }

    func write(to file: String) throws { try svg.write(toFile: file, atomically: true, encoding: .utf8) }

    var svg: String {
        let height = Self.top + Double(groups.count) * groupHeight + 30
        var text = """
            <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(Int(Self.left + Self.width) + 70) \(Int(height))" \
            font-family="sans-serif" font-size="12" fill="\(Self.ink)">
            <text x="10" y="20" font-size="14">\(Self.escaped(title))</text>
            \(legend)
            \(axis(height))

            """
        for (index, group) in groups.enumerated() {
            let y = Self.top + Double(index) * groupHeight
            let middle = Int(y + groupHeight / 2 + 1)
            text += "<text x=\"\(Int(Self.left) - 10)\" y=\"\(middle)\" text-anchor=\"end\">\(group.name)</text>\n"
            for (row, bar) in bars.enumerated() {
                guard let ratio = group.ratios[bar.engine] else { continue }
                text += self.bar(ratio, bar.colour, y + 4 + Double(row) * Self.barDistance)
            }
        }
        return text
            + "<text x=\"10\" y=\"\(Int(height) - 8)\" font-size=\"10\">\(Self.escaped(footnote))</text>\n</svg>\n"
    }

    private var legend: String {
        bars.enumerated().map { index, bar in
            let x = Int(Self.left) + index * 130
            return "<rect x=\"\(x)\" y=\"34\" width=\"12\" height=\"12\" fill=\"\(bar.colour)\"/>"
                + "<text x=\"\(x + 18)\" y=\"45\">\(bar.engine)</text>"
        }.joined(separator: "\n")
    }

    private var ticks: [Double] {
        let powers = Int(log2(axis.lowerBound).rounded())...Int(log2(axis.upperBound).rounded())
        return powers.map { exp2(Double($0)) }
    }

    private func axis(_ height: Double) -> String {
        ticks.map { ratio in
            let x = decimal(position(ratio), 1)
            // The line at 1 is C.
            let weight = ratio == 1 ? "1.5" : "0.4"
            return
                "<line x1=\"\(x)\" y1=\"\(Int(Self.top))\" x2=\"\(x)\" y2=\"\(Int(height) - 28)\" stroke=\"\(Self.ink)\" "
                + "stroke-width=\"\(weight)\"/><text x=\"\(x)\" y=\"\(Int(Self.top) - 6)\" text-anchor=\"middle\">"
                + "\(decimal(ratio, max(0, Int(-log2(ratio)))))</text>"
        }.joined(separator: "\n")
    }

    private func bar(_ ratio: Double, _ colour: String, _ y: Double) -> String {
        let end = position(ratio)
        return "<rect x=\"\(decimal(Self.left, 1))\" y=\"\(decimal(y, 1))\" width=\"\(decimal(end - Self.left, 1))\" "
            + "height=\"\(decimal(Self.barHeight, 1))\" fill=\"\(colour)\"/>"
            + "<text x=\"\(decimal(end + 4, 1))\" y=\"\(decimal(y + 8.5, 1))\" font-size=\"9\">\(decimal(ratio, 2))</text>\n"
    }

    private func position(_ ratio: Double) -> Double {
        // A bar is at least wide enough to be seen.
        let shown = min(max(ratio, axis.lowerBound * 1.02), axis.upperBound)
        let part = log(shown / axis.lowerBound) / log(axis.upperBound / axis.lowerBound)
        return Self.left + part * Self.width
    }

    private static func escaped(_ text: String) -> String {
        text.replacingOccurrences(of: "&", with: "&amp;").replacingOccurrences(of: "<", with: "&lt;")
    }
}

extension Chart {
    /// The loops' run times in those of C, the mean of all in the last group.
    static func loops(_ measurements: Measurements, _ machine: MachineDescription) -> Chart {
        typealias Name = EngineSet.Name
        let bars = [
            Bar(engine: Name.jit, colour: "#e8590c"), Bar(engine: Name.luajit, colour: "#4c8bf5"),
            Bar(engine: Name.unoptimised, colour: "#868e96"), Bar(engine: Name.interpreter, colour: "#37a169"),
        ]
        var groups = measurements.loops.map { Group(name: $0, ratios: [:]) }
        var means = Group(name: "geometric mean", ratios: [:])
        for bar in bars {
            let ratios = measurements.ratios(of: bar.engine, to: Name.scalar)
            guard !ratios.isEmpty else { continue }
            for index in groups.indices {
                groups[index].ratios[bar.engine] = ratios.first { $0.loop == groups[index].name }?.ratio
            }
            means.ratios[bar.engine] = geometricMean(ratios.map(\.ratio))
        }
        return Chart(
            title: "Run time, in that of the same loop in C by clang -O2 (scalar, checked); logarithmic, shorter is faster",
            bars: bars, groups: groups + [means], axis: 0.5...64, footnote: machine.processor)
    }
}
