/// All that `uopbench bf` measured, as written to a file.
struct BFResults: Codable {
    struct ProgramResult: Codable {
        var name: String
        /// By engine: medians and quartiles.
        var userSeconds: [String: Summary] = [:]
        var systemSeconds: [String: Summary] = [:]
        var wallSeconds: [String: Summary] = [:]
        var peakBytes: [String: Summary] = [:]
        /// By engine: user time in that of C.
        var ratios: [String: Double] = [:]
    }

    var programs: [ProgramResult]
    var compileTimes: [BFCompileTimes.Row]
    var bounds: [Bound]
    var rounds: Int
    var machine: MachineDescription
    var versions: [String: String]

    init(_ measurements: BFMeasurements, _ compileTimes: BFCompileTimes, _ set: BFEngineSet, rounds: Int) {
        programs = measurements.programs.map { Self.result($0.name, measurements) }
        self.compileTimes = compileTimes.rows
        bounds = BFBounds.all(measurements, compileTimes.rows)
        self.rounds = rounds
        machine = MachineDescription()
        versions = set.versions
    }

    private static func result(_ program: String, _ measurements: BFMeasurements) -> ProgramResult {
        var result = ProgramResult(name: program)
        for engine in measurements.engines {
            result.userSeconds[engine] = measurements.summary(program, engine, \.userSeconds)
            result.systemSeconds[engine] = measurements.summary(program, engine, \.systemSeconds)
            result.wallSeconds[engine] = measurements.summary(program, engine, \.wallSeconds)
            result.peakBytes[engine] = measurements.summary(program, engine, \.peakBytes)
            result.ratios[engine] = measurements.ratio(program, of: engine, to: BFEngine.Name.compiled)
        }
        return result
    }
}
