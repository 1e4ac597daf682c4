import CStencils
import StencilGenCore
import Testing
import UopRuntime

/// CodeWriter's choice of targets, judged by the linker: which label each hole leads to.
@Suite(.enabled(if: Toolchain.found != nil && CommittedTable.base != nil, Toolchain.missing))
struct LinkedTraceTests {
    struct Case: CustomTestStringConvertible, Sendable {
        var isa: UopISA
        var size: RandomTrace.Size
        var testDescription: String { "\(isa.name), \(size.rawValue) operands" }

        static let all = CommittedTable.all.flatMap { table in RandomTrace.Size.allCases.map { Case(isa: table.isa, size: $0) } }
    }

    @Test(arguments: Case.all) func traceOfEverythingIsLinkedAlike(_ one: Case) throws {
        let toolchain = try #require(Toolchain.found)
        let table = try #require(CommittedTable.all.first { $0.isa == one.isa })
        let (library, options) = try table.codeTarget()
        var writer = try CodeWriter(library)
        var arena = CodeArena(options: options)
        let traces = RandomTrace.all(table, one.size)
        var kinds: [UopHoleKind: Int] = [:]
        var (byteCount, mutants, differenceCount) = (0, 0, 0)
        for random in traces {
            // Code in front, so that the trace does not begin where the memory does.
            let front = try writer.write([Step(form: library.form(of: .return), firstOperand: 0)], operands: [], into: &arena)
            let code = try writer.write(random.steps, operands: random.operands, into: &arena)
            let placement = unsafe UInt64(UInt(bitPattern: code.runAddress))
            let trace = LinkedTrace(random.linked, table)
            let theirs = try Self.link(trace, at: placement, toolchain)
            #expect(code.bytes.count == trace.byteCount && theirs.count == trace.byteCount)
            let gaps = Set(trace.gaps.flatMap(\.self))
            let different = zip(code.bytes, theirs).enumerated().filter { $1.0 != $1.1 && !gaps.contains($0) }.map(\.offset)
            #expect(different.prefix(20) == [])
            differenceCount += different.count + abs(code.bytes.count - theirs.count)
            byteCount += theirs.count
            kinds.merge(trace.kinds, uniquingKeysWith: +)
            if mutants < 4 { mutants += try Self.wrongStepsShow(random.linked, table, theirs, at: placement, toolchain) }
            try arena.free(front)
            try arena.free(code)
        }
        let stepCount = traces.reduce(0) { $0 + $1.steps.count }
        #expect(kinds.values.reduce(0, +) > stepCount && mutants >= 4)
        let counts = kinds.sorted { $0.key.rawValue < $1.key.rawValue }.map { "\($0.key.name) \($0.value)" }.joined(separator: ", ")
        print(
            "judge traces \(one.testDescription): steps \(stepCount), traces \(traces.count), bytes \(byteCount), "
                + "relocations: \(counts); \(differenceCount) differences")
    }

    private static func link(_ trace: LinkedTrace, at placement: UInt64, _ toolchain: Toolchain) throws -> [UInt8] {
        let linker = Linker(toolchain: toolchain, target: JudgedMachine.of(trace.isa).triple)
        let directory = try TemporaryDirectory()
        let linked = try linker.link(
            [linker.assemble(trace.source, "trace", in: directory), linker.assemble(symbols: trace.absolutes, in: directory)],
            at: placement)
        #expect(linked.refused == [])
        return linked.bytes
    }

    /// A wrong target or exit of any step shows. Gives how many were tried.
    private static func wrongStepsShow(
        _ linked: [LinkedTrace.Step], _ table: CommittedTable, _ theirs: [UInt8], at placement: UInt64, _ toolchain: Toolchain
    ) throws -> Int {
        let leading = linked.indices.filter { linked[$0].leads && linked[$0].target != $0 && linked[$0].exit != $0 }
        let mutants = Array(stride(from: 0, to: leading.count, by: max(1, leading.count / 4)).prefix(4))
        for mutant in mutants {
            let index = leading[mutant]
            var others = linked
            // Not one step further: some steps have no bytes.
            (others[index].target, others[index].exit) = (index, index)
            #expect(try Self.link(LinkedTrace(others, table), at: placement, toolchain) != theirs, "step \(index)")
        }
        return mutants.count
    }
}
