package import UopVM

/// Turns the text of a BF program into a region: each command an instruction, or each run of commands that only add
/// or only move, with the position of its first.
///
/// Time and memory are linear in the text, whatever the nesting: there is no recursion.
package struct BFReader {
    /// Whether runs become one instruction each. Comments do not break a run.
    package var foldsRuns: Bool
    /// Whether `#` is a command.
    package var hashIsDebug: Bool
    package var cellBits: CellBits
    package var limits: Limits

    package init(_ options: BFOptions = BFOptions(), limits: Limits = Limits()) {
        foldsRuns = !options.disabledPasses.contains(.runs)
        hashIsDebug = options.hashIsDebug
        cellBits = options.cellBits
        self.limits = limits
    }

    /// What a byte of the text means.
    enum Command: UInt8 {
        case comment, increment, decrement, right, left, write, read, open, close, debug
    }

    /// The region of a text, its loops linked.
    ///
    /// - Throws: `InvalidInput`: unmatched brackets (each of the first `limits.errors`), or a file that exceeds a limit.
    package func read(_ source: [UInt8]) throws(InvalidInput) -> TapeRegion {
        var region = TapeRegion(capacity: 0, cellBits: cellBits)
        try read(source, inParts: .max, memory: &region) { (_: inout TapeRegion, _, _) in }
        return region
    }

    /// Reads a text in parts of at least so many instructions, each of which ends behind a loop that is in no other. `use`
    /// is not called any more once something is wrong.
    ///
    /// - Parameter memory: what parts are read into, one after the other: it stays in the processor's caches.
    package func read(
        _ source: [UInt8], inParts size: Int, memory: inout TapeRegion,
        _ use: (_ part: inout TapeRegion, _ isFirst: Bool, _ isLast: Bool) -> Void
    ) throws(InvalidInput) {
        let text = SourceText(source)
        try checkSize(of: source)
        // Taken for the worst: memory that is not written to costs nothing, and nothing is copied.
        memory.instructions.removeAll(expecting: min(source.count, size) + 2)
        var state = ReaderState(cellBits)
        swap(&state.region, &memory)
        defer { swap(&state.region, &memory) }
        let commands = self.commands
        unsafe source.withUnsafeBufferPointer { source in
            unsafe commands.withUnsafeBufferPointer { commands in
                var cursor = unsafe CommandCursor(source: source, commands: commands)
                var isFirst = true
                repeat {
                    readPart(&cursor, &state, size: size)
                    if state.innermost >= 0 || !state.unmatchedEnds.isEmpty || state.count > limits.uops { continue }
                    use(&state.region, isFirst, cursor.isAtEnd)
                    isFirst = false
                } while !cursor.isAtEnd && state.count <= limits.uops
            }
        }
        guard state.count <= limits.uops else {
            let place = text.location(ofByte: state.position(of: limits.uops))
            throw InvalidInput([Diagnostic("the program has more than \(limits.uops) uops (--limit-uops)", at: place)])
        }
        let errors = diagnostics(state, text)
        guard errors.isEmpty else { throw InvalidInput(errors) }
    }

    private func checkSize(of source: [UInt8]) throws(InvalidInput) {
        let start = SourceLocation(line: 1, column: 1)
        guard source.count <= limits.fileBytes else {
            throw InvalidInput([
                Diagnostic(
                    "the file has \(source.count) bytes; the limit is \(limits.fileBytes) (--limit-file-bytes)",
                    at: start)
            ])
        }
        // Sums of moves, positions and numbers of instructions are 32-bit numbers, some of them signed.
        guard source.count <= Int(Int32.max) else {
            throw InvalidInput([
                Diagnostic("the file has \(source.count) bytes; no program may have more than \(Int32.max)", at: start)
            ])
        }
    }

    /// The command of each byte.
    private var commands: [Command] {
        var table = [Command](repeating: .comment, count: 256)
        func command(_ character: Unicode.Scalar, _ command: Command) {
            table[Int(UInt8(ascii: character))] = command
        }
        command("+", .increment)
        command("-", .decrement)
        command(">", .right)
        command("<", .left)
        command(".", .write)
        command(",", .read)
        command("[", .open)
        command("]", .close)
        if hashIsDebug { command("#", .debug) }
        return table
    }

    /// Reads commands of one part, or as many as make one instruction more than the limit allows.
    private func readPart(_ text: inout CommandCursor, _ state: inout ReaderState, size: Int) {
        state.beginPart()
        let end = limits.uops &- state.countBefore
        while let command = text.next() {
            read(command, &text, &state)
            let count = state.region.instructions.count
            if count > end || count >= size && command == .close && state.innermost < 0 { break }
        }
        state.endPart()
    }

    @inline(__always)
    private func read(_ command: Command, _ text: inout CommandCursor, _ state: inout ReaderState) {
        let position = text.position - 1
        switch command {
        case .comment: break
        case .increment, .decrement:
            let amount = text.sum(command, plus: .increment, minus: .decrement, folding: foldsRuns)
            // A sum of 0 stays: a use off the tape is an error, whatever it stores.
            state.append(.add, amount: amount & Int(cellBits.mask), position)
        case .right, .left:
            let amount = text.sum(command, plus: .right, minus: .left, folding: foldsRuns)
            if amount != 0 { state.move(amount, position) }
        case .write: state.append(.write, position)
        case .read: state.append(.read, position)
        case .open: state.open(position)
        case .close: state.close(position, errorLimit: limits.errors)
        case .debug: state.append(.debug, position)
        }
    }
}

