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
    private var laps: [(name: String, nanoseconds: UInt64, unit: Unit)] = []

    /// Begins anew: what was before belongs to no lap.
    mutating func start() { last = MonotonicClock.now }

    /// Ends a lap that takes as long as there are uops.
    mutating func lap(_ name: String) { lap(name, .uop) }

    /// Ends a lap that has nothing to do with how many uops there are.
    mutating func lapOfRun(_ name: String) { lap(name, .run) }

    private mutating func lap(_ name: String, _ unit: Unit) {
        let now = MonotonicClock.now
        laps.append((name, now - last, unit))
        last = now
    }

    /// The same for a BF program.
    func report(instructions: Int, byteCount: Int) -> String {
        var text = row("", "us", "ns an instruction")
        for (name, nanoseconds, unit) in laps { text += row(name, nanoseconds, unit == .uop ? instructions : 0) }
        return text + "\(byteCount) bytes of machine code for \(instructions) instructions\n"
    }

    /// A line for each lap, in microseconds, and in nanoseconds for each uop of the file. Stages of the compiler stand
    /// below the lap "compile", which they are part of.
    func report(_ execution: Execution) -> String {
        let uops = execution.program.program.traces.reduce(0) { sum, trace in
            sum + trace.statements.count { if case .uop = $0.kind { true } else { false } }
        }
        var text = row("", "us", "ns a uop")
        for (name, nanoseconds, unit) in laps {
            text += row(name, nanoseconds, unit == .uop ? uops : 0)
            guard name == "compile" else { continue }
            let stages = execution.code?.times.rows ?? []
            for stage in stages { text += row("  " + stage.stage.name, stage.nanoseconds, uops) }
            // What a compiler does before its first program: it digests the tables, and makes an arena and bridges.
            let rest = stages.reduce(nanoseconds) { $0 - min($0, $1.nanoseconds) }
            if !stages.isEmpty { text += row("  once", rest, 0) }
        }
        return text + "\(execution.codeByteCount) bytes of machine code for \(uops) uops\n"
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
