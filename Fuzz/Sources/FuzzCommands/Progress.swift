#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// How far a run is: a line that is written over on a terminal, and nothing in a pipe.
package struct Progress {
    private let count: Int
    /// What is counted, in the plural.
    private let things: String
    private let clock = ContinuousClock()
    private let start: ContinuousClock.Instant
    private var last: ContinuousClock.Instant
    private let isTerminal = isatty(STDERR_FILENO) == 1

    package init(count: Int, things: String) {
        self.count = count
        self.things = things
        start = clock.now
        last = start
    }

    private func seconds(since instant: ContinuousClock.Instant) -> Double { (clock.now - instant) / .seconds(1) }

    /// How many in a second, as text.
    package func rate(_ done: Int) -> String {
        let seconds = seconds(since: start)
        return "\(Int(Double(done) / max(seconds, 0.001))) \(things)/s, \(Int(seconds)) s"
    }

    package mutating func show(_ done: Int) {
        guard isTerminal, seconds(since: last) > 0.2 else { return }
        last = clock.now
        write("\r\u{1B}[K\(done) of \(count) \(things), \(rate(done))")
    }

    /// Takes the line away.
    package func clear() {
        if isTerminal { write("\r\u{1B}[K") }
    }

    private func write(_ text: String) { Files.print(text, to: STDERR_FILENO) }
}
