import UopVM

extension ConstantPass {
    /// The pass `output`: a byte that is known is printed from the program's own strings, and joined to what was
    /// printed before, if no error can come between the two. So it needs what `constants` knows.
    mutating func write(_ instruction: TapeInstruction, _ cell: Int, _ strings: inout GrowingBuffer<UInt8>) {
        let known = cells[cell]
        guard joinsOutput && known.isKnown else {
            appendUse(instruction, cell)
            print = -1
            return
        }
        touch(cell, instruction)
        let place = strings.count
        strings.append(UInt8(truncatingIfNeeded: known.value))
        if print >= 0 {
            output[Int(print)].amount += 1
            return
        }
        print = Int32(truncatingIfNeeded: output.count)
        output.append(TapeInstruction(.print, amount: 1, other: place, position: Int(instruction.position)))
    }
}
