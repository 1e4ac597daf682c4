#if arch(x86_64)
import CStencils
import Foundation
import StencilGenCore
import Testing
import UopRuntime

/// A uop with its operand patched does what the same uop does that was compiled with the literal.
@Suite(.enabled(if: Toolchain.found != nil && CommittedTable.base != nil, Toolchain.missing))
struct LiteralTwinTests {
    /// The operands' words of a uop: immediates, then slots of inputs and outputs.
    private static func words(_ uop: Definition, _ values: [UInt64]) -> [UInt64] {
        let slots = uop.inputs.indices.map { $0 } + uop.outputs.indices.map { uop.inputs.count + $0 }
        return values + slots.map(TestFrame.offset)
    }

    /// Inputs beside each value operand, on both sides of its boundaries; the tape's pointer on and off it.
    private static func states(_ uop: Definition, _ values: [UInt64]) -> [TestFrame.State] {
        let literals = zip(uop.operands, values).filter { $0.0.kind.form == .value }.map(\.1)
        var inputs = literals.flatMap { [$0, $0 &+ 1, $0 &- 1, ~$0, 0 &- $0, UInt64.max - $0] }
        inputs += [0, 1, .max, 1 << 63, (1 << 63) - 1, 1 << 31, 1 << 32]
        let tapePositions = [0, 17, UInt64(TestFrame.tapeByteCount) - 1, UInt64(TestFrame.tapeByteCount), UInt64.max]
        return inputs.enumerated().map { index, input in
            TestFrame.State(
                inputs: [input, inputs[(index * 5 + 3) % inputs.count]], tapePosition: tapePositions[index % tapePositions.count],
                counterIndex: literals[0], seed: UInt64(index) &+ 0x5EED)
        }
    }

