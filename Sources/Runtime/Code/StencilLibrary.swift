public import CStencils

/// Why a stencil set cannot be used.
public struct StencilSetError: Error, Equatable, Sendable, CustomStringConvertible {
    public enum Kind: Equatable, Sendable {
        /// The set was generated for another version of the contract.
        case abiVersion(UInt32)
        /// Two sets define a uop of this name.
        case duplicateUop(String)
        /// No set has the bridges, without which nothing can be entered.
        case noBridges
        /// The processor lacks instructions that the code needs, or the set has no such code.
        case isa(UopISA)
    }

    public let kind: Kind
    /// The set's name.
    public let set: String

    public var description: String {
        switch kind {
        case .abiVersion(let version):
            "stencil set '\(set)' has ABI version \(version), expected \(UOP_ABI_VERSION): regenerate it with this version's stencilgen"
        case .duplicateUop(let name):
            "stencil set '\(set)' defines uop '\(name)', which another set defines, too: rename one"
        case .noBridges:
            "no stencil set has the bridges: load the base set, too"
        case .isa(let isa):
            "stencil set '\(set)' has no code for \(isa.name), or the processor cannot execute it: ask for another instruction set"
        }
    }
}

/// How functions of C are called on the system where code runs.
public enum CallingConvention: Sendable {
    /// As the instruction set's tables were compiled: on x86-64 as System V's processor supplement says.
    case standard
    /// As Microsoft's compilers do on x86-64, where it differs: code is entered, and helpers are called, across bridges.
    case microsoft

    /// This system's.
    public static var host: CallingConvention {
        #if os(Windows)
        .microsoft
        #else
        .standard
        #endif
    }
}

/// The tables of one or more stencil sets, checked, and arranged for emission. Uops have numbers:
/// the sets' uops, one set after the other. Their forms have numbers, too: sets' forms likewise.
@safe
public struct StencilLibrary: @unchecked Sendable {
    // Sendable: the tables are constants of the program.

    /// The sets in the order of their uops' numbers.
    public let sets: [UnsafePointer<UopStencilSet>]
    /// Each set's table; empty where there is no machine code.
    public let tables: [UnsafePointer<UopStencilTable>]
    /// False where a set has no machine code for this host: then there is only the interpreter.
    public let hasMachineCode: Bool
    /// What the code demands of the processor.
    public let isa: UopISA
    /// How the functions are called that code calls, and the one by which it is entered; `standard` where it is all the same.
    public let convention: CallingConvention
    /// Whether this processor executes the code, under this system. Code for others can be made and looked at.
    public let isExecutable: Bool
    /// Registers that hand values on: the integer ones, and the float ones.
    public let registerCounts: (integer: Int, float: Int)
    /// How many uops all sets have.
    public let uopCount: Int
    /// By form number.
    let forms: EmissionFormTable
    /// Whether there are instructions that must not cross a boundary.
    let hasBoundaries: Bool
    /// By set and helper: its address, where the code runs, if that is known.
    let helperAddresses: [[UInt64?]]
    /// Whether a linker places the code: helpers whose addresses are not known are left open for it (`CodeRelocation`), and are no errors.
    package let isLinked: Bool
    /// By bridge: its form's number.
    private let bridges: [Int]

    /// Checks the sets and numbers their uops.
    ///
    /// - Parameter isa: what the code may demand of the processor; nil for the most that it can.
    public init(_ sets: [UnsafePointer<UopStencilSet>], isa: UopISA? = nil) throws(StencilSetError) {
        try unsafe self.init(sets, isa: Self.isa(sets, wanted: isa), .host) {
            unsafe UInt64(UInt(bitPattern: unsafeBitCast($0.address, to: Int.self)))
        }
    }

    /// Checks the sets and numbers their uops, for code that is made here and runs on another machine.
    ///
    /// The sets must have been compiled with UOP_ALL_TARGETS (the package trait AllTargets).
    ///
    /// - Parameters:
    ///   - convention: how C's functions are called on its system.
    ///   - helperAddress: where functions that stencils call by name (`standard` ones) are in the memory of that machine.
    public init(
        _ sets: [UnsafePointer<UopStencilSet>], for isa: UopISA, convention: CallingConvention = .standard,
        helperAddress: (String) -> UInt64? = { _ in nil }
    ) throws(StencilSetError) {
        try unsafe self.init(foreign: sets, isa, convention, isLinked: false, helperAddress: helperAddress)
    }

