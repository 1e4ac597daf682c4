public import UopRuntime
public import UopVM

/// From the texts of BF programs to sealed machine code, one after the other: for hosts that compile many, and for
/// measurements. The memory of all stages stays.
public final class BFJIT {
    private var compiler: BFCompiler
    private let machineCode: TapeCompiler
    private let options: BFOptions
    private var region: TapeRegion
    private var code: TapeCode?

    public init(
        _ library: StencilLibrary, options: BFOptions = BFOptions(), limits: Limits = Limits()
    ) throws(ExecutionError) {
        self.options = options
        compiler = BFCompiler(options, limits: limits)
        region = TapeRegion(capacity: 0, cellBits: options.cellBits)
        do throws(EmissionError) {
            machineCode = try TapeCompiler(library, options.cellBits, layout: BFExecution.layout)
        } catch { throw .emission(error.description) }
    }

    /// Compiles a program, and drops the code of the one before.
    ///
    /// - Returns: bytes of machine code.
    /// - Throws: `InvalidInput` for a bad text, `ExecutionError` where there is no memory for code.
    public func compile(_ text: [UInt8]) throws -> Int {
        if let code { machineCode.release(code) }
        code = nil
        try compiler.read(text, into: &region)
        do throws(EmissionError) {
            let made = try machineCode.compile(region, options, countsFuel: false)
            code = made
            return made.byteCount
        } catch { throw ExecutionError.emission(error.description) }
    }
}
