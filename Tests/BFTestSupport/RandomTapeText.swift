/// Writes random BF programs that passes have something to do with: loops that they rewrite, loops that only look
/// like those, and anything.
package struct RandomTapeText {
    private var state: UInt64
    private var text: [UInt8] = []
    private var depth = 0
    /// Bytes of the longest programs, roughly.
    private let budget: Int

    /// A program of its own for each seed.
    package static func text(seed: UInt64) -> [UInt8] {
        var writer = RandomTapeText(seed: seed)
        writer.statements(writer.below(8) + 1)
        return writer.text
    }

    private init(seed: UInt64) {
        state = seed &* 0x9E37_79B9_7F4A_7C15 &+ 0x1234_5678_9ABC_DEF1
        budget = 40 + Int(truncatingIfNeeded: seed % 120)
    }

    /// SplitMix64.
    private mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var bits = state
        bits = (bits ^ bits >> 30) &* 0xBF58_476D_1CE4_E5B9
        bits = (bits ^ bits >> 27) &* 0x94D0_49BB_1331_11EB
        return bits ^ bits >> 31
    }

    private mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(bound)) }

    private mutating func write(_ commands: String, times count: Int = 1) {
        for _ in 0..<count { text.append(contentsOf: commands.utf8) }
    }

    private mutating func add(_ amount: Int) { write(amount < 0 ? "-" : "+", times: abs(amount)) }
    private mutating func move(_ cells: Int) { write(cells < 0 ? "<" : ">", times: abs(cells)) }

    private mutating func statements(_ count: Int) {
        for _ in 0..<count where text.count < budget { statement() }
    }

    private mutating func statement() {
        switch below(30) {
        case 0...4: add(below(7) - 3)
        case 5...7: move(below(7) - 3)
        case 8: write(".")
        case 9: write(below(3) == 0 ? "#" : ",")
        case 10: write(below(2) == 0 ? "[-]" : "[+++]")
        case 11: write(["[>]", "[<]", "[>>]", "[<<<]", "[>><]", "[><]"][below(6)])
        case 12...14: multiplyLoop(isNested: false)
        case 15, 16: multiplyLoop(isNested: true)
        case 17: loop(balanced: true, clears: true)
        case 18: loop(balanced: false, clears: true)
        case 19: loop(balanced: true, clears: false)
        case 20: loop(balanced: below(3) != 0, clears: false)
        case 21...24: linearLoop()
        case 25: knownOutput()
        case 26: farMove()
        case 27: write(["[>[-]+<[-]>[-<+>]<]", ",[>]", ".,", "[>.<[-]]"][below(4)])
        default: write(["+-", "><", "<+>-", "[]", "[[-]]", "x\n+"][below(6)])
        }
    }

    /// `[->+>++<<]` and the like, with loops of the same kind in it, or almost so.
    private mutating func multiplyLoop(isNested: Bool) {
        write("[")
        let steps = [-1, -1, -1, 1, -3, 2, 3]
        let step = steps[below(steps.count)]
        let isStepFirst = below(2) == 0
        if isStepFirst { add(step) }
        var place = 0
        for _ in 0..<below(4) + 1 {
            let target = below(5) - 2
            move(target - place)
            place = target
            switch below(isNested && depth < 2 ? 8 : 5) {
            case 0...2: add(below(6) - 2)
            case 3: write("+-")
            case 4: write(below(3) == 0 ? "[-]" : "+")
            default:
                depth += 1
                multiplyLoop(isNested: below(4) == 0)
                depth -= 1
            }
        }
        move(-place)
        if !isStepFirst { add(step) }
        write("]")
    }

    /// Cells with small values, and a loop that adds, copies and clears a few of them: what is linear, and often a
    /// product.
    private mutating func linearLoop() {
        for _ in 0..<below(4) {
            move(1)
            if below(3) == 0 { write(",") } else { add(below(4)) }
        }
        move(-below(4))
        write("[")
        let step = below(4) == 0 ? below(7) - 3 : -1
        add(step)
        var place = 0
        for _ in 0..<below(4) + 1 {
            let source = below(5) - 1
            move(source - place)
            place = source
            switch below(8) {
            case 0: write("[-]")
            case 1: add(below(5) - 2)
            case 2, 3: copy(to: [below(5) - 1 - source])
            case 4: restoredCopy(from: source)
            default: copy(to: [below(5) - 1 - source, below(5) - 1 - source])
            }
        }
        move(-place)
        write("]")
    }

    /// A loop that adds its cell, or twice or minus that, to others.
    private mutating func copy(to targets: [Int]) {
        write("[-")
        var place = 0
        for target in targets where target != 0 {
            move(target - place)
            place = target
            add([1, 1, 1, 2, 3, -1, -2][below(7)])
        }
        move(-place)
        write("]")
    }

    /// Copies a cell by way of another one, and back.
    private mutating func restoredCopy(from source: Int) {
        let other = source <= 1 ? 1 : -1
        copy(to: [below(5) - 1 - source])
        text.removeLast()
        move(other)
        write("+")
        move(-other)
        write("]")
        move(other)
        write("[-")
        move(-other)
        write("+")
        move(other)
        write("]")
        move(-other)
        if below(4) == 0 { write("+") }
    }

    /// To a cell of which passes know no less and no more than of one 64 cells away, and perhaps back.
    private mutating func farMove() {
        let distance = below(2) == 0 ? 64 : -64
        write([",", "[-]", "", "+"][below(4)])
        move(distance)
        write(["+", ".", "[-]"][below(3)])
        if below(3) != 0 {
            move(-distance)
            write([".", "[->+<]", "[.-]"][below(3)])
        }
    }

    /// Bytes that are known, and what may come between two of them.
    private mutating func knownOutput() {
        for _ in 0..<below(3) + 2 {
            write(["[-]+.", "+.", "[-]-.", "."][below(4)])
            switch below(6) {
            case 0: move(below(5) - 2)
            case 1: write(">[-]<")
            case 2: write(">[->+<]<")
            case 3: write(">.<")
            default: break
            }
        }
    }

    private mutating func loop(balanced: Bool, clears: Bool) {
        guard depth < 4 else { return }
        depth += 1
        write("[")
        if below(2) == 0 { write("-") }
        let start = text.count
        statements(below(4) + 1)
        if balanced {
            // Inner loops that move make it unbalanced all the same, now and then.
            let right = text[start...].count { $0 == UInt8(ascii: ">") }
            let left = text[start...].count { $0 == UInt8(ascii: "<") }
            move(left - right)
        }
        if clears { write(below(2) == 0 ? "[-]" : "[->+<]") }
        write("]")
        depth -= 1
    }
}
