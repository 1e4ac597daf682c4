import CStencils
import UopRuntime

/// The walk over a region's blocks, and what blocks expect of those who come.
extension RegisterAssignment {
    /// Makes the steps of a region.
    ///
    /// - Parameters:
    ///   - number: the region's place among those of the program.
    ///   - exits: the program's exits: those that lead into other traces bring the frame up to date.
    /// - Returns: false where the graph is too large.
    mutating func assign(
        _ graph: borrowing Graph, region number: Int, exits: [RegionExit], layout: FrameLayout
    ) -> Bool {
        self.layout = layout
        guard live.compute(graph, catalog) else { return false }
        begin(graph)
        plan.entries.append(UInt32(truncatingIfNeeded: plan.steps.count))
        for index in 0..<graph.blocks.count {
            block = index
            loop = graph.blocks[index].loop
            loopStart = loop == Graph.absent ? 0 : live.blocks[Int(graph.loops[Int(loop)].first)].start
            loopEnd = loop == Graph.absent ? LiveRanges.never : live.blocks[Int(graph.loops[Int(loop)].last)].end
            blockEnd = live.blocks[index].end
            markLeaving(graph)
            if notes != nil { note(nil, region: number, graph) }
            enterBlock(graph)
            findLoopRegisters(graph)
            blockSteps[index] = UInt32(truncatingIfNeeded: plan.steps.count)
            var node = graph.blocks[index].first
            while node != Graph.absent {
                position = live.positions[Int(node)]
                if notes != nil { note(Int(node), region: number, graph) }
                assign(Int(node), region: number, exits, graph)
                node = graph.nodes[Int(node)].next
            }
        }
        resolveTargets()
        return spillCount <= layout.spillCount
    }

    /// Notes what the blocks behind this one need.
    private mutating func markLeaving(_ graph: borrowing Graph) {
        markLeaving(graph.blocks[block].fallThrough, graph)
        if fault != .registersIgnoreJumps { markLeaving(graph.blocks[block].jump, graph) }
    }

    private mutating func markLeaving(_ edge: UInt32, _ graph: borrowing Graph) {
        guard edge != Graph.absent else { return }
        var need = live.firstNeed[Int(graph.edges[Int(edge)].to)]
        while need != Graph.absent {
            leaving[Int(live.needs[Int(need)].value)] = UInt32(truncatingIfNeeded: block + 1)
            need = live.needs[Int(need)].next
        }
    }

    /// Notes what a block needs, for `isNeeded`.
    mutating func markWanted(_ target: Int) {
        want += 1
        var need = live.firstNeed[target]
        while need != Graph.absent {
            wanted[Int(live.needs[Int(need)].value)] = want
            need = live.needs[Int(need)].next
        }
    }

    private mutating func begin(_ graph: borrowing Graph) {
        findOverwrittenWords(graph)
        places.fill(graph.nodes.count, with: Place())
        leaving.fill(graph.nodes.count, with: 0)
        wanted.fill(graph.nodes.count, with: 0)
        want = 0
        for value in 0..<graph.nodes.count {
            places[value].isFloat = LiveRanges.isFloat(graph.nodes[value])
            let uop = graph.nodes[value].uop
            if uop == Graph.Special.constant { places[value].isConstant = true }
            if uop == Graph.Special.entry, !isOverwritten(graph.nodes[value].operand) {
                places[value].slot = Int32(truncatingIfNeeded: graph.nodes[value].operand)
                places[value].isStored = true
            }
        }
        registers.fill(Self.registerCount, with: Graph.absent)
        freeRegisters = integerMask | floatMask
        // The host replays changes backward from an exit: here everything is empty.
        for register in 0..<Self.registerCount {
            plan.log.append(PlannedCode.Event(register: UInt8(register), value: Graph.absent))
        }
        blockStates.fill(graph.blocks.count, with: -1)
        blockSteps.fill(graph.blocks.count, with: 0)
        states.removeAll()
        stateRegisters.removeAll()
        plan.fixups.removeAll()
        spillCount = 0
        isCold = false
    }

