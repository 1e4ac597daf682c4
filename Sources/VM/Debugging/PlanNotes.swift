import UopRuntime

/// Where values are when assignment comes to a block or a node: for dumps.
package struct PlanNote {
    package var region: Int
    package var block: Int
    /// Nil for the note before a block.
    package var node: Int?
    /// The first step in line that is made behind it.
    package var step: Int
    /// By register: its value.
    package var registers: [(register: Int, value: UInt32)] = []
    /// Words of the frame, as offsets, that are kept for values which are in no register.
    package var slots: [(offset: Int, value: UInt32)] = []
}

extension RegisterAssignment {
    /// Notes where values are that are needed from here on.
    mutating func note(_ node: Int?, region: Int, _ graph: borrowing Graph) {
        var note = PlanNote(region: region, block: block, node: node, step: plan.steps.count)
        // Before a block there is no position yet to ask from.
        if node != nil {
            for value in 0..<places.count {
                let place = places[value]
                guard !isDead(UInt32(value)) else { continue }
                if place.register != Self.none {
                    note.registers.append((Int(place.register), UInt32(value)))
                } else if place.slot >= 0, !place.isConstant {
                    note.slots.append((Int(place.slot), UInt32(value)))
                }
            }
            note.registers.sort { $0.register < $1.register }
            note.slots.sort { $0.offset < $1.offset }
        }
        notes?.append(note)
    }
}