    /// The same for code that is written to an object, and that a linker places: what stencils call by name is left to it.
    package init(
        _ sets: [UnsafePointer<UopStencilSet>], forObjectOf isa: UopISA, convention: CallingConvention = .standard
    ) throws(StencilSetError) {
        try unsafe self.init(foreign: sets, isa, convention, isLinked: true) { _ in nil }
    }

    private init(
        foreign sets: [UnsafePointer<UopStencilSet>], _ isa: UopISA, _ convention: CallingConvention, isLinked: Bool,
        helperAddress: (String) -> UInt64?
    ) throws(StencilSetError) {
        guard unsafe sets.allSatisfy({ unsafe $0.pointee.table(isa) != nil }) else {
            throw StencilSetError(kind: .isa(isa), set: unsafe String(cString: sets[0].pointee.name))
        }
        try unsafe self.init(sets, isa: isa, convention, isLinked: isLinked) { unsafe helperAddress(String(cString: $0.name)) }
    }

    private init(
        _ sets: [UnsafePointer<UopStencilSet>], isa: UopISA, _ convention: CallingConvention, isLinked: Bool = false,
        helperAddress: (UopHelperSymbol) -> UInt64?
    ) throws(StencilSetError) {
        for unsafe (index, set) in unsafe sets.enumerated() { try unsafe Self.check(set, among: sets[..<index]) }
        unsafe self.sets = sets
        uopCount = unsafe sets.reduce(0) { unsafe $0 + Int($1.pointee.uopCount) }
        self.isa = isa
        self.isLinked = isLinked
        let found = unsafe sets.compactMap { unsafe $0.pointee.table(isa) }
        hasMachineCode = unsafe found.count == sets.count
        unsafe tables = hasMachineCode ? found : []
        helperAddresses = unsafe sets.map { set in
            unsafe (0..<Int(set.pointee.helperCount)).map { index in
                unsafe helperAddress(set.pointee.helpers.unsafelyUnwrapped[index])
            }
        }
        hasBoundaries = unsafe tables.contains { table in
            unsafe (0..<Int(table.pointee.holeCount)).contains { unsafe uop_hole_fields()[Int(table.pointee.holes[$0].kind.rawValue)].boundary != 0 }
        }
        unsafe forms = EmissionFormTable(tables)
        // All sets were compiled from the same page.
        registerCounts = unsafe tables.first.map { unsafe (Int($0.pointee.integerRegisterCount), Int($0.pointee.floatRegisterCount)) } ?? (0, 0)
        var bridges: [Int] = []
        var first = 0
        for unsafe table in unsafe tables {
            if bridges.isEmpty {
                bridges = (0..<Int(unsafe table.pointee.bridgeCount)).map {
                    let form = unsafe Int(table.pointee.bridges[$0])
                    return form == Self.noForm ? form : first + form
                }
            }
            first += Int(unsafe table.pointee.formCount)
        }
        self.bridges = bridges
        let hasConventions = bridges.count > UopBridge.enterMicrosoft.rawValue && bridges[Int(UopBridge.enterMicrosoft.rawValue)] != Self.noForm
        self.convention = hasConventions ? convention : .standard
        isExecutable = uop_can_execute(isa) != 0 && (!hasConventions || convention == .host)
        if hasMachineCode, bridges.count != UOP_BRIDGE_COUNT {
            throw StencilSetError(kind: .noBridges, set: unsafe sets.last.map { unsafe String(cString: $0.pointee.name) } ?? "")
        }
    }

    /// The most demanding instruction set that all sets have code for and the processor can execute; the first of all where
    /// there is none.
    private static func isa(_ sets: [UnsafePointer<UopStencilSet>], wanted: UopISA?) throws(StencilSetError) -> UopISA {
        for number in (0..<UOP_ISA_COUNT).reversed() {
            guard let isa = UopISA(rawValue: UInt8(number)), wanted == nil || wanted == isa else { continue }
            if uop_can_execute(isa) != 0, unsafe sets.allSatisfy({ unsafe $0.pointee.table(isa) != nil }) { return isa }
            if let wanted { throw StencilSetError(kind: .isa(wanted), set: unsafe String(cString: sets[0].pointee.name)) }
        }
        return .X86_64
    }

