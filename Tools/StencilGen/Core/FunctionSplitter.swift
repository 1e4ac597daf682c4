import CStencils

/// Takes a run of code apart into blocks, at its branches and where they lead. Each block ends in a jump, or where control
/// goes nowhere.
///
/// Where each block has a section of its own, there is nothing to take apart.
struct FunctionSplitter {
    private(set) var blocks: [Block] = []

    init(_ bytes: [UInt8], _ relocations: [Block.Relocation], _ branches: any Branches) {
        let patched = Set(relocations.map(\.offset))
        let found = branches.resolvedBranches(in: bytes).filter { !patched.contains($0.offset) && $0.destination < bytes.count }
        let jumps = relocations.filter {
            $0.addend == branches.addend && branches.jumpStart($0.kind, at: $0.offset, in: bytes) != nil
        }
        guard !found.isEmpty else {
            // For Power, clang ends functions with words of zeros that debuggers look for: behind the last jump nothing is
            // executed, and a jump is only dropped where it ends its block.
            let end = jumps.last.map { $0.offset - branches.jumpField + branches.jump.count } ?? bytes.count
            let isPadded = bytes[end...].allSatisfy { $0 == 0 } && (relocations.last?.offset ?? 0) < end
            blocks = [Block(bytes: isPadded ? Array(bytes[..<end]) : bytes, relocations: relocations)]
            return
        }
        var starts: Set<Int> = [0]
        for branch in found { starts.formUnion([branch.destination, branch.offset + 4]) }
        for jump in jumps { starts.insert(jump.offset - branches.jumpField + branches.jump.count) }
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
            var goesOn = !jumps.contains { $0.offset - branches.jumpField + branches.jump.count == end }
            if let branch = found.first(where: { $0.offset + 4 == end && $0.offset >= start }) {
                let destination = numbers[branch.destination] ?? 0
                if branch.isConditional {
                    block.clear(branch.kind, at: branch.offset - start)
                    block.relocations.append(
                        Block.Relocation(
                            offset: branch.offset - start, kind: branch.kind, reference: .block(destination), addend: branches.addend))
                } else {
                    block.bytes.removeLast(4)
                    block.append(branches, to: destination)
                    goesOn = false
                }
            }
            // What ends in a return, or an indirect jump, is the last of its function: nothing follows.
            if goesOn, number + 1 < order.count { block.append(branches, to: number + 1) }
            blocks.append(block)
        }
    }
}

extension Block {
    /// Adds a jump to a block.
    fileprivate mutating func append(_ branches: any Branches, to block: Int) {
        relocations.append(
            Relocation(
                offset: bytes.count + branches.jumpField, kind: branches.jumpKind, reference: .block(block), addend: branches.addend))
        bytes += branches.jump
    }

    /// Empties a field that the assembler has filled.
    fileprivate mutating func clear(_ kind: UopHoleKind, at offset: Int) {
        for part in kind.field.allParts {
            for bit in Int(part.to)..<Int(part.to) + Int(part.bits) { bytes[offset + bit / 8] &= ~(1 << UInt8(bit % 8)) }
        }
    }
}
