/// What the machine code has to reach, and whether it does.
struct Bound: Codable {
    /// What is bounded.
    let text: String
    /// Nil where it cannot be measured yet.
    let value: Double?
    let limit: Double
    let holds: Bool?

    /// "not more than" or "not less than".
    enum Direction {
        case most, least

        func holds(_ value: Double, _ limit: Double) -> Bool { self == .most ? value <= limit : value >= limit }
    }

    init(_ text: String, _ value: Double?, _ direction: Direction, _ limit: Double) {
        self.text = text
        self.value = value
        self.limit = limit
        holds = value.map { direction.holds($0, limit) }
    }

    /// One line of a table.
    var line: String {
        let found = value.map { decimal($0, 2) } ?? "not available yet"
        return "\(verdict)\(String(repeating: " ", count: 9 - verdict.count))\(text): \(found) (bound \(decimal(limit, 2)))"
    }

    /// Whether it holds, in a word.
    var verdict: String { holds.map { $0 ? "holds" : "MISSED" } ?? "unknown" }

    /// How many of them hold, and how many nobody knows of.
    static func summary(_ bounds: [Bound]) -> String {
        let unknown = bounds.count { $0.holds == nil }
        return "\(bounds.count { $0.holds == true }) of \(bounds.count - unknown) bounds hold"
            + (unknown == 0 ? "" : "; \(unknown) cannot be measured yet")
    }

    /// All bounds for which both engines were measured.
    static func all(_ measurements: Measurements) -> [Bound] {
        typealias Name = EngineSet.Name
        var bounds: [Bound] = []
        /// Bounds of an engine's time in another's: of the mean, and of the loop that comes off worst.
        func add(_ engine: String, in other: String, _ direction: Direction, mean: Double, worst: Double?) {
            let ratios = measurements.ratios(of: engine, to: other).map(\.ratio)
            guard let least = ratios.min(), let most = ratios.max() else { return }
            let words = direction == .most ? "at most" : "at least"
            bounds.append(Bound("\(engine) in \(other)'s time, mean, \(words)", geometricMean(ratios), direction, mean))
            guard let worst else { return }
            bounds.append(
                Bound(
                    "\(engine) in \(other)'s time, worst loop, \(words)", direction == .most ? most : least, direction,
                    worst))
        }
        add(Name.jit, in: Name.scalar, .most, mean: 1.10, worst: 1.5)
        // The two engines with a compiler that knows the program only when it runs.
        add(Name.luajit, in: Name.jit, .least, mean: 1.6, worst: 1 / 1.05)
        // More than 1, to two decimals.
        add(Name.unoptimised, in: Name.jit, .least, mean: 2, worst: 1.005)
        // 20 with superinstructions, which there are none of.
        add(Name.interpreter, in: Name.scalar, .most, mean: 30, worst: nil)
        return bounds
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
