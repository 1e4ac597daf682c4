package import UopRuntime
package import UopVM

/// The machine code of a BF program, instruction by instruction.
extension BFExecution {
    /// Makes the machine code, or makes it anew where nobody said before that it would be looked at (`keepsPlaces`).
    package func picture() throws(ExecutionError) -> CodePicture {
        try prepareForDumps()
        guard let compiler, let code else { throw .emission("there is no machine code") }
        let lines = program.listingLines
        let blocks = code.parts.map { part in
            CodePicture.Block(
                bytes: part.bytes, address: part.address,
                pieces: part.places.map { TapePieces(program, lines, $0).all } ?? [],
                relocations: part.places?.relocations ?? [])
        }
        return CodePicture(
            [compiler.foreignBridges].compactMap(\.self) + blocks, bridges: compiler.bridgeSymbols, isa: library.isa,
            isForeign: compiler.foreignBridges != nil)
    }

    /// What a debugger knows of the machine code, which is entered visibly as long as this is there.
    package var debuggerEntry: DebuggerEntry? {
        get { code?.debuggerEntry }
        set { code?.debuggerEntry = newValue }
    }
}
