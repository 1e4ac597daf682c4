import CStencils

/// Takes a run of code apart into blocks, at its branches and where they lead. Each block ends in a jump, or where control
/// goes nowhere. What the assembler padded a run with is a block that nothing leads to.
///
/// Where each block has a section of its own, there is nothing to take apart.
struct FunctionSplitter {
    private(set) var blocks: [Block] = []

    init(_ bytes: [UInt8], _ relocations: [Block.Relocation], _ branches: any Branches) throws(StencilGenError) {
        let patched = Set(relocations.map(\.offset))
        let flow = try branches.flow(in: bytes)
        let found = flow.branches.filter { !patched.contains($0.field) && $0.destination < bytes.count }
        let jumps = relocations.filter {
            $0.addend == branches.addend && branches.jumpStart($0.kind, at: $0.offset, in: bytes) != nil
        }
        guard !found.isEmpty || flow.mayBePadded else {
            blocks = [Block(bytes: bytes, relocations: relocations)]
            return
        }
        // Behind these, nothing follows.
        let ends = Set(jumps.map { $0.offset - branches.jumpField + branches.jump.count } + flow.ends)
        var starts: Set<Int> = ends.union([0])
        for branch in found { starts.formUnion([branch.destination, branch.range.upperBound]) }
        let order = starts.filter { $0 < bytes.count }.sorted()
        let numbers = Dictionary(uniqueKeysWithValues: order.enumerated().map { ($1, $0) })
        for (number, start) in order.enumerated() {
            let end = number + 1 < order.count ? order[number + 1] : bytes.count
            var block = Block(
                bytes: Array(bytes[start..<end]),
                relocations: relocations.filter { (start..<end).contains($0.offset) }.map {
                    var relocation = $0
                    relocation.offset -= start
                    return relocation
                })
            var goesOn = !ends.contains(end)
            if let branch = found.first(where: { $0.range.upperBound == end && $0.range.lowerBound >= start }) {
                block.bytes.removeLast(branch.range.count)
                let destination = numbers[branch.destination] ?? 0
                if branch.isConditional {
                    block.append(branch.long, field: branch.longField, branch.kind, to: destination, branches)
                } else {
                    block.append(branches.jump, field: branches.jumpField, branches.jumpKind, to: destination, branches)
                    goesOn = false
                }
            }
            // What ends in a return, or an indirect jump, is the last of its function: nothing follows.
            if goesOn, number + 1 < order.count {
                block.append(branches.jump, field: branches.jumpField, branches.jumpKind, to: number + 1, branches)
            }
            blocks.append(block)
        }
    }
}

extension Block {
    /// Adds a branch to a block.
    fileprivate mutating func append(
        _ instruction: [UInt8], field: Int, _ kind: UopHoleKind, to block: Int, _ branches: any Branches
    ) {
        relocations.append(
            Relocation(offset: bytes.count + field, kind: kind, reference: .block(block), addend: branches.addend))
        bytes += instruction
    }
}
