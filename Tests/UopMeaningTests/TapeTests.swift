import CStencils
import Testing
import UopVM

/// A row: a uop of Tape.c, its operands, and what it does to cell and pointer.
struct TapeEffect: Sendable, CustomTestStringConvertible {
    enum Effect: Sendable {
        /// The new position.
        case moves(@Sendable (_ position: Int64, _ cells: Int64) -> Int64)
        /// The new cell.
        case changes(@Sendable (_ cell: UInt8, _ operand: Int64) -> UInt8)
        /// Whether it jumps.
        case jumps(@Sendable (_ cell: UInt8) -> Bool)
    }

    let uop: String
    var operands: [Int64] = []
    let effect: Effect

    var testDescription: String { uop }

    private static let numbers =
        BoundaryValues.integers.map { Int64(bitPattern: $0) } + [127, 255, 256, 257, -128, -255, -256]

    static let all: [TapeEffect] = [
        .init(uop: "_TAPE_MOVE", operands: numbers, effect: .moves { $0 &+ $1 }),
        .init(uop: "_TAPE_ADD", operands: numbers, effect: .changes { $0 &+ UInt8(truncatingIfNeeded: $1) }),
        .init(uop: "_TAPE_SET", operands: numbers, effect: .changes { UInt8(truncatingIfNeeded: $1) }),
        // Here the operand is what the helper gives.
        .init(uop: "_TAPE_READ", operands: numbers, effect: .changes { $1 < 0 ? $0 : UInt8(truncatingIfNeeded: $1) }),
        .init(uop: "_TAPE_WRITE", operands: [0], effect: .changes { cell, _ in cell }),
        .init(uop: "_TAPE_JUMP_IF_ZERO", operands: [0], effect: .jumps { $0 == 0 }),
        .init(uop: "_TAPE_JUMP_IF_NOT_ZERO", operands: [0], effect: .jumps { $0 != 0 }),
    ]
}

/// Uops of the tape on it, at its ends, and off it. The whole tape is compared.
@Suite(.cases(atLeast: 10_000))
struct TapeTests {
    private static let cells: [UInt8] = [0, 1, 127, 128, 200, 0, 255]

    /// Every cell, and the pointer off the tape by one, by much, and as far as can be.
    private static let positions: [Int64] =
        Array(0..<Int64(cells.count)) + [Int64(cells.count), -1, 1 << 32, 1 << 32 + 1, -1 << 32, .max, .min]

    /// What the helpers have been called with, and what they answer.
    private final class Host {
        var calls: [UInt64] = []
        var byte: Int64 = 0
        var status: Int64 = 0

        var helpers: [Helper] {
            [
                Helper("read", result: .I64) { [self] _ in
                    calls.append(.max)
                    return status == 0 ? .value(UInt64(bitPattern: byte)) : .failed(status: status)
                },
                Helper("write", [.I64]) { [self] in
                    calls.append($0[0])
                    return status == 0 ? .done : .failed(status: status)
                },
            ]
        }
    }

    private static func program(_ row: TapeEffect, operand: Int64) throws -> Program {
        let literal =
            switch row.uop {
            case "_TAPE_READ": "read"
            case "_TAPE_WRITE": "write"
            default: if case .jumps = row.effect { "target" } else { "\(operand)" }
            }
        let exit = if case .moves = row.effect { "" } else { " -> left" }
        return try Program(
            parsing: """
                uops 1
                tape \(cells.count)
                helper read() -> i64
                helper write(i64)
                exit done
                exit left
                exit jumped
                trace main
                    \(row.uop) \(literal)\(exit)
                    _EXIT_TRACE -> done
                target:
                    _EXIT_TRACE -> jumped
                end
                """, catalog: Base.catalog)
    }

    /// Puts contents on the tape and the pointer anywhere.
    private static func prepare(_ trial: Trial, position: Int64) {
        trial.reset()
        let frame = unsafe trial.machine.frame
        for (index, cell) in cells.enumerated() { unsafe frame.pointee.tape[index] = cell }
        unsafe frame.pointee.tapePosition = UInt64(bitPattern: position)
    }

    @Test(arguments: TapeEffect.all)
    func effect(_ row: TapeEffect) throws {
        let host = Host()
        for operand in row.operands {
            let trial = try Trial(Self.program(row, operand: operand), helpers: host.helpers)
            host.byte = operand
            for position in Self.positions {
                for engine in Engine.allCases {
                    host.calls = []
                    Self.prepare(trial, position: position)
                    let ending = trial.run(engine)
                    let expected = Self.expected(row, operand, position)
                    let state = trial.machine.state
                    let found = Expected(
                        exit: ending.exit ?? -1, tape: state.tape, position: Int64(bitPattern: state.tapePosition),
                        calls: host.calls)
                    #expect(found == expected, "\(row.uop) \(operand) at \(position), \(engine)")
                    guard found == expected else { return }
                    CaseCount.add()
                }
            }
        }
    }

    private struct Expected: Equatable {
        var exit = 0
        var tape = TapeTests.cells
        var position: Int64
        var calls: [UInt64] = []
    }

    private static func expected(_ row: TapeEffect, _ operand: Int64, _ position: Int64) -> Expected {
        var expected = Expected(position: position)
        if case .moves(let meaning) = row.effect {
            expected.position = meaning(position, operand)
            return expected
        }
        // Off the tape nothing happens, and no helper is called.
        guard position >= 0, position < Int64(cells.count) else {
            expected.exit = 1
            return expected
        }
        let cell = cells[Int(position)]
        switch row.effect {
        case .moves: break
        case .changes(let meaning): expected.tape[Int(position)] = meaning(cell, operand)
        case .jumps(let meaning): expected.exit = meaning(cell) ? 2 : 0
        }
        if row.uop == "_TAPE_READ" { expected.calls = [.max] }
        if row.uop == "_TAPE_WRITE" { expected.calls = [UInt64(cell)] }
        return expected
    }

    /// A helper that fails has been called once; the cell stays, and the trace is left.
    @Test(arguments: ["_TAPE_READ", "_TAPE_WRITE"], [1, -1, .min, .max] as [Int64])
    func failingHelper(_ uop: String, status: Int64) throws {
        let row = try #require(TapeEffect.all.first { $0.uop == uop })
        let host = Host()
        host.status = status
        let trial = try Trial(Self.program(row, operand: 0), helpers: host.helpers)
        for engine in Engine.allCases {
            host.calls = []
            Self.prepare(trial, position: 4)
            let ending = trial.run(engine)
            #expect(ending == Ending(exit: 1, uop: uop, stack: []))
            #expect(host.calls.count == 1)
            #expect(trial.machine.state.tape == Self.cells)
            #expect(trial.machine.helperStatus == status)
            CaseCount.add()
        }
    }
}
