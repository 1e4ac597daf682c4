/// What `uopbench bf` prints.
struct BFTables {
    let measurements: BFMeasurements
    let compileTimes: BFCompileTimes
    private typealias Name = BFEngine.Name

    /// User times in those of C, and whether machine code reaches what it must.
    var times: String {
        let others = measurements.engines.filter { $0 != Name.compiled }
        var table = Table(["program", Name.compiled] + others + ["bound of \(Name.jit)", "measured", "verdict"])
        for program in measurements.programs {
            let unit = measurements.summary(program.name, Name.compiled, \.userSeconds)
            let cells = others.map { cell(program.name, $0) }
            table.add([program.name, unit.map(milliseconds) ?? ""] + cells + verdict(program))
        }
        return table.text
    }

    /// A ratio to C where there is C; of a start the time, as nothing runs in it.
    private func cell(_ program: String, _ engine: String) -> String {
        if engine == Name.start { return measurements.summary(program, engine, \.processorSeconds).map(milliseconds) ?? "" }
        guard let summary = measurements.summary(program, engine, \.userSeconds) else { return "" }
        guard let ratio = measurements.ratio(program, of: engine, to: Name.compiled) else { return milliseconds(summary) }
        return "\(decimal(ratio, 2)) \(LoopsTable.spread(summary))"
    }

    private func milliseconds(_ summary: Summary) -> String {
        "\(decimal(summary.median * 1000, 1)) ms \(LoopsTable.spread(summary))"
    }

    /// Bound, what was measured, and whether it holds: the worse of processor and wall time where both are bounded.
    private func verdict(_ program: BFProgram) -> [String] {
        let bounds = BFBounds.of(program, measurements)
        guard let worst = bounds.max(by: { ($0.value ?? 0) < ($1.value ?? 0) }), let value = worst.value else {
            return ["", "", ""]
        }
        switch program.goal {
        case .partOfC(let limit): return ["\(decimal(limit, 2))", "\(decimal(value, 2))", worst.verdict]
        case .overStart(let limit):
            return ["start + \(decimal(limit * 1000, 0)) ms", "start + \(decimal(value, 1)) ms", worst.verdict]
        }
    }

    /// Time by the clock and memory of our engines and the rivals.
    var wallAndMemory: String {
        var table = Table(["program"] + measurements.engines)
        for program in measurements.programs {
            table.add(
                [program.name]
                    + measurements.engines.map { engine in
                        guard let wall = measurements.summary(program.name, engine, \.wallSeconds),
                            let peak = measurements.summary(program.name, engine, \.peakBytes)
                        else { return "" }
                        return "\(decimal(wall.median * 1000, 1)) ms, \(decimal(peak.median / 1e6, 1)) MB"
                    })
        }
        return table.text
    }

    /// From text to sealed code.
    var compiling: String {
        var table = Table(["text", "bytes", "warm ms", "cold ms", "bytes of code", "bytes of memory a byte"])
        for row in compileTimes.rows {
            func cell(_ value: Double?, _ digits: Int) -> String {
                value.map { decimal($0, digits) } ?? ""
            }
            table.add([
                row.name, "\(row.byteCount)", cell(row.warmSeconds.map { $0 * 1000 }, 3),
                cell(row.coldSeconds.map { $0 * 1000 }, 3), cell(row.codeByteCount.map(Double.init), 0),
                cell(row.peakBytesPerByte, 1),
            ])
        }
        return table.text
    }
}
