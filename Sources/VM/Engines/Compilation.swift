import UopRuntime

/// What the compiler is to do, to keep and to show.
package struct CompilationOptions {
    package var disabledPasses: Set<PassName> = []
    /// Whether the code keeps its steps and where they are, for dumps.
    package var keepsListing = false
    /// Whether the code keeps how long each stage took.
    package var measuresTime = false
    /// Sees each region's graph as it is built (the pass is nil then), and as each pass leaves it.
    package var observer: ((_ pass: PassName?, _ region: Int, _ graph: borrowing Graph) -> Void)?
    /// A place where code may leave (`JITCode.exitPointCount`) which is taken whenever it is passed, for tests: the
    /// interpreter goes on there.
    package var forcedPoint: Int?

    /// A mistake that is to be made, for tests.
    package var fault: PassFault?

    package init() {}
}

/// What is done between a region and sealed code, in this order.
package enum CompilationStage: Equatable, Sendable {
    /// An order in which blocks have ways into them from before.
    case blockOrder
    /// Values for words of stack and variables.
    case graph
    /// Of regions (`rotation` and `unrolling`, before there is a graph) or of graphs.
    case pass(PassName)
    /// Registers, and steps.
    case assignment
    /// Copying templates, and filling their holes.
    case steps
    /// Cold fragments, constants, holes that waited for what comes later.
    case fixing
    /// Into memory from the arena.
    case copying
    case sealing

    package var name: String {
        switch self {
        case .blockOrder: "block order"
        case .graph: "graph"
        case .pass(let pass): pass.rawValue
        case .assignment: "assignment"
        case .steps: "emission: steps"
        case .fixing: "emission: fixing"
        case .copying: "emission: copying"
        case .sealing: "sealing"
        }
    }
}
