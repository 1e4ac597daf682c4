extension BFEngine {
    /// The engines that random programs are run on. A new engine is one more line here, and this target depends on it.
    public static let all: [BFEngine] = [
        // Written for this purpose only, so that the harness has something to compare.
        BFEngine("tree") { TreeBF.run($0) }
    ]
}
