import Foundation

/// Bytes of machine code of a loop.
struct CodeSizes: Codable {
    /// All that the JIT made: hot and cold code, exits, constants.
    var jit: Int?
    /// Of it, what lies in the way of control.
    var jitHot: Int?
    /// The kernel's function by clang-O2-scalar.
    var scalar: Int?

    enum CodingKeys: String, CodingKey {
        case jit
        case jitHot = "jit-hot"
        case scalar = "clang-O2-scalar"
    }
}

/// All that was measured, as written to a file.
struct Results: Codable {
    struct LoopResult: Codable {
        var name: String
        /// By engine: medians.
        var seconds: [String: Double]
        /// By engine: lower and upper quartile.
        var quartiles: [String: [Double]]
        /// By engine: the median at each placement, or at those that were measured.
        var placements: [String: [Double]]
        var bytes: CodeSizes
    }

    var loops: [LoopResult]
    /// By engine: the geometric mean of its times in clang-O2-scalar's.
    var means: [String: Double]
    var bounds: [Bound]
    var rounds: Int
    var instructionSet: String
    var machine: MachineDescription
    var versions: [String: String]

    init(_ measurements: Measurements, code: [String: CodeSizes], set: EngineSet, rounds: Int) {
        loops = measurements.loops.map { loop in
            var result = LoopResult(
                name: loop, seconds: [:], quartiles: [:], placements: [:], bytes: code[loop] ?? CodeSizes())
            for engine in measurements.engines {
                guard let summary = measurements.summary(loop, engine) else { continue }
                result.seconds[engine] = summary.median
                result.quartiles[engine] = [summary.lowerQuartile, summary.upperQuartile]
                result.placements[engine] = measurements.placements(loop, engine)
            }
            return result
        }
        means = [:]
        for engine in measurements.engines {
            let ratios = measurements.ratios(of: engine, to: EngineSet.Name.scalar).map(\.ratio)
            if !ratios.isEmpty { means[engine] = geometricMean(ratios) }
        }
        bounds = Bound.all(measurements)
        self.rounds = rounds
        instructionSet = set.instructionSet
        machine = MachineDescription()
        versions = set.versions
    }
}

extension Encodable {
    /// JSON whose lines stay where they are from run to run, so that differences can be read.
    func writeJSON(to file: String) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        try (encoder.encode(self) + Data("\n".utf8)).write(to: URL(fileURLWithPath: file))
    }
}

/// What the numbers were measured on.
struct MachineDescription: Codable {
    var processor: String
    var kernel: String
    var system: String
    /// How the processor's frequency is governed; nil where the system does not tell, as in most virtual machines.
    var governor: String?

    init() {
        func line(_ path: String, after prefix: String = "") -> String? {
            guard let text = try? String(contentsOfFile: path, encoding: .utf8) else { return nil }
            let line = text.split(whereSeparator: \.isNewline).first { $0.hasPrefix(prefix) }
            return line.map {
                String($0.dropFirst(prefix.count)).trimmingCharacters(in: CharacterSet(charactersIn: " \t:\""))
            }
        }
        processor = line("/proc/cpuinfo", after: "model name") ?? "unknown"
        kernel = line("/proc/sys/kernel/osrelease") ?? "unknown"
        system = line("/etc/os-release", after: "PRETTY_NAME=") ?? ProcessInfo.processInfo.operatingSystemVersionString
        governor = line("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor")
    }

    var text: String {
        "\(processor), kernel \(kernel), \(system), governor \(governor ?? "unknown")"
    }
}
