import CStencils
import UopVM

/// Single uops, with everything that they need.
extension ProgramWriter {
    /// What the class variables of a uop stand for in one use of it.
    struct Binding {
        var variables: [UopClass: UopClass] = [:]
        var helper: HelperDeclaration?
        /// The buffer that is accessed.
        var buffer: Int?
        /// Variables that a local says are not joined with other classes.
        var writesLocal = false

        /// The class of an input, or nil where anything will do.
        func wanted(_ pattern: UopClass, _ index: Int) -> UopClass? {
            switch pattern {
            case .A, .B, .C: variables[pattern]
            case .PARAMETER: helper?.parameters[index]
            default: pattern
            }
        }

        /// Whether a word of this class can be the input; notes what the variable then stands for.
        mutating func accept(_ found: UopClass, as pattern: UopClass, _ index: Int) -> Bool {
            guard let wanted = wanted(pattern, index) else {
                variables[pattern] = found
                return true
            }
            if found.isAssignable(to: wanted) {
                return true
            }
            guard pattern.isVariable, pattern != .PARAMETER, !writesLocal, let joined = wanted.joined(with: found) else {
                return false
            }
            variables[pattern] = joined
            return true
        }

        func output(_ pattern: UopClass) -> UopClass {
            pattern == .RESULT ? helper?.result ?? .I64 : variables[pattern] ?? pattern
        }
    }

    /// A uop by chance, with its inputs; words are dropped where there are many.
    mutating func writePlainUop() {
        if stack.count > floor + 7, random.chance(2) { return drop() }
        for _ in 0..<8 {
            if let number = random.pick(traits.plain), writeUop(number) { return }
        }
    }

    /// A named value: what a local is at the moment.
    mutating func writeName() {
        if let local = random.pick(allLocals) { emit(traits.load, [UInt64(local)], naming: true) }
    }

    /// A local that changes while a word on the stack still has what was in it.
    mutating func writeChangeUnderneath() {
        guard let local = chooseLocal(of: nil, isWritten: false) else { return }
        load(local)
        let outer = floor
        floor = stack.count
        for _ in 0..<random.below(3) { writePlainUop() }
        produce(program.locals[local].valueClass, depth: 1)
        store(local)
        floor = outer
    }

    /// One use of a uop: false where the program lacks what its operands name, and then nothing is written.
    ///
    /// - Parameters:
    ///   - wanted: the class of its only output, which stays on the stack.
    ///   - label: what its label operand names.
    ///   - depth: how many uops may be written for an input's input.
    ///   - fresh: whether no word of the stack may be an input.
    mutating func writeUop(
        _ number: Int, giving wanted: UopClass? = nil, label: Int = 0, depth: Int = 2, fresh: Bool = false
    ) -> Bool {
        let uop = traits.catalog.uops[number]
        var binding = Binding()
        guard let operands = chooseOperands(uop, giving: wanted, label: label, &binding) else { return false }
        if wanted == nil, random.percent(30), let arguments = chooseArguments(number, binding) {
            emit(number, operands, arguments: arguments, naming: random.chance(2) || uop.flags.contains(.peeks))
            return true
        }
        if let wanted, uop.outputs.contains(where: \.isVariable), binding.variables.isEmpty { binding.variables[.A] = wanted }
        provideInputs(number, &binding, depth: depth, fresh: fresh || wanted != nil && !binding.variables.isEmpty)
        emit(number, operands, naming: wanted == nil && random.chance(5))
        return true
    }

    // MARK: Operands

