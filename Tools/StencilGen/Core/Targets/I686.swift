import CStencils

extension StencilTarget {
    /// x86 with 32 bits, from the processors on that have SSE2.
    package static let i686: StencilTarget = {
        var target = StencilTarget(
            isa: .I686, triple: "i686-unknown-linux-gnu",
            flags: [
                // Floats in registers: the stack of x87 rounds differently.
                "-march=pentium4", "-mfpmath=sse",
                // As for x86-64.
                "-fbasic-block-sections=all",
                "-fno-stack-clash-protection",
            ],
            hostMacro: "__i386__", page: "i686", branches: X86Branches(jumpKind: .pcWord32))
        target.symbolPrefix = "__regcall3__"
        target.mayUseStack = true
        target.findsLiterals = true
        return target
    }()
}
