import CStencils

/// Fills holes of the two sorts that nearly all are: operands, and distances to other steps, where the encoder takes them as
/// words (`HoleEncoder.storeWord`). The rest, and what is wrong, is the code writer's.
///
/// It lies in memory and is called by its address, because the loop over the steps has no registers to lose.
@unsafe
struct NearHoles: BitwiseCopyable {
    private let code: UnsafeMutableRawPointer
    private let rows: UnsafePointer<StepLayout.Row>
    private let steps: UnsafeBufferPointer<Step>
    private let operands: UnsafeBufferPointer<UInt64>
    private let encoder: HoleEncoder

    /// - Parameter rows: as many as there are steps.
    init(
        code: UnsafeMutableRawPointer, rows: UnsafePointer<StepLayout.Row>, steps: UnsafeBufferPointer<Step>,
        operands: UnsafeBufferPointer<UInt64>, _ encoder: HoleEncoder
    ) {
        unsafe self.code = code
        unsafe self.rows = rows
        unsafe self.steps = steps
        unsafe self.operands = operands
        unsafe self.encoder = encoder
    }

    /// Memory for one. A class: Embedded Swift does not find the deinit of a noncopyable struct from another module.
    @safe
    final class Memory {
        let address: UnsafeMutablePointer<NearHoles>

        init() { unsafe address = .allocate(capacity: 1) }

        deinit { unsafe address.deallocate() }
    }

    /// Fills holes of a step's fragment in their order.
    ///
    /// - Parameter start: where the fragment begins in the code.
    /// - Returns: the first hole that is left to the encoder; `count` if there is none.
    @inline(never)
    static func fill(
        _ context: UnsafePointer<NearHoles>, _ holes: UnsafePointer<UopHole>, from first: Int, count: Int, at start: Int,
        step index: Int
    ) -> Int {
        let step = unsafe context.pointee.steps.baseAddress.unsafelyUnwrapped + index
        for number in first..<count {
            let hole = unsafe holes + number
            let offset = start &+ Int(unsafe hole.pointee.offset)
            let isDistance = unsafe context.pointee.encoder.isDistance(hole.pointee.kind)
            var value = unsafe hole.pointee.addend
            if let target = unsafe step.pointee.destination(of: hole.pointee, from: index) {
                guard isDistance, unsafe target < context.pointee.steps.count else { return number }
                unsafe value &+= Int64(context.pointee.rows[target].offset) &- Int64(offset)
            } else {
                let operand = unsafe Int(step.pointee.firstOperand) &+ Int(hole.pointee.index)
                guard !isDistance, unsafe hole.pointee.target == .operand && operand < context.pointee.operands.count else {
                    return number
                }
                unsafe value &+= Int64(bitPattern: context.pointee.operands.baseAddress.unsafelyUnwrapped[operand])
            }
            guard unsafe context.pointee.encoder.storeWord(value, hole.pointee.kind, at: context.pointee.code + offset) else {
                return number
            }
        }
        return count
    }
}
