/// What random programs are made of: what people write, and what engines treat specially.
package enum BFIdiom: String, CaseIterable, Sendable {
    case add
    case cancellingAdd = "add that cancels out"
    case move
    case clear
    case multiply
    case multiplyEven = "multiply with an even step"
    case multiplySet = "multiply with sets inside"
    case multiplyNested = "nested multiply"
    case copy
    case scan
    case trail
    case run = "run to the end of the tape"
    case unbalanced
    case branch
    case unbalancedBranch = "unbalanced branch"
    case ifElse = "if and else"
    case division
    case knownZero = "loop on a known zero"
    case count
    case write
    case constantOutput = "constant output"
    case read
    case inputLoop = "input loop"
    case far
    case longMove = "move off the tape and back"
    case leave = "move off the tape and use"
    case walkLeft = "walk to the left end"
    case walkRight = "walk to the right end"

    /// How often it is written where any may be, in comparison with the others; 0 for those with a place of their own.
    var weight: Int {
        switch self {
        case .add, .write: 12
        case .move: 8
        case .multiply, .count, .unbalanced: 7
        case .scan, .branch, .trail, .read: 5
        case .cancellingAdd, .clear, .multiplySet, .multiplyNested, .constantOutput: 4
        case .multiplyEven, .copy, .unbalancedBranch, .ifElse, .knownZero, .inputLoop: 3
        case .division, .far, .longMove: 2
        case .leave, .run, .walkLeft, .walkRight: 0
        }
    }

    /// Whether it may have other idioms inside.
    var hasBody: Bool {
        switch self {
        case .count, .branch, .unbalancedBranch, .ifElse, .knownZero, .far, .inputLoop: true
        default: false
        }
    }

    /// Whether it repeats what is inside: these multiply the steps of a run.
    var repeats: Bool { self == .count || self == .inputLoop }
}
