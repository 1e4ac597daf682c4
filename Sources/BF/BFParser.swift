import CStencils
public import UopVM

/// Turns a BF program into a program of uops: each run of equal commands one uop, each loop a pair of
/// jumps.
///
/// Cells have 8 bits and wrap. At the end of the input, `,` leaves the cell unchanged. Bytes that are no
/// commands are comments.
public struct BFParser {
    public static let defaultCellsLeft = 1 << 16
    public static let defaultCellsRight = 1 << 22

    /// Cells left of the one where the pointer starts. BF's tape begins there by the book, but programs
    /// exist that use a few cells more.
    public var cellsLeft = Self.defaultCellsLeft
    /// Cells from the one where the pointer starts on.
    public var cellsRight = Self.defaultCellsRight

    private let catalog: UopCatalog

    public init(catalog: UopCatalog) { self.catalog = catalog }

    /// The helpers that the program calls.
    public static let inputHelper = "read_byte"
    public static let outputHelper = "write_byte"

    /// The program of a text, in time linear in its length, whatever the nesting.
    ///
    /// - Throws: `InvalidInput`: unmatched brackets (each of the first `limits.errors`), or a file that exceeds a limit.
    public func parse(_ source: [UInt8], limits: Limits = Limits()) throws(InvalidInput) -> Program {
        guard source.count <= limits.fileBytes else {
            throw InvalidInput([
                Diagnostic(
                    "the file has \(source.count) bytes; the limit is \(limits.fileBytes) (--limit-file-bytes)",
                    at: SourceLocation(line: 1, column: 1))
            ])
        }
        var builder = try BFBuilder(catalog: catalog, limits: limits)
        var line = 1
        var lineStart = 0
        for (offset, byte) in source.enumerated() where !builder.isFull {
            let location = SourceLocation(line: line, column: offset - lineStart + 1)
            switch byte {
            case UInt8(ascii: ">"): builder.move(1, location)
            case UInt8(ascii: "<"): builder.move(-1, location)
            case UInt8(ascii: "+"): builder.add(1, location)
            case UInt8(ascii: "-"): builder.add(-1, location)
            case UInt8(ascii: "."): builder.write(location)
            case UInt8(ascii: ","): builder.read(location)
            case UInt8(ascii: "["): builder.open(location)
            case UInt8(ascii: "]"): builder.close(location, offset: offset)
            case UInt8(ascii: "\n"): (line, lineStart) = (line + 1, offset + 1)
            default: break
            }
        }
        var program = try builder.finish()
        program.tape = TapeDeclaration(cells: cellsLeft + cellsRight, start: cellsLeft)
        return program
    }
}

/// The trace as it grows.
private struct BFBuilder {
    private struct Uops {
        let move, add, read, write, jumpIfZero, jumpIfNotZero, leave: Int
    }

    /// A run of equal commands that is not written yet.
    private enum Pending {
        case none
        case move(Int64, SourceLocation)
        case add(Int64, SourceLocation)
    }

    private let uops: Uops
    private let limits: Limits
    private var trace = TraceDeclaration(name: "main")
    private var pending = Pending.none
    /// Loops that are open: the label of each one's end, and where it begins.
    private var open: [(end: Int, location: SourceLocation)] = []
    private var errors: [Diagnostic] = []

    init(catalog: UopCatalog, limits: Limits) throws(InvalidInput) {
        func number(_ name: String) throws(InvalidInput) -> Int {
            if let number = catalog.number(of: name) { return number }
            throw InvalidInput([Diagnostic("the stencil sets have no uop '\(name)': load the base set", at: .none)])
        }
        uops = Uops(
            move: try number("_TAPE_MOVE"), add: try number("_TAPE_ADD"), read: try number("_TAPE_READ"),
            write: try number("_TAPE_WRITE"), jumpIfZero: try number("_TAPE_JUMP_IF_ZERO"),
            jumpIfNotZero: try number("_TAPE_JUMP_IF_NOT_ZERO"), leave: try number("_EXIT_TRACE"))
        self.limits = limits
    }

