import Testing
import UopVM

/// A uop without a reference is a uop whose meaning nobody has checked.
struct CompletenessTests {
    /// Uops whose meaning is more than a function of inputs and literals have tests of their own.
    static let tested: [String] =
        Meaning.all.map(\.uop) + LocalTests.uops + MemoryAccess.all.map(\.uop) + TapeEffect.all.map(\.uop)
        + HelperCall.all.map(\.uop) + RangeIteratorTests.uops + ControlTests.uops + PollTests.uops
        + RegisterFormTests.uops + CellMeaningTests.uops

    @Test func everyUopOfTheTablesHasAReference() {
        let names = Base.catalog.uops.map(\.name)
        #expect(!names.isEmpty)
        #expect(names.filter { !Self.tested.contains($0) } == [], "uops without a reference")
        #expect(Self.tested.filter { !names.contains($0) } == [], "references without a uop")
        #expect(
            Set(Self.tested).count == Self.tested.count, "a uop has two references: one of them may hide a missing one")
    }
}
