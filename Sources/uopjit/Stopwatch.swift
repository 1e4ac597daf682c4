import UopRuntime

/// Laps of the time that a file takes.
struct Stopwatch {
    private enum Unit {
        /// Takes longer for more uops.
        case uop
        case run
    }

    private var last = MonotonicClock.now
    private struct Lap {
        var name: String
        var nanoseconds: UInt64
        var unit: Unit
        /// What it consists of, as far as that was measured.
        var stages: [(stage: String, nanoseconds: UInt64)] = []
    }

    private var laps: [Lap] = []

    /// Begins anew: what was before belongs to no lap.
    mutating func start() { last = MonotonicClock.now }

    /// Ends a lap that takes as long as there are uops.
    mutating func lap(_ name: String, stages: [(stage: String, nanoseconds: UInt64)] = []) {
        lap(name, .uop)
        laps[laps.count - 1].stages = stages
    }

    /// Ends a lap that has nothing to do with how many uops there are.
    mutating func lapOfRun(_ name: String) { lap(name, .run) }

    private mutating func lap(_ name: String, _ unit: Unit) {
        let now = MonotonicClock.now
        laps.append(Lap(name: name, nanoseconds: now - last, unit: unit))
        last = now
    }

    /// A line for each lap, in microseconds, and in nanoseconds for each uop, or what else the program consists of. The
    /// stages of a lap stand below it.
    ///
    /// - Parameter unit: what is counted, as one is called and as many are: "a uop", "uops".
    func report(_ count: Int, _ unit: (one: String, many: String), byteCount: Int) -> String {
        var text = row("", "us", "ns \(unit.one)")
        for lap in laps {
            text += row(lap.name, lap.nanoseconds, lap.unit == .uop ? count : 0)
            for stage in lap.stages { text += row("  " + stage.stage, stage.nanoseconds, count) }
            // What a compiler does before its first program: it digests the tables, and makes an arena and bridges.
            let rest = lap.stages.reduce(lap.nanoseconds) { $0 - min($0, $1.nanoseconds) }
            if !lap.stages.isEmpty { text += row("  once", rest, 0) }
        }
        return text + "\(byteCount) bytes of machine code for \(count) \(unit.many)\n"
    }

    private func row(_ name: String, _ nanoseconds: UInt64, _ uops: Int) -> String {
        row(name, Self.decimal(nanoseconds, in: 1000), uops == 0 ? "" : Self.decimal(nanoseconds, in: UInt64(uops)))
    }

    private func row(_ name: String, _ microseconds: String, _ each: String) -> String {
        func padding(_ text: String, _ width: Int) -> String { String(repeating: " ", count: max(0, width - text.count)) }
        let line = name + padding(name, 26) + padding(microseconds, 12) + microseconds
        return line + (each.isEmpty ? "" : padding(each, 12) + each) + "\n"
    }

    /// A quotient with one decimal.
    private static func decimal(_ value: UInt64, in unit: UInt64) -> String {
        let tenths = (Double(value) * 10 / Double(unit)).rounded()
        return "\(tenths / 10)"
    }
}
