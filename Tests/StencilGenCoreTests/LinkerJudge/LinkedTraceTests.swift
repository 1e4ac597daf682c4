import CStencils
import StencilGenCore
import Testing
import UopRuntime

/// CodeWriter's choice of targets, judged by the linker: which label each hole leads to.
@Suite(.enabled(if: Toolchain.found != nil && CommittedTable.base != nil, Toolchain.missing))
struct LinkedTraceTests {
    /// A isa, and a word for the operands that are values.
    struct Case: CustomTestStringConvertible, Sendable {
        var isa: UopISA
        var value: UInt64
        var testDescription: String { "\(isa.name), 0x\(String(value, radix: 16))" }

        /// Operands that the narrow forms take, and ones that only the wide forms take.
        static let all = CommittedTable.executable.flatMap { table in
            [0x12_3456, 0x1234_5678_9ABC_DEF0].map { Case(isa: table.isa, value: $0) }
        }
    }

    @Test(arguments: Case.all) func traceOfEverythingIsLinkedAlike(_ one: Case) throws {
        let toolchain = try #require(Toolchain.found)
        let table = try #require(CommittedTable.all.first { $0.isa == one.isa })
        let library = unsafe try StencilLibrary([try #require(uop_base_stencils())], isa: one.isa)
        var writer = try CodeWriter(library)
        var arena = CodeArena()
        let (steps, operands, linked) = Self.trace(table, value: one.value)
        // Code in front, so that the trace does not begin where the memory does.
        let front = try writer.write([Step(form: library.form(of: .return), firstOperand: 0)], operands: [], into: &arena)
        let code = try writer.write(steps, operands: operands, into: &arena)
        let ours = unsafe Array(UnsafeRawBufferPointer(start: code.runAddress, count: code.byteCount))
        let trace = LinkedTrace(linked, table)
        let placement = unsafe UInt64(UInt(bitPattern: code.runAddress))
        let theirs = try Self.link(trace, at: placement, toolchain)
        #expect(ours.count == trace.byteCount && theirs.count == trace.byteCount)
        let gaps = Set(trace.gaps.flatMap(\.self))
        let different = zip(ours, theirs).enumerated().filter { $1.0 != $1.1 && !gaps.contains($0) }.map(\.offset)
        #expect(different.prefix(20) == [])
        #expect(trace.relocationCount > steps.count)
        print(
            "linked trace, \(one.testDescription): \(steps.count) steps, \(ours.count) bytes, \(trace.relocationCount) holes, "
                + "all as the linker fills them")

        // A wrong target or exit of any step shows.
        let leading = linked.indices.filter { linked[$0].leads && linked[$0].target != $0 && linked[$0].exit != $0 }
        let mutants = Array(stride(from: 0, to: leading.count, by: max(1, leading.count / 4)).prefix(4))
        for mutant in mutants {
            let index = leading[mutant]
            var others = linked
            // Not one step further: some steps have no bytes.
            (others[index].target, others[index].exit) = (index, index)
            #expect(try Self.link(LinkedTrace(others, table), at: placement, toolchain) != theirs, "step \(index)")
        }
        #expect(mutants.count == 4)
        try arena.free(front)
        try arena.free(code)
    }

    private static func link(_ trace: LinkedTrace, at placement: UInt64, _ toolchain: Toolchain) throws -> [UInt8] {
        let linker = Linker(toolchain: toolchain)
        let directory = try TemporaryDirectory()
        let (bytes, messages) = try linker.link(
            linker.assemble(trace.source, "trace", in: directory), symbols: trace.absolutes, at: placement)
        #expect(!messages.contains("relocation"), "\(messages)")
        return bytes
    }

    /// Every form of every operation in registers that differ from form to form, every bridge but paddings, and a
    /// bridge that nothing follows; jumps and exits lead all over the trace.
    private static func trace(_ table: CommittedTable, value: UInt64) -> ([Step], [UInt64], [LinkedTrace.Step]) {
        let operations = table.operations
        let bridges: [UopBridge] = [.enter, .return, .exit, .move, .return]
        let forms = operations.indices.flatMap { table.forms(ofOperation: $0).map { $0 } }
        let count = forms.count + bridges.count
        var steps: [Step] = []
        var operands: [UInt64] = []
        var linked: [LinkedTrace.Step] = []
        var random = SplitMix64(state: 0x11_4CED)
        func add(_ form: Int, as written: Int, _ words: [UInt64], leads: Bool = false) {
            let (target, exit) = (Int(random.next() % UInt64(count)), Int(random.next() % UInt64(count)))
            let registers = table.forms[form].assignments.randomElement(using: &random)!
            let bytes = registers.map(UInt8.init) + [0, 0, 0]
            steps.append(
                Step(
                    form: form, firstOperand: operands.count, target: target, exit: exit,
                    registers: Step.Registers(bytes[0], bytes[1], bytes[2])))
            linked.append(
                .init(form: written, assignment: registers, operands: words, target: target, exit: exit, leads: leads))
            operands += words
        }
        for (index, uops) in operations.enumerated() {
            let infos = unsafe uops.map { unsafe uop_base_stencils()!.pointee.uops[$0] }
            let kinds = unsafe infos.flatMap { info in
                unsafe [info.operands.0, info.operands.1].prefix(Int(info.operandCount))
            }
            let leads = unsafe infos.contains { unsafe $0.flags & UInt32(UOP_FLAG_EXITS | UOP_FLAG_JUMPS) != 0 }
            for form in table.forms(ofOperation: index) {
                let row = table.forms[form].row
                var words = kinds.map { $0.form == .value ? value : TestFrame.offset(slot: Int(random.next() % 1000)) }
                if row.isFrame != 0 {
                    let slots = unsafe infos.reduce(0) { unsafe $0 + Int($1.inputCount) + Int($1.outputCount) }
                    words += (0..<slots).map { _ in TestFrame.offset(slot: Int(random.next() % 1000)) }
                } else if row.literalInput != UInt8(UOP_NO_AXIS) {
                    let literal = Int64(row.lowest) + (Int64(row.highest) - Int64(row.lowest)) / 3
                    words += [UInt64(bitPattern: literal), UInt64(bitPattern: 0 &- literal)]
                }
                // A near form takes near cells only.
                let isNear = row.isFrame == 0 && row.isWide == 0 && form + 1 < table.forms.count && table.forms[form + 1].row.isWide != 0
                for (index, kind) in kinds.enumerated() where kind == .CELL && isNear && !kinds.contains(where: { $0.form == .value }) {
                    words[index] = UInt64(bitPattern: Int64(random.next() % 256) - 128)
                }
                // The writer takes the wide form, which is the next, for what the narrow one refuses.
                let isLimited = kinds.contains { $0.form == .value } && row.isWide == 0 && value > UInt32.max
                add(form, as: isLimited ? form + 1 : form, words, leads: leads)
            }
        }
        for bridge in bridges { add(table.form(of: bridge), as: table.form(of: bridge), [96, 104]) }
        return (steps, operands, linked)
    }
}