    private static func check(
        _ set: UnsafePointer<UopStencilSet>, among others: ArraySlice<UnsafePointer<UopStencilSet>>
    ) throws(StencilSetError) {
        let name = unsafe String(cString: set.pointee.name)
        var versions = unsafe [set.pointee.abiVersion]
        for number in 0..<UOP_ISA_COUNT {
            if let isa = UopISA(rawValue: UInt8(number)), let table = unsafe set.pointee.table(isa) { versions.append(unsafe table.pointee.abiVersion) }
        }
        for found in versions where found != UOP_ABI_VERSION {
            throw StencilSetError(kind: .abiVersion(found), set: name)
        }
        for unsafe other in unsafe others {
            // Both are sorted by name: one walk finds what they share.
            var (i, j) = (0, 0)
            while i < Int(unsafe set.pointee.uopCount), j < Int(unsafe other.pointee.uopCount) {
                let order = unsafe uop_compare_names(set.pointee.uops[i].name, other.pointee.uops[j].name)
                if order == 0 {
                    throw StencilSetError(
                        kind: .duplicateUop(unsafe String(cString: set.pointee.uops[i].name)), set: name)
                }
                if order < 0 { i += 1 } else { j += 1 }
            }
        }
    }

    // MARK: Numbers

    /// The number of a bridge's form, which the instruction set must have.
    public func form(of bridge: UopBridge) -> Int { bridges[Int(bridge.rawValue)] }

    /// The number of the form of a uop that has its values in the frame; nil where there is no machine code.
    public func frameForm(of uop: Int) -> Int? {
        guard let (table, index, first) = unsafe place(of: uop), unsafe table.pointee.operations[index].frameCount > 0 else {
            return nil
        }
        return unsafe first + Int(table.pointee.operations[index].first)
    }

    /// The table that a uop is in, its number there, and the number of the table's first form.
    func place(of uop: Int) -> (table: UnsafePointer<UopStencilTable>, index: Int, firstForm: Int)? {
        var index = uop
        var first = 0
        for unsafe (set, table) in unsafe zip(sets, tables) {
            if index < Int(unsafe set.pointee.uopCount) { return unsafe (table, index, first) }
            index -= Int(unsafe set.pointee.uopCount)
            first += Int(unsafe table.pointee.formCount)
        }
        return nil
    }

    /// The number of a uop of this name, or nil.
    public func number(of name: String) -> Int? {
        var first = 0
        for unsafe set in unsafe sets {
            let count = Int(unsafe set.pointee.uopCount)
            for index in 0..<count where unsafe name.withCString({ unsafe uop_compare_names($0, set.pointee.uops[index].name) }) == 0 {
                return first + index
            }
            first += count
        }
        return nil
    }

    /// What C calls a helper.
    func name(of helper: HelperNumber) -> String {
        unsafe String(cString: sets[Int(helper.set)].pointee.helpers.unsafelyUnwrapped[Int(helper.index)].name)
    }

    /// The longest run of bytes that do nothing which one form has.
    static let longestPadding = Int(UOP_LONGEST_PADDING)

    /// The form that does nothing in so many bytes, and how many it is: fewer where instructions are longer than one.
    func padding(of size: Int) -> (form: Int, size: Int)? {
        for size in (1...min(size, Self.longestPadding)).reversed() {
            let form = bridges[Int(UopBridge.padding1.rawValue) + size - 1]
            if form != Self.noForm { return (form, size) }
        }
        return nil
    }

    private static let noForm = Int(UOP_NO_FORM)
}

extension UopStencilSet {
    /// The table for an instruction set; nil where the set has no code for it.
    package func table(_ isa: UopISA) -> UnsafePointer<UopStencilTable>? {
        switch isa {
        case .X86_64: unsafe tables.0
        case .X86_64_V3: unsafe tables.1
        case .AARCH64: unsafe tables.2
        case .I686: unsafe tables.3
        case .RISCV64: unsafe tables.4
        case .POWERPC64LE: unsafe tables.5
        }
    }
}

extension UopISA {
    /// Every instruction set, in the order of their numbers.
    package static let all = (0..<UInt8(UOP_ISA_COUNT)).compactMap { UopISA(rawValue: $0) }

    /// "x86-64-v3": the name in options and messages.
    public var name: String { unsafe String(cString: uop_isa_names()[Int(rawValue)].unsafelyUnwrapped) }
}
