/// What the machine code has to reach, and whether it does.
struct Bound: Codable {
    /// What is bounded.
    let text: String
    let value: Double
    let limit: Double
    let holds: Bool

    /// "not more than" or "not less than".
    private enum Direction {
        case most, least

        func holds(_ value: Double, _ limit: Double) -> Bool { self == .most ? value <= limit : value >= limit }
    }

    private init(_ text: String, _ value: Double, _ direction: Direction, _ limit: Double) {
        self.text = text
        self.value = value
        self.limit = limit
        holds = direction.holds(value, limit)
    }

    /// One line of a table.
    var line: String {
        "\(holds ? "holds   " : "MISSED  ") \(text): \(decimal(value, 2)) (bound \(decimal(limit, 2)))"
    }

    /// All bounds for which both engines were measured.
    static func all(_ measurements: Measurements) -> [Bound] {
        typealias Name = EngineSet.Name
        func ratios(_ engine: String, _ other: String, _ bounds: ([Double]) -> [Bound]) -> [Bound] {
            let ratios = measurements.ratios(of: engine, to: other).map(\.ratio)
            return ratios.isEmpty ? [] : bounds(ratios)
        }
        return ratios(Name.jit, Name.scalar) {
            [
                Bound("jit in clang-O2-scalar's time, mean, at most", geometricMean($0), .most, 1.10),
                Bound("jit in clang-O2-scalar's time, worst loop, at most", $0.max() ?? 0, .most, 1.5),
            ]
        } + ratios(Name.luajit, Name.jit) {
            [
                Bound("luajit in jit's time, mean, at least", geometricMean($0), .least, 1.6),
                Bound("luajit in jit's time, worst loop, at least", $0.min() ?? 0, .least, 1 / 1.05),
            ]
        } + ratios(Name.unoptimised, Name.jit) {
            [
                Bound("clang-O0 in jit's time, mean, at least", geometricMean($0), .least, 2),
                // More than 1: to two decimals.
                Bound("clang-O0 in jit's time, worst loop, at least", $0.min() ?? 0, .least, 1.005),
            ]
        } + ratios(Name.interpreter, Name.scalar) {
            [
                Bound("interpreter in clang-O2-scalar's time, mean, at most", geometricMean($0), .most, 20),
                Bound("interpreter in clang-O2-scalar's time, worst loop, at most", $0.max() ?? 0, .most, 30),
            ]
        }
    }
}

/// A number with so many digits behind its point.
func decimal(_ value: Double, _ digits: Int) -> String {
    var scale = 1.0
    for _ in 0..<digits { scale *= 10 }
    guard value.isFinite, value.magnitude < 1e15 / scale else { return "\(value)" }
    let scaled = Int((value.magnitude * scale).rounded())
    let sign = value < 0 && scaled != 0 ? "-" : ""
    guard digits > 0 else { return "\(sign)\(scaled)" }
    let text = String(scaled)
    let padded = String(repeating: "0", count: max(0, digits + 1 - text.count)) + text
    return "\(sign)\(padded.dropLast(digits)).\(padded.suffix(digits))"
}