    private mutating func chooseOperands(
        _ uop: UopCatalog.Uop, giving wanted: UopClass?, label: Int, _ binding: inout Binding
    ) -> [UInt64]? {
        if uop.flags.contains(.tape), program.tape == nil { return nil }
        var operands: [UInt64] = []
        for kind in uop.operands {
            switch kind {
            case .LABEL: operands.append(UInt64(label))
            case .LOCAL_READ, .LOCAL_WRITE:
                var valueClass = binding.variables[.A] ?? wanted
                if kind == .LOCAL_WRITE {
                    binding.writesLocal = true
                    if valueClass == nil, stack.count > floor, random.percent(60) { valueClass = stack.last?.valueClass }
                }
                guard let local = chooseLocal(of: valueClass, isWritten: kind == .LOCAL_WRITE) else { return nil }
                binding.variables[.A] = program.locals[local].valueClass
                operands.append(UInt64(local))
            case .HELPER:
                guard let helper = random.pick(helpers(for: uop, giving: wanted)) else { return nil }
                binding.helper = program.helpers[helper]
                operands.append(UInt64(helper))
            case .BUFFER_I8, .BUFFER_I16, .BUFFER_I32, .BUFFER_I64, .BUFFER_F64:
                let buffers = program.buffers.indices.filter { program.buffers[$0].element == kind }
                guard let buffer = random.pick(buffers) else { return nil }
                binding.buffer = buffer
                operands.append(UInt64(buffer))
            case .IMM_I64 where uop.flags.contains(.tape) && !random.chance(12):
                // Off the tape every access exits, so small steps are what most programs take.
                operands.append(UInt64(bitPattern: Int64(random.below(7) - 3)))
            // Uops of cells trust the address that they are given.
            case .CELL: return nil
            case .IMM_I64, .IMM_F64, .IMM_OBJECT, .IMM_INDEX: operands.append(random.literal(kind) ?? 0)
            }
        }
        return operands
    }

    /// A local; to write, most often one that was just read: words on the stack may still be in it.
    private mutating func chooseLocal(of valueClass: UopClass?, isWritten: Bool) -> Int? {
        if isWritten, random.chance(2),
            let local = random.pick(readLocals.filter { valueClass == nil || program.locals[$0].valueClass == valueClass })
        { return local }
        let local = random.pick(valueClass.map { locals[$0] ?? [] } ?? allLocals)
        if !isWritten, let local {
            readLocals.append(local)
            if readLocals.count > 4 { readLocals.removeFirst() }
        }
        return local
    }

    private func helpers(for uop: UopCatalog.Uop, giving wanted: UopClass?) -> [Int] {
        let shape = uop.helperShape
        return program.helpers.indices.filter { index in
            let helper = program.helpers[index]
            if shape.isForTape {
                return helper.parameters.isEmpty && helper.result == .I64 || helper.parameters == [.I64] && helper.result == nil
            }
            return helper.parameters.count == shape.parameterCount && (helper.result != nil) == shape.hasResult
                && (wanted == nil || helper.result == wanted)
        }
    }

    // MARK: Inputs

    /// Named values for all inputs; nil where none fit.
    private mutating func chooseArguments(_ number: Int, _ binding: Binding) -> [NamedValue]? {
        let uop = traits.catalog.uops[number]
        guard !uop.inputs.isEmpty, !scope.isEmpty else { return nil }
        var binding = binding
        var arguments: [NamedValue] = []
        for (index, pattern) in uop.inputs.enumerated() {
            let start = random.below(scope.count)
            let order = scope[start...] + scope[..<start]
            let value = order.first { value in
                isUsable(value.word, by: number, index) && binding.accept(value.word.valueClass, as: pattern, index)
            }
            guard let value else { return nil }
            arguments.append(value)
        }
        return arguments
    }

    /// Whether the uop may see this word: not the bits of a NaN that are not defined.
    private func isUsable(_ word: Word, by number: Int, _ input: Int) -> Bool {
        word.isExact || !traits.showsNaNs[number][input]
    }

