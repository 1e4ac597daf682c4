import CStencils
import Testing
import UopVM

/// A row: a calling uop, with what it passes and whether it takes a result.
struct HelperCall: Sendable, CustomTestStringConvertible {
    let parameterCount: Int
    let hasResult: Bool

    var uop: String { "_CALL_\(parameterCount)" + (hasResult ? "_VALUE" : "") }
    var testDescription: String { uop }

    static let all: [HelperCall] = [false, true].flatMap { hasResult in
        (0...3).map { HelperCall(parameterCount: $0, hasResult: hasResult) }
    }
}

/// Calls: arguments in their order and with every bit, results, and failures.
@Suite(.cases(atLeast: 20_000))
struct HelperTests {
    private final class Host {
        var calls: [[UInt64]] = []
        var result: UInt64 = 0
        var status: Int64 = 0
    }

    /// Below the arguments lies a word that the call must not touch; behind the call one is stored.
    private static func trial(_ row: HelperCall, _ host: Host) throws -> Trial {
        let classes: [UopClass] = Array([.I64, .F64, .OBJECT].prefix(row.parameterCount))
        let signature = "(\(classes.map(\.name).joined(separator: ", ")))" + (row.hasResult ? " -> f64" : "")
        let helper = Helper("host", classes, result: row.hasResult ? .F64 : nil) { arguments in
            host.calls.append((0..<row.parameterCount).map { arguments[$0] })
            if host.status != 0 { return .failed(status: host.status) }
            return row.hasResult ? .value(host.result) : .done
        }
        return try Trial(
            """
            uops 1
            local a: i64
            local b: f64
            local c: object
            local below: i64 = 77
            local after: i64
            local result: f64
            helper host\(signature)
            exit done
            exit left
            trace main
                _LOAD_FAST below
                \(["_LOAD_FAST a", "_LOAD_FAST b", "_LOAD_FAST c"].prefix(row.parameterCount).joined(separator: "\n"))
                \(row.uop) host -> left
                \(row.hasResult ? "_STORE_FAST result" : "")
                _STORE_FAST after
                _EXIT_TRACE -> done
            end
            """, helpers: [helper])
    }

    private static func arguments(_ count: Int) -> [[UInt64]] {
        let columns = [UopClass.I64, .F64, .OBJECT].prefix(count).map(BoundaryValues.words)
        // All values alone; combinations of every third.
        return columns.reduce([[]]) { vectors, column in
            let chosen = count < 2 ? column : column.indices.filter { $0 % 3 == 0 }.map { column[$0] }
            return vectors.flatMap { vector in chosen.map { vector + [$0] } }
        }
    }

    @Test(arguments: HelperCall.all)
    func call(_ row: HelperCall) throws {
        let host = Host()
        let trial = try Self.trial(row, host)
        for (number, arguments) in Self.arguments(row.parameterCount).enumerated() {
            for engine in Engine.allCases {
                trial.reset()
                host.calls = []
                host.result = BoundaryValues.floats[number % BoundaryValues.floats.count].bitPattern
                for (index, word) in arguments.enumerated() { trial.machine.setLocal(index, to: word) }
                let ending = trial.run(engine)
                let place = "\(row.uop) \(hexadecimal(arguments)), \(engine)"
                try #require(ending == Ending(exit: 0, uop: "_EXIT_TRACE", stack: []), "\(place)")
                try #require(host.calls == [arguments], "\(place)")
                try #require(trial.machine.local(4) == 77, "\(place)")
                try #require(trial.machine.local(5) == (row.hasResult ? host.result : 0), "\(place)")
                #expect(trial.machine.helperStatus == 0)
                CaseCount.add()
            }
        }
    }

    /// The uop then counts as not executed, except for what the helper did itself.
    @Test(arguments: HelperCall.all, [1, -1, .min, .max] as [Int64])
    func failure(_ row: HelperCall, status: Int64) throws {
        let host = Host()
        host.status = status
        let trial = try Self.trial(row, host)
        for engine in Engine.allCases {
            trial.reset()
            host.calls = []
            let arguments: [UInt64] = Array([5, 6, ObjectWord.true].prefix(row.parameterCount))
            for (index, word) in arguments.enumerated() { trial.machine.setLocal(index, to: word) }
            let ending = trial.run(engine)
            #expect(ending == Ending(exit: 1, uop: row.uop, stack: [77] + arguments), "\(engine)")
            #expect(host.calls == [arguments])
            #expect(trial.machine.local(4) == 0 && trial.machine.local(5) == 0, "nothing behind the call happens")
            #expect(trial.machine.helperStatus == status)
            CaseCount.add()
        }
    }

    /// A failure cannot be told from a success by mistake.
    @Test(arguments: Engine.allCases)
    func failureWithStatusZero(_ engine: Engine) throws {
        let row = HelperCall(parameterCount: 0, hasResult: false)
        let helper = Helper("host") { _ in .failed(status: 0) }
        let trial = try Trial(
            "uops 1\nhelper host()\nexit done\nexit left\ntrace main\n\(row.uop) host -> left\n_EXIT_TRACE -> done\nend",
            helpers: [helper])
        #expect(trial.run(engine).exit == 1)
        #expect(trial.machine.helperStatus == -1)
        CaseCount.add()
    }
}