    /// Words of variables that code of the region changes: uops that use locals in the frame do.
    private mutating func findOverwrittenWords(_ graph: borrowing Graph) {
        visited += 1
        for node in 0..<graph.nodes.count {
            let uop = graph.nodes[node].uop
            guard uop == Graph.Special.store || uop == Graph.Special.load, graph.nodes[node].block != Graph.absent else { continue }
            let variable = Int(graph.nodes[node].operand) / FrameLayout.word
            while visits.count <= variable { visits.append(0) }
            visits[variable] = visited
        }
    }

    /// Whether the word at an offset is one of those that were found last.
    private func isOverwritten(_ offset: UInt32) -> Bool {
        let variable = Int(offset) / FrameLayout.word
        return variable < visits.count && visits[variable] == visited
    }

    private mutating func resolveTargets() {
        for index in 0..<plan.fixups.count {
            let fixup = plan.fixups[index]
            if fixup.isCold {
                plan.cold[Int(fixup.step)].target = blockSteps[Int(fixup.block)]
            } else {
                plan.steps[Int(fixup.step)].target = blockSteps[Int(fixup.block)]
            }
        }
    }

    private mutating func findLoopRegisters(_ graph: borrowing Graph) {
        loopRegisters = 0
        guard loop != Graph.absent, blockStates[Int(graph.loops[Int(loop)].first)] >= 0 else { return }
        let head = Int(graph.loops[Int(loop)].first)
        let state = states[Int(blockStates[head])]
        var rest = state.taken
        while rest != 0 {
            let register = rest.trailingZeroBitCount
            rest &= rest &- 1
            if isPhi(stateRegisters[Int(state.first) + register], of: head, graph) { loopRegisters |= 1 << UInt32(register) }
        }
    }

    // MARK: Into blocks

    private mutating func enterBlock(_ graph: borrowing Graph) {
        let info = graph.blocks[block]
        position = live.blocks[block].start
        let edge = block > 0 ? graph.blocks[block - 1].fallThrough : Graph.absent
        let isHead = loop != Graph.absent && Int(graph.loops[Int(loop)].first) == block
        if edge == Graph.absent {
            if blockStates[block] >= 0 { adopt(graph) }
            return
        }
        guard info.phiCount > 0 || graph.edges[Int(info.firstIncoming)].nextIncoming != Graph.absent else { return }
        if blockStates[block] < 0 {
            if isHead { prepareLoop(graph) }
            layDown(edge, graph)
        }
        takeArguments(edge, graph)
        moveAlong(edge, graph)
        adopt(graph)
        if isHead, isInnermost(graph) {
            append(Step(form: Int(Step.alignment), firstOperand: 0))
        }
    }

    private func isInnermost(_ graph: borrowing Graph) -> Bool {
        // Inner loops come behind those around them.
        Int(loop) + 1 >= graph.loops.count || graph.loops[Int(loop) + 1].parent != loop
    }

    /// The arguments of an edge are used.
    private mutating func takeArguments(_ edge: UInt32, _ graph: borrowing Graph) {
        let (target, first) = (Int(graph.edges[Int(edge)].to), Int(graph.edges[Int(edge)].firstArgument))
        for index in 0..<Int(graph.blocks[target].phiCount) {
            live.ranges[Int(graph.arguments[first + index])].nextUse = live.nextArgumentUses[first + index]
        }
    }

