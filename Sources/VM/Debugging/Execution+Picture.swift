import UopRuntime

/// The machine code of a program of uops, fragment by fragment.
extension Execution {
    package func picture() throws(ExecutionError) -> CodePicture {
        let code = try prepared()
        guard let listing = code.listing else { throw .emission("there is no listing of the machine code") }
        let names = StepNames(library, program, regions, code, listing)
        let inLine = listing.code.indices.compactMap { hotPiece(of: $0, listing, names) }
        let cold = listing.code.indices.compactMap { coldPiece(of: $0, listing, names) }
        let block = CodePicture.Block(bytes: code.bytes, address: code.runAddress, pieces: inLine + cold, relocations: listing.relocations)
        return CodePicture(
            [foreignBridges, block].compactMap(\.self), bridges: bridgeSymbols, isa: library.isa,
            isForeign: foreignBridges != nil)
    }

    /// Nil where there is nothing: heads of loops that need no padding.
    private func hotPiece(of step: Int, _ listing: Listing, _ names: StepNames) -> CodePicture.Piece? {
        let range = listing.code[step].hot
        if range.isEmpty { return nil }
        let isInLine = step < listing.hotCount
        return CodePicture.Piece(
            symbol: symbol(of: step, listing, names), range: range,
            section: isInLine ? "trace \(trace(of: step, listing))" : "out of line",
            title: title(of: step, names.text(of: step), names))
    }

    private func coldPiece(of step: Int, _ listing: Listing, _ names: StepNames) -> CodePicture.Piece? {
        let range = listing.code[step].cold
        if range.isEmpty { return nil }
        return CodePicture.Piece(
            .cold, symbol: symbol(of: step, listing, names) + ".cold", range: range, section: "cold fragments",
            title: title(of: step, names.name(of: step), names))
    }

    private func trace(of step: Int, _ listing: Listing) -> String {
        program.program.traces[regions.regions[listing.region(of: step)].trace].name
    }

    private func symbol(of step: Int, _ listing: Listing, _ names: StepNames) -> String {
        "\(trace(of: step, listing)).\(names.name(of: step))_\(step)"
    }

    private func title(of step: Int, _ text: String, _ names: StepNames) -> String {
        "\(step)".rightAligned(in: 5) + "  " + text + (names.source(of: step).map { "  [\($0)]" } ?? "")
    }
}
