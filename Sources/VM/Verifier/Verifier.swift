import CStencils

extension Program {
    /// Checks every trace and gives the program as one that can be run.
    ///
    /// What is checked: stack depth and value classes at every point, classes of locals, values
    /// that are defined on every way to their use, terminators, and that the stack at an exit is as the
    /// trace it leads to expects. The parser has checked names, operands and counts before.
    ///
    /// Code that is never reached is accepted, and left out.
    ///
    /// Time is linear in the program's size times the depth of its stack.
    ///
    /// - Throws: `InvalidInput` with everything that is wrong.
    public func verified(
        catalog: UopCatalog, limits: Limits = Limits()
    ) throws(InvalidInput) -> VerifiedProgram {
        var limits = limits
        // Verification stops at this number: with none it would have found nothing.
        limits.errors = max(1, limits.errors)
        guard let first = traces.first else {
            throw InvalidInput([
                Diagnostic("the file has no trace; expected at least one", at: SourceLocation(line: 1, column: 1))
            ])
        }
        var diagnostics: [Diagnostic] = []
        if !first.entry.isEmpty {
            diagnostics.append(
                Diagnostic(
                    "the first trace is where the run begins, with an empty stack, but '\(first.name)' expects "
                        + "\(first.entry.count) words", at: first.location))
        }
        diagnostics += declarationErrors(limits)
        // What is declared wrongly makes every use wrong.
        guard diagnostics.isEmpty else { throw InvalidInput(diagnostics) }
        var verified: [VerifiedTrace] = []
        var errors: [Diagnostic] = []
        var firstValue = 0
        for index in traces.indices {
            let structure = structureErrors(of: traces[index], catalog)
            guard structure.isEmpty else { throw InvalidInput(structure) }
            var verifier = TraceVerifier(program: self, trace: index, catalog: catalog, limits: limits)
            var result = verifier.run()
            result.valueClasses = traces[index].values.indices.map { verifier.values.valueClass(of: $0) }
            result.firstValue = firstValue
            firstValue += traces[index].values.count
            verified.append(result)
            errors += verifier.diagnostics
            if errors.count >= limits.errors { break }
        }
        if !errors.isEmpty {
            if errors.count > limits.errors {
                let last = errors[limits.errors].location
                errors.removeSubrange(limits.errors...)
                errors.append(Diagnostic("more errors are left out", at: last))
            }
            throw InvalidInput(errors)
        }
        return VerifiedProgram(program: self, catalog: catalog, traces: verified)
    }
}

/// Verifies one trace in one pass over its blocks.
///
/// A label's stack is what the first way to it that is walked brings, joined with the other ways
/// known by then; ways found later (back edges, mostly) must fit it.
struct TraceVerifier {
    let program: Program
    let trace: TraceDeclaration
    let catalog: UopCatalog
    let limits: Limits
    var diagnostics: [Diagnostic] = []

    /// The state on the way into a statement.
    struct State: Equatable {
        var stack: Int32
        /// The values defined so far: the last definition's node.
        var defined: Int32
    }

    var result = VerifiedTrace()
    var values = ValueDefinitions()
    /// By label: the statement that it is.
    private var labelStatements: [Int]
    /// By label: the state there, once a way to it is known.
    private var labelStates: [State?]
    /// Labels with a state whose code is not walked yet, smallest statement first.
    private var pending = MinimumHeap()

    init(program: Program, trace index: Int, catalog: UopCatalog, limits: Limits) {
        self.program = program
        self.trace = program.traces[index]
        self.catalog = catalog
        self.limits = limits
        labelStatements = Array(repeating: trace.statements.count, count: trace.labels.count)
        labelStates = Array(repeating: nil, count: trace.labels.count)
        for (number, statement) in trace.statements.enumerated() {
            if case .label(let label) = statement.kind { labelStatements[label] = number }
        }
        values = ValueDefinitions(count: trace.values.count)
        result.states = Array(repeating: StackStates.unreachable, count: trace.statements.count)
    }

    /// Walks everything that is reached.
    mutating func run() -> VerifiedTrace {
        var stack = StackStates.empty
        for entry in trace.entry { stack = result.stacks.push(entry, on: stack) }
        noteDepth(trace.entry.count, at: trace.location)
        walk(from: 0, State(stack: stack, defined: ValueDefinitions.none))
        while let statement = pending.removeFirst() {
            guard case .label(let label) = trace.statements[statement].kind, let state = labelStates[label],
                result.states[statement] == StackStates.unreachable
            else { continue }
            walk(from: statement, state)
        }
        return result
    }

