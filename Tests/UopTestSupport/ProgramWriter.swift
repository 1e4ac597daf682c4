import CStencils
import UopVM

/// Writes one program by chance that the verifier accepts: it keeps the classes of the words on the stack
/// while it writes, as the verifier will do, but in code of its own.
struct ProgramWriter {
    /// A word at hand.
    struct Word: Equatable {
        var valueClass: UopClass
        /// False for a float64 that may be a NaN of which nobody knows the bits.
        var isExact: Bool

        init(_ valueClass: UopClass, isExact: Bool = false) {
            self.valueClass = valueClass
            self.isExact = isExact || valueClass != .F64
        }
    }

    struct NamedValue: Equatable {
        var index: Int
        var word: Word
    }

    /// A label that is jumped to, and still to be placed.
    struct ForwardLabel {
        var label: Int
        var stack: [Word]
        var scope: [NamedValue]
    }

    /// A loop around what is being written.
    struct Header {
        var label: Int
        var stack: [Word]
        var scope: [NamedValue]
    }

    let traits: UopTraits
    var random: SeededGenerator
    var program = Program()
    /// Locals that uops read and write by chance, by class. Others belong to loops.
    var locals: [UopClass: [Int]] = [:]
    var allLocals: [Int] = []
    /// By trace, written or not: its entry stack.
    var entries: [[UopClass]] = []
    private let mostTraces: Int

    // The trace that is being written:

    var number = 0
    var trace = TraceDeclaration(name: "")
    var stack: [Word] = []
    /// The values that are defined on every way to here, in the order of their definitions.
    var scope: [NamedValue] = []
    /// So many words at the bottom of the stack stay as they are.
    var floor = 0
    var pending: [ForwardLabel] = []
    /// So many labels at the beginning of `pending` cannot be jumped to or placed from here.
    var barrier = 0
    var headers: [Header] = []
    /// The locals that were read last.
    var readLocals: [Int] = []
    /// Items of the trace that are still to be written.
    var budget = 0
    /// Loops of the program with more values than registers: they are long.
    var crowdCount = 0

    init(traits: UopTraits, random: SeededGenerator) {
        self.traits = traits
        self.random = random
        mostTraces = 1 + self.random.below(7)
    }

    /// The whole program.
    mutating func write() -> Program {
        declareMemory()
        declareHelpers()
        entries = [[]]
        for _ in 1..<max(2, mostTraces) where random.chance(2) {
            entries.append((0..<max(0, random.below(5) - 1)).map { _ in anyClass() })
        }
        // Exits add traces on the way.
        while number < entries.count {
            writeTrace()
            number += 1
        }
        return program
    }

    mutating func anyClass() -> UopClass { random.pick(UopClass.concrete) ?? .I64 }

    // MARK: Declarations

    private mutating func declareMemory() {
        for valueClass in UopClass.concrete + (0..<5).map({ _ in anyClass() }) {
            let index = declareLocal(valueClass, random.initialValue(of: valueClass))
            locals[valueClass, default: []].append(index)
            allLocals.append(index)
        }
        for kind in UopOperandKind.bufferElements where random.percent(75) {
            for _ in 0..<(random.chance(5) ? 2 : 1) {
                let count = random.chance(6) ? random.below(3) : 4 + random.below(12)
                let initial = (0..<random.below(count + 1)).map { _ in random.element(kind) }
                program.buffers.append(
                    BufferDeclaration(name: "b\(program.buffers.count)", element: kind, count: count, initial: initial))
            }
        }
        if random.percent(75) {
            let cells = 1 + random.below(200)
            program.tape = TapeDeclaration(cells: cells, start: cells / 2)
        }
        for index in 0..<3 {
            program.exits.append(ExitDeclaration(name: "e\(index)", error: index == 0 ? "this is an error" : nil))
        }
    }

    /// A local with a name of its own.
    mutating func declareLocal(_ valueClass: UopClass, _ initial: InitialValue) -> Int {
        let index = program.locals.count
        program.locals.append(LocalDeclaration(name: "x\(index)", valueClass: valueClass, initial: initial))
        return index
    }

    private mutating func declareHelpers() {
        for shape in traits.helperShapes where random.percent(60) {
            if shape.isForTape {
                declareHelper([], .I64)
                declareHelper([.I64], nil)
            } else {
                let parameters = (0..<shape.parameterCount).map { _ in anyClass() }
                declareHelper(parameters, shape.hasResult ? anyClass() : nil)
            }
        }
    }

    /// What a helper does follows from its name: see FuzzHelpers.
    private mutating func declareHelper(_ parameters: [UopClass], _ result: UopClass?) {
        program.helpers.append(
            HelperDeclaration(
                name: "h\(program.helpers.count)_\(random.below(1000))", parameters: parameters, result: result))
    }

    // MARK: Traces

    private mutating func writeTrace() {
        trace = TraceDeclaration(name: "t\(number)", entry: entries[number])
        stack = trace.entry.map { Word($0) }
        scope = []
        floor = 0
        readLocals = []
        budget = 5 + random.below(14)
        let end = random.percent(12) ? beginLoopToTop() : nil
        if random.percent(90) { writeLoop() }
        while budget > 0 { writeItem() }
        if let end { endLoopToTop(end) }
        while !pending.isEmpty {
            place(pending.remove(at: random.below(pending.count)))
            for _ in 0..<random.below(3) { writeItem() }
        }
        finish()
        program.traces.append(trace)
    }

    /// The last uop: on to another trace, most often the next one, so that all are reached.
    private mutating func finish() {
        if number + 1 < entries.count, random.percent(85) {
            leave(for: number + 1)
        } else if random.chance(8) {
            leave(for: random.below(entries.count))
        } else {
            emit(traits.leave, exit: random.chance(2) ? .implicit : .exit(random.below(program.exits.count)))
        }
    }

    /// Ends a way of the trace by going on in another one.
    mutating func leave(for target: Int) {
        shape(to: entries[target].map { Word($0) })
        emit(traits.leave, exit: .trace(target))
    }

    /// Where a uop's exit leads, with this stack there.
    mutating func chooseExit(_ stack: [Word]) -> ExitTarget {
        switch random.below(100) {
        case 0..<10: return .implicit
        case 10..<25: return .exit(random.below(program.exits.count))
        default: break
        }
        let fitting = entries.indices.filter { fits(stack, entries[$0]) }
        if let target = random.pick(fitting), random.percent(70) { return .trace(target) }
        guard entries.count < mostTraces, stack.count < 7 else { return .exit(random.below(program.exits.count)) }
        entries.append(stack.map { $0.valueClass.isObject && random.chance(3) ? .OBJECT : $0.valueClass })
        return .trace(entries.count - 1)
    }

    private func fits(_ stack: [Word], _ entry: [UopClass]) -> Bool {
        stack.count == entry.count && zip(stack, entry).allSatisfy { $0.valueClass.isAssignable(to: $1) }
    }
}
