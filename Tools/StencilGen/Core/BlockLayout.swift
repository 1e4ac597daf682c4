import CStencils

// x86-64 ELF with -fbasic-block-sections=all: a function is a list of blocks, a section each, and
// every branch out of a block has a relocation. Putting the blocks in order is then linking; only two
// encodings need to be known (Intel SDM, volume 2, JMP and Jcc):
//
//     E9 rel32      jmp: it falls away where its target is what follows
//     0F 8x rel32   jcc: bit 0 of x inverts the condition
//
// Neither opcode byte can be a ModRM byte of a PC-relative operand (mod 00, r/m 101), so that a
// relocation's preceding bytes tell what it belongs to.

/// A basic block, and what its branches and references lead to.
struct Block {
    /// Where a relocation of a block leads.
    enum Reference: Equatable {
        case block(Int)
        case target(Stencil.Target)
    }

    struct Relocation {
        var offset: Int
        var kind: UopHoleKind
        var reference: Reference
        var addend: Int64
    }

    var bytes: [UInt8]
    var relocations: [Relocation]

    private static let jumpSize = 5

    /// The relocation of the `jmp` that ends the block, or nil where it ends otherwise.
    fileprivate var finalJump: Relocation? {
        guard let last = relocations.last, last.kind == .pcRelative32, last.addend == -4,
            last.offset == bytes.count - 4, last.offset >= 1, bytes[last.offset - 1] == 0xE9
        else { return nil }
        return last
    }

    /// The index of the `jcc` right before the final `jmp`, or nil.
    fileprivate var conditionalBeforeFinalJump: Int? {
        guard finalJump != nil, relocations.count >= 2 else { return nil }
        let index = relocations.count - 2
        let candidate = relocations[index]
        guard candidate.kind == .pcRelative32, candidate.addend == -4,
            candidate.offset == bytes.count - Self.jumpSize - 4, candidate.offset >= 2,
            bytes[candidate.offset - 2] == 0x0F, bytes[candidate.offset - 1] & 0xF0 == 0x80
        else { return nil }
        return index
    }

    /// What the block forwards to where it is nothing but a jump.
    fileprivate var forwardsTo: Reference? { bytes.count == Self.jumpSize ? finalJump?.reference : nil }

    /// Drops the final jump: its target follows.
    fileprivate mutating func dropFinalJump() {
        relocations.removeLast()
        bytes.removeLast(Self.jumpSize)
    }

    /// `jcc A; jmp B` becomes `jncc B; jmp A`.
    fileprivate mutating func invert(conditional index: Int) {
        bytes[relocations[index].offset - 1] ^= 1
        let last = relocations.count - 1
        (relocations[index].reference, relocations[last].reference) =
            (relocations[last].reference, relocations[index].reference)
    }
}

/// Puts a function's blocks in order: the way to the next uop straight ahead in the hot fragment,
/// the rest in the cold one.
struct BlockLayout {
    private var blocks: [Block]
    private var placed: Set<Int> = []
    /// Blocks from which only exits are reached.
    private var cold: Set<Int> = []

    /// `blocks[0]` is the function's entry.
    init(_ blocks: [Block]) {
        self.blocks = blocks
        forwardJumps()
        findCold()
    }

    /// The fragments. References between blocks of one fragment are resolved in the bytes; those into the other
    /// fragment are holes.
    mutating func fragments() -> (hot: Stencil.Fragment, cold: Stencil.Fragment) {
        let hot = chain(from: 0)
        var rest: [Int] = []
        var pending = references(of: hot)
        while let next = pending.first {
            let more = chain(from: next)
            rest += more
            pending = pending.dropFirst() + references(of: more)
            pending.removeAll { placed.contains($0) }
        }
        let starts = [starts(of: hot), starts(of: rest)]
        return (
            assemble(hot, fragment: 0, starts: starts), assemble(rest, fragment: 1, starts: starts)
        )
    }

