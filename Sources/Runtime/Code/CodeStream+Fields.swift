import CStencils

/// Prepared templates whose holes are not all whole words: those of most instruction sets.
extension CodeStream {
    /// Ends a step whose template's bytes are at `position`: fills its holes. Returns false, and has noted nothing, where an
    /// operand does not fit.
    @inline(never)
    mutating func appendFields(
        _ template: UnsafePointer<PreparedTemplate>, of form: Int, _ operands: UnsafeBufferPointer<UInt64>, target: UInt32,
        exit: UInt32
    ) -> Bool {
        let description = unsafe library.forms.base + form
        let source = unsafe description.pointee.templates[Int(template.pointee.number)]
        let holes = unsafe description.pointee.table.holes + Int(source.firstHole)
        let count = Int(source.hotHoleCount)
        for index in 0..<count {
            let hole = unsafe holes[index]
            guard hole.target == .operand || hole.target == .operandHigh else { continue }
            guard Int(hole.index) < operands.count else { return false }
            let word = unsafe operands[Int(hole.index)]
            let part = hole.target == .operand ? word : UInt64(bitPattern: Int64(bitPattern: word) >> 32)
            let value = part &+ UInt64(bitPattern: hole.addend)
            let place = unsafe UnsafeMutableRawPointer(code.address + position + Int(hole.offset))
            if unsafe HoleEncoder.store(value, in: encoder[hole.kind], at: place) != nil { return false }
        }
        let (end, origin) = unsafe (position + Int(template.pointee.size), UInt32(truncatingIfNeeded: origin))
        for index in 0..<count {
            let hole = unsafe holes[index]
            let place = UInt32(truncatingIfNeeded: position + Int(hole.offset))
            switch hole.target {
            case .continuation where hole.index == 0:
                requiredEnd = end
                storePlace(end, hole, place, origin)
            case .continuation: note(target, hole, place, origin)
            case .exit: note(exit, hole, place, origin)
            default: break
            }
        }
        position = end
        if position > roomEnd { makeRoom() }
        return true
    }
}
