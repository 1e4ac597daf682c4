import CStencils

/// Fills holes of the two sorts that nearly all are, 32-bit operands and distances to other steps, as far as values fit;
/// `HoleEncoder` takes the rest, and finds what is wrong.
///
/// It lies in memory and is called by its address, because the loop over the steps has no registers to lose.
@unsafe
struct NearHoles: BitwiseCopyable {
    private let code: UnsafeMutableRawPointer
    private let rows: UnsafePointer<StepLayout.Row>
    private let steps: UnsafeBufferPointer<Step>
    private let operands: UnsafeBufferPointer<UInt64>
    /// Kinds, as bits.
    private let words: UInt32
    private let signedWords: UInt32
    private let distances: UInt32

    /// - Parameter rows: as many as there are steps.
    init(
        code: UnsafeMutableRawPointer, rows: UnsafePointer<StepLayout.Row>, steps: UnsafeBufferPointer<Step>,
        operands: UnsafeBufferPointer<UInt64>, _ encoder: HoleEncoder
    ) {
        unsafe self.code = code
        unsafe self.rows = rows
        unsafe self.steps = steps
        unsafe self.operands = operands
        unsafe words = encoder.words
        unsafe signedWords = encoder.signedWords
        unsafe distances = encoder.distances
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
            let kinds: UInt32
            var value = unsafe hole.pointee.addend
            switch unsafe hole.pointee.target {
            case .operand:
                let operand = unsafe Int(step.pointee.firstOperand) &+ Int(hole.pointee.index)
                guard unsafe operand < context.pointee.operands.count else { return number }
                unsafe value &+= Int64(bitPattern: context.pointee.operands.baseAddress.unsafelyUnwrapped[operand])
                // From 0 to 2^31 - 1 it makes no difference whether the word has a sign.
                unsafe kinds = value >= 0 ? context.pointee.words : context.pointee.signedWords
            case .continuation, .exit:
                let target =
                    unsafe hole.pointee.target == .exit
                    ? Int(step.pointee.exit) : hole.pointee.index == 0 ? index &+ 1 : Int(step.pointee.target)
                guard unsafe target < context.pointee.steps.count else { return number }
                unsafe kinds = context.pointee.distances
                unsafe value &+= Int64(context.pointee.rows[target].offset) &- Int64(offset)
            case .fragment, .constant, .helper: return number
            }
            let word = Int32(truncatingIfNeeded: value)
            guard unsafe kinds & (1 &<< UInt32(hole.pointee.kind.rawValue)) != 0, Int64(word) == value else { return number }
            unsafe (context.pointee.code + offset).storeBytes(of: word.littleEndian, as: Int32.self)
        }
        return count
    }
}
