import BFFrontEnd
import BFTestSupport
import Testing

/// Random programs, with each choice of passes, against the same programs without any.
struct RandomPassTests {
    @Test func passesChangeNothingThatIsSeen() throws {
        var optimizer = TapeOptimizer()
        var (finished, left) = (0, 0)
        for seed in 0..<UInt64(2_000) {
            let comparison = PassComparison(seed: seed)
            guard let reference = try comparison.reference() else { continue }
            if reference.ending == .finished { finished += 1 } else { left += 1 }
            for choice in PassComparison.choices {
                let outcome = try comparison.outcome(without: choice, &optimizer)
                let (names, text) = (choice.map(\.rawValue).sorted(), String(decoding: comparison.text, as: UTF8.self))
                #expect(outcome == reference, "seed \(seed) without \(names): \(text)")
            }
        }
        #expect(finished > 1_000 && left > 300, "too few programs end well, or too few leave the tape")
    }
}
