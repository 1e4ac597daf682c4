#if arch(x86_64)
import CStencils
import Foundation
import StencilGenCore
import Testing
import UopRuntime

/// An operand that is a cell acts as the displacement of that many bytes, also below the pointer and as far as 32 bits say: the
/// uop does what the same uop does that was compiled with the literal.
@Suite(.enabled(if: Toolchain.found != nil && CommittedTable.base != nil, Toolchain.missing))
struct CellTwinTests {
    /// The committed uops of cells that have machine code, and their twins: "NAME.0", ...
    private struct Subject {
        let uops: [Definition]
        let twins: MemorySet

        init() throws {
            let uops = try Checkout.generated.get().uops.filter { $0.usesCells && !$0.has(UOP_FLAG_INTERPRETED) }
            let generator = try Generator(Checkout.base, compiler: try #require(Toolchain.found).compiler)
            var definitions = Definitions()
            definitions.uops = uops
            let stencils = try Set(uops.map(\.file)).sorted().flatMap {
                try generator.literalTwins(of: $0, definitions: definitions, values: CellTwinTests.values)
            }
            let rows = stencils.enumerated().map { index, stencil in
                let (name, row) = TwinSubject.parse(stencil.symbol)
                return MemorySet.Uop(name: "\(name).\(row)", firstForm: index, formCount: 1)
            }
            self.uops = uops
            twins = MemorySet(name: "cell twins", stencils: stencils, uops: rows)
        }
    }

    private static let cells: [Int64] = [0, 1, -1, 4, -4, 127, 128, -128, -129, 0x7FFF_FFFF, 0x7FFF_FFFE, -0x7FFF_FFFF, -0x8000_0000]

    private static func isScan(_ uop: Definition) -> Bool { uop.name.contains("_SCAN_") }

    /// Rows of operand words.
    private static func values(_ uop: Definition) -> [[UInt64]] {
        guard isScan(uop) else {
            return cells.map { cell in uop.operands.map { $0.kind == .CELL ? UInt64(bitPattern: cell) : 0 } }
        }
        // Some steps that look at one cell of a vector each, as far as the tape goes; and what no tape has room for.
        let strides: [Int64] = [4, 8, 20, 0x7FFF_FFFC, -0x8000_0000].map { uop.name.hasSuffix("_UP") || $0 < 0 ? $0 : -$0 }
        if uop.operands.count == 1 { return strides.map { [UInt64(bitPattern: $0)] } }
        return strides.map { stride in
            let bit = stride > 0 ? 0 : 28
            return [UInt64(bitPattern: stride), UInt64(bitPattern: stride) << 32 | 1 << UInt64(bit)]
        }
    }

    /// Places of the cell on the tape, with all kinds of values.
    private static func states(_ uop: Definition, _ values: [UInt64]) -> [TestFrame.State] {
        let words: [UInt64] = [0, 1, .max, 0xFF, 0x100, 0x1234_5678_9ABC_DEF0, 1 << 63, 1 << 31]
        return (0..<24).map { index in
            var state = TestFrame.State(
                inputs: [0, words[index % words.count]], tapePosition: 0, counterIndex: 0, seed: UInt64(index) &+ 0xCE11)
            if isScan(uop) {
                setSearch(&state, from: 4 * (index % 16), stride: Int(Int64(bitPattern: values[0])), number: index)
            } else {
                state.pointer = UInt64(index % 15 * 4 + index / 15) &- values[0]
            }
            return state
        }
    }

    /// Puts a cell that is 0 on the way, as many steps away as the tape has room for.
    private static func setSearch(_ state: inout TestFrame.State, from place: Int, stride: Int, number: Int) {
        let room = stride > 0 ? TestFrame.tapeByteCount - 4 - place : place
        let end = place + number % (room / abs(stride) + 1) * stride
        state.pointer = UInt64(place)
        state.tape = (0..<TestFrame.tapeByteCount).map { (end..<end + 4).contains($0) ? 0 : 0x5A }
    }

    @Test func cellsActAsDisplacements() throws {
        let subject = try Subject()
        var machine = unsafe try TwinMachine([try #require(uop_base_stencils()), subject.twins.pointer])
        var (runs, different) = (0, 0)
        for uop in subject.uops {
            var last: [TwinMachine.Outcome] = []
            for (row, values) in Self.values(uop).enumerated() {
                let words = values + (0..<uop.inputs.count + uop.outputs.count).map(TestFrame.offset)
                let states = Self.states(uop, values)
                let twin = try machine.run("\(uop.name).\(row)", operands: words, states: states)
                let found = try machine.run(uop.name, operands: words, states: states)
                for (state, (found, expected)) in zip(states, zip(found.outcomes, twin.outcomes)) where found != expected {
                    Issue.record("\(uop.name), operands \(values), from \(state): \(found), the twin \(expected)")
                    return
                }
                runs += states.count
                // Pointers differ from row to row, so that memory does.
                if twin.outcomes != last { different += 1 }
                last = twin.outcomes
            }
        }
        #expect(subject.uops.count >= 28 && runs > 6000 && different > runs / 30)
        print("cell twins: \(subject.uops.count) uops, \(runs) runs")
    }

    /// What no displacement says is refused, and not cut.
    @Test(arguments: [0x8000_0000, -0x8000_0001, 0xFFFF_FFFF, .max, .min] as [Int64])
    func cellsTooFarAwayAreRefused(_ cell: Int64) throws {
        var machine = unsafe try TwinMachine([try #require(uop_base_stencils())])
        let words = [UInt64(bitPattern: cell), TestFrame.offset(slot: 0), TestFrame.offset(slot: 1)]
        let error = try #require(throws: EmissionError.self) {
            _ = try machine.run("_CELL8_LOAD", operands: words, states: [])
        }
        guard case .patch(let reason, step: 0) = error else { throw error }
        #expect(reason.kind == .outOfRange)
    }
}
#endif
