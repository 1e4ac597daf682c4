package import UopRuntime

/// How long stages took, in the order in which they were first come to; what several regions took is added up.
package struct StageTimes: Sendable {
    package private(set) var rows: [(stage: String, nanoseconds: UInt64)] = []

    package init() {}

    package mutating func add(_ stage: String, _ nanoseconds: UInt64) {
        if let index = rows.firstIndex(where: { $0.stage == stage }) {
            rows[index].nanoseconds += nanoseconds
        } else {
            rows.append((stage, nanoseconds))
        }
    }

    package mutating func add(_ emission: EmissionTimes) {
        add(CompilationStage.steps.name, emission.steps)
        add(CompilationStage.fixing.name, emission.fixing)
        add(CompilationStage.copying.name, emission.copying)
        add(CompilationStage.sealing.name, emission.sealing)
    }
}

/// Takes the time of stages that come one after the other. It costs a test of a flag where nobody asks.
package struct StageClock: Sendable {
    private let isRunning: Bool
    private var last: UInt64 = 0
    package private(set) var times = StageTimes()

    /// - Parameter isRunning: false for a clock that takes no times.
    package init(isRunning: Bool = false) {
        self.isRunning = isRunning
        start()
    }

    /// A stage begins: what was since the last one belongs to none.
    package mutating func start() {
        if isRunning { last = MonotonicClock.now }
    }

    /// A stage has ended, and the next one begins.
    package mutating func lap(_ stage: String) {
        guard isRunning else { return }
        let now = MonotonicClock.now
        times.add(stage, now - last)
        last = now
    }

    package mutating func add(_ emission: EmissionTimes) {
        if isRunning { times.add(emission) }
    }
}
