import UopRuntime

/// A run of machine code at the address where it runs.
package struct CodeSymbol {
    package var name: String
    package var address: UInt64
    package var byteCount: Int
}

extension Execution {
    /// All code that runs has a name: fragments of the program's steps, and the bridges.
    package func symbols() throws(ExecutionError) -> [CodeSymbol] {
        let code = try prepared()
        guard let listing = code.listing else { return [] }
        let names = StepNames(library, program, regions, code, listing)
        let steps = pieces(code, listing, names).filter { $0.step != nil }.map {
            CodeSymbol(
                name: $0.symbol, address: code.runAddress + UInt64($0.range.lowerBound), byteCount: $0.range.count)
        }
        return steps + bridgeSymbols
    }

    /// The map that perf reads: a line a symbol, "address size name", in hexadecimal. See
    /// tools/perf/Documentation/jit-interface.txt of Linux.
    package func perfMap() throws(ExecutionError) -> String {
        try symbols().map { symbol in
            "\(String(symbol.address, radix: 16)) \(String(symbol.byteCount, radix: 16)) \(symbol.name)\n"
        }.joined()
    }
}
