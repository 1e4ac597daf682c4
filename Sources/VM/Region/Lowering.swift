import CStencils

/// What engines want of the regions beside the program's own uops.
package struct LoweringOptions: Sendable, Equatable {
    /// Back edges count down fuel; otherwise they only look whether the run shall stop.
    package var countsFuel = false
    /// Every statement counts how often it is executed.
    package var counts = false

    package init() {}
}

/// The uops that lowering inserts, found by what they do.
struct LoweringUops {
    let load: Int
    let store: Int
    let pop: Int
    let poll: Int
    let count: Int?

    /// Nil where the catalog lacks one of them.
    init?(_ catalog: UopCatalog, _ options: LoweringOptions) {
        func mover(_ operands: [UopOperandKind], inputs: Int, outputs: Int) -> Int? {
            catalog.uops.firstIndex {
                $0.flags.contains(.moves) && $0.operands == operands && $0.inputs.count == inputs
                    && $0.outputs.count == outputs && !$0.flags.contains(.peeks)
            }
        }
        guard let load = mover([.LOCAL_READ], inputs: 0, outputs: 1),
            let store = mover([.LOCAL_WRITE], inputs: 1, outputs: 0), let pop = mover([], inputs: 1, outputs: 0),
            let poll = catalog.number(with: options.countsFuel ? .pollsFuel : .pollsInterrupt)
        else { return nil }
        self.load = load
        self.store = store
        self.pop = pop
        self.poll = poll
        count = catalog.number(with: .counts)
    }
}

/// Why a program cannot be lowered.
public struct LoweringError: Error, Equatable, Sendable, CustomStringConvertible {
    public var description: String {
        "the stencil sets lack a uop that the compiler inserts (local load and store, pop, poll): load the base set, too"
    }
}

extension VerifiedProgram {
    /// The regions of all traces.
    package func regions(_ options: LoweringOptions = LoweringOptions()) throws(LoweringError) -> RegionSet {
        guard let uops = LoweringUops(catalog, options) else { throw LoweringError() }
        let layout = FrameLayout(
            localCount: program.locals.count, valueCount: program.traces.reduce(0) { $0 + $1.values.count },
            bufferCount: program.buffers.count, helperCount: program.helpers.count,
            stackCount: (traces.map(\.maximumDepth).max() ?? 0) + UOP_MAX_OUTPUTS + 1)
        var set = RegionSet(layout: layout)
        let linked = linkedTraces()
        var firstValue = 0
        var firstCounter = 0
        for index in traces.indices {
            var lowering = RegionLowering(
                self, index, uops, options, layout, firstValue: firstValue, firstCounter: firstCounter,
                exits: set.exits)
            set.regions.append(lowering.run(pollsAtEntry: linked.contains(index)))
            set.exits = lowering.exits
            firstValue += program.traces[index].values.count
            firstCounter += program.traces[index].statements.count
        }
        return set
    }

    /// Traces that exits lead to: a loop through them has no other back edge.
    private func linkedTraces() -> Set<Int> {
        var result: Set<Int> = []
        for trace in program.traces {
            for statement in trace.statements {
                if case .trace(let target) = statement.exit { result.insert(target) }
            }
        }
        return result
    }
}

/// Lowers one trace.
private struct RegionLowering {
    private let verified: VerifiedTrace
    private let program: Program
    private let trace: TraceDeclaration
    private let catalog: UopCatalog
    private let uops: LoweringUops
    private let options: LoweringOptions
    private let layout: FrameLayout
    private let firstValue: Int
    private let firstCounter: Int
    private(set) var exits: [RegionExit]
    private var region: Region
    /// By label: its instruction once known.
    private var labels: [UInt32]
    private var depth = 0
    private var nextIsTarget = false

    init(
        _ program: VerifiedProgram, _ index: Int, _ uops: LoweringUops, _ options: LoweringOptions, _ layout: FrameLayout,
        firstValue: Int, firstCounter: Int, exits: [RegionExit]
    ) {
        verified = program.traces[index]
        self.program = program.program
        trace = program.program.traces[index]
        catalog = program.catalog
        self.uops = uops
        self.options = options
        self.layout = layout
        self.firstValue = firstValue
        self.firstCounter = firstCounter
        self.exits = exits
        region = Region(trace: index)
        region.entryDepth = trace.entry.count
        region.maximumDepth = verified.maximumDepth
        labels = Array(repeating: Region.absent, count: trace.labels.count)
        region.instructions.reserveCapacity(trace.statements.count + 8)
        region.operands.reserveCapacity(trace.operands.count + 8)
    }

