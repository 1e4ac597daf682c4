/// The passes between a verified region and its code, in their order, by the names that options and dumps use.
public enum PassName: String, CaseIterable, Sendable {
    /// Two uops that become one.
    case fusion
}
