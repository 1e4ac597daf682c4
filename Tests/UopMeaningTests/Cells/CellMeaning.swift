import Testing

/// A row: a uop of cells, and what it does in Swift, from the words of docs/uops.md.
struct CellMeaning: Sendable, CustomTestStringConvertible {
    let uop: String
    let reference: @Sendable (inout CellRun) throws(OffTape) -> CellOutcome

    var testDescription: String { uop }

    init(_ uop: String, _ reference: @escaping @Sendable (inout CellRun) throws(OffTape) -> CellOutcome) {
        self.uop = uop
        self.reference = reference
    }

    static let all = [8, 16, 32].flatMap { cells($0) + values($0) + programs($0) } + single

    /// Uops of machine code: those who write them see to it that their cells are on the tape.
    private static func cells(_ bits: Int) -> [CellMeaning] {
        [
            .init("_CELL\(bits)_LOAD") { run throws(OffTape) in .next(try run.tape.load(run.cell)) },
            .init("_CELL\(bits)_STORE") { run throws(OffTape) in
                let value = run.value
                return try run.change(run.cell) { _ in value }
            },
            .init("_CELL\(bits)_ADD") { run throws(OffTape) in
                let value = run.value
                return try run.change(run.cell) { $0 &+ value }
            },
            .init("_CELL\(bits)_SUBTRACT") { run throws(OffTape) in
                let value = run.value
                return try run.change(run.cell) { $0 &- value }
            },
            .init("_CELL\(bits)_STORE_INPUT") { run throws(OffTape) in
                let value = run.value
                return Int64(bitPattern: value) < 0 ? .next(nil) : try run.change(run.cell) { _ in value }
            },
            .init("_CELL\(bits)_JUMP_IF_ZERO") { run throws(OffTape) in .jumping(try run.tape.load(run.cell) == 0) },
            .init("_CELL\(bits)_JUMP_IF_NOT_ZERO") { run throws(OffTape) in .jumping(try run.tape.load(run.cell) != 0) },
            .init("_CELL\(bits)_SCAN_UP") { run throws(OffTape) in try run.search() },
            .init("_CELL\(bits)_SCAN_DOWN") { run throws(OffTape) in try run.search() },
            .init("_CELL\(bits)_SCAN_FAR") { run throws(OffTape) in try run.search() },
        ]
    }

    /// Jumps that look at the low bits of a value: here it has the pointer's place.
    private static func values(_ bits: Int) -> [CellMeaning] {
        [
            .init("_VALUE\(bits)_JUMP_IF_ZERO") { run throws(OffTape) in .jumping(run.pointer << UInt64(64 - bits) == 0) },
            .init("_VALUE\(bits)_JUMP_IF_NOT_ZERO") { run throws(OffTape) in .jumping(run.pointer << UInt64(64 - bits) != 0) },
        ]
    }

    private static let single: [CellMeaning] = [
        .init("_CELL_CHECK") { run throws(OffTape) in
            _ = try run.tape.place(run.cell)
            return .next(nil)
        },
        .init("_BF_TOUCH") { run throws(OffTape) in
            _ = try run.tape.place(run.cell)
            return .next(nil)
        },
        .init("_BF_MOVE") { run throws(OffTape) in .next(run.cell) },
        .init("_BF_CALL") { run throws(OffTape) in run.call([run.pointer, run.operands[0]]) ? .next(nil) : .failed },
    ]
}

// MARK: What the interpreter executes

extension CellMeaning {
    private static func programs(_ bits: Int) -> [CellMeaning] { changes(bits) + products(bits) + ways(bits) + talks(bits) }

    private static func changes(_ bits: Int) -> [CellMeaning] {
        [
            .init("_BF\(bits)_ADD") { run throws(OffTape) in
                let amount = run.operands[1]
                return try run.change(run.cell) { $0 &+ amount }
            },
            .init("_BF\(bits)_SET") { run throws(OffTape) in
                let amount = run.operands[1]
                return try run.change(run.cell) { _ in amount }
            },
            .init("_BF\(bits)_SCALE") { run throws(OffTape) in
                let amount = run.operands[1]
                return try run.change(run.cell) { $0 &* amount }
            },
        ]
    }

    private static func products(_ bits: Int) -> [CellMeaning] {
        [
            .init("_BF\(bits)_MULTIPLY") { run throws(OffTape) in
                let (factor, amount) = (try run.tape.load(run.factor), run.operands[1])
                return factor == 0 ? .next(nil) : try run.change(run.changed) { $0 &+ factor &* amount }
            },
            .init("_BF\(bits)_TRANSFER") { run throws(OffTape) in
                let (factor, amount) = (try run.tape.load(run.factor), run.operands[1])
                if factor != 0 { _ = try run.change(run.changed) { $0 &+ factor &* amount } }
                return try run.change(run.factor) { _ in 0 }
            },
            .init("_BF\(bits)_PRODUCT") { run throws(OffTape) in
                let factor = try run.tape.load(run.factor)
                let other = try run.tape.load(run.pointer &+ run.operands[1])
                return factor == 0 || other == 0 ? .next(nil) : try run.change(run.changed) { $0 &+ factor &* other }
            },
        ]
    }

    private static func ways(_ bits: Int) -> [CellMeaning] {
        [
            .init("_BF\(bits)_JUMP_IF_ZERO") { run throws(OffTape) in .jumping(try run.tape.load(run.cell) == 0) },
            .init("_BF\(bits)_JUMP_IF_NOT_ZERO") { run throws(OffTape) in .jumping(try run.tape.load(run.cell) != 0) },
            .init("_BF\(bits)_MOVE_JUMP_IF_NOT_ZERO") { run throws(OffTape) in
                .jumping(try run.tape.load(run.cell) != 0, run.cell)
            },
            .init("_BF\(bits)_SCAN_UP") { run throws(OffTape) in try run.search() },
            .init("_BF\(bits)_SCAN_DOWN") { run throws(OffTape) in try run.search() },
        ]
    }

    /// No helper is called for a cell off the tape.
    private static func talks(_ bits: Int) -> [CellMeaning] {
        [
            .init("_BF\(bits)_READ") { run throws(OffTape) in
                _ = try run.tape.place(run.cell)
                guard run.call([]) else { return .failed }
                let answer = run.answer
                return Int64(bitPattern: answer) < 0 ? .next(nil) : try run.change(run.cell) { _ in answer }
            },
            .init("_BF\(bits)_WRITE") { run throws(OffTape) in
                run.call([try run.tape.load(run.cell)]) ? .next(nil) : .failed
            },
        ]
    }
}