    /// Lays down a block's state by the first way into it that is known: what is needed there stays where it is, and
    /// phis get registers, if possible those of their arguments.
    private mutating func layDown(_ edge: UInt32, _ graph: borrowing Graph) {
        let target = Int(graph.edges[Int(edge)].to)
        markWanted(target)
        let first = stateRegisters.count
        var stored: UInt32 = 0
        var free: UInt32 = 0
        for register in 0..<Self.registerCount {
            let value = registers[register]
            var kept = Graph.absent
            if value != Graph.absent, isNeeded(value, in: target, graph) {
                kept = value
                if places[Int(value)].isStored { stored |= 1 << UInt32(register) }
            } else {
                free |= 1 << UInt32(register)
            }
            stateRegisters.append(kept)
        }
        placePhis(of: target, edge, &free, firstRegister: first, graph)
        blockStates[target] = Int32(truncatingIfNeeded: states.count)
        let taken = ~free & (integerMask | floatMask)
        states.append(State(first: UInt32(truncatingIfNeeded: first), taken: taken, stored: stored))
        hintArguments(of: target, firstRegister: first, taken, graph)
    }

    /// Whether the block whose needs were marked last needs a value from before.
    @inline(__always)
    func isNeeded(_ value: UInt32, in target: Int, _ graph: borrowing Graph) -> Bool {
        if wanted[Int(value)] == want { return true }
        let range = live.ranges[Int(value)]
        let start = live.blocks[target].start
        // Ranges of what only exits need have no gaps: blocks may lie in them that are reached without the value.
        return range.start < start && range.exitEnd >= start
            && graph.dominators.dominates(graph.nodes[Int(value)].block, UInt32(truncatingIfNeeded: target))
    }

    private mutating func placePhis(
        of target: Int, _ edge: UInt32, _ free: inout UInt32, firstRegister first: Int, _ graph: borrowing Graph
    ) {
        let info = graph.blocks[target]
        let arguments = Int(graph.edges[Int(edge)].firstArgument)
        // Those that code uses, then those that only exits see.
        for forCode in [true, false] {
            for index in 0..<Int(info.phiCount) {
                let phi = info.firstPhi + UInt32(truncatingIfNeeded: index)
                let range = live.ranges[Int(phi)]
                guard range.isUsed || range.exitEnd > 0, range.isUsed == forCode else { continue }
                let mask = places[Int(phi)].isFloat ? floatMask : integerMask
                let own = places[Int(graph.arguments[arguments + index])].register
                let hint = places[Int(phi)].hint
                var register = Self.none
                if hint != Self.none, free & mask & (1 << UInt32(hint)) != 0 {
                    register = hint
                } else if own != Self.none, free & mask & (1 << UInt32(own)) != 0 {
                    register = own
                } else if free & mask != 0 {
                    register = UInt8(truncatingIfNeeded: (free & mask).trailingZeroBitCount)
                }
                if register == Self.none {
                    _ = slot(of: phi)
                } else {
                    free &= ~(1 << UInt32(register))
                    stateRegisters[first + Int(register)] = phi
                }
            }
        }
    }

    /// Values that are made for a phi are made in its register, if it is free then.
    private mutating func hintArguments(
        of target: Int, firstRegister first: Int, _ taken: UInt32, _ graph: borrowing Graph
    ) {
        let info = graph.blocks[target]
        guard info.phiCount > 0 else { return }
        var rest = taken
        while rest != 0 {
            let register = rest.trailingZeroBitCount
            rest &= rest &- 1
            let phi = stateRegisters[first + register]
            guard phi >= info.firstPhi, phi < info.firstPhi + info.phiCount else { continue }
            var edge = info.firstIncoming
            while edge != Graph.absent {
                let argument = graph.arguments[Int(graph.edges[Int(edge)].firstArgument) + Int(phi - info.firstPhi)]
                places[Int(argument)].hint = UInt8(register)
                edge = graph.edges[Int(edge)].nextIncoming
            }
        }
    }

    /// Whether a value is one that a block takes from each edge.
    func isPhi(_ value: UInt32, of target: Int, _ graph: borrowing Graph) -> Bool {
        let info = graph.blocks[target]
        return value >= info.firstPhi && value < info.firstPhi + info.phiCount
    }

    /// Emits what is to be moved on an edge; nothing changes in the books.
    mutating func moveAlong(_ edge: UInt32, _ graph: borrowing Graph) {
        collectMoves(edge, graph)
        if moves.count > 0 { emitMoves(graph) }
    }

