/// What a program is as a whole: ordinary code, and in many programs a way to an end of the tape.
extension BFProgramWriter {
    /// Cells of the tape on each side, rounded up; the reference does that by itself.
    var page: Int { setting.pageBytes * 8 / setting.cellBits }
    private var left: Int { (setting.cellsLeft + page - 1) / page * page }
    private var right: Int { (setting.cellsRight + page - 1) / page * page }

    mutating func write() {
        let size = size()
        if random.chance(12) { statement(.knownZero, 0) }
        // Without cells on the left, most code would end at once.
        if left == 0, random.percent(85) { move(1 + random.below(20)) }
        if random.percent(75) { fillSomeCells() }
        let walks = random.pick([0, 0, 0, 0, 0, 1, 1, 1, 1, 2]) ?? 0
        for part in 0...walks {
            if part > 0 {
                walk()
                if random.chance(2) { fillSomeCells() }
            }
            let end = min(commands + max(5, size / (walks + 1)), Self.most)
            while commands < end { statement(0) }
        }
        if random.chance(15) { last() }
    }

    /// Commands, more or less: small programs as often as large ones.
    private mutating func size() -> Int {
        5 + random.below(random.pick([15, 35, 60, 100, 150]) ?? 15)
    }

    /// Loops on cells that are all 0 would do nothing.
    private mutating func fillSomeCells() {
        for cell in offsets(1 + random.below(3), within: 4) { at(cell) { $0.add(1 + $0.random.below(4)) } }
        if random.chance(2) { add(1 + random.below(4)) }
        if random.chance(3) { put(".") }
    }

    private mutating func walk() {
        let goesRight = left == 0 || random.chance(2)
        let distance = random.percent(92) ? random.below(20) : -random.below(4)
        mark(goesRight ? .walkRight : .walkLeft)
        move((goesRight ? right - 1 - distance : distance - left) - pointer)
    }

    /// What ends off the tape, at the end of a program.
    private mutating func last() {
        if random.chance(2) { statement(.run, 0) } else { statement(.leave, 0) }
    }

    // MARK: Statements

    /// From so many commands on, nothing more is begun. What is begun already may take as many again.
    private static let most = 150
    private static let idioms = BFIdiom.allCases.flatMap { Array(repeating: $0, count: $0.weight) }
    private static let simpleIdioms = idioms.filter { !$0.hasBody && $0 != .longMove }

    /// Something, inside of so many idioms that have bodies.
    mutating func statement(_ depth: Int) {
        let isSimple = depth > 3 || depth > 1 && random.chance(2) || commands > Self.most / 2
        guard commands < Self.most else { return }
        statement(random.pick(isSimple ? Self.simpleIdioms : Self.idioms) ?? .add, depth)
    }

    /// A few statements that come back to where they began.
    mutating func body(_ depth: Int) {
        at(0) { writer in
            for _ in 0...writer.random.below(3) { writer.statement(depth + 1) }
        }
    }

    private mutating func statement(_ idiom: BFIdiom, _ depth: Int) {
        switch idiom {
        case .add, .cancellingAdd, .move, .write, .read, .constantOutput: simple(idiom)
        case .clear, .multiply, .multiplyEven, .multiplySet, .multiplyNested, .copy: product(idiom)
        case .scan, .trail, .run, .unbalanced, .division: moving(idiom)
        case .branch, .unbalancedBranch, .ifElse, .knownZero, .count, .inputLoop: control(idiom, depth)
        case .far, .longMove, .leave: distant(idiom, depth)
        case .walkLeft, .walkRight: walk()
        }
    }

    private mutating func distant(_ idiom: BFIdiom, _ depth: Int) {
        mark(idiom)
        switch idiom {
        case .far: at(nonzero(page / 4)) { $0.body(depth) }
        case .longMove:
            let cells = random.chance(2) ? right + random.below(page) : -(left + random.below(page))
            at(cells - pointer) { _ in }
        default:
            move((random.chance(2) ? right + random.below(page) : -left - 1 - random.below(page)) - pointer)
            put(random.pick(["+", "-", "+-", "[.]", ".", ",", "[-]", "-+."]) ?? "+")
        }
    }
}
