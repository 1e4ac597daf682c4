import BFFrontEnd
import BFTestSupport
import Foundation
import Testing

/// Random programs, with each choice of passes, against the same programs without any.
struct RandomPassTests {
    /// How many, and from which seed on: more than the usual sample if the environment says so. A million take a
    /// minute in release.
    private static func number(_ name: String, _ usual: UInt64) -> UInt64 {
        ProcessInfo.processInfo.environment[name].flatMap { UInt64($0) } ?? usual
    }

    @Test func passesChangeNothingThatIsSeen() throws {
        var optimizer = TapeOptimizer()
        var (finished, left) = (0, 0)
        let count = Self.number("UOPJIT_BF_PROGRAMS", 2_000)
        let first = Self.number("UOPJIT_BF_SEED", 0)
        for seed in first..<first + count {
            let comparison = PassComparison(seed: seed)
            guard let reference = try comparison.reference() else { continue }
            if reference.ending == .finished { finished += 1 } else { left += 1 }
            for choice in PassComparison.choices {
                let outcome = try comparison.outcome(without: choice, &optimizer)
                let (names, text) = (choice.map(\.rawValue).sorted(), String(decoding: comparison.text, as: UTF8.self))
                #expect(outcome == reference, "seed \(seed) without \(names): \(text)")
            }
        }
        #expect(finished > count / 2 && left > count / 6, "too few programs end well, or too few leave the tape")
    }
}