    /// Fills `moves` with what an edge must move.
    mutating func collectMoves(_ edge: UInt32, _ graph: borrowing Graph) {
        let target = Int(graph.edges[Int(edge)].to)
        let info = graph.blocks[target]
        let state = states[Int(blockStates[target])]
        let arguments = Int(graph.edges[Int(edge)].firstArgument)
        moves.removeAll()
        markWanted(target)
        var rest = state.taken | ~freeRegisters & (integerMask | floatMask)
        while rest != 0 {
            let register = rest.trailingZeroBitCount
            rest &= rest &- 1
            let wanted = stateRegisters[Int(state.first) + register]
            if wanted != Graph.absent {
                if isPhi(wanted, of: target, graph) {
                    addMove(of: graph.arguments[arguments + Int(wanted - info.firstPhi)], to: UInt32(register))
                } else {
                    addMove(of: wanted, to: UInt32(register))
                    // The others rely on the frame's having it.
                    if state.stored & (1 << UInt32(register)) != 0, fault != .registersForgetWhatIsStored { addStore(of: wanted) }
                }
            }
            let present = registers[register]
            if present != Graph.absent, present != wanted, isNeeded(present, in: target, graph), !isIn(state, present) {
                addStore(of: present)
            }
        }
        for index in 0..<Int(info.phiCount) {
            let phi = info.firstPhi + UInt32(truncatingIfNeeded: index)
            guard places[Int(phi)].slot >= 0, live.ranges[Int(phi)].isUsed || live.ranges[Int(phi)].exitEnd > 0, !isIn(state, phi) else { continue }
            addMove(of: graph.arguments[arguments + index], to: Self.frameBit | UInt32(places[Int(phi)].slot))
        }
    }

    private func isIn(_ state: State, _ value: UInt32) -> Bool {
        var rest = state.taken
        while rest != 0 {
            if stateRegisters[Int(state.first) + rest.trailingZeroBitCount] == value { return true }
            rest &= rest &- 1
        }
        return false
    }

    /// The frame must have a value from here on.
    private mutating func addStore(of value: UInt32) {
        let place = places[Int(value)]
        if place.isStored || place.isConstant || place.register == Self.none { return }
        let slot = slot(of: value)
        moves.append(
            Move(source: UInt32(place.register), target: Self.frameBit | UInt32(slot), isFloat: place.isFloat))
    }

    /// Takes over a block's state.
    private mutating func adopt(_ graph: borrowing Graph) {
        let state = states[Int(blockStates[block])]
        var rest = ~freeRegisters & (integerMask | floatMask)
        while rest != 0 {
            let register = rest.trailingZeroBitCount
            rest &= rest &- 1
            let value = registers[register]
            if stateRegisters[Int(state.first) + register] != value {
                // What is not in a register from here on is in the frame.
                places[Int(value)].isStored = true
                release(UInt8(register))
            }
        }
        rest = state.taken
        while rest != 0 {
            let register = rest.trailingZeroBitCount
            rest &= rest &- 1
            let value = stateRegisters[Int(state.first) + register]
            if registers[register] != value { occupy(UInt8(register), with: value) }
            places[Int(value)].isStored = state.stored & (1 << UInt32(register)) != 0
        }
    }

    // MARK: Out of blocks

    /// Lays down the state of the block that a jump leads to, if this is the first way there, and collects what has
    /// to be moved on it.
    mutating func prepareJump(_ edge: UInt32, _ graph: borrowing Graph) {
        if blockStates[Int(graph.edges[Int(edge)].to)] < 0 { layDown(edge, graph) }
        takeArguments(edge, graph)
        collectMoves(edge, graph)
    }

    /// A step that jumps to a block, whose first step may not be known yet.
    mutating func appendJump(_ step: Step, to target: UInt32) {
        let number = isCold ? plan.cold.count : plan.steps.count
        plan.fixups.append(
            PlannedCode.Fixup(step: UInt32(truncatingIfNeeded: number), isCold: isCold, block: target))
        append(step)
    }
}
