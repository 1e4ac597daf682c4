import UopRuntime
import UopVM

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
        let header = "ns \(unit.one)"
        let table = Table(width: max(12, header.count + 2))
        var text = table.row("", "us", header)
        for lap in laps {
            text += table.row(lap.name, lap.nanoseconds, lap.unit == .uop ? count : 0)
            for stage in lap.stages { text += table.row("  " + stage.stage, stage.nanoseconds, count) }
            // What a compiler does before its first program: it digests the tables, and makes an arena and bridges.
            let rest = lap.stages.reduce(lap.nanoseconds) { $0 - min($0, $1.nanoseconds) }
            if !lap.stages.isEmpty { text += table.row("  once", rest, 0) }
        }
        return text + "\(byteCount) bytes of machine code for \(count) \(unit.many)\n"
    }
}

/// Rows of a name, microseconds, and nanoseconds for one of many.
private struct Table {
    /// Of the last column.
    let width: Int

    func row(_ name: String, _ nanoseconds: UInt64, _ count: Int) -> String {
        row(name, Self.decimal(nanoseconds, in: 1000), count == 0 ? "" : Self.decimal(nanoseconds, in: UInt64(count)))
    }

    func row(_ name: String, _ microseconds: String, _ each: String) -> String {
        let line = name + microseconds.rightAligned(in: 38 - name.count)
        return line + (each.isEmpty ? "" : each.rightAligned(in: width)) + "\n"
    }

    /// A quotient with one decimal.
    private static func decimal(_ value: UInt64, in unit: UInt64) -> String {
        let tenths = (Double(value) * 10 / Double(unit)).rounded()
        return "\(tenths / 10)"
    }
}
