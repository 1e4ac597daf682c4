public import CStencils
import Synchronization
public import UopRuntime

/// The uops of one or more stencil sets, by name and by number.
///
/// A uop's number is its place in the catalog: the sets' uops one set after the other. Numbers
/// are for one catalog only; names are what files and people use.
public struct UopCatalog: Sendable {
    /// What the verifier, the printer and the compiler know of a uop. All of it comes from the
    /// tables, hence from the uop's definition in C.
    public struct Uop: Sendable {
        public let name: String
        public let documentation: String
        /// Classes popped (or peeked at), deepest first.
        public let inputs: [UopClass]
        /// Classes pushed, deepest first.
        public let outputs: [UopClass]
        /// Kinds of the immediate operands, in the order of the text.
        public let operands: [UopOperandKind]
        public let flags: UopFlags
        /// What the JIT makes of it: a check of its first input, and an access that has the word of its operand first.
        /// Numbers in the catalog.
        package var parts: (check: Int, access: Int)?

        public init(
            name: String, documentation: String, inputs: [UopClass], outputs: [UopClass],
            operands: [UopOperandKind], flags: UopFlags
        ) {
            self.name = name
            self.documentation = documentation
            self.inputs = inputs
            self.outputs = outputs
            self.operands = operands
            self.flags = flags
        }
    }

    /// Every uop, by number.
    public let uops: [Uop]
    /// Tells catalogs apart; copies have the same.
    package let mark: UInt64
    /// The same as plain numbers, by number.
    package let shapes: [UopShape]
    /// What lowering inserts; nil where a set that has them is missing.
    package let inserted: InsertedUops?
    /// Names in the order of the numbers.
    private let names: NameTable
    /// Numbers by index in `names`; they differ from the index only where a name stands twice.
    private let numbers: [Int]

    private static let nextMark = Atomic<UInt64>(0)

    /// A catalog of given uops. Names must differ: of two equal ones, the first is found.
    public init(uops: [Uop]) {
        self.uops = uops
        mark = Self.nextMark.wrappingAdd(1, ordering: .relaxed).newValue
        var names = NameTable()
        var numbers: [Int] = []
        for (number, uop) in uops.enumerated() where names.insert(Array(uop.name.utf8).span).isNew {
            numbers.append(number)
        }
        self.names = names
        self.numbers = numbers
        shapes = uops.map(UopShape.init)
        inserted = InsertedUops(shapes)
    }

    /// The uops of a library, with the library's numbers.
    public init(_ library: StencilLibrary) {
        var uops: [Uop] = []
        for unsafe set in unsafe library.sets {
            let first = uops.count
            for index in 0..<Int(unsafe set.pointee.uopCount) {
                let info = unsafe set.pointee.uops[index]
                var uop = unsafe Uop(info)
                if unsafe info.isSplit != 0 { uop.parts = unsafe (first + Int(info.parts.0), first + Int(info.parts.2)) }
                uops.append(uop)
            }
        }
        self.init(uops: uops)
    }

    /// The uops and, behind them, a library's fusions as if they were uops: what nodes of graphs are numbered by.
    package func withFusions(of library: StencilLibrary) -> UopCatalog {
        var all = uops
        var first = 0
        for unsafe (set, table) in unsafe zip(library.sets, library.tables) {
            for index in 0..<Int(unsafe table.pointee.fusionCount) {
                let fusion = unsafe table.pointee.fusions[index]
                all.append(Uop(fusing: uops[first + Int(fusion.first)], into: uops[first + Int(fusion.second)]))
            }
            first += Int(unsafe set.pointee.uopCount)
        }
        return UopCatalog(uops: all)
    }

    /// The number of the uop with this name, given as UTF-8 bytes, or nil.
    public func number(ofName name: Span<UInt8>) -> Int? { names.find(name).map { numbers[$0] } }

    /// The number of the uop with this name, or nil.
    public func number(of name: String) -> Int? { number(ofName: Array(name.utf8).span) }
}

extension UopCatalog.Uop {
    /// Two uops as one: see `UopFusion` in UopStencils.h.
    fileprivate init(fusing first: Self, into second: Self) {
        self.init(
            name: first.name + "+" + second.name, documentation: second.documentation,
            inputs: second.inputs.dropLast() + first.inputs, outputs: second.outputs,
            operands: first.operands + second.operands, flags: first.flags.union(second.flags))
    }

    /// A uop as its table says.
    fileprivate init(_ info: UopInfo) {
        func list<Tuple, Element>(_ tuple: Tuple, _ count: UInt8, of type: Element.Type) -> [Element] {
            unsafe withUnsafeBytes(of: tuple) { bytes in
                unsafe Array(bytes.bindMemory(to: type).prefix(Int(count)))
            }
        }
        unsafe self.init(
            name: String(cString: info.name), documentation: String(cString: info.documentation),
            inputs: list(info.inputs, info.inputCount, of: UopClass.self),
            outputs: list(info.outputs, info.outputCount, of: UopClass.self),
            operands: list(info.operands, info.operandCount, of: UopOperandKind.self),
            flags: UopFlags(rawValue: info.flags))
    }
}

/// What is true of a uop: see `UOP_FLAG_LIST` in UopStencils.h for the meanings.
public struct UopFlags: OptionSet, Sendable, Hashable, BitwiseCopyable {
    public let rawValue: UInt32
    public init(rawValue: UInt32) { self.rawValue = rawValue }

    public static let pure = UopFlags(UOP_FLAG_PURE)
    public static let exits = UopFlags(UOP_FLAG_EXITS)
    public static let jumps = UopFlags(UOP_FLAG_JUMPS)
    public static let terminator = UopFlags(UOP_FLAG_TERMINATOR)
    public static let peeks = UopFlags(UOP_FLAG_PEEKS)
    public static let escapes = UopFlags(UOP_FLAG_ESCAPES)
    public static let `internal` = UopFlags(UOP_FLAG_INTERNAL)
    public static let moves = UopFlags(UOP_FLAG_MOVES)
    public static let toTop = UopFlags(UOP_FLAG_TO_TOP)
    public static let pollsFuel = UopFlags(UOP_FLAG_POLLS_FUEL)
    public static let pollsInterrupt = UopFlags(UOP_FLAG_POLLS_INTERRUPT)
    public static let counts = UopFlags(UOP_FLAG_COUNTS)
    public static let tape = UopFlags(UOP_FLAG_TAPE)
    public static let guards = UopFlags(UOP_FLAG_GUARD)
    public static let position = UopFlags(UOP_FLAG_POSITION)
    public static let reads = UopFlags(UOP_FLAG_READS)
    public static let writes = UopFlags(UOP_FLAG_WRITES)
    public static let truth = UopFlags(UOP_FLAG_TRUTH)
    public static let constant = UopFlags(UOP_FLAG_CONSTANT)
    public static let commutes = UopFlags(UOP_FLAG_COMMUTES)
    public static let faults = UopFlags(UOP_FLAG_FAULTS)
    public static let interpreted = UopFlags(UOP_FLAG_INTERPRETED)

    private init(_ flag: some BinaryInteger) { rawValue = UInt32(flag) }
}

extension UopClass {
    /// The class's name in text: "i64", "object", ...
    public var name: String { unsafe String(cString: uop_class_texts()[Int(rawValue)].name) }

    /// Classes that a local, a parameter of a helper or a trace's entry stack may have: all but
    /// the variables of a uop's signature.
    public static let concrete: [UopClass] = [.I64, .F64, .OBJECT, .INT, .FLOAT, .BOOL, .NONE, .RANGE]
}
