/// A second interpreter, written in another way than the reference: a tree of loops over cells of their own type, and
/// each command by itself instead of runs.
///
/// It is there to try the harness with: the reference must agree with it, and it can be made wrong.
package struct TreeBF {
    /// Mistakes that engines could make. Each must be noticed.
    package enum Fault: String, CaseIterable, Sendable {
        /// Cells wrap at 8 bits, whatever their width.
        case wrapsAtByte = "wraps at a byte"
        /// Adding 0 uses no cell.
        case sumsOfZeroVanish = "sums of zero vanish"
        /// An error in a run names the run's last command.
        case namesLastCommand = "names the last command of a run"
        /// An error's cell is counted from the left end.
        case countsFromLeftEnd = "counts cells from the left end"
        /// `,` reads 0 at the end of the input.
        case ignoresEndRule = "ignores the rule of the end of input"
        /// All bits are set at the end of the input, but only 8 of them.
        case minusOneIsByte = "minus one is a byte"
        /// The last byte of output before an error is lost.
        case losesOutputBeforeError = "loses output before an error"
        /// A byte of output comes out though the cell is off the tape.
        case writesBeforeError = "writes before it looks at the tape"
        /// The tape is as long as was asked for.
        case roundsNothing = "rounds nothing up"
        /// `]` takes a cell off the tape for 0.
        case closingUsesNothing = "closing brackets use no cell off the tape"
        /// A move off the tape is an error, though nothing is used there.
        case movesAreUses = "moves are uses"
        /// Scans of more than 15 cells look at one cell too early.
        case shortensLongScans = "shortens long scans"
        /// A loop in a loop in a loop goes round once.
        case endsThirdLevel = "ends loops of the third level after a round"
    }

    enum Node {
        case command(UInt8, position: Int, first: Int)
        case loop([Node], open: Int, close: Int)
    }

    package static func run(_ item: BFCase, fault: Fault? = nil) -> BFOutcome {
        let nodes = nodes(item.text)
        switch item.cellBits {
        case 8: return run(nodes, item, UInt8.self, fault)
        case 16: return run(nodes, item, UInt16.self, fault)
        default: return run(nodes, item, UInt32.self, fault)
        }
    }

    private static func run<Cell: FixedWidthInteger & UnsignedInteger>(
        _ nodes: [Node], _ item: BFCase, _: Cell.Type, _ fault: Fault?
    ) -> BFOutcome {
        var machine = TreeMachine<Cell>(item, fault)
        var ending = BFOutcome.Ending.finished
        do throws(TreeStop) {
            try machine.run(nodes)
        } catch {
            ending = error.ending
            if fault == .losesOutputBeforeError { _ = machine.output.popLast() }
        }
        return BFOutcome(output: machine.output, ending: ending, tape: machine.cells.map { UInt32($0) })
    }

    private static func nodes(_ text: [UInt8]) -> [Node] {
        var levels: [(nodes: [Node], open: Int)] = [([], -1)]
        var run = UInt8(ascii: ".")
        var first = 0
        for (position, byte) in text.enumerated() {
            guard let kind = kind(byte) else { continue }
            if kind != run || kind == byte && !isRun(kind) { first = position }
            run = kind
            switch byte {
            case UInt8(ascii: "["): levels.append(([], position))
            case UInt8(ascii: "]"):
                let level = levels.removeLast()
                levels[levels.count - 1].nodes.append(.loop(level.nodes, open: level.open, close: position))
            default: levels[levels.count - 1].nodes.append(.command(byte, position: position, first: first))
            }
        }
        return levels[0].nodes
    }

    private static func isRun(_ kind: UInt8) -> Bool { kind == UInt8(ascii: "+") || kind == UInt8(ascii: ">") }

    /// One command for all those that a run may consist of; nil for comments.
    private static func kind(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "+"), UInt8(ascii: "-"): UInt8(ascii: "+")
        case UInt8(ascii: "<"), UInt8(ascii: ">"): UInt8(ascii: ">")
        case UInt8(ascii: "["), UInt8(ascii: "]"), UInt8(ascii: "."), UInt8(ascii: ","): byte
        default: nil
        }
    }
}
