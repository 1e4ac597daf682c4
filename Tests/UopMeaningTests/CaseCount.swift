import Synchronization
import Testing

/// Counts the cases that a suite's tests execute, prints the number, and says when they are too few:
/// tests that loop over tables must not become empty in silence.
struct CaseCount: SuiteTrait, TestScoping {
    /// What a suite executes at least.
    let minimum: Int

    private final class Counter: Sendable {
        let cases = Atomic<Int>(0)
    }

    @TaskLocal private static var counter: Counter?

    /// Notes one case: a uop with its inputs in one engine.
    static func add(_ count: Int = 1) { counter?.cases.add(count, ordering: .relaxed) }

    func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
    ) async throws {
        let counter = Counter()
        try await Self.$counter.withValue(counter, operation: function)
        let count = counter.cases.load(ordering: .relaxed)
        print("\(test.name): \(count) cases")
        #expect(count >= minimum, "\(test.name) executed \(count) cases; expected at least \(minimum)")
    }
}

extension Trait where Self == CaseCount {
    static func cases(atLeast minimum: Int) -> CaseCount { CaseCount(minimum: minimum) }
}
