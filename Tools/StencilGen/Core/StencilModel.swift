package import CStencils

/// A stencil as stencilgen knows it: what UopStencil and UopHole say, before it is a table.
package struct Stencil: Sendable, Equatable {
    /// The symbol it was compiled as.
    package var symbol: String
    package var hot: Fragment
    /// Out of line. Often empty.
    package var cold: Fragment
    /// Bytes of stack that it takes while it runs, without the return address.
    package var frameSize: Int

    /// A run of code.
    package struct Fragment: Sendable, Equatable {
        package var bytes: [UInt8] = []
        package var holes: [Hole] = []
    }

    /// A place in a fragment that is filled at run time.
    package struct Hole: Sendable, Hashable {
        /// Bytes from the beginning of the fragment.
        package var offset: Int
        package var kind: UopHoleKind
        package var target: Target
        /// A of the kind's formula.
        package var addend: Int64
    }

    /// What fills a hole.
    package enum Target: Sendable, Hashable {
        /// The number of an operand: immediates, inputs, outputs.
        case operand(Int)
        /// 0: the next uop, 1: the jump's.
        case continuation(Int)
        case exit
        /// 0: hot, 1: cold; the addend includes the offset in it.
        case fragment(Int)
        /// A declared symbol.
        case helper(String)
        case constant(Constant)
        /// An operand's upper half.
        case operandHigh(Int)
        /// Data of 8 bytes with an operand.
        case operandSlot(Int)
        /// Data of 8 bytes with a helper's address.
        case helperSlot(String)
        /// Nothing fills it: an instruction that does not cross a boundary.
        case nothing
    }

    /// Read-only data.
    package struct Constant: Sendable, Hashable {
        package var bytes: [UInt8]
        /// A power of two.
        package var alignment: Int
    }
}