    /// Whether there is more than may be. The text is read no further then, because memory would grow with it.
    var isFull: Bool { trace.statements.count > limits.uops }

    mutating func move(_ cells: Int64, _ location: SourceLocation) {
        if case .move(let sum, let start) = pending {
            pending = .move(sum + cells, start)
        } else {
            flush()
            pending = .move(cells, location)
        }
    }

    mutating func add(_ amount: Int64, _ location: SourceLocation) {
        if case .add(let sum, let start) = pending {
            pending = .add(sum + amount, start)
        } else {
            flush()
            pending = .add(amount, location)
        }
    }

    mutating func read(_ location: SourceLocation) { uop(uops.read, 0, location) }
    mutating func write(_ location: SourceLocation) { uop(uops.write, 1, location) }

    mutating func open(_ location: SourceLocation) {
        flush()
        // Labels are numbered as a text mentions them: the way past the loop first.
        let (end, start) = (trace.labels.count, trace.labels.count + 1)
        trace.labels.append("end_\(end / 2)")
        trace.labels.append("loop_\(end / 2)")
        uop(uops.jumpIfZero, UInt64(end), location)
        trace.statements.append(Statement(.label(start), location: location))
        open.append((end, location))
    }

    mutating func close(_ location: SourceLocation, offset: Int) {
        flush()
        guard let loop = open.popLast() else {
            // What would not be told is not kept: a file may be nothing but brackets.
            if errors.count <= limits.errors {
                errors.append(Diagnostic("unmatched ']' (byte \(offset)): no loop is open here", at: location))
            }
            return
        }
        uop(uops.jumpIfNotZero, UInt64(loop.end + 1), location)
        trace.statements.append(Statement(.label(loop.end), location: location))
    }

    mutating func finish() throws(InvalidInput) -> Program {
        flush()
        guard !isFull else {
            let place = trace.statements.last?.location ?? .none
            throw InvalidInput([Diagnostic("the program has more than \(limits.uops) uops (--limit-uops)", at: place)])
        }
        errors += open.prefix(limits.errors + 1).map {
            Diagnostic("unmatched '[': the loop is never closed", at: $0.location)
        }
        guard errors.isEmpty else { throw InvalidInput(reported(errors)) }
        trace.statements.append(Statement(.uop(uops.leave), location: trace.statements.last?.location ?? .none))
        var program = Program()
        program.helpers = [
            HelperDeclaration(name: BFParser.inputHelper, parameters: [], result: .I64),
            HelperDeclaration(name: BFParser.outputHelper, parameters: [.I64], result: nil),
        ]
        program.traces = [trace]
        return program
    }

    /// The first errors in the order of the text, and a word about the others.
    private func reported(_ errors: [Diagnostic]) -> [Diagnostic] {
        var ordered = errors.sorted { ($0.location.line, $0.location.column) < ($1.location.line, $1.location.column) }
        if ordered.count > limits.errors {
            let next = ordered[limits.errors].location
            ordered.removeSubrange(limits.errors...)
            ordered.append(Diagnostic("more errors are left out", at: next))
        }
        return ordered
    }

    private mutating func flush() {
        let run = pending
        pending = .none
        switch run {
        case .none: break
        case .move(let cells, let location):
            if cells != 0 { append(uops.move, UInt64(bitPattern: cells), location) }
        // An add of 0 stays: an access off the tape is an error, whatever it stores.
        case .add(let amount, let location): append(uops.add, UInt64(bitPattern: amount & 0xFF), location)
        }
    }

    private mutating func uop(_ uop: Int, _ operand: UInt64, _ location: SourceLocation) {
        flush()
        append(uop, operand, location)
    }

    private mutating func append(_ uop: Int, _ operand: UInt64, _ location: SourceLocation) {
        var statement = Statement(.uop(uop), location: location)
        statement.firstOperand = UInt32(trace.operands.count)
        statement.operandCount = 1
        trace.operands.append(Operand(word: operand, location: location))
        trace.statements.append(statement)
    }
}
