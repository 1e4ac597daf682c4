/// The idioms that have no other ones inside.
extension BFProgramWriter {
    mutating func simple(_ idiom: BFIdiom) {
        mark(idiom)
        switch idiom {
        case .add: add(random.chance(20) ? nonzero(300) : nonzero(9))
        case .cancellingAdd: put(random.pick(["+-", "-+", "++--", "+<>+", "-><-", "+><-", "--+++-", "<>+-<>"]) ?? "+-")
        case .move: move(nonzero(random.chance(6) ? 12 : 3))
        case .write: put(random.pick([".", ".", "..", "+.", ".>.<", "...."]) ?? ".")
        case .read: put(random.pick([",", ",.", ",>,<", "[-],", ",,", ",+.", ">,.<"]) ?? ",")
        default: constantOutput()
        }
    }

    /// Bytes that are known before the run.
    private mutating func constantOutput() {
        set(random.below(12))
        if random.chance(2) { put("[->++++++++<]>", mirrored: random.chance(2)) }
        for _ in 0...random.below(3) {
            add(random.below(5) - 1)
            put(".")
        }
    }

    // MARK: Products

    mutating func product(_ idiom: BFIdiom) {
        switch idiom {
        case .clear:
            mark(idiom)
            put(random.pick(["[-]", "[-]", "[+]", "[---]", "[+++++]"].prefix(setting.cellBits == 8 ? 5 : 2)) ?? "[-]")
        case .multiply: multiply(idiom, steps: [-1, -1, -1, -1, 1, -3, 3, -5, 7])
        case .multiplyEven: multiply(idiom, steps: [-2, -2, 2, -4, 6, -6, -8])
        case .multiplySet: multiply(idiom, steps: [-1, -1, 1, -3])
        case .copy: copy()
        default: multiplyNested()
        }
    }

    private mutating func multiply(_ idiom: BFIdiom, steps: [Int]) {
        let step = random.pick(steps) ?? -1
        prepareCounter(step: step)
        let targets = offsets(1 + random.below(4))
        let isFirst = random.percent(70)
        loop { writer in
            writer.mark(idiom)
            if isFirst { writer.add(step) }
            for target in targets { writer.at(target) { $0.change(sets: idiom == .multiplySet) } }
            if !isFirst { writer.add(step) }
        }
    }

    private mutating func change(sets: Bool) {
        if sets, random.chance(2) { put("[-]") }
        add(nonzero(random.chance(10) ? 40 : 5))
    }

    /// A value from which such a step leads to 0 soon, in most cases.
    private mutating func prepareCounter(step: Int) {
        let isShort = setting.cellBits == 8
        // Odd steps from any value end after 256 rounds at most; even ones may not end.
        if isShort, !step.isMultiple(of: 2), random.percent(40) { return add(random.below(12)) }
        if isShort ? random.percent(4) : step == -1 && random.percent(30) { return }
        set(-step * random.below(8))
    }

    private mutating func copy() {
        let cells = offsets(2)
        if random.percent(70) { add(random.below(6)) }
        loop { writer in
            writer.mark(.copy)
            writer.add(-1)
            for cell in cells { writer.at(cell) { $0.add(1) } }
        }
        takeBack(from: cells[0])
    }

    /// Adds the cell at an offset to this one, and clears it.
    private mutating func takeBack(from offset: Int) {
        at(offset) { $0.give(to: -offset) }
    }

    /// The product of this cell and another one, which is kept by way of a third one.
    private mutating func multiplyNested() {
        let cells = offsets(3)
        let (other, spare, result) = (cells[0], cells[1], cells[2])
        set(random.below(7))
        if random.percent(80) { at(other) { $0.set($0.random.below(7)) } }
        if random.chance(3) { at(spare) { $0.clear() } }
        let factor = random.chance(3) ? nonzero(3) : 1
        let isFirst = random.percent(80)
        loop { writer in
            writer.mark(.multiplyNested)
            if isFirst { writer.add(-1) }
            writer.at(other) { writer in
                writer.loop { writer in
                    writer.add(-1)
                    writer.at(spare - other) { $0.add(1) }
                    writer.at(result - other) { $0.add(factor) }
                }
                writer.at(spare - other) { $0.give(to: other - spare) }
            }
            if !isFirst { writer.add(-1) }
        }
    }

    /// Adds this cell to the one at an offset, and clears it.
    private mutating func give(to offset: Int) {
        loop { writer in
            writer.add(-1)
            writer.at(offset) { $0.add(1) }
        }
    }

    // MARK: Loops that move

    mutating func moving(_ idiom: BFIdiom) {
        switch idiom {
        case .scan: scan()
        case .trail: trail()
        case .run:
            mark(idiom)
            put(random.pick(["+[>+]", "+[<+]", "-[.>+]", "+[>>+]", "+[<->+<]", "+[>[-]+]"]) ?? "+[>+]")
        case .division:
            // This cell by the next one: both, quotient and remainder are left in four cells.
            set(random.below(14))
            let isMirrored = random.chance(2)
            at(isMirrored ? -1 : 1) { $0.set(1 + $0.random.below(4)) }
            for cell in 2...5 { at(isMirrored ? -cell : cell) { $0.clear() } }
            mark(idiom)
            put("[->-[>+>>]>[+[-<+>]>+>>]<<<<<]", mirrored: isMirrored)
        default: unbalanced()
        }
    }

    /// Some cells that are not 0, and a scan over them from either end.
    private mutating func scan() {
        let stride = nonzero(17)
        let length = random.below(5)
        for _ in 0..<length {
            add(nonzero(2))
            move(stride)
        }
        if length > 0 { move(-stride) }
        mark(.scan)
        loop { $0.move($0.random.chance(5) ? stride : -stride) }
    }

    /// A counter that moves along and leaves ones, and sometimes a scan back over them.
    private mutating func trail() {
        let stride = random.chance(12) ? nonzero(page / 5) : nonzero(random.chance(3) ? 17 : 3)
        set(random.below(random.chance(8) ? 60 : 12))
        loop { writer in
            writer.mark(.trail)
            writer.give(to: stride)
            writer.add(1)
            writer.move(stride)
            writer.add(-1)
        }
        if random.percent(60) {
            move(-stride)
            loop { $0.move(-stride) }
        }
    }

    private mutating func unbalanced() {
        let fragments = ["[->]", "[->+>]", "[>+<-->]", "[-<+<]", "[>]+[<]", "[[-]>]", "[->[-]>]", "[>-]", "[.>]", "[>,]"]
        if random.percent(70) { add(1 + random.below(4)) }
        mark(.unbalanced)
        put(random.pick(fragments) ?? "[->]", mirrored: random.chance(2))
    }
}
