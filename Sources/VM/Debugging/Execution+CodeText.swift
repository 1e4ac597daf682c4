import UopRuntime

/// The machine code, annotated.
extension Execution {
    /// An instruction: how many bytes, and how it reads.
    package struct Instruction: Equatable {
        package var byteCount: Int
        package var text: String

        package init(byteCount: Int, text: String) {
            self.byteCount = byteCount
            self.text = text
        }
    }

    /// Each step with its bytes, in the order of memory: what it is, and what it was copied from.
    ///
    ///     3  _I64_ADD_CHECKED r13 r13 r14 | trace too_large (13)  [registers, template 0]
    ///         20: 4d 01 f5                       addq %r14, %r13
    ///
    /// - Parameter disassemble: gives the instructions of the code in an object, by offset; none where it cannot.
    package func codeText(disassemble: (_ object: [UInt8]) -> [Int: Instruction] = { _ in [:] }) throws(ExecutionError) -> String {
        let code = try prepared()
        guard let listing = code.listing else { return "" }
        let names = StepNames(library, program, regions, code, listing)
        let pieces = pieces(code, listing, names)
        let instructions = disassemble(object(of: code, pieces))
        let bytes = code.bytes
        let cold = pieces.filter(\.isCold).reduce(0) { $0 + $1.range.count }
        let constants = pieces.filter { $0.step == nil }.reduce(0) { $0 + $1.range.count }
        var text = "\(bytes.count) bytes at 0x\(String(code.runAddress, radix: 16)): \(listing.hotEnd) of steps, "
        text += "\(cold) of cold fragments, \(constants) of constants\n"
        var previous: CodePiece?
        for piece in pieces {
            text += heading(of: piece, behind: previous, listing)
            if let step = piece.step {
                text += "  \(padded("\(step)", 5))  \(piece.isCold ? names.name(of: step) : names.text(of: step))"
                text += names.source(of: step).map { "  [\($0)]\n" } ?? "\n"
            }
            text += lines(bytes, piece.range, piece.step == nil ? [:] : instructions)
            previous = piece
        }
        return text
    }

    /// Where another part of the code begins.
    private func heading(of piece: CodePiece, behind previous: CodePiece?, _ listing: Listing) -> String {
        guard let step = piece.step else { return previous?.step == nil && previous != nil ? "" : "constants\n" }
        if piece.isCold { return previous?.isCold == true ? "" : "cold fragments\n" }
        if step >= listing.hotCount {
            return previous?.step.map { $0 < listing.hotCount } == true ? "out of line\n" : ""
        }
        let region = listing.region(of: step)
        if let before = previous?.step, listing.region(of: before) == region { return "" }
        return "trace \(program.program.traces[regions.regions[region].trace].name)\n"
    }

    /// Lines of a range: an instruction each, or 16 bytes each where instructions are not known.
    private func lines(_ bytes: [UInt8], _ range: Range<Int>, _ instructions: [Int: Instruction]) -> String {
        var text = ""
        var start = range.lowerBound
        while start < range.upperBound {
            let instruction = instructions[start]
            let end = min(start + max(1, instruction?.byteCount ?? 16), range.upperBound)
            let hexadecimal = bytes[start..<end].map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined(separator: " ")
            text += "    \(padded(String(start, radix: 16), 8)): \(hexadecimal)"
            if let instruction { text += String(repeating: " ", count: max(1, 32 - hexadecimal.count)) + instruction.text }
            text += "\n"
            start = end
        }
        return text
    }

    // MARK: Objects

    /// The machine code as a relocatable object, with a symbol a fragment. Nothing is left to relocate: helpers are
    /// called through the frame, and functions of libm at their addresses in this process.
    package func objectFile() throws(ExecutionError) -> [UInt8] {
        let code = try prepared()
        guard let listing = code.listing else { return [] }
        return object(of: code, pieces(code, listing, StepNames(library, program, regions, code, listing)))
    }

    private func object(of code: JITCode, _ pieces: [CodePiece]) -> [UInt8] {
        var object = ELFObject()
        object.sections = [ELFObject.Section(name: ".text", use: .code, alignment: 64, contents: .bytes(code.bytes))]
        object.symbols = Self.symbols(of: pieces)
        return object.bytes()
    }

    /// A symbol a piece, in the first section.
    static func symbols(of pieces: [CodePiece]) -> [ELFObject.Symbol] {
        pieces.map { piece in
            ELFObject.Symbol(
                name: piece.symbol, kind: piece.step == nil ? .object : .function, section: 0,
                offset: piece.range.lowerBound, byteCount: piece.range.count)
        }
    }
}
