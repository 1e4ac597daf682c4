package import CStencils
package import UopRuntime

/// Machine code as people and their tools see it: the bytes, and what each run of them is called and was made of.
///
/// Listings, objects, symbols and what debuggers are told are all made of this, whatever kind of program the code is of.
package struct CodePicture {
    /// A run of bytes with a name.
    package struct Piece {
        package enum Kind: Sendable {
            /// What steps were copied from lies in line, or out of line behind.
            case steps
            /// Fragments for rare cases.
            case cold
            case constants
        }

        package var kind: Kind
        /// "main._I64_ADD_3": what it is of, what it is, and a number; ".cold" behind it for a cold fragment.
        package var symbol: String
        package var range: Range<Int>
        /// The part of the listing that it belongs to: stands above the first piece of each.
        package var section: String
        /// What it was made of; a listing has it above the bytes.
        package var title: String

        package init(_ kind: Kind = .steps, symbol: String, range: Range<Int>, section: String, title: String) {
            self.kind = kind
            self.symbol = symbol
            self.range = range
            self.section = section
            self.title = title
        }

    }

    /// Code that was made at once, and is in one place.
    package struct Block {
        package let bytes: [UInt8]
        /// Where the first byte runs.
        package let address: UInt64
        /// They cover all bytes, in the order of memory; ranges are in `bytes`. What has no code has no bytes.
        package fileprivate(set) var pieces: [Piece] = []
        /// How many bytes the blocks before have. Listings and objects have one block behind the other.
        fileprivate(set) var start = 0
        /// What a linker has to fill in, where the block is part of an object.
        let relocations: [CodeRelocation]

        /// - Parameter pieces: in the order of memory; what lies between them, and behind them, are constants.
        package init(bytes: [UInt8], address: UInt64, pieces: [Piece], relocations: [CodeRelocation] = []) {
            self.bytes = bytes
            self.address = address
            self.relocations = relocations
            var end = 0
            for piece in pieces {
                addConstants(end..<piece.range.lowerBound)
                self.pieces.append(piece)
                end = piece.range.upperBound
            }
            addConstants(end..<bytes.count)
        }

        private mutating func addConstants(_ range: Range<Int>) {
            if range.isEmpty { return }
            pieces.append(Piece(.constants, symbol: "", range: range, section: "constants", title: ""))
        }

        /// Names what has none.
        fileprivate mutating func place(at start: Int) {
            self.start = start
            for index in pieces.indices where pieces[index].kind == .constants {
                pieces[index].symbol = "constants_" + String(start + pieces[index].range.lowerBound, radix: 16)
            }
        }
    }

    let blocks: [Block]
    /// The code that all programs have in common.
    let bridges: [CodeSymbol]
    let byteCount: Int
    /// What the code is for.
    package let isa: UopISA
    /// What tools must be told of it.
    package var machine: ELFMachine { ELFMachine(isa) }
    /// Whether it was made for another machine's memory, to be linked there.
    let isForeign: Bool

    /// - Parameter isForeign: whether the code was made for another machine's memory; the bridges are among the blocks then.
    package init(_ blocks: [Block], bridges: [CodeSymbol], isa: UopISA, isForeign: Bool) {
        var (placed, end) = (blocks, 0)
        let base = (blocks.map(\.address).min() ?? 0) & ~4095
        for index in placed.indices {
            // Code has places in it of pages: `adrp`.
            placed[index].place(at: isForeign ? Int(placed[index].address - base) : end)
            end = placed[index].start + placed[index].bytes.count
        }
        self.blocks = placed
        self.bridges = bridges
        self.isa = isa
        self.isForeign = isForeign
        byteCount = blocks.reduce(0) { $0 + $1.bytes.count }
    }
}

// MARK: Listings

extension CodePicture {
    /// An instruction of the processor: how many bytes, and how it reads.
    package struct Instruction: Equatable {
        package var byteCount: Int
        package var text: String

        package init(byteCount: Int, text: String) {
            self.byteCount = byteCount
            self.text = text
        }
    }

    /// Each piece with its bytes: what it is, and what it was copied from.
    ///
    ///     3  _I64_ADD_CHECKED r13 r13 r14 | trace too_large (13)  [registers, template 0]
    ///         20: 4d 01 f5                       addq %r14, %r13
    ///
    /// - Parameter disassemble: gives the instructions of the code in an object, by offset; none where it cannot.
    package func text(disassemble: (_ object: [UInt8]) -> [Int: Instruction] = { _ in [:] }) -> String {
        // (An object that cannot be written is no reason not to show bytes.)
        let instructions = (try? object(as: .elf)).map(disassemble) ?? [:]
        let places = blocks.map { "0x" + String($0.address, radix: 16) }
        var text = "\(byteCount) bytes at \(places.joined(separator: ", ")): \(byteCount(of: .steps)) of steps, "
        text += "\(byteCount(of: .cold)) of cold fragments, \(byteCount(of: .constants)) of constants\n"
        for block in blocks { block.append(to: &text, instructions) }
        return text
    }

    private func byteCount(of kind: Piece.Kind) -> Int {
        blocks.lazy.flatMap(\.pieces).reduce(0) { $0 + ($1.kind == kind ? $1.range.count : 0) }
    }
}

extension CodePicture.Block {
    fileprivate func append(to text: inout String, _ instructions: [Int: CodePicture.Instruction]) {
        var section = ""
        for piece in pieces {
            if piece.section != section { text += piece.section + "\n" }
            section = piece.section
            if !piece.title.isEmpty { text += "  \(piece.title)\n" }
            append(piece.range, piece.kind == .constants ? [:] : instructions, to: &text)
        }
    }

    /// Lines of a range: an instruction each, or 16 bytes each where instructions are not known.
    private func append(_ range: Range<Int>, _ instructions: [Int: CodePicture.Instruction], to text: inout String) {
        var offset = range.lowerBound
        while offset < range.upperBound {
            let instruction = instructions[start + offset]
            let end = min(offset + max(1, instruction?.byteCount ?? 16), range.upperBound)
            let hexadecimal = bytes[offset..<end].map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined(separator: " ")
            text += "    \(String(start + offset, radix: 16).rightAligned(in: 8)): \(hexadecimal)"
            if let instruction { text += String(repeating: " ", count: max(1, 32 - hexadecimal.count)) + instruction.text }
            text += "\n"
            offset = end
        }
    }
}

extension String {
    /// With blanks before it, so that it is as wide as a column.
    package func rightAligned(in width: Int) -> String { String(repeating: " ", count: max(0, width - count)) + self }
}
