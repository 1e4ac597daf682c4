import CStencils
package import UopRuntime

/// Regions as the interpreter reads them: a run of words for each instruction.
@safe
package final class InterpreterCode {
    private let words: UnsafeMutablePointer<UInt64>
    package let wordCount: Int
    /// By region, then instruction: the instruction's first word.
    private let positions: [[Int]]
    private let layout: FrameLayout

    package init(_ set: RegionSet, catalog: UopCatalog, library: StencilLibrary) {
        let handlers = Self.handlers(library)
        let halt = unsafe UInt64(UInt(bitPattern: unsafeBitCast(uop_halt_handler(), to: Int.self)))
        layout = set.layout
        var positions: [[Int]] = []
        var count = 0
        for region in set.regions {
            var starts: [Int] = []
            starts.reserveCapacity(region.instructions.count)
            for instruction in region.instructions {
                starts.append(count)
                count += catalog.shapes[Int(instruction.uop)].instructionWords
            }
            positions.append(starts)
        }
        let firstHalt = count
        count += 2 * set.exits.count
        unsafe words = .allocate(capacity: max(1, count))
        self.positions = positions
        wordCount = count
        for number in set.exits.indices {
            unsafe (words + firstHalt + 2 * number).initialize(to: halt)
            unsafe (words + firstHalt + 2 * number + 1).initialize(to: UInt64(number))
        }
        for (index, region) in set.regions.enumerated() {
            for (number, instruction) in region.instructions.enumerated() {
                let uop = catalog.shapes[Int(instruction.uop)]
                var position = positions[index][number]
                func write(_ word: UInt64) {
                    unsafe (words + position).initialize(to: word)
                    position += 1
                }
                write(handlers[Int(instruction.uop)])
                if uop.flags.contains(.exits) {
                    switch set.exits[Int(instruction.exit)].target {
                    case .trace(let trace): write(address(of: positions[trace][0]))
                    default: write(address(of: firstHalt + 2 * Int(instruction.exit)))
                    }
                }
                for operand in 0..<uop.operandCount where operand != uop.labelOperand {
                    write(region.operands[Int(instruction.firstOperand) + operand])
                }
                if uop.flags.contains(.jumps) { write(address(of: positions[index][Int(instruction.target)])) }
            }
        }
    }

    deinit { unsafe words.deallocate() }

    private func address(of position: Int) -> UInt64 { unsafe UInt64(UInt(bitPattern: words + position)) }

    /// By uop number: its handler's address.
    static func handlers(_ library: StencilLibrary) -> [UInt64] {
        var result: [UInt64] = []
        for unsafe set in unsafe library.sets {
            for index in 0..<Int(unsafe set.pointee.uopCount) {
                let handler = unsafe set.pointee.handlers[index]
                result.append(unsafe UInt64(UInt(bitPattern: unsafeBitCast(handler, to: Int.self))))
            }
        }
        return result
    }

    /// Runs from an instruction on, with `depth` words on the stack, until an exit.
    ///
    /// - Returns: the exit's number, and the words on the stack.
    package func run(_ machine: Machine, region: Int, instruction: Int, depth: Int) -> (exit: Int, stack: [UInt64]) {
        let base = unsafe UnsafeMutableRawPointer(machine.frame).advanced(by: layout.stack(0))
            .assumingMemoryBound(to: UInt64.self)
        unsafe uop_interpret(machine.frame, base + depth, words + positions[region][instruction])
        let count = unsafe machine.frame.pointee.stackPointer.map { unsafe $0 - base } ?? 0
        return (Int(unsafe machine.frame.pointee.exitIndex), (0..<count).map { machine[wordAt: layout.stack($0)] })
    }
}
