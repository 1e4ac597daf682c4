import CStencils

/// Variables, and going from one state to another.
///
/// A change of state begins with `beginChange`, may lead over several states with `move`, and ends with
/// `endChange`. No exit is passed meanwhile: a variable's binding is seen by exits until the change first
/// touches the variable.
extension GraphBuilder {
    /// The value of a variable here.
    @inline(__always)
    mutating func read(_ variable: Int, _ graph: inout Graph) -> Graph.Value {
        let value = variables[variable].value
        return value != Graph.absent ? value : readEntry(variable, &graph)
    }

    @inline(never)
    private mutating func readEntry(_ variable: Int, _ graph: inout Graph) -> Graph.Value {
        let value = entry(of: variable, &graph)
        variables[variable].value = value
        return value
    }

    /// The word that the variable had when the region was entered.
    mutating func entry(of variable: Int, _ graph: inout Graph) -> Graph.Value {
        if variables[variable].entry == Graph.absent {
            variables[variable].entry = appendEntry(
                offset: variable * FrameLayout.word, valueClass(of: variable), &graph)
        }
        return variables[variable].entry
    }

    /// Gives a variable a value.
    @inline(__always)
    mutating func bind(_ variable: Int, to value: Graph.Value, _ graph: inout Graph) {
        let current = variables[variable]
        if current.value == value { return }
        let exitCount = UInt32(truncatingIfNeeded: graph.exits.count)
        if current.binding != Graph.absent, current.walk < firstWalkOfChange { close(current.binding, &graph) }
        let binding = UInt32(truncatingIfNeeded: graph.bindings.count)
        graph.bindings.append(
            Graph.Binding(
                variable: UInt32(truncatingIfNeeded: variable * FrameLayout.word), value: value, previous: head,
                hidden: current.binding, firstExit: exitCount, lastExit: Graph.absent))
        head = binding
        variables[variable].binding = binding
        variables[variable].value = value
    }

    /// A binding that was visible until here.
    @inline(__always)
    private func close(_ binding: UInt32, _ graph: inout Graph) {
        let exitCount = UInt32(truncatingIfNeeded: graph.exits.count)
        if exitCount > graph.bindings[Int(binding)].firstExit { graph.bindings[Int(binding)].lastExit = exitCount - 1 }
    }

    // MARK: Changes

    mutating func beginChange() {
        walk += 1
        firstWalkOfChange = walk
        changed.removeAll()
    }

    /// What was changed so far no longer counts as changed, but was seen by exits until the change began.
    mutating func restartChange() {
        walk += 1
        changed.removeAll()
    }

    mutating func endChange() {
        walk += 1
        firstWalkOfChange = walk
    }

    /// Goes to the state of a binding.
    ///
    /// - Returns: the last binding that both states have.
    @discardableResult
    mutating func move(to target: UInt32, _ graph: inout Graph) -> UInt32 {
        // Bindings have larger numbers than those before them; `absent` is the root of the tree.
        var (from, to) = (Int32(bitPattern: head), Int32(bitPattern: target))
        path.removeAll()
        while from != to {
            work += 1
            if from > to {
                let binding = graph.bindings[Int(from)]
                let variable = Int(binding.variable) / FrameLayout.word
                touch(variable, &graph)
                variables[variable].binding = binding.hidden
                variables[variable].value =
                    binding.hidden == Graph.absent ? variables[variable].entry : graph.bindings[Int(binding.hidden)].value
                from = Int32(bitPattern: binding.previous)
            } else {
                path.append(UInt32(bitPattern: to))
                to = Int32(bitPattern: graph.bindings[Int(to)].previous)
            }
        }
        while path.count > 0 {
            let number = path.removeLast()
            let binding = graph.bindings[Int(number)]
            let variable = Int(binding.variable) / FrameLayout.word
            touch(variable, &graph)
            variables[variable].binding = number
            variables[variable].value = binding.value
        }
        head = target
        return UInt32(bitPattern: from)
    }

    @inline(__always)
    private mutating func touch(_ variable: Int, _ graph: inout Graph) {
        let current = variables[variable]
        guard current.walk != walk else { return }
        if current.walk < firstWalkOfChange, current.binding != Graph.absent { close(current.binding, &graph) }
        variables[variable].walk = walk
        changed.append(UInt32(truncatingIfNeeded: variable))
    }

    // MARK: Classes

    func isNamedValue(_ variable: Int) -> Bool { variable >= firstNamedValue }

    /// Whether the variable has the word here that it had at the entry.
    func isUnbound(_ value: Graph.Value, _ variable: Int) -> Bool {
        value == Graph.absent || value == variables[variable].entry
    }

    /// The class that a variable's values have; of a named value, one that lives in the same kind of register.
    func valueClass(of variable: Int) -> UopClass {
        // The position in the source, and addresses of buffers.
        if variable < FrameLayout.header / FrameLayout.word || variable >= layout.buffer(0) / FrameLayout.word { return .I64 }
        return isNamedValue(variable)
            ? valueClasses[variable - firstNamedValue - firstValueOfTrace]
            : locals[variable - FrameLayout.header / FrameLayout.word].valueClass
    }
}
