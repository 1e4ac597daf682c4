public import CStencils

/// What executes uops.
public enum EngineKind: String, CaseIterable, Sendable {
    case interpreter
    case jit
    /// Both, with their states compared.
    case check
}

/// How a run ended.
public struct RunResult: Sendable {
    public enum Ending: Sendable, Equatable {
        /// By an exit that the file names.
        case exit(Int)
        /// By a terminator without a target: the normal end.
        case finished
        /// By a uop that exits, and whose exit leads nowhere.
        case sideExit
        /// A helper failed with this status.
        case helperFailed(status: Int64)
        /// The fuel was used up.
        case outOfFuel
        /// Somebody asked the run to stop.
        case interrupted
    }

    public var ending: Ending
    /// Where the run ended: the trace, and the statement of the uop that left it.
    public var trace: Int
    public var statement: Int
    /// The exit's number among all exits of the program.
    public var exitNumber: Int
    /// The words on the stack at the exit with their classes, deepest first.
    public var stack: [(valueClass: UopClass, word: UInt64)]
    /// What to say of the run beside its result, such as a fall back to the interpreter.
    public var notice: String?
}

/// Why a run could not begin, or was refused.
public enum ExecutionError: Error, Sendable, CustomStringConvertible {
    /// The file declares a helper that the host does not have, or has with another signature.
    case helper(String, String)
    case lowering(LoweringError)
    case emission(String)
    /// Another processor was to execute the code, and failed.
    case processor(String)
    /// The engines differ: where, and both states.
    case enginesDiffer(String)

    public var description: String {
        switch self {
        case .helper(_, let message): message
        case .lowering(let error): error.description
        case .emission(let message), .processor(let message): message
        case .enginesDiffer(let report): report
        }
    }
}
