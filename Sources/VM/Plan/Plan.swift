package import UopRuntime

/// What lives where, and which stencils in which order: between "verify" and "emit".
///
/// Places are frame offsets. A word on the operand stack is in its own slot, or still in the local or
/// slot that it was copied from: loads, stores and stack shuffles are renaming where possible.
package struct Plan: Sendable {
    /// All regions' steps, then those of the exits, with their operands; empty unless asked for.
    package var steps: [Step] = []
    package var operands: [UInt64] = []
    /// By region: its first step.
    package var entries: [Int] = []
    /// Where the exits' steps begin.
    package var firstExitStep = 0
    /// By exit number.
    package var snapshots: [Snapshot] = []
    /// Words of the stack that are not in their own slot at an exit: position and place, flat.
    package var displaced: [(position: Int32, place: Int32)] = []

    package init() {}

    /// Where the words of the stack are at an exit.
    package struct Snapshot: Sendable, Equatable {
        package var depth: UInt32
        /// A range in `Plan.displaced`; all other words are in their own slots.
        package var firstDisplaced: UInt32
        package var displacedCount: UInt32
    }

    /// The place of each word of the stack at an exit, deepest first.
    package func places(at exit: Int, layout: FrameLayout) -> [Int] {
        let snapshot = snapshots[exit]
        var result = (0..<Int(snapshot.depth)).map { layout.stack($0) }
        for index in 0..<Int(snapshot.displacedCount) {
            let entry = displaced[Int(snapshot.firstDisplaced) + index]
            result[Int(entry.position)] = Int(entry.place)
        }
        return result
    }
}
