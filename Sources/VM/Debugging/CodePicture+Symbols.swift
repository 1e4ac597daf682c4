package import UopRuntime

/// A run of machine code at the address where it runs.
package struct CodeSymbol {
    package var name: String
    package var address: UInt64
    package var byteCount: Int
}

extension Bridges {
    /// The bridges by name and place: part of every picture.
    package var symbols: [CodeSymbol] {
        places.map { CodeSymbol(name: $0.name, address: $0.address, byteCount: $0.byteCount) }
    }
}

extension CodePicture {
    /// The machine code as a relocatable object, with a symbol a piece. Nothing is left to relocate: helpers are
    /// called through the frame, and functions of libm at their addresses in this process.
    package var object: [UInt8] {
        var object = ELFObject()
        object.sections = [ELFObject.Section(name: ".text", use: .code, alignment: 64, contents: .bytes(bytes))]
        object.symbols = pieces.lazy.filter { !$0.range.isEmpty }.map { piece in
            ELFObject.Symbol(
                name: piece.symbol, kind: piece.kind == .constants ? .object : .function, section: 0,
                offset: piece.range.lowerBound, byteCount: piece.range.count)
        }
        return object.bytes()
    }

    /// All code that runs has a name: the program's pieces, and the bridges.
    private var symbols: [CodeSymbol] {
        let code = pieces.lazy.filter { $0.kind != .constants && !$0.range.isEmpty }
        return code.map {
            CodeSymbol(name: $0.symbol, address: address + UInt64($0.range.lowerBound), byteCount: $0.range.count)
        } + bridges
    }

    /// The map that perf reads: a line a symbol, "address size name", in hexadecimal. See
    /// tools/perf/Documentation/jit-interface.txt of Linux.
    package var perfMap: String {
        symbols.map { symbol in
            "\(String(symbol.address, radix: 16)) \(String(symbol.byteCount, radix: 16)) \(symbol.name)\n"
        }.joined()
    }

    // MARK: Debuggers

    /// Tells a debugger what code there is and how to unwind it, if it is entered visibly (`Bridges`).
    ///
    /// - Returns: what has to live as long as the code; nil where there is no memory for it.
    package func debuggerEntry() -> DebuggerEntry? { DebuggerEntry(debuggerObject) }

    /// An object that describes code which is in memory already: a section for each run of it, at its address.
    private var debuggerObject: [UInt8] {
        let first = bridges.first?.address ?? 0
        let ranges = [
            address..<address + UInt64(bytes.count),
            first..<(bridges.last.map { $0.address + UInt64($0.byteCount) } ?? first),
        ]
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
