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
        }
    }
}

/// The tables of one or more stencil sets, checked, and arranged for emission. Uops have numbers:
/// the sets' uops, one set after the other.
@safe
public struct StencilLibrary: @unchecked Sendable {
    // Sendable: the tables are constants of the program.

    /// The sets in the order of their uops' numbers.
    public let sets: [UnsafePointer<UopStencilSet>]
    /// False where a set has no machine code for this host: then there is only the interpreter.
    public let hasMachineCode: Bool
    /// By uop number, then the bridges.
    let codes: [UopCode]
    /// Where the bridges begin in `codes`.
    public let uopCount: Int

    /// A uop's or a bridge's stencils, and what its holes refer to.
    @safe
    struct UopCode {
        let narrow: UnsafePointer<UopStencil>
        /// Nil where there is one form.
        let wide: UnsafePointer<UopStencil>?
        let table: UnsafePointer<UopStencilTable>
        let helpers: UnsafePointer<UopHelperSymbol>?
        /// The set's place in `sets`.
        let set: Int
        /// What the narrow form accepts as its immediate operands.
        let limits: (ClosedRange<Int64>, ClosedRange<Int64>)
    }

    /// Checks the sets and numbers their uops.
    public init(_ sets: [UnsafePointer<UopStencilSet>]) throws(StencilSetError) {
        var codes: [UopCode] = []
        var bridges: [UopCode] = []
        var hasMachineCode = true
        for unsafe (index, set) in unsafe sets.enumerated() {
            try unsafe Self.check(set, among: sets[..<index])
            guard let table = unsafe set.pointee.table else {
                hasMachineCode = false
                continue
            }
            for uop in 0..<Int(unsafe set.pointee.uopCount) {
                let form = unsafe table.pointee.forms[uop]
                unsafe codes.append(Self.code(table, set, index, first: Int(form.firstStencil), count: Int(form.count)))
            }
            guard bridges.isEmpty else { continue }
            for bridge in 0..<Int(unsafe table.pointee.bridgeCount) {
                unsafe bridges.append(
                    Self.code(table, set, index, first: Int(table.pointee.bridges[bridge]), count: 1))
            }
        }
        if hasMachineCode, bridges.count != UOP_BRIDGE_COUNT {
            throw StencilSetError(kind: .noBridges, set: unsafe sets.last.map { unsafe String(cString: $0.pointee.name) } ?? "")
        }
        unsafe self.sets = sets
        self.hasMachineCode = hasMachineCode
        self.uopCount = unsafe sets.reduce(0) { unsafe $0 + Int($1.pointee.uopCount) }
        self.codes = hasMachineCode ? codes + bridges : []
    }

    private static func check(
        _ set: UnsafePointer<UopStencilSet>, among others: ArraySlice<UnsafePointer<UopStencilSet>>
    ) throws(StencilSetError) {
        let name = unsafe String(cString: set.pointee.name)
        let version = unsafe set.pointee.table?.pointee.abiVersion ?? set.pointee.abiVersion
        for found in unsafe [set.pointee.abiVersion, version] where found != UOP_ABI_VERSION {
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

    private static func code(
        _ table: UnsafePointer<UopStencilTable>, _ set: UnsafePointer<UopStencilSet>, _ index: Int, first: Int, count: Int
    ) -> UopCode {
        let narrow = unsafe table.pointee.stencils + first
        return unsafe UopCode(
            narrow: narrow, wide: count > 1 ? narrow + 1 : nil, table: table, helpers: set.pointee.helpers, set: index,
            limits: (limit(of: 0, narrow, table), limit(of: 1, narrow, table)))
    }

    /// The values that every hole of an operand accepts.
    private static func limit(
        of operand: Int, _ stencil: UnsafePointer<UopStencil>, _ table: UnsafePointer<UopStencilTable>
    ) -> ClosedRange<Int64> {
        var range = Int64.min...Int64.max
        for fragment in unsafe [stencil.pointee.hot, stencil.pointee.cold] {
            for index in Int(fragment.firstHole)..<Int(fragment.firstHole + fragment.holeCount) {
                let hole = unsafe table.pointee.holes[index]
                guard hole.target == .operand, Int(hole.index) == operand else { continue }
                let field = unsafe uop_hole_fields()[Int(hole.kind.rawValue)]
                guard field.bits < 64 else { continue }
                let span = Int64(1) << Int64(field.bits)
                let low = field.signedness == .signed ? -span / 2 : 0
                range = range.clamped(to: low - hole.addend...low + span - 1 - hole.addend)
            }
        }
        return range
    }
}
