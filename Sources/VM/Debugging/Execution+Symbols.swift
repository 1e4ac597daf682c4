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

    /// Tells a debugger what code there is and how to unwind it; the code is entered so that it can.
    ///
    /// - Returns: false where there is no memory to do so.
    package func showDebugger() throws(ExecutionError) -> Bool {
        let code = try prepared()
        guard code.debuggerEntry == nil else { return true }
        let bridges = bridgeSymbols
        let first = bridges.first?.address ?? 0
        code.debuggerEntry = DebuggerEntry(
            Self.debuggerObject(
                try symbols(),
                ranges: [
                    code.runAddress..<code.runAddress + UInt64(code.byteCount),
                    first..<(bridges.last.map { $0.address + UInt64($0.byteCount) } ?? first),
                ]))
        return code.debuggerEntry != nil
    }

    /// An object that describes code which is in memory already: a section for each run of it, at its address.
    private static func debuggerObject(
        _ symbols: [CodeSymbol], ranges: [Range<UInt64>]
    ) -> [UInt8] {
        var object = ELFObject()
        for symbol in symbols {
            guard let section = ranges.firstIndex(where: { $0.contains(symbol.address) }) else { continue }
            object.symbols.append(
                ELFObject.Symbol(
                    name: symbol.name, kind: .function, section: section,
                    offset: Int(symbol.address - ranges[section].lowerBound), byteCount: symbol.byteCount))
        }
        object.sections = ranges.map {
            ELFObject.Section(name: ".text", use: .code, address: $0.lowerBound, contents: .nothing(byteCount: $0.count))
        }
        let table = UnwindTable.bytes(ranges)
        object.sections.append(
            ELFObject.Section(name: ".debug_frame", use: .debugging, alignment: 8, contents: .bytes(table)))
        return object.bytes()
    }
}
