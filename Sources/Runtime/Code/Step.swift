public import CStencils

/// One stencil to emit. Steps are a plain array: those of the hot path in the order of control
/// flow, then those that exits lead to.
public struct Step: Equatable, Sendable, BitwiseCopyable {
    /// A uop's number, or a bridge's (`StencilLibrary.number(of:)`).
    public var code: UInt32
    /// Where its operand words begin in the array of operands: immediates, then the frame offsets
    /// of its inputs, then of its outputs.
    public var firstOperand: UInt32
    /// The step that a jump leads to. Meaningless where the uop does not jump.
    public var target: UInt32
    /// The first step of the exit. Meaningless where the uop does not exit.
    public var exit: UInt32

    public init(code: Int, firstOperand: Int, target: Int = 0, exit: Int = 0) {
        self.code = UInt32(truncatingIfNeeded: code)
        self.firstOperand = UInt32(truncatingIfNeeded: firstOperand)
        self.target = UInt32(truncatingIfNeeded: target)
        self.exit = UInt32(truncatingIfNeeded: exit)
    }
}

extension StencilLibrary {
    /// The number that steps name a bridge by.
    public func number(of bridge: UopBridge) -> Int { uopCount + Int(bridge.rawValue) }

    /// The number of a uop of this name, or nil.
    public func number(of name: String) -> Int? {
        var first = 0
        for unsafe set in unsafe sets {
            let count = Int(unsafe set.pointee.uopCount)
            for index in 0..<count where unsafe name.withCString({ unsafe uop_compare_names($0, set.pointee.uops[index].name) }) == 0 {
                return first + index
            }
            first += count
        }
        return nil
    }
}