/// A place in a text, and what its bytes mean.
@safe
private struct CommandCursor {
    private let source: UnsafeBufferPointer<UInt8>
    private let commands: UnsafeBufferPointer<BFReader.Command>
    /// The byte that comes next.
    private(set) var position = 0

    var isAtEnd: Bool { unsafe position == source.count }

    @unsafe
    init(source: UnsafeBufferPointer<UInt8>, commands: UnsafeBufferPointer<BFReader.Command>) {
        unsafe self.source = source
        unsafe self.commands = commands
    }

    /// What a byte means. There are as many commands as bytes have values, and callers stay within the text.
    @inline(__always)
    private func command(at position: Int) -> BFReader.Command {
        unsafe commands[Int(source[position])]
    }

    /// The next command that is no comment.
    @inline(__always)
    mutating func next() -> BFReader.Command? {
        let count = unsafe source.count
        while position < count {
            let command = command(at: position)
            position += 1
            if command != .comment { return command }
        }
        return nil
    }

    /// The sum of a run: 1 for each `plus`, -1 for each `minus`, beginning with the command that was read last.
    @inline(__always)
    mutating func sum(
        _ first: BFReader.Command, plus: BFReader.Command, minus: BFReader.Command, folding: Bool
    ) -> Int {
        let step = first == plus ? 1 : -1
        guard folding else { return step }
        var sum = step &* (1 &+ passRepetitions())
        let count = unsafe source.count
        while position < count {
            let command = command(at: position)
            if command == plus {
                sum &+= 1
            } else if command == minus {
                sum &-= 1
            } else if command != .comment {
                break
            }
            position &+= 1
        }
        return sum
    }

    /// Passes over bytes that are the same as the last one, eight at a time, and returns how many they are. It may leave
    /// some where the text ends.
    @inline(__always)
    private mutating func passRepetitions() -> Int {
        let begin = position
        guard let text = unsafe UnsafeRawPointer(source.baseAddress) else { return 0 }
        let same = unsafe UInt64(source[position &- 1]) &* 0x0101_0101_0101_0101
        while unsafe position &+ 8 <= source.count {
            let word = unsafe UInt64(littleEndian: text.loadUnaligned(fromByteOffset: position, as: UInt64.self))
            let repetitions = (word ^ same).trailingZeroBitCount / 8
            position &+= repetitions
            if repetitions < 8 { break }
        }
        return position &- begin
    }
}

