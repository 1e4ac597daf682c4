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
        switch below(22) {
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
