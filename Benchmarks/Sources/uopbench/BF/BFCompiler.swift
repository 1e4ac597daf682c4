import class BFFrontEnd.BFJIT
import CStencils
import UopRuntime

/// Makes machine code of BF programs, in this process: from the text to sealed code, with all passes.
struct BFCompiler {
    private let jit: BFJIT

    /// A compiler that is ready: what is made once for all programs is made here.
    init() throws { jit = try BFJIT(unsafe StencilLibrary([uop_base_stencils()])) }

    /// Compiles a program, and drops the code of the one before.
    ///
    /// - Returns: how many bytes of code there are.
    func compile(_ text: [UInt8]) throws -> Int { try jit.compile(text) }
}
