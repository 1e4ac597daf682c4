/// The passes between a verified region and its code, in their order, by the names that options and dumps use.
public enum PassName: String, CaseIterable, Sendable {
    /// Tests of loops at their ends.
    case rotation
    /// Short loops several times over.
    case unrolling
    /// What is equal, once.
    case commonSubexpressions = "common-subexpressions"
    /// Checks that cannot fail.
    case redundantChecks = "redundant-checks"
    /// What is the same in each iteration, before the loop.
    case loopInvariants = "loop-invariants"
    /// What nobody needs.
    case deadCode = "dead-code"
    /// Two uops that become one.
    case fusion
}
