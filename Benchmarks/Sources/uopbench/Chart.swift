import Foundation

/// Bars for each loop and engine, as SVG that is readable on light and on dark ground.
struct Chart {
    private let measurements: Measurements
    private let machine: MachineDescription

    /// Engines in the order of their bars, with colours of middling lightness.
    private static let bars = [
        (engine: EngineSet.Name.jit, colour: "#e8590c"),
        (engine: EngineSet.Name.luajit, colour: "#4c8bf5"),
        (engine: EngineSet.Name.unoptimised, colour: "#868e96"),
        (engine: EngineSet.Name.interpreter, colour: "#37a169"),
    ]
    /// What every text and line has: as far from white as from black.
    private static let ink = "#808080"
    private static let barHeight = 9.0
    private static let groupHeight = 50.0
    private static let left = 170.0
    private static let top = 70.0
    private static let width = 600.0
    /// The right end of the logarithmic axis; the left one is 1/2.
    private static let mostRatio = 64.0

    init(_ measurements: Measurements, _ machine: MachineDescription) {
        self.measurements = measurements
        self.machine = machine
    }

    var svg: String {
        let groups = measurements.loops + ["geometric mean"]
        let height = Self.top + Double(groups.count) * Self.groupHeight + 30
        var text = """
            <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(Int(Self.left + Self.width) + 70) \(Int(height))" \
            font-family="sans-serif" font-size="12" fill="\(Self.ink)">
            <text x="10" y="20" font-size="14">Run time, in that of the same loop in C by clang -O2 (scalar, checked); \
            logarithmic, shorter is faster</text>
            \(legend)
            \(axis(height))

            """
        for (index, group) in groups.enumerated() {
            let y = Self.top + Double(index) * Self.groupHeight
            text += "<text x=\"\(Int(Self.left) - 10)\" y=\"\(Int(y + 26))\" text-anchor=\"end\">\(group)</text>\n"
            for (row, bar) in Self.bars.enumerated() {
                if let ratio = ratio(bar.engine, group) {
                    text += self.bar(ratio, bar.colour, y + 4 + Double(row) * 10.5)
                }
            }
        }
        return text
            + "<text x=\"10\" y=\"\(Int(height) - 8)\" font-size=\"10\">\(Self.escaped(machine.processor))</text>\n</svg>\n"
    }

    /// A group's ratio for an engine; the last group is the mean of all.
    private func ratio(_ engine: String, _ group: String) -> Double? {
        let ratios = measurements.ratios(of: engine, to: EngineSet.Name.scalar)
        if let found = ratios.first(where: { $0.loop == group }) { return found.ratio }
        return ratios.isEmpty || measurements.loops.contains(group) ? nil : geometricMean(ratios.map(\.ratio))
    }

    private var legend: String {
        Self.bars.enumerated().map { index, bar in
            let x = Int(Self.left) + index * 130
            return "<rect x=\"\(x)\" y=\"34\" width=\"12\" height=\"12\" fill=\"\(bar.colour)\"/>"
                + "<text x=\"\(x + 18)\" y=\"45\">\(bar.engine)</text>"
        }.joined(separator: "\n")
    }

    private func axis(_ height: Double) -> String {
        [0.5, 1, 2, 4, 8, 16, 32, 64].map { ratio in
            let x = decimal(position(ratio), 1)
            // The line at 1 is C.
            let weight = ratio == 1 ? "1.5" : "0.4"
            return
                "<line x1=\"\(x)\" y1=\"\(Int(Self.top))\" x2=\"\(x)\" y2=\"\(Int(height) - 28)\" stroke=\"\(Self.ink)\" "
                + "stroke-width=\"\(weight)\"/><text x=\"\(x)\" y=\"\(Int(Self.top) - 6)\" text-anchor=\"middle\">"
                + "\(decimal(ratio, ratio < 1 ? 1 : 0))</text>"
        }.joined(separator: "\n")
    }

    private func bar(_ ratio: Double, _ colour: String, _ y: Double) -> String {
        let end = position(ratio)
        return "<rect x=\"\(decimal(Self.left, 1))\" y=\"\(decimal(y, 1))\" width=\"\(decimal(end - Self.left, 1))\" "
            + "height=\"\(decimal(Self.barHeight, 1))\" fill=\"\(colour)\"/>"
            + "<text x=\"\(decimal(end + 4, 1))\" y=\"\(decimal(y + 8.5, 1))\" font-size=\"9\">\(decimal(ratio, 2))</text>\n"
    }

    private func position(_ ratio: Double) -> Double {
        let part = log(min(max(ratio, 0.51), Self.mostRatio) / 0.5) / log(Self.mostRatio / 0.5)
        return Self.left + part * Self.width
    }

    private static func escaped(_ text: String) -> String {
        text.replacingOccurrences(of: "&", with: "&amp;").replacingOccurrences(of: "<", with: "&lt;")
    }
}
