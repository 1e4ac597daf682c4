/// What a loop's run gave.
struct Sample {
    var result: Int64
    /// Processor time of the kernel alone: neither compiling nor starting is in it.
    var seconds: Double
}

/// Something that can run the loops.
protocol Engine: AnyObject {
    /// What tables and files call it.
    var name: String { get }
    /// It takes part in one of so many rounds: more where its runs take long.
    var interval: Int { get }

    /// Whether the loop says anything about the engine.
    func takesPart(in loop: Loop) -> Bool
    /// Makes ready what is needed to run a loop at any placement, such as compiled twins.
    func prepare(_ loop: Loop) throws
    /// Runs a loop once.
    ///
    /// - Parameters:
    ///   - size: the loop's `n`; nil for the one in its file.
    ///   - placement: which of `Placement.all` the code has, for engines that can choose.
    func run(_ loop: Loop, size: Int64?, placement: Placement) throws -> Sample
    /// Bytes of machine code for the loop, and of them those in the way of control; nil where nobody knows.
    func codeSize(_ loop: Loop) throws -> (all: Int, hot: Int)?
}

extension Engine {
    var interval: Int { 1 }
    func takesPart(in loop: Loop) -> Bool { true }
    func prepare(_ loop: Loop) throws {}
    func codeSize(_ loop: Loop) throws -> (all: Int, hot: Int)? { nil }
}

/// Where code begins within a line of 64 bytes. The same instructions can take three times as long at one place
/// as at another; measured at one place, an engine's luck would count as its merit.
struct Placement: Hashable {
    /// Bytes behind a multiple of 64.
    let byteCount: Int

    static let all = [0, 16, 32, 48].map(Placement.init)

    /// The one of a round: each in turn.
    static func ofRound(_ round: Int) -> Placement { all[round % all.count] }
}