/// A loop that is open, as far as the reader knows it; places are sums of moves.
private struct OpenLoop: BitwiseCopyable {
    /// Its instruction, or -1 outside of all loops.
    var head: Int32 = -1
    var start: Int32 = 0
    var lowest: Int32 = 0
    var highest: Int32 = 0
    var isAnchored = false

    /// How far from its start it reaches.
    var reach: Int { max(Int(highest) - Int(start), Int(start) - Int(lowest)) }
}

/// The region as it grows.
struct ReaderState: ~Copyable {
    var region: TapeRegion
    private var loop = OpenLoop()
    /// The loops around it.
    private var outer = GrowingBuffer<OpenLoop>(capacity: 64)
    /// Where the pointer is.
    private var place: Int32 = 0
    /// Where the first unmatched `]` are, one more than will be told.
    private(set) var unmatchedEnds: [Int] = []

    /// Instructions of the parts before.
    private(set) var countBefore = 0
    /// Instructions that were read.
    private(set) var count = 0

    /// The innermost loop that is open, or -1.
    var innermost: Int { Int(loop.head) }

    init(_ cellBits: CellBits) { region = TapeRegion(capacity: 0, cellBits: cellBits) }

    /// Where in the text an instruction of this part is, by its number in the text.
    func position(of number: Int) -> Int { Int(region.instructions[number - countBefore].position) }

    /// What the passes have left of the last part is dropped.
    mutating func beginPart() {
        countBefore = count
        region.instructions.removeAll()
        region.strings.removeAll()
    }

    /// From here on the passes may change the part.
    mutating func endPart() { count = countBefore + region.instructions.count }

    @inline(__always)
    mutating func append(_ operation: TapeInstruction.Operation, amount: Int = 0, _ position: Int) {
        region.instructions.append(TapeInstruction(operation, amount: amount, position: position))
    }

    @inline(__always)
    mutating func move(_ amount: Int, _ position: Int) {
        append(.move, amount: amount, position)
        place &+= Int32(truncatingIfNeeded: amount)
        loop.lowest = min(loop.lowest, place)
        loop.highest = max(loop.highest, place)
    }

    @inline(__always)
    mutating func open(_ position: Int) {
        outer.append(loop)
        let head = Int32(truncatingIfNeeded: region.instructions.count)
        loop = OpenLoop(head: head, start: place, lowest: place, highest: place)
        append(.loop, position)
    }

    @inline(__always)
    mutating func close(_ position: Int, errorLimit: Int) {
        guard loop.head >= 0 else {
            // What would not be told is not kept: a file may be nothing but brackets.
            if unmatchedEnds.count <= errorLimit { unmatchedEnds.append(position) }
            return
        }
        let inner = loop
        loop = outer.removeLast()
        let isAnchored = inner.isAnchored || place != inner.start || inner.reach > TapeRegion.largestCarriedReach
        let head = Int(inner.head)
        region.instructions[head].other = Int32(truncatingIfNeeded: region.instructions.count)
        region.instructions[head].amount = isAnchored ? 1 : 0
        region.instructions.append(TapeInstruction(.end, other: head, position: position))
        loop.lowest = min(loop.lowest, inner.lowest)
        loop.highest = max(loop.highest, inner.highest)
        loop.isAnchored = loop.isAnchored || isAnchored
    }

    /// Where the first loops begin that are still open, in the order of the text.
    func openPositions(atMost count: Int) -> [Int] {
        var positions: [Int] = []
        var depth = 1
        // The first of `outer` is what is around all loops.
        while positions.count < count, depth <= outer.count {
            let head = depth < outer.count ? outer[depth].head : loop.head
            positions.append(Int(region.instructions[Int(head)].position))
            depth += 1
        }
        return positions
    }
}
