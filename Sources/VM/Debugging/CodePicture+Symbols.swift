package import UopRuntime

/// A run of machine code at the address where it runs.
package struct CodeSymbol {
    package var name: String
    package var address: UInt64
    package var byteCount: Int
}

extension Bridges {
    /// The bridges' code, a piece each.
    package var block: CodePicture.Block {
        let first = places.first?.address ?? 0
        return CodePicture.Block(
            bytes: bytes, address: first,
            pieces: places.map {
                let start = Int($0.address - first)
                return CodePicture.Piece(
                    symbol: $0.name, range: start..<start + $0.byteCount, section: "bridges", title: $0.name)
            }, relocations: relocations)
    }

    /// The bridges by name and place: part of every picture.
    package var symbols: [CodeSymbol] {
        places.map { CodeSymbol(name: $0.name, address: $0.address, byteCount: $0.byteCount) }
    }
}

extension CodePicture {
    /// All code that runs has a name: the program's pieces, and the bridges.
    private var symbols: [CodeSymbol] { blocks.flatMap(\.symbols) + bridges }

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
    package func debuggerEntry() -> DebuggerEntry? { (try? debuggerObject()).flatMap { DebuggerEntry($0) } }

    /// An object that describes code which is in memory already: a section for each run of it, at its address.
    private func debuggerObject() throws(ObjectWriterError) -> [UInt8] {
        var object = ObjectDescription()
        var ranges: [Range<UInt64>] = []
        for symbols in blocks.map(\.symbols) + [bridges] {
            guard let first = symbols.first, let last = symbols.last else { continue }
            let range = first.address..<last.address + UInt64(last.byteCount)
            object.symbols += symbols.map { symbol in
                ObjectDescription.Symbol(
                    name: symbol.name, kind: .function, section: ranges.count,
                    offset: Int(symbol.address - range.lowerBound), byteCount: symbol.byteCount)
            }
            object.sections.append(
                ObjectDescription.Section(name: ".text", use: .code, address: range.lowerBound, contents: .nothing(byteCount: range.count)))
            ranges.append(range)
        }
        let table = UnwindTable.bytes(ranges)
        object.sections.append(
            ObjectDescription.Section(name: ".debug_frame", use: .debugging, alignment: 8, contents: .bytes(table)))
        return try ELFObject(isa, object).bytes()
    }
}

extension CodePicture.Block {
    /// In the order of memory.
    fileprivate var symbols: [CodeSymbol] {
        pieces.lazy.filter { $0.kind != .constants && !$0.range.isEmpty }.map {
            CodeSymbol(name: $0.symbol, address: address + UInt64($0.range.lowerBound), byteCount: $0.range.count)
        }
    }
}
