import Testing
import UopRuntime
import UopTestSupport
import UopVM

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// Each stage of compilation, broken on purpose, is noticed by random programs.
///
/// Broken code may write anywhere and never end: it runs in a process of its own, whose end by a signal is noticed, too.
struct PassFaultTests {
    private static let seed: UInt64 = 20_261_122
    private static let limit = 4000
    /// Without a fault all programs run: that many are more than most faults take.
    private static let soundLimit = 300
    /// Programs that noticed faults which few others notice: they are tried first. If programs are made in another way,
    /// the search is only longer; what it prints belongs here then.
    private static let witnesses: [PassFault: Int] = [
        .checksIgnoreIterations: 1103, .registersForgetWhatIsStored: 1201, .checksIgnoreBuffers: 1304, .checksAddTwo: 406,
        .checksTakeAtMostForLess: 355, .checksIgnoreSigns: 296, .checksIgnoreProducts: 271, .motionIgnoresWrites: 256,
        .equalityIgnoresOperands: 245, .equalityIgnoresOtherWays: 199, .equalityIgnoresWrites: 147,
    ]

    @Test(arguments: PassFault.allCases) func faultIsNoticed(_ fault: PassFault) async {
        let result = await #expect(processExitsWith: .failure, observing: [\.standardOutputContent]) {
            [name = fault.rawValue as String] in Self.run(PassFault(rawValue: name), limit: Self.limit)
        }
        guard let result else { return }
        #expect(result.exitStatus != .signal(SIGALRM), "too slow for \(Self.limit) programs of seed \(Self.seed)")
        let lines = String(decoding: result.standardOutputContent, as: UTF8.self).split(separator: "\n")
        print("\(fault): \(lines.first { $0.hasPrefix("program") } ?? "\(result.exitStatus)")")
    }

    /// Programs without a fault: it is the fault that the others notice.
    @Test func soundPassesAreNotNoticed() async {
        await #expect(processExitsWith: .success) { Self.run(nil, limit: Self.soundLimit) }
    }

    /// Ends the process: with a failure where something is wrong with a program.
    private static func run(_ fault: PassFault?, limit: Int) -> Never {
        alarm(600)
        var setup = CheckedRun.Setup(Base.traits)
        setup.fault = fault
        let witness = fault.flatMap { witnesses[$0] }.flatMap {
            DamageReport.firstNotice(setup, Base.traits, seed: seed, first: $0 - 1, limit: 1)
        }
        let notice = witness ?? DamageReport.firstNotice(setup, Base.traits, seed: seed, limit: limit)
        print(notice.map { "program \($0.count): \($0.failure)" } ?? "nothing")
        exit(notice == nil ? EXIT_SUCCESS : EXIT_FAILURE)
    }
}
