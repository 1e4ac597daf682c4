import CStencils
package import UopVM

/// What the programs of a run have made the engines do.
public struct Coverage: Sendable {
    /// How a run ended, without its particulars.
    public enum Ending: String, CaseIterable, Sendable {
        case namedExit = "named exit"
        case errorExit = "named error exit"
        case finished = "normal end"
        case sideExit = "side exit"
        case helperFailed = "helper's failure"
        case outOfFuel = "out of fuel"
        case interrupted
    }

    private let catalog: UopCatalog
    /// Whether passes have everything to do that they are there for.
    private let hasAllPasses: Bool
    public private(set) var programs = 0
    public private(set) var traces = 0
    /// Traces that were entered.
    public private(set) var enteredTraces = 0
    /// Traces in which some statement was executed twice or more in one run.
    public private(set) var loopingTraces = 0
    /// Traces that were entered by another one's exit, and those of them that found words on the stack.
    public private(set) var linkedTraces = 0
    public private(set) var linkedTracesWithWords = 0
    /// Runs that ended while words on the stack were not in their own slots.
    public private(set) var spillingRuns = 0
    /// Runs in which a check that was made before its loop failed.
    public private(set) var earlyLeaves = 0
    /// Traces in which loops went round in loops, two deep and three deep; and those in which a loop in a loop called.
    public private(set) var nestedTraces = 0
    public private(set) var deeplyNestedTraces = 0
    public private(set) var callsInInnerLoops = 0
    /// Programs whose graphs were watched, and how many of them had what.
    public private(set) var watchedPrograms = 0
    private var sights: [GraphWatch.Sight: Int] = [:]
    public private(set) var endings: [Ending: Int] = [:]
    /// By uop: how many statements have it, and how often those were executed.
    public private(set) var statements: [Int]
    public private(set) var executions: [UInt64]

    package init(_ catalog: UopCatalog, hasAllPasses: Bool = true) {
        self.catalog = catalog
        self.hasAllPasses = hasAllPasses
        statements = Array(repeating: 0, count: catalog.uops.count)
        executions = Array(repeating: 0, count: catalog.uops.count)
    }

    /// Adds what one program did.
    package mutating func add(_ program: Program, _ run: CheckedRun) {
        programs += 1
        endings[Self.ending(run.result.ending, program), default: 0] += 1
        if run.hasSpills { spillingRuns += 1 }
        if run.hasLeftEarly { earlyLeaves += 1 }
        if let seen = run.sights {
            watchedPrograms += 1
            for sight in seen { sights[sight, default: 0] += 1 }
        }
        var first = 0
        for (number, trace) in program.traces.enumerated() {
            traces += 1
            var most: UInt64 = 0
            for (index, statement) in trace.statements.enumerated() {
                guard case .uop(let uop) = statement.kind else { continue }
                statements[uop] += 1
                executions[uop] += run.counters[first + index]
                most = max(most, run.counters[first + index])
            }
            if most > 1 {
                loopingTraces += 1
                addLoops(trace, run.counters[first..<first + trace.statements.count])
            }
            first += trace.statements.count
            guard most > 0 else { continue }
            enteredTraces += 1
            // The first trace begins the run.
            if number > 0 {
                linkedTraces += 1
                if !trace.entry.isEmpty { linkedTracesWithWords += 1 }
            }
        }
    }

    private mutating func addLoops(_ trace: TraceDeclaration, _ counters: ArraySlice<UInt64>) {
        let nest = LoopNest(trace, counters, catalog)
        guard nest.deepest > 1 else { return }
        nestedTraces += 1
        if nest.deepest > 2 { deeplyNestedTraces += 1 }
        let calls = trace.statements.indices.contains { index in
            guard case .uop(let uop) = trace.statements[index].kind, catalog.uops[uop].flags.contains(.escapes) else { return false }
            return counters[counters.startIndex + index] > 1 && nest.depth(of: index) > 1
        }
        if calls { callsInInnerLoops += 1 }
    }

    private static func ending(_ ending: RunResult.Ending, _ program: Program) -> Ending {
        switch ending {
        case .exit(let index): program.exits[index].error == nil ? .namedExit : .errorExit
        case .finished: .finished
        case .sideExit: .sideExit
        case .helperFailed: .helperFailed
        case .outOfFuel: .outOfFuel
        case .interrupted: .interrupted
        }
    }

    // MARK: Judging

    /// What a run must reach: for 100,000 traces, each uop executed 1,000 times, each kind of exit taken 100
    /// times, half of the traces looping, and about a third of what was found of shapes of loops and of work for
    /// passes when this was written; for fewer traces, in proportion.
    public var shortfalls: [String] {
        let share = Double(traces) / 100_000
        var result: [String] = []
        func demand(_ found: UInt64, _ most: Int, _ what: String) {
            let least = max(1, UInt64(Double(most) * share))
            if found < least { result.append("\(what): \(found), expected at least \(least)") }
        }
        for (number, uop) in catalog.uops.enumerated() where !uop.flags.contains(.internal) {
            demand(executions[number], 1000, "executions of \(uop.name)")
        }
        for ending in Ending.allCases { demand(UInt64(endings[ending] ?? 0), 100, "runs that ended by: \(ending.rawValue)") }
        demand(UInt64(linkedTraces), 100, "traces entered from other traces")
        demand(UInt64(linkedTracesWithWords), 100, "traces entered from other traces with words on the stack")
        demand(UInt64(spillingRuns), 100, "runs with more values than registers")
        demand(UInt64(nestedTraces), 3000, "traces with loops that went round in loops")
        demand(UInt64(deeplyNestedTraces), 400, "traces with loops that went round three deep")
        demand(UInt64(callsInInnerLoops), 600, "traces with calls in loops in loops")
        if hasAllPasses { demand(UInt64(earlyLeaves), 2500, "runs in which a check before its loop failed") }
        for sight in GraphWatch.Sight.allCases where hasAllPasses {
            demand(UInt64(sights[sight] ?? 0), sight.least, "watched programs with \(sight.rawValue)")
        }
        if loopingTraces * 2 < traces {
            result.append("traces that loop: \(loopingTraces) of \(traces), expected at least half")
        }
        return result
    }

    private var sightings: String {
        GraphWatch.Sight.allCases.map { "\($0.rawValue) \(sights[$0] ?? 0)" }.joined(separator: ", ")
    }

    /// A few lines for people.
    public var summary: String {
        let executed = executions.reduce(0, +)
        let rarest = catalog.uops.indices.filter { !catalog.uops[$0].flags.contains(.internal) }
            .sorted { executions[$0] < executions[$1] }.prefix(5)
            .map { "\(catalog.uops[$0].name) \(executions[$0])" }.joined(separator: ", ")
        let endings = Ending.allCases.map { "\($0.rawValue) \(self.endings[$0] ?? 0)" }.joined(separator: ", ")
        return """
            \(programs) programs, \(traces) traces: \(enteredTraces) entered, \(loopingTraces) looping, \
            \(linkedTraces) entered from others (\(linkedTracesWithWords) with words on the stack)
            \(statements.reduce(0, +)) uops written, \(executed) executed; rarest: \(rarest)
            ends: \(endings); with spilled values \(spillingRuns)
            loops in loops \(nestedTraces), three deep \(deeplyNestedTraces), with calls \(callsInInnerLoops); \
            left early \(earlyLeaves)
            graphs of \(watchedPrograms) programs: \(sightings)
            """
    }
}
