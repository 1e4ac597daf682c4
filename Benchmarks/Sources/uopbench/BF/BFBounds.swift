/// What BF programs have to reach.
enum BFBounds {
    private typealias Name = BFEngine.Name

    /// The bounds of a program's run, for what was measured.
    static func of(_ program: BFProgram, _ measurements: BFMeasurements) -> [Bound] {
        let name = program.name
        switch program.goal {
        case .partOfC(let limit):
            guard let ratio = measurements.ratio(name, of: Name.jit, to: Name.compiled) else { return [] }
            return [Bound("\(name): \(Name.jit) in \(Name.compiled)'s time, at most", ratio, .most, limit)]
        case .overStart(let limit):
            let parts = [("processor", \ProcessUsage.processorSeconds), ("wall", \.wallSeconds)]
            return parts.compactMap { word, value in
                guard let seconds = measurements.overStart(name, value) else { return nil }
                let text = "\(name): milliseconds of \(word) time that \(Name.jit) takes more than a start, at most"
                return Bound(text, seconds * 1000, .most, limit * 1000)
            }
        }
    }

    static func all(_ measurements: BFMeasurements, _ compileTimes: [BFCompileTimes.Row]) -> [Bound] {
        var bounds = measurements.programs.flatMap { of($0, measurements) }
        if let ratio = measurements.ratio("mandelbrot", of: Name.interpreter, to: Name.jit) {
            bounds.append(Bound("mandelbrot: \(Name.interpreter) in \(Name.jit)'s time, at most", ratio, .most, 5))
        }
        return bounds + compileTimes.flatMap(of)
    }

    /// The bounds of making code; unknown as long as it cannot be measured.
    private static func of(_ row: BFCompileTimes.Row) -> [Bound] {
        let time = Bound(
            "\(row.name): milliseconds from text to sealed code, warm, at most", row.warmSeconds.map { $0 * 1000 }, .most,
            row.mostSeconds * 1000)
        guard let most = row.mostBytesPerByte else { return [time] }
        return [
            time, Bound("\(row.name): bytes of memory for a byte of program, at most", row.peakBytesPerByte, .most, most),
        ]
    }
}
