public import CStencils

/// A place in a source text. Lines and columns start at 1; columns count bytes.
///
/// Two programs are equal wherever they came from: locations always compare as equal, so that
/// `parse(print(p)) == p` can be said of whole programs.
public struct SourceLocation: Hashable, Sendable {
    public var line: UInt32
    public var column: UInt32
    /// Bytes of text that a message should underline, at least 1.
    public var length: UInt32

    public init(line: Int, column: Int, length: Int = 1) {
        self.line = UInt32(clamping: line)
        self.column = UInt32(clamping: column)
        self.length = UInt32(clamping: max(length, 1))
    }

    /// For programs that were built, not read.
    public static let none = SourceLocation(line: 0, column: 0)

    public static func == (_: SourceLocation, _: SourceLocation) -> Bool { true }
    public func hash(into hasher: inout Hasher) {}
}

/// The contents of a `.uops` file: what the parser gives, the printer takes, the verifier checks
/// and front ends build. All names are resolved to indices.
public struct Program: Hashable, Sendable {
    public var locals: [LocalDeclaration] = []
    public var buffers: [BufferDeclaration] = []
    public var tape: TapeDeclaration?
    public var helpers: [HelperDeclaration] = []
    public var exits: [ExitDeclaration] = []
    /// The first trace is where a run begins.
    public var traces: [TraceDeclaration] = []
    public var expectations: [Expectation] = []

    public init() {}
}

/// A local: one word that lives as long as the run and is shared by all traces of the file.
public struct LocalDeclaration: Hashable, Sendable {
    public var name: String
    public var valueClass: UopClass
    public var initial: InitialValue
    public var location: SourceLocation

    public init(name: String, valueClass: UopClass, initial: InitialValue, location: SourceLocation = .none) {
        self.name = name
        self.valueClass = valueClass
        self.initial = initial
        self.location = location
    }
}

/// What a local holds before the run.
public enum InitialValue: Hashable, Sendable {
    /// The word of an i64, f64 or object literal, as its class stores it.
    case word(UInt64)
    /// A range iterator of its own: Python's `range(start, stop, step)`, step not 0.
    case range(start: Int64, stop: Int64, step: Int64)
}

/// Memory that traces address by element, always bounds-checked.
public struct BufferDeclaration: Hashable, Sendable {
    /// One of the `BUFFER_` operand kinds: it fixes the size of an element.
    public var element: UopOperandKind
    public var name: String
    /// Elements.
    public var count: Int
    /// Words of the first elements (f64 as its bits, integers as the element's bits with zeros
    /// above them); the rest is zero.
    public var initial: [UInt64]
    public var location: SourceLocation

    public init(
        name: String, element: UopOperandKind, count: Int, initial: [UInt64] = [], location: SourceLocation = .none
    ) {
        self.name = name
        self.element = element
        self.count = count
        self.initial = initial
        self.location = location
    }
}

/// A tape as BF has it, for the uops that use one: `cells` bytes of zero, entered at cell `start`.
public struct TapeDeclaration: Hashable, Sendable {
    public var cells: Int
    public var start: Int
    public var location: SourceLocation

    public init(cells: Int, start: Int, location: SourceLocation = .none) {
        self.cells = cells
        self.start = start
        self.location = location
    }
}

/// A host function as the file expects it; the host must have registered the same signature.
public struct HelperDeclaration: Hashable, Sendable {
    public var name: String
    public var parameters: [UopClass]
    public var result: UopClass?
    public var location: SourceLocation

    public init(name: String, parameters: [UopClass], result: UopClass?, location: SourceLocation = .none) {
        self.name = name
        self.parameters = parameters
        self.result = result
        self.location = location
    }
}

/// A named way to end the run.
public struct ExitDeclaration: Hashable, Sendable {
    public var name: String
    /// The message of an error exit; nil for an exit that is a normal end.
    public var error: String?
    public var location: SourceLocation

