import UopRuntime

/// Points where code leaves.
extension RegisterAssignment {
    /// What exits of the region that was assigned last need to know.
    func state(of graph: borrowing Graph, origins: [UInt32]) -> ExitStates.RegionState {
        var slots: [Int32] = []
        slots.reserveCapacity(places.count)
        for value in 0..<places.count { slots.append(places[value].slot) }
        var exits = graph.exits.array
        if fault == .exitsForgetTheLastVariable {
            for index in exits.indices where exits[index].binding != Graph.absent {
                exits[index].binding = graph.bindings[Int(exits[index].binding)].previous
            }
        }
        return ExitStates.RegionState(
            nodes: graph.nodes.array, operands: graph.operands.array, exits: exits,
            bindings: graph.bindings.array, stackCells: graph.stackCells.array, slots: slots,
            origins: origins)
    }

    /// Notes an exit with the state as it is now, and makes its code: out of line, a step that the returned number
    /// names. An exit into another trace brings the frame up to date; for others the host does it.
    mutating func exitPoint(
        _ number: Int, _ region: Int, _ exits: [RegionExit], _ graph: borrowing Graph
    ) -> UInt32 {
        let exit = graph.exits[number]
        let first = UInt32(truncatingIfNeeded: plan.cold.count)
        let point = plan.exits.count
        plan.exits.append(
            PlannedCode.ExitPoint(
                region: UInt32(truncatingIfNeeded: region), exit: UInt32(truncatingIfNeeded: number),
                eventCount: UInt32(truncatingIfNeeded: plan.log.count - (fault == .exitsSeeOldRegisters ? 1 : 0))))
        isCold = true
        if exit.number != Graph.absent, point != forcedPoint, case .trace = exits[Int(exit.number)].target { updateFrame(exit, graph) }
        emit(catalog.move.exit, UInt64(point), registers: Step.Registers())
        isCold = false
        if point == forcedPoint {
            append(Step(form: Int(catalog.move.jump), firstOperand: 0, target: Int(first | PlannedCode.coldBit)))
        }
        return first | PlannedCode.coldBit
    }

    /// Every variable into its own word, and the stack's words into theirs.
    private mutating func updateFrame(_ exit: Graph.Exit, _ graph: borrowing Graph) {
        moves.removeAll()
        visited += 1
        var binding = exit.binding
        while binding != Graph.absent {
            let entry = graph.bindings[Int(binding)]
            let variable = Int(entry.variable) / FrameLayout.word
            while visits.count <= variable { visits.append(0) }
            if visits[variable] != visited {
                visits[variable] = visited
                addMove(of: entry.value, to: Self.frameBit | entry.variable)
            }
            binding = entry.previous
        }
        var cell = exit.stack
        for index in (0..<Int(exit.depth)).reversed() {
            if fault == .exitsForgetTheTop, index == Int(exit.depth) - 1 {
                cell = graph.stackCells[Int(cell)].below
                continue
            }
            addMove(of: graph.stackCells[Int(cell)].value, to: Self.frameBit | UInt32(layout.stack(index)))
            cell = graph.stackCells[Int(cell)].below
        }
        emitMoves(graph)
    }
}