    /// Walks statements from one on until control leaves, or joins a way that was walked before.
    private mutating func walk(from start: Int, _ entry: State) {
        var state = entry
        for number in start..<trace.statements.count {
            guard diagnostics.count < limits.errors else { return }
            let statement = trace.statements[number]
            switch statement.kind {
            case .label(let label):
                // A label that begins the trace is where this walk starts, and not known before.
                if number != start || labelStates[label] == nil {
                    arrive(at: label, state, from: statement)
                    if result.states[number] != StackStates.unreachable { return }
                    state = labelStates[label] ?? state
                } else if labelStates[label] == nil {
                    // The trace begins with this label: what enters the trace is the first way to it.
                    labelStates[label] = state
                }
                result.states[number] = state.stack
            case .uop(let number_):
                let uop = catalog.uops[number_]
                result.states[number] = state.stack
                checkExit(statement, uop, state)
                execute(statement, uop, &state)
                jump(statement, uop, state)
                if uop.flags.contains(.terminator) { return }
            }
        }
        report("control runs off the end of trace '\(trace.name)'; its last uop must be a jump or leave the trace",
            at: trace.statements.last?.location ?? trace.location)
    }

    // MARK: Ways to labels

    private mutating func jump(_ statement: Statement, _ uop: UopCatalog.Uop, _ state: State) {
        guard uop.flags.contains(.jumps) else { return }
        if uop.flags.contains(.toTop) {
            arriveAtTop(state, from: statement)
            return
        }
        for (index, kind) in uop.operands.enumerated() where kind == .LABEL {
            let operand = trace.operands[Int(statement.firstOperand) + index]
            arrive(at: Int(operand.word), state, from: statement)
        }
    }

    /// The top is the trace's entry: the stack must be as there, and no value is defined.
    private mutating func arriveAtTop(_ state: State, from statement: Statement) {
        var top = StackStates.empty
        for entry in trace.entry { top = result.stacks.push(entry, on: top) }
        _ = checkStack(state.stack, isLike: top, place: "at the top of the trace", at: statement.location)
    }

    private mutating func arrive(at label: Int, _ state: State, from statement: Statement) {
        let target = labelStatements[label]
        guard target < trace.statements.count else { return }
        guard let known = labelStates[label] else {
            labelStates[label] = state
            pending.insert(target)
            return
        }
        guard known != state else { return }
        let place = "at label '\(trace.labels[label])'"
        if result.states[target] == StackStates.unreachable {
            guard checkDepth(state.stack, isLike: known.stack, place: place, at: statement.location) else { return }
            guard let stack = result.stacks.join(state.stack, known.stack) else {
                _ = checkStack(state.stack, isLike: known.stack, place: place, at: statement.location)
                return
            }
            labelStates[label] = State(stack: stack, defined: values.common(state.defined, known.defined))
        } else {
            _ = checkStack(state.stack, isLike: known.stack, place: place, at: statement.location)
            if values.common(state.defined, known.defined) != known.defined {
                report("this way to label '\(trace.labels[label])' passes by a named value's definition that the code "
                    + "there relies on", at: statement.location)
            }
        }
    }

    func label(_ label: Int) -> String { trace.labels[label] }

    private mutating func checkDepth(
        _ stack: Int32, isLike expected: Int32, place: String, at location: SourceLocation
    ) -> Bool {
        let (found, wanted) = (result.stacks.depth(of: stack), result.stacks.depth(of: expected))
        if found != wanted {
            report("the stack has \(words(found)) here, but \(words(wanted)) \(place)", at: location)
        }
        return found == wanted
    }

    mutating func checkStack(
        _ stack: Int32, isLike expected: Int32, place: String, at location: SourceLocation
    ) -> Bool {
        guard checkDepth(stack, isLike: expected, place: place, at: location) else { return false }
        if let mismatch = result.stacks.mismatch(stack, expected) {
            let which = mismatch.distance == 0 ? "the top of the stack" : "the word \(mismatch.distance) below the top"
            report("\(which) is \(mismatch.found.name) here, but \(mismatch.expected.name) \(place)", at: location)
            return false
        }
        return true
    }

    func words(_ count: Int) -> String { count == 1 ? "1 word" : "\(count) words" }

    mutating func report(_ message: String, at location: SourceLocation, note: String? = nil) {
        diagnostics.append(Diagnostic(message, at: location, note: note))
    }
}