    public init(name: String, error: String?, location: SourceLocation = .none) {
        self.name = name
        self.error = error
        self.location = location
    }
}

/// A region of code: one entry, labels, jumps, exits.
public struct TraceDeclaration: Hashable, Sendable {
    public var name: String
    /// What lies on the stack when the trace is entered, deepest first. Empty for the first trace.
    public var entry: [UopClass]
    /// Names of the labels, by label index: in the order in which the statements first mention
    /// them (a jump or the label itself), for a text knows no other order.
    public var labels: [String]
    /// Names of the named values (without the `%`), by value index: likewise in the order of
    /// their first mention, results before arguments.
    public var values: [String]
    public var statements: [Statement]
    /// All statements' operands, arguments and results, one statement after the other: a
    /// statement holds ranges, so that a uop needs no heap object.
    public var operands: [Operand]
    public var valueUses: [ValueUse]
    public var location: SourceLocation

    public init(name: String, entry: [UopClass] = [], location: SourceLocation = .none) {
        self.name = name
        self.entry = entry
        self.labels = []
        self.values = []
        self.statements = []
        self.operands = []
        self.valueUses = []
        self.location = location
    }
}

/// A label, or one uop.
public struct Statement: Hashable, Sendable {
    public enum Kind: Hashable, Sendable {
        /// The index in `TraceDeclaration.labels`; each label stands in a trace once.
        case label(Int)
        /// The uop's number in the catalog.
        case uop(Int)
    }

    public var kind: Kind
    /// Where an exit of this uop leads.
    public var exit: ExitTarget = .implicit
    /// First of `operandCount` entries in `TraceDeclaration.operands`; 0 where there are none.
    public var firstOperand: UInt32 = 0
    /// First of `resultCount`, then `argumentCount` entries in `TraceDeclaration.valueUses`;
    /// 0 where there are none.
    public var firstValueUse: UInt32 = 0
    public var operandCount: UInt8 = 0
    /// 0, or the number of the uop's outputs: they get names and do not stay on the stack.
    public var resultCount: UInt8 = 0
    /// 0, or the number of the uop's inputs: they are named values, not taken from the stack.
    public var argumentCount: UInt8 = 0
    public var location: SourceLocation

    public init(_ kind: Kind, location: SourceLocation = .none) {
        self.kind = kind
        self.location = location
    }
}

/// Where a run goes on when a uop exits.
public enum ExitTarget: Hashable, Sendable, BitwiseCopyable {
    /// Nothing was said: a terminator ends the run normally, any other uop as an error.
    case implicit
    /// The index in `Program.exits`.
    case exit(Int)
    /// The index in `Program.traces`; the stack there must be as the trace's entry says.
    case trace(Int)
}

/// An immediate operand: a literal's word, or the index of what it names (a local, buffer,
/// helper or label), as the uop's operand kind says.
public struct Operand: Hashable, Sendable {
    public var word: UInt64
    public var location: SourceLocation

    public init(word: UInt64, location: SourceLocation = .none) {
        self.word = word
        self.location = location
    }
}

/// A named value at a place where it is defined or used: the index in `TraceDeclaration.values`.
public struct ValueUse: Hashable, Sendable {
    public var value: Int
    public var location: SourceLocation

    public init(value: Int, location: SourceLocation = .none) {
        self.value = value
        self.location = location
    }
}

/// What the file says of the state after the run.
public struct Expectation: Hashable, Sendable {
    public enum Kind: Hashable, Sendable {
        /// Local (index), and the word of its literal. NaN expects any NaN.
        case local(Int, UInt64)
        /// Buffer (index), element, word: as in `BufferDeclaration.initial`. NaN expects any NaN.
        case element(Int, Int, UInt64)
        /// The named exit (index) by which the run ends.
        case exit(Int)
        /// All bytes that the run wrote.
        case output([UInt8])
    }

    public var kind: Kind
    public var location: SourceLocation

    public init(_ kind: Kind, location: SourceLocation = .none) {
        self.kind = kind
        self.location = location
    }
}
