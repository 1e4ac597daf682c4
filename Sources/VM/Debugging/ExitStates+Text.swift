import UopRuntime

/// What an exit's snapshot says, for dumps.
extension ExitStates {
    /// Bindings that are shown at most, and how far they are looked for: exits share long lists.
    private static let shown = 16
    private static let searched = 200

    /// "{n = v3 in r14, sum = 0 | v2 in r13}": where each variable is that has a value of its own, and behind the bar
    /// each word of the stack from its bottom. The same look-up as in `restore`.
    func text(of point: Int, _ names: StepNames) -> String {
        let region = regions[Int(points[point].region)]
        let exit = exit(of: point)
        let registers = registers(at: Int(points[point].eventCount))
        func place(_ value: Graph.Value) -> String {
            let node = region.nodes[Int(value)]
            if let register = registers.firstIndex(of: value) { return "v\(value) in \(names.register(register))" }
            if node.uop == Graph.Special.constant {
                return node.valueClass.text(of: region.operands[Int(node.operand)])
            }
            if node.block == Graph.absent { return "v\(value), computed by the host" }
            return "v\(value) in \(names.place(UInt64(region.slots[Int(value)])))"
        }
        var seen: Set<UInt32> = []
        var parts: [String] = []
        var (binding, steps) = (exit.binding, 0)
        while binding != Graph.absent, parts.count < Self.shown, steps < Self.searched {
            let entry = region.bindings[Int(binding)]
            if seen.insert(entry.variable).inserted {
                parts.append("\(names.place(UInt64(entry.variable))) = \(place(entry.value))")
            }
            binding = entry.previous
            steps += 1
        }
        if binding != Graph.absent { parts.append("...") }
        var words: [String] = []
        var cell = exit.stack
        while cell != Graph.absent, words.count < Self.shown {
            words.append(place(region.stackCells[Int(cell)].value))
            cell = region.stackCells[Int(cell)].below
        }
        if cell != Graph.absent { words.append("...") }
        let stack = words.isEmpty ? "" : " | " + words.reversed().joined(separator: ", ")
        return "{\(parts.joined(separator: ", "))\(stack)}"
    }
}
