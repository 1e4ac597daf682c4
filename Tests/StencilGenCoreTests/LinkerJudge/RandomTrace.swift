import CStencils
import StencilGenCore
import UopRuntime

/// Steps of a table for CodeWriter, and the same for a linker: forms in random registers, whose jumps and exits lead all over the trace.
struct RandomTrace {
    var steps: [Step] = []
    var operands: [UInt64] = []
    var linked: [LinkedTrace.Step] = []

    /// What operands are like.
    enum Size: String, CaseIterable, Sendable {
        /// Such as the shortest forms take.
        case small
        /// Such as only the wide forms take, where there are any.
        case large
    }

    /// A step that leads nowhere yet, and the form that the writer must take for it.
    private struct Plan {
        var form: Int
        var written: Int
        var assignment: [Int]
        var words: [UInt64]
        var leads = false
        var byteCount = 0
    }

    /// Every form of every operation in registers that differ from form to form, and every bridge but paddings, in as many traces
    /// as it takes for all branches to reach: each ends with a bridge that nothing follows.
    static func all(_ table: CommittedTable, _ size: Size) -> [RandomTrace] {
        var random = SplitMix64(state: 0x11_4CED)
        var plans: [Plan] = []
        for (index, uops) in table.operations.enumerated() {
            for form in table.forms(ofOperation: index) { plans.append(plan(form, uops, table, size, &random)) }
        }
        for bridge in [.enter, .return, .exit, .move, .jump] as [UopBridge] {
            let form = table.form(of: bridge)
            plans.append(measured(Plan(form: form, written: form, assignment: [], words: [96, 104]), table))
        }
        let end = table.form(of: .return)
        let last = measured(Plan(form: end, written: end, assignment: [], words: []), table)
        var traces: [RandomTrace] = []
        var group: [Plan] = []
        var byteCount = 0
        let reach = reach(table)
        for plan in plans {
            if byteCount + plan.byteCount + last.byteCount > reach {
                traces.append(RandomTrace(group + [last], &random))
                (group, byteCount) = ([], 0)
            }
            group.append(plan)
            byteCount += plan.byteCount
        }
        return traces + [RandomTrace(group + [last], &random)]
    }

    private init(_ plans: [Plan], _ random: inout SplitMix64) {
        for plan in plans {
            let (target, exit) = (Int(random.next() % UInt64(plans.count)), Int(random.next() % UInt64(plans.count)))
            let bytes = plan.assignment.map(UInt8.init) + [0, 0, 0]
            steps.append(
                Step(
                    form: plan.form, firstOperand: operands.count, target: target, exit: exit,
                    registers: Step.Registers(bytes[0], bytes[1], bytes[2])))
            linked.append(
                .init(
                    form: plan.written, assignment: plan.assignment, operands: plan.words, target: target, exit: exit,
                    leads: plan.leads))
            operands += plan.words
        }
    }

    /// How far the shortest branch of a table leads, half of it: with more the writer makes room for islands.
    private static func reach(_ table: CommittedTable) -> Int {
        var kinds: Set<UopHoleKind> = []
        for form in table.forms {
            for number in form.templates {
                for fragment in table.fragments(form, template: number) { kinds.formUnion(fragment.holes.map(\.kind)) }
            }
        }
        let branches = kinds.map(\.field).filter { $0.base == .place && $0.signedness == .signed }
        return branches.map { 1 << (Int($0.width) - 2) }.min() ?? .max
    }

    private static func plan(
        _ form: Int, _ uops: [Int], _ table: CommittedTable, _ size: Size, _ random: inout SplitMix64
    ) -> Plan {
        let infos = unsafe uops.map { unsafe uop_base_stencils()!.pointee.uops[$0] }
        let kinds = unsafe infos.flatMap { info in unsafe [info.operands.0, info.operands.1].prefix(Int(info.operandCount)) }
        let row = table.forms[form].row
        let offsetCount: UInt64 = size == .small ? 1000 : 20_000
        var words = kinds.map { kind -> UInt64 in
            if kind.form == .value { return size == .small ? 0x1234 : 0x1234_5678_9ABC_DEF0 }
            if kind == .CELL, size == .large { return cell(below: 1 << 20, &random) }
            return TestFrame.offset(slot: Int(random.next() % offsetCount))
        }
        if row.isFrame != 0 {
            let slots = unsafe infos.reduce(0) { unsafe $0 + Int($1.inputCount) + Int($1.outputCount) }
            words += (0..<slots).map { _ in TestFrame.offset(slot: Int(random.next() % offsetCount)) }
        } else if row.literalInput != UInt8(UOP_NO_AXIS) {
            let literal = Int64(row.lowest) + (Int64(row.highest) - Int64(row.lowest)) / 3
            words += [UInt64(bitPattern: literal), UInt64(bitPattern: 0 &- literal)]
        }
        let isNarrow = row.isWide == 0 && form + 1 < table.forms.count && table.forms[form + 1].row.isWide != 0
        // Some near forms get near cells, for which alone they are.
        for (index, kind) in kinds.enumerated() where kind == .CELL && isNarrow && size == .small {
            words[index] = cell(below: 128, &random)
        }
        let assignment = table.forms[form].assignments.randomElement(using: &random) ?? []
        var plan = Plan(form: form, written: form, assignment: assignment, words: words)
        plan.leads = unsafe infos.contains { unsafe $0.flags & UInt32(UOP_FLAG_EXITS | UOP_FLAG_JUMPS) != 0 }
        // The writer takes the wide form, which is the next, for what the narrow one refuses.
        if isNarrow, !takes(plan, table) { plan.written = form + 1 }
        return measured(plan, table)
    }

    /// A displacement to either side.
    private static func cell(below limit: Int64, _ random: inout SplitMix64) -> UInt64 {
        UInt64(bitPattern: Int64(random.next() % UInt64(2 * limit)) - limit)
    }

    private static func fragments(_ plan: Plan, _ table: CommittedTable) -> [CommittedTable.Fragment] {
        let form = table.forms[plan.written]
        return table.fragments(form, template: form.template(plan.assignment), plan.assignment)
    }

    /// Whether all holes for operands take them.
    private static func takes(_ plan: Plan, _ table: CommittedTable) -> Bool {
        fragments(plan, table).flatMap(\.holes).allSatisfy { hole in
            guard hole.target == .operand else { return true }
            var word = [UInt8](repeating: 0, count: 8)
            return unsafe word.withUnsafeMutableBytes { bytes in
                unsafe HoleEncoder.store(plan.words[hole.index] &+ UInt64(bitPattern: hole.addend), in: hole.kind.field, at: bytes.baseAddress!) == nil
            }
        }
    }

    /// The plan with the most that it can add to a trace.
    private static func measured(_ plan: Plan, _ table: CommittedTable) -> Plan {
        var plan = plan
        for fragment in fragments(plan, table) {
            // With what keeps instructions off boundaries.
            plan.byteCount += fragment.bytes.count + 15 * JudgedMachine.of(table.isa).nothing.count
            for hole in fragment.holes {
                switch hole.target {
                case .constant:
                    let constant = table.constant(hole.index)
                    plan.byteCount += constant.bytes.count + constant.alignment
                case .operandSlot, .helperSlot: plan.byteCount += 16
                default: break
                }
            }
        }
        return plan
    }
}