    mutating func run(pollsAtEntry: Bool) -> Region {
        depth = region.entryDepth
        // Jumps to the top come back to the first instruction, with the stack in place.
        nextIsTarget = true
        if pollsAtEntry { append(uops.poll, statement: 0) }
        let top = UInt32(region.instructions.count)
        nextIsTarget = true
        for (number, statement) in trace.statements.enumerated() {
            guard verified.states[number] != StackStates.unreachable else { continue }
            depth = verified.depth(before: number)
            switch statement.kind {
            case .label(let label):
                labels[label] = UInt32(region.instructions.count)
                nextIsTarget = true
            case .uop(let uop): lower(statement, number, uop, top: top)
            }
        }
        resolveLabels()
        return region
    }

    /// Until all labels are known, a target holds the label's number.
    private mutating func resolveLabels() {
        for index in region.instructions.indices where region.instructions[index].target != Region.absent {
            let flags = catalog.uops[Int(region.instructions[index].uop)].flags
            if !flags.contains(.toTop) {
                region.instructions[index].target = labels[Int(region.instructions[index].target)]
            }
        }
    }

    private mutating func lower(_ statement: Statement, _ number: Int, _ uop: Int, top: UInt32) {
        let info = catalog.uops[uop]
        if options.counts, let count = uops.count {
            append(count, statement: number, operands: [UInt64(firstCounter + number)])
        }
        var target = Region.absent
        if info.flags.contains(.jumps) {
            let label = info.flags.contains(.toTop) ? nil : labelOperand(of: statement, info)
            target = label.map { UInt32($0) } ?? top
            // A label that is known by now lies behind: this is a back edge.
            if label.map({ labels[$0] != Region.absent }) ?? true { append(uops.poll, statement: number) }
        }
        let arguments = valueUses(statement, from: Int(statement.resultCount), count: Int(statement.argumentCount))
        for argument in arguments { load(argument, statement: number) }
        append(
            uop, statement: number, operands: operands(of: statement, info), target: target, exitTarget: statement.exit)
        let results = valueUses(statement, from: 0, count: Int(statement.resultCount))
        for result in results.reversed() { store(result, statement: number) }
        guard info.flags.contains(.peeks), !arguments.isEmpty else { return }
        // Named arguments do not stay.
        for _ in arguments { append(uops.pop, statement: number) }
    }

    private func labelOperand(of statement: Statement, _ info: UopCatalog.Uop) -> Int? {
        info.operands.firstIndex(of: .LABEL).map { Int(trace.operands[Int(statement.firstOperand) + $0].word) }
    }

    private func valueUses(_ statement: Statement, from first: Int, count: Int) -> [Int] {
        count == 0 ? [] : (0..<count).map { trace.valueUses[Int(statement.firstValueUse) + first + $0].value }
    }

    private mutating func load(_ value: Int, statement: Int) {
        append(uops.load, statement: statement, operands: [UInt64(layout.value(firstValue + value))])
    }

    private mutating func store(_ value: Int, statement: Int) {
        append(uops.store, statement: statement, operands: [UInt64(layout.value(firstValue + value))])
    }

    /// Operand words as stencils take them: what is named becomes a frame offset.
    private func operands(of statement: Statement, _ info: UopCatalog.Uop) -> [UInt64] {
        info.operands.isEmpty
            ? []
            : info.operands.enumerated().map { index, kind in
                let word = trace.operands[Int(statement.firstOperand) + index].word
                return switch kind {
                case .LOCAL_READ, .LOCAL_WRITE: UInt64(layout.local(Int(word)))
                case .BUFFER_I8, .BUFFER_I16, .BUFFER_I32, .BUFFER_I64, .BUFFER_F64: UInt64(layout.buffer(Int(word)))
                case .HELPER: UInt64(layout.helper(Int(word)))
                case .LABEL: 0
                case .IMM_I64, .IMM_F64, .IMM_OBJECT, .IMM_INDEX: word
                }
            }
    }

    private mutating func append(
        _ uop: Int, statement: Int, operands: [UInt64] = [], target: UInt32 = Region.absent,
        exitTarget: ExitTarget = .implicit
    ) {
        let info = catalog.uops[uop]
        var exit = Region.absent
        if info.flags.contains(.exits) {
            exit = UInt32(exits.count)
            exits.append(
                RegionExit(trace: region.trace, instruction: region.instructions.count, target: exitTarget))
        }
        region.instructions.append(
            Region.Instruction(
                uop: UInt32(uop), depth: UInt32(depth), firstOperand: UInt32(region.operands.count), target: target,
                exit: exit, statement: UInt32(statement), operandCount: UInt8(operands.count), isTarget: nextIsTarget))
        region.operands += operands
        nextIsTarget = false
        depth += info.outputs.count - (info.flags.contains(.peeks) ? 0 : info.inputs.count)
    }
}