    /// Replaces references to blocks that only jump by what they jump to.
    private mutating func forwardJumps() {
        for index in blocks.indices {
            for position in blocks[index].relocations.indices {
                // A chain of forwarders may be a loop (`for (;;);`): as many steps as blocks suffice.
                for _ in blocks.indices {
                    guard case .block(let target) = blocks[index].relocations[position].reference,
                        let further = blocks[target].forwardsTo
                    else { break }
                    blocks[index].relocations[position].reference = further
                }
            }
        }
    }

    private mutating func findCold() {
        // A block is hot when something but an exit is reached: grow the hot set until it stands.
        var hot: Set<Int> = []
        var grown = true
        while grown {
            grown = false
            for (index, block) in blocks.enumerated() where !hot.contains(index) {
                let isHot =
                    block.finalJump == nil
                    || block.relocations.contains {
                        switch $0.reference {
                        case .block(let target): hot.contains(target)
                        case .target(.continuation): true
                        case .target: false
                        }
                    }
                if isHot {
                    hot.insert(index)
                    grown = true
                }
            }
        }
        cold = Set(blocks.indices).subtracting(hot)
    }

    /// Places blocks one behind the other from `start` on, as long as one can follow, and drops the
    /// jumps that this saves.
    private mutating func chain(from start: Int) -> [Int] {
        var order: [Int] = []
        var current: Int? = start
        while let index = current {
            placed.insert(index)
            order.append(index)
            if let conditional = blocks[index].conditionalBeforeFinalJump,
                let final = blocks[index].finalJump?.reference,
                rank(blocks[index].relocations[conditional].reference, start: start) > rank(final, start: start)
            {
                blocks[index].invert(conditional: conditional)
            }
            current = nil
            switch blocks[index].finalJump?.reference {
            case .block(let next) where !placed.contains(next):
                blocks[index].dropFinalJump()
                current = next
            case .target(.continuation(0)) where start == 0:
                blocks[index].dropFinalJump()
            default: break
            }
        }
        return order
    }

    /// How much a reference is worth as what follows: nothing, a cold block, the next uop, a hot block.
    private func rank(_ reference: Block.Reference, start: Int) -> Int {
        switch reference {
        case .block(let index) where placed.contains(index): 0
        case .block(let index): cold.contains(index) ? 1 : 3
        case .target(.continuation(0)): start == 0 ? 2 : 0
        case .target: 0
        }
    }

    private func references(of order: [Int]) -> [Int] {
        var result: [Int] = []
        for index in order {
            for relocation in blocks[index].relocations {
                if case .block(let target) = relocation.reference, !placed.contains(target), !result.contains(target) {
                    result.append(target)
                }
            }
        }
        return result
    }

    private func starts(of order: [Int]) -> [Int: Int] {
        var position = 0
        var result: [Int: Int] = [:]
        for index in order {
            result[index] = position
            position += blocks[index].bytes.count
        }
        return result
    }

    private func assemble(_ order: [Int], fragment: Int, starts: [[Int: Int]]) -> Stencil.Fragment {
        var result = Stencil.Fragment()
        for index in order {
            let base = result.bytes.count
            result.bytes += blocks[index].bytes
            for relocation in blocks[index].relocations {
                let offset = base + relocation.offset
                var hole = Stencil.Hole(
                    offset: offset, kind: relocation.kind, target: .exit, addend: relocation.addend)
                switch relocation.reference {
                case .target(let target): hole.target = target
                case .block(let target):
                    if let position = starts[fragment][target] {
                        // Both ends move together: S + A - P is known now.
                        let value = Int32(truncatingIfNeeded: position + Int(relocation.addend) - offset)
                        for byte in 0..<4 { result.bytes[offset + byte] = UInt8(truncatingIfNeeded: value >> (8 * byte)) }
                        continue
                    }
                    hole.target = .fragment(1 - fragment)
                    hole.addend += Int64(starts[1 - fragment][target] ?? 0)
                }
                result.holes.append(hole)
            }
        }
        return result
    }
}
