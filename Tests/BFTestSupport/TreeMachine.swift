/// A run that stops before the end of its program.
struct TreeStop: Error {
    let ending: BFOutcome.Ending
}

/// Walks a tree of commands.
struct TreeMachine<Cell: FixedWidthInteger & UnsignedInteger> {
    private(set) var cells: ContiguousArray<Cell>
    var output: [UInt8] = []
    private var input: ArraySlice<UInt8>
    private let end: BFCase.EndOfInput
    private let start: Int
    private var pointer: Int
    private let fault: TreeBF.Fault?
    /// Loops that are open.
    private var depth = 0
    /// Rounds of loops that may still be made. The reference counts each as a step at least; with a fault there may be
    /// no end.
    private var rounds: Int

    init(_ item: BFCase, _ fault: TreeBF.Fault?) {
        func whole(_ cells: Int) -> Int {
            let rest = cells * MemoryLayout<Cell>.size % item.pageBytes
            guard rest > 0, fault != .roundsNothing else { return cells }
            return cells + (item.pageBytes - rest) / MemoryLayout<Cell>.size
        }
        (start, input, end) = (whole(item.cellsLeft), item.input[...], item.endOfInput)
        pointer = start
        cells = ContiguousArray(repeating: 0, count: start + whole(item.cellsRight))
        self.fault = fault
        rounds = item.stepLimit
    }

    mutating func run(_ nodes: [TreeBF.Node]) throws(TreeStop) {
        for node in nodes {
            switch node {
            case .command(let command, let position, let first): try execute(command, position, first, nodes)
            case .loop(let body, let open, let close): try loop(body, open, close)
            }
        }
    }

    private mutating func loop(_ body: [TreeBF.Node], _ open: Int, _ close: Int) throws(TreeStop) {
        try use(open)
        let body = fault == .shortensLongScans && body.count > 15 && isScan(body) ? Array(body.dropLast()) : body
        depth += 1
        defer { depth -= 1 }
        while cells[pointer] != 0 {
            guard rounds > 0 else { throw TreeStop(ending: .outOfSteps) }
            rounds -= 1
            try run(body)
            if fault == .endsThirdLevel, depth == 3 { return }
            if fault == .closingUsesNothing, !cells.indices.contains(pointer) { return }
            try use(close)
        }
    }

    private func isScan(_ body: [TreeBF.Node]) -> Bool {
        body.allSatisfy { if case .command(UInt8(ascii: ">"), _, _) = $0 { true } else { false } }
    }

    private mutating func execute(_ command: UInt8, _ position: Int, _ first: Int, _ nodes: [TreeBF.Node]) throws(TreeStop) {
        switch command {
        case UInt8(ascii: ">"): try move(1, first)
        case UInt8(ascii: "<"): try move(-1, first)
        case UInt8(ascii: "."): try write(position)
        case UInt8(ascii: ","): try read(position)
        default: try add(command == UInt8(ascii: "+") ? 1 : Cell.max, position, first, nodes)
        }
    }

    private mutating func move(_ cells: Int, _ first: Int) throws(TreeStop) {
        pointer += cells
        if fault == .movesAreUses { try use(first) }
    }

    private mutating func add(_ amount: Cell, _ position: Int, _ first: Int, _ nodes: [TreeBF.Node]) throws(TreeStop) {
        if fault == .sumsOfZeroVanish, !cells.indices.contains(pointer), sum(first, nodes) == 0 { return }
        try use(fault == .namesLastCommand ? lastOfRun(first, nodes) : first)
        cells[pointer] &+= amount
        if fault == .wrapsAtByte { cells[pointer] &= 0xFF }
    }

    private func run(_ wanted: Int, _ nodes: [TreeBF.Node]) -> [(command: UInt8, position: Int)] {
        nodes.compactMap {
            if case .command(let command, let position, let first) = $0, first == wanted { (command, position) } else { nil }
        }
    }

    private func sum(_ first: Int, _ nodes: [TreeBF.Node]) -> Int {
        run(first, nodes).reduce(0) { $0 + ($1.command == UInt8(ascii: "+") ? 1 : -1) }
    }

    private func lastOfRun(_ first: Int, _ nodes: [TreeBF.Node]) -> Int { run(first, nodes).last?.position ?? first }

    private mutating func write(_ position: Int) throws(TreeStop) {
        if fault == .writesBeforeError, !cells.indices.contains(pointer) { output.append(0) }
        try use(position)
        output.append(UInt8(truncatingIfNeeded: cells[pointer]))
    }

    private mutating func read(_ position: Int) throws(TreeStop) {
        try use(position)
        if let byte = input.popFirst() {
            cells[pointer] = Cell(byte)
        } else if fault == .ignoresEndRule || end == .zero {
            cells[pointer] = 0
        } else if end == .minusOne {
            cells[pointer] = fault == .minusOneIsByte ? 0xFF : .max
        }
    }

    private func use(_ position: Int) throws(TreeStop) {
        guard cells.indices.contains(pointer) else {
            let cell = fault == .countsFromLeftEnd ? pointer : pointer - start
            throw TreeStop(ending: .offTape(cell: cell, position: position))
        }
    }
}