    @Test func committedUops() throws {
        let subject = try TwinSubject.base(try #require(Toolchain.found))
        let counts = unsafe try Self.compare(subject, with: [])
        #expect(counts.differences == [])
        #expect(counts.uops >= 8 && counts.ways == [1, 3])
    }

    @Test func uopsThatTemptTheCompiler() throws {
        let subject = try TwinSubject.traps(try #require(Toolchain.found))
        let counts = unsafe try Self.compare(subject, with: [try #require(uop_base_stencils())])
        #expect(counts.differences == [])
        #expect(counts.uops >= 20 && counts.ways == [1, 2, 3])
    }

    /// Without the empty asm that hides an operand's symbol from clang, some of these uops are wrong:
    /// that they are right with it is no accident, and no blindness of the comparison.
    @Test func unhiddenSymbolsAreCaught() throws {
        let headers = try TemporaryDirectory()
        try Checkout.copyHeaders(to: headers.url)
        let page = headers.url.appendingPathComponent(StencilTarget.x86_64.page)
        let hidden = "UOP_OPAQUE_((uintptr_t)UOP_OPERAND_"
        let text = try String(contentsOf: page, encoding: .utf8)
        #expect(text.contains(hidden))
        try text.replacing(hidden, with: "((uintptr_t)UOP_OPERAND_").write(to: page, atomically: true, encoding: .utf8)
        let subject = try TwinSubject.traps(try #require(Toolchain.found), headers: headers.url)
        // Wrong divisions and stores would end the test instead of failing it.
        let counts = unsafe try Self.compare(
            subject, with: [try #require(uop_base_stencils())], without: ["_TRAP_DIVIDE", "_TRAP_SLOT"])
        let uops = Set(counts.differences.map { String($0.prefix { $0 != " " }) })
        // clang takes for granted that a symbol is not null.
        #expect(uops.contains("_TRAP_IS_NULL"))
        print("literal twins: with symbols unhidden, \(counts.differences.count) runs differ: \(uops.sorted().joined(separator: " "))")
    }

    /// A wrong operand shows: for every uop there are operands with which the stencil does not what the
    /// twin of other ones does.
    @Test func anotherOperandIsSeen() throws {
        for subject in [try TwinSubject.base(try #require(Toolchain.found)), try .traps(try #require(Toolchain.found))] {
            var sets = unsafe [subject.automatic, subject.forced.pointer, subject.twins.pointer]
            if subject.name != "base" { unsafe sets.append(try #require(uop_base_stencils())) }
            var machine = unsafe try TwinMachine(sets)
            for uop in subject.uops {
                let rows = TwinSubject.values(of: uop)
                var isSeen = false
                for row in rows.indices.dropFirst() where !isSeen {
                    let states = Self.states(uop, rows[row])
                    let twin = try machine.run("\(uop.name).\(row)", operands: Self.words(uop, rows[row]), states: states)
                    let other = try machine.run(uop.name, operands: Self.words(uop, rows[row - 1]), states: states)
                    isSeen = twin.outcomes != other.outcomes
                }
                #expect(isSeen, "\(uop.name)")
            }
        }
    }

    struct Counts {
        var uops = 0, rows = 0, runs = 0, narrow = 0, wide = 0, refused = 0
        var ways: Set<UInt64> = []
        /// Runs that did not do what the twin did.
        var differences: [String] = []
    }

    /// Runs every uop of a subject with every value in every form.
    private static func compare(
        _ subject: TwinSubject, with base: [UnsafePointer<UopStencilSet>], without omitted: Set<String> = []
    ) throws -> Counts {
        var machine = unsafe try TwinMachine(
            base + [subject.automatic, subject.forced.pointer, subject.twins.pointer])
        var counts = Counts()
        for uop in subject.uops where !omitted.contains(uop.name) {
            counts.uops += 1
            for (row, values) in TwinSubject.values(of: uop).enumerated() {
                counts.rows += 1
                try compare(uop, row, values, &machine, &counts)
            }
        }
        // Every form was both taken and, where it is narrow, left.
        #expect(counts.narrow > 0 && counts.refused > 0 && counts.narrow + counts.refused == counts.rows)
        #expect(counts.wide == counts.rows)
        print(
            "literal twins, \(subject.name): \(counts.uops) uops, \(counts.rows) rows of operands, narrow form \(counts.narrow) "
                + "(refused \(counts.refused)), wide form \(counts.wide), \(counts.runs) runs")
        return counts
    }

    private static func compare(
        _ uop: Definition, _ row: Int, _ values: [UInt64], _ machine: inout TwinMachine, _ counts: inout Counts
    ) throws {
        let operands = words(uop, values)
        let states = states(uop, values)
        let twin = try machine.run("\(uop.name).\(row)", operands: operands, states: states)
        #expect(twin.outcomes.allSatisfy { (1...3).contains($0.way) })
        counts.ways.formUnion(twin.outcomes.map(\.way))
        func same(_ form: String, _ outcomes: [TwinMachine.Outcome]) {
            counts.runs += outcomes.count
            for (state, (found, expected)) in zip(states, zip(outcomes, twin.outcomes)) where found != expected {
                counts.differences.append(
                    "\(uop.name) \(form), operands \(values), from \(state): \(found), the twin \(expected)")
            }
        }
        let automatic = try machine.run(uop.name, operands: operands, states: states)
        same("as chosen", automatic.outcomes)
        let wide = try machine.run("\(uop.name).wide", operands: operands, states: states)
        same("wide", wide.outcomes)
        counts.wide += 1
        do throws(EmissionError) {
            let narrow = try machine.run("\(uop.name).narrow", operands: operands, states: states)
            same("narrow", narrow.outcomes)
            counts.narrow += 1
            // What the narrow form accepts, it gets.
            #expect(automatic.byteCount == narrow.byteCount)
        } catch {
            guard case .patch(let reason, step: 0) = error else { throw error }
            #expect(reason.kind == .outOfRange)
            counts.refused += 1
            #expect(automatic.byteCount == wide.byteCount)
        }
    }
}
#endif
