import CStencils

/// One form of a uop to emit. Steps are a plain array: those of the hot path in the order of control
/// flow, then those that exits lead to.
public struct Step: Equatable, Sendable, BitwiseCopyable {
    /// A form's number (`StencilLibrary.frameForm(of:)`, `StencilLibrary.number(of:)`, ...), or `Step.alignment`.
    public var form: UInt32
    /// Where its operand words begin in the array of operands: immediates; then a form with a literal has that, and
    /// a frame form has the frame offsets of its inputs, then of its outputs.
    public var firstOperand: UInt32
    /// The step that a jump leads to. Meaningless where the uop does not jump.
    public var target: UInt32
    /// The first step of the exit. Meaningless where the uop does not exit.
    public var exit: UInt32
    /// The registers of its axes.
    public var registers: Registers

    /// The registers of up to three axes; what is behind the last axis is 0.
    public struct Registers: Equatable, Sendable, BitwiseCopyable {
        public var first: UInt8
        public var second: UInt8
        public var third: UInt8

        public init(_ first: UInt8 = 0, _ second: UInt8 = 0, _ third: UInt8 = 0) {
            self.first = first
            self.second = second
            self.third = third
        }

        /// Whether there are such registers.
        var areValid: Bool { max(first, second, third) < UInt8(UOP_AXIS_SIZE) }
    }

    /// The form of a step that only fills up to a multiple of 32 bytes, for the head of a loop.
    public static let alignment = UInt32.max

    public init(form: Int, firstOperand: Int, target: Int = 0, exit: Int = 0, registers: Registers = Registers()) {
        self.form = UInt32(truncatingIfNeeded: form)
        self.firstOperand = UInt32(truncatingIfNeeded: firstOperand)
        self.target = UInt32(truncatingIfNeeded: target)
        self.exit = UInt32(truncatingIfNeeded: exit)
        self.registers = registers
    }
}