    /// Sees to it that the uop's inputs are on the stack: some of the words that are there, and new ones.
    private mutating func provideInputs(_ number: Int, _ binding: inout Binding, depth: Int, fresh: Bool) {
        let uop = traits.catalog.uops[number]
        var ready = 0
        // What may fail takes new words more often: those are mostly small, and it succeeds.
        let reuses = !fresh && !random.percent(uop.flags.contains(.exits) ? 55 : 15)
        if reuses {
            for count in (1...max(1, uop.inputs.count)).reversed() where count <= uop.inputs.count {
                if let found = acceptTop(count, number, binding) {
                    (ready, binding) = (count, found)
                    break
                }
            }
        }
        let outer = floor
        for index in ready..<max(ready, uop.inputs.count) {
            // What is there for this uop is not for those that make its other inputs.
            if fresh || index > 0 { floor = stack.count }
            if pushPassingWord(number, index, binding) { continue }
            let pattern = uop.inputs[index]
            var wanted = binding.wanted(pattern, index) ?? anyClass()
            // A guard that always fails is no guard.
            if uop.flags.contains(.guards), uop.outputs[index].isObject, random.percent(80) { wanted = uop.outputs[index] }
            produce(wanted, exact: traits.showsNaNs[number][index], depth: depth)
            _ = binding.accept(stack[stack.count - 1].valueClass, as: pattern, index)
        }
        floor = outer
    }

    /// Pushes a word with which the uop does not exit, most of the time: where every other uop left, programs would
    /// be short. False where nothing was pushed.
    private mutating func pushPassingWord(_ number: Int, _ index: Int, _ binding: Binding) -> Bool {
        let uop = traits.catalog.uops[number]
        let pattern = uop.inputs[index]
        guard uop.flags.contains(.exits), let literal = traits.literals[pattern] else { return false }
        if let buffer = binding.buffer, index == 0, pattern == .I64, program.buffers[buffer].count > 0, random.percent(70) {
            emit(literal, [UInt64(random.below(program.buffers[buffer].count))])
            return true
        }
        guard let word = random.pick(traits.passingWords[number]), random.percent(50) else { return false }
        emit(literal, [word])
        return true
    }

    /// The binding with which the topmost words are the first inputs; nil where they cannot be.
    private func acceptTop(_ count: Int, _ number: Int, _ binding: Binding) -> Binding? {
        let uop = traits.catalog.uops[number]
        guard stack.count - count >= (uop.flags.contains(.peeks) ? 0 : floor) else { return nil }
        var binding = binding
        for (index, word) in stack.suffix(count).enumerated() {
            guard isUsable(word, by: number, index), binding.accept(word.valueClass, as: uop.inputs[index], index) else {
                return nil
            }
        }
        return binding
    }

    /// Pushes a new word that can serve as one of this class.
    mutating func produce(_ wanted: UopClass, exact: Bool = false, depth: Int) {
        let candidates =
            exact && wanted == .F64
            ? traits.exactProducers : (depth > 0 && random.chance(2) ? traits.producers : traits.leaves)[wanted] ?? []
        for _ in 0..<6 {
            if let number = random.pick(candidates), writeUop(number, giving: wanted, depth: depth - 1) { return }
        }
        if let local = random.pick(locals[wanted] ?? []) { load(local) }
    }

    mutating func load(_ local: Int) { emit(traits.load, [UInt64(local)]) }
    mutating func store(_ local: Int) { emit(traits.store, [UInt64(local)]) }

    /// Takes the top of the stack away.
    mutating func drop() {
        if let top = stack.last, random.chance(3), let local = random.pick(locals[top.valueClass] ?? []) {
            store(local)
        } else {
            emit(traits.pop)
        }
    }

    /// Makes the stack one that a place accepts which expects these words.
    mutating func shape(to target: [Word]) {
        var kept = 0
        while kept < min(stack.count, target.count), stack[kept].valueClass.isAssignable(to: target[kept].valueClass),
            stack[kept].isExact || !target[kept].isExact
        { kept += 1 }
        while stack.count > kept { drop() }
        let outer = floor
        for word in target[kept...] {
            floor = stack.count
            produce(word.valueClass, exact: word.isExact, depth: 1)
        }
        floor = outer
    }
}
