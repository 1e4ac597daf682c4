import CStencils
import StencilGenCore
import Testing
import UopRuntime

/// CodeWriter's choice of targets, judged by the linker: which label each hole leads to.
@Suite(.enabled(if: Toolchain.found != nil && CommittedTable.base != nil, Toolchain.missing))
struct LinkedTraceTests {
    /// Operands that the narrow forms take, and ones that only the wide forms take.
    @Test(arguments: [0x12_3456, 0x1234_5678_9ABC_DEF0] as [UInt64]) func traceOfEverythingIsLinkedAlike(value: UInt64) throws {
        let toolchain = try #require(Toolchain.found)
        let set = unsafe try #require(uop_base_stencils())
        let table = unsafe try #require(set.pointee.table).pointee
        let library = unsafe try StencilLibrary([set])
        var writer = try CodeWriter(library)
        var arena = CodeArena()
        let (steps, operands, linked) = unsafe Self.trace(set.pointee, table, library, value: value)
        // Code in front, so that the trace does not begin where the memory does.
        let front = try writer.write([steps[0]], operands: operands, into: &arena)
        let code = try writer.write(steps, operands: operands, into: &arena)
        let ours = unsafe Array(UnsafeRawBufferPointer(start: code.runAddress, count: code.byteCount))
        let trace = unsafe LinkedTrace(linked, table)
        let placement = unsafe UInt64(UInt(bitPattern: code.runAddress))
        let theirs = try Self.link(trace, at: placement, toolchain)
        #expect(ours.count == trace.byteCount && theirs.count == trace.byteCount)
        let gaps = Set(trace.gaps.flatMap(\.self))
        let different = zip(ours, theirs).enumerated().filter { $1.0 != $1.1 && !gaps.contains($0) }.map(\.offset)
        #expect(different == [])
        #expect(trace.relocationCount > steps.count)
        print("linked trace: \(steps.count) steps, \(ours.count) bytes, \(trace.relocationCount) holes, all as the linker fills them")

        // A wrong target or exit of any step shows.
        var mutants = 0
        for (index, step) in linked.enumerated() where step.leads && step.target != index && step.exit != index {
            guard mutants < 8 else { break }
            var others = linked
            // Not one step further: some steps have no bytes.
            (others[index].target, others[index].exit) = (index, index)
            #expect(try Self.link(unsafe LinkedTrace(others, table), at: placement, toolchain) != theirs, "step \(index)")
            mutants += 1
        }
        #expect(mutants == 8)
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

    /// Every uop and every bridge once, in order, and a bridge that nothing follows; jumps and exits
    /// lead all over the trace.
    private static func trace(
        _ set: UopStencilSet, _ table: UopStencilTable, _ library: StencilLibrary, value: UInt64
    ) -> ([Step], [UInt64], [LinkedTrace.Step]) {
        let uops = unsafe Int(set.uopCount)
        let bridges: [UopBridge] = [.enter, .return, .exit, .move, .return]
        let count = uops + bridges.count
        var steps: [Step] = []
        var operands: [UInt64] = []
        var linked: [LinkedTrace.Step] = []
        var random = SplitMix64(state: 0x11_4CED)
        func add(_ code: Int, _ stencil: Int, _ words: [UInt64], leads: Bool = false) {
            let (target, exit) = (Int(random.next() % UInt64(count)), Int(random.next() % UInt64(count)))
            steps.append(Step(code: code, firstOperand: operands.count, target: target, exit: exit))
            linked.append(.init(stencil: stencil, operands: words, target: target, exit: exit, leads: leads))
            operands += words
        }
        for index in 0..<uops {
            let (info, forms) = unsafe (set.uops[index], table.forms[index])
            let slots = unsafe Int(info.operandCount + info.inputCount + info.outputCount)
            var words = (0..<slots).map { _ in TestFrame.offset(slot: Int(random.next() % 1000)) }
            let takesValue = unsafe [info.operands.0, info.operands.1].prefix(Int(info.operandCount)).map { $0.form == .value }
            for operand in takesValue.indices where takesValue[operand] { words[operand] = value }
            // The wide form is the second.
            let isWide = takesValue.contains(true) && value > UInt32.max
            let leads = unsafe info.flags & UInt32(UOP_FLAG_EXITS | UOP_FLAG_JUMPS) != 0
            add(index, Int(forms.firstStencil) + (isWide ? 1 : 0), words, leads: leads)
        }
        for bridge in bridges {
            unsafe add(library.number(of: bridge), Int(table.bridges[Int(bridge.rawValue)]), [96, 104])
        }
        return (steps, operands, linked)
    }
}
