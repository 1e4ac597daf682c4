package import UopRuntime
package import UopVM

/// The machine code of a BF program, instruction by instruction.
extension BFExecution {
    /// Makes the machine code, if there is none yet.
    package func picture() throws(ExecutionError) -> CodePicture {
        try prepare(.jit)
        guard let compiler, let code, let addresses = code.addresses else { throw .emission("there is no machine code") }
        return CodePicture(
            bytes: code.bytes, address: addresses.lowerBound, pieces: TapePieces(program, compiler.steps(of: code)).all,
            bridges: compiler.bridgeSymbols)
    }

    /// What a debugger knows of the machine code, which is entered visibly as long as this is there.
    package var debuggerEntry: DebuggerEntry? {
        get { code?.debuggerEntry }
        set { code?.debuggerEntry = newValue }
    }
}
