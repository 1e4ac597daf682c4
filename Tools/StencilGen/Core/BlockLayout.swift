import CStencils
import UopRuntime

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

    /// The relocation of the jump that ends the block, or nil where it ends otherwise.
    fileprivate func finalJump(_ branches: any Branches) -> Relocation? {
        guard let last = relocations.last, last.addend == branches.addend,
            last.offset == bytes.count - branches.jump.count + branches.jumpField,
            branches.jumpStart(last.kind, at: last.offset, in: bytes) == bytes.count - branches.jump.count
        else { return nil }
        return last
    }

    /// The index of the conditional branch right before the final jump, or nil.
    fileprivate func conditionalBeforeFinalJump(_ branches: any Branches) -> Int? {
        guard finalJump(branches) != nil, relocations.count >= 2 else { return nil }
        let index = relocations.count - 2
        let candidate = relocations[index]
        guard candidate.addend == branches.addend, candidate.offset == bytes.count - branches.jump.count - 4,
            branches.conditionalStart(candidate.kind, at: candidate.offset, in: bytes) != nil
        else { return nil }
        return index
    }

    /// What the block forwards to where it is nothing but a jump.
    fileprivate func forwardsTo(_ branches: any Branches) -> Reference? {
        bytes.count == branches.jump.count ? finalJump(branches)?.reference : nil
    }

    /// Drops the final jump: its target follows.
    fileprivate mutating func dropFinalJump(_ branches: any Branches) {
        relocations.removeLast()
        bytes.removeLast(branches.jump.count)
    }

    /// `jcc A; jmp B` becomes `jncc B; jmp A`.
    fileprivate mutating func invert(conditional index: Int, _ branches: any Branches) {
        branches.invert(relocations[index].kind, at: relocations[index].offset, in: &bytes)
        let last = relocations.count - 1
        (relocations[index].reference, relocations[last].reference) =
            (relocations[last].reference, relocations[index].reference)
    }
}

/// Puts a function's blocks in order: the way to the next uop straight ahead in the hot fragment,
/// the rest in the cold one.
struct BlockLayout {
    private var blocks: [Block]
    private let branches: any Branches
    private var placed: Set<Int> = []
    /// Blocks from which only exits are reached.
    private var cold: Set<Int> = []

    /// `blocks[0]` is the function's entry.
    init(_ blocks: [Block], _ branches: any Branches) {
        self.blocks = blocks
        self.branches = branches
        forwardJumps()
        findCold()
    }

    /// The fragments. References between blocks of one fragment are resolved in the bytes; those into the other
    /// fragment are holes.
    mutating func fragments() throws(StencilGenError) -> (hot: Stencil.Fragment, cold: Stencil.Fragment) {
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
            try assemble(hot, fragment: 0, starts: starts), try assemble(rest, fragment: 1, starts: starts)
        )
    }

    /// Replaces references to blocks that only jump by what they jump to.
    private mutating func forwardJumps() {
        for index in blocks.indices {
            for position in blocks[index].relocations.indices {
                // A chain of forwarders may be a loop (`for (;;);`): as many steps as blocks suffice.
                for _ in blocks.indices {
                    guard case .block(let target) = blocks[index].relocations[position].reference,
                        let further = blocks[target].forwardsTo(branches)
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
                    block.finalJump(branches) == nil
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
            if let conditional = blocks[index].conditionalBeforeFinalJump(branches),
                let final = blocks[index].finalJump(branches)?.reference,
                rank(blocks[index].relocations[conditional].reference, start: start) > rank(final, start: start)
            {
                blocks[index].invert(conditional: conditional, branches)
            }
            current = nil
            switch blocks[index].finalJump(branches)?.reference {
            case .block(let next) where !placed.contains(next):
                blocks[index].dropFinalJump(branches)
                current = next
            case .target(.continuation(0)) where start == 0:
                blocks[index].dropFinalJump(branches)
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

    private func assemble(
        _ order: [Int], fragment: Int, starts: [[Int: Int]]
    ) throws(StencilGenError) -> Stencil.Fragment {
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
                        let value = UInt64(bitPattern: Int64(position) + relocation.addend)
                        do throws(PatchError) {
                            var span = result.bytes.mutableSpan
                            var bytes = unsafe span.mutableBytes
                            try HoleEncoder().fill(relocation.kind, value: value, in: &bytes, at: offset, runAddress: 0)
                        } catch {
                            throw StencilGenError(
                                .layout, "a branch within a fragment does not reach: \(error)",
                                remedy: "Make the uop smaller: its code is one fragment.")
                        }
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
