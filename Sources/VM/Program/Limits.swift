/// How large an input may be. Every one is an option of `uopjit`; the defaults are far above
/// what people write and far below what hurts.
public struct Limits: Hashable, Sendable {
    /// Bytes of one input file.
    public var fileBytes = 64 << 20
    /// Uops of one file, all traces together.
    public var uops = 4_000_000
    public var traces = 10_000
    public var locals = 10_000
    public var labels = 1_000_000
    /// Named values of one trace.
    public var values = 1_000
    /// Words on the operand stack.
    public var stack = 1_000
    /// Bytes of all buffers and the tape.
    public var memoryBytes = 1 << 30
    /// Errors that are reported before the rest is left out.
    public var errors = 20

    public init() {}
}
