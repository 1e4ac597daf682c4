import UopRuntime

/// What a loop's head decides for the whole of its body.
extension RegisterAssignment {
    /// Before a loop is entered: values that it does not use give way to those that it does, as far as it needs
    /// registers; and what it uses from outside is loaded once.
    mutating func prepareLoop(_ graph: borrowing Graph) {
        let pressure = live.pressure[Int(loop)]
        markWanted(block)
        // What only exits need is not part of the pressure, phis among it.
        var forExits = (integers: 0, floats: 0)
        let head = graph.blocks[block]
        for phi in head.firstPhi..<head.firstPhi + head.phiCount
        where !live.ranges[Int(phi)].isUsed && live.ranges[Int(phi)].exitEnd > 0 {
            if places[Int(phi)].isFloat { forExits.floats += 1 } else { forExits.integers += 1 }
        }
        makeRoom(integerMask, most: Int(pressure.integers) + forExits.integers, capacity: integerCount)
        makeRoom(
            floatMask, most: Int(pressure.floats) + forExits.floats, capacity: floatCount)
        // Phis need registers, too.
        var integers = integerCount
        var floats = floatCount
        if Int(pressure.integers) > integers { integers -= 1 }
        if Int(pressure.floats) > floats { floats -= 1 }
        let info = graph.blocks[block]
        for index in 0..<info.phiCount where live.ranges[Int(info.firstPhi + index)].isUsed {
            if places[Int(info.firstPhi + index)].isFloat { floats -= 1 } else { integers -= 1 }
        }
        var rest = ~freeRegisters & (integerMask | floatMask)
        while rest != 0 {
            let register = rest.trailingZeroBitCount
            rest &= rest &- 1
            // The argument of a phi that dies gives its register to it.
            if !isNeeded(registers[register], in: block, graph) { continue }
            if register < Self.firstFloat { integers -= 1 } else { floats -= 1 }
        }
        var use = live.firstLoopUse[Int(loop)]
        while use != Graph.absent {
            let value = live.loopUses[Int(use)].value
            use = live.loopUses[Int(use)].next
            let place = places[Int(value)]
            guard place.register == Self.none, place.isConstant || place.slot >= 0 else { continue }
            let mask = place.isFloat ? floatMask : integerMask
            guard (place.isFloat ? floats : integers) > 0, freeRegisters & mask != 0 else { continue }
            if place.isFloat { floats -= 1 } else { integers -= 1 }
            _ = fetch(value, graph, except: 0)
        }
    }

    /// Evicts values that the loop does not use, as long as it may run out of registers.
    private mutating func makeRoom(_ mask: UInt32, most: Int, capacity: Int) {
        let end = loopEnd
        var excess = most - capacity
        var rest = mask & ~freeRegisters
        while rest != 0 {
            let register = rest.trailingZeroBitCount
            rest &= rest &- 1
            if wanted[Int(registers[register])] != want { excess += 1 }
        }
        // One more register than the loop needs helps where values turn round; but not at the price of a store.
        while excess >= 0 {
            var best = Self.none
            var bestKey: (Int, UInt32, Int) = (0, 0, 0)
            rest = mask & ~freeRegisters
            while rest != 0 {
                let register = UInt8(truncatingIfNeeded: rest.trailingZeroBitCount)
                rest &= rest &- 1
                let value = Int(registers[Int(register)])
                let range = live.ranges[value]
                guard range.nextUse > end else { continue }
                let isForExits = wanted[value] != want
                let key = (isForExits ? 1 : 0, range.nextUse, places[value].isStored || places[value].isConstant ? 1 : 0)
                if best == Self.none || key > bestKey { (best, bestKey) = (register, key) }
            }
            guard best != Self.none, excess > 0 || bestKey.2 == 1 else { return }
            evict(best)
            excess -= 1
        }
    }
}
