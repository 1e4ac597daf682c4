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
    /// How many uops all sets have: the number of the first bridge.
    public let uopCount: Int
    /// By uop number, then the bridges: two forms each.
    let forms: FormTable

    /// Checks the sets and numbers their uops.
    public init(_ sets: [UnsafePointer<UopStencilSet>]) throws(StencilSetError) {
        var codes: [StencilForm] = unsafe []
        var bridges: [StencilForm] = unsafe []
        var hasMachineCode = true
        for unsafe (index, set) in unsafe sets.enumerated() {
            try unsafe Self.check(set, among: sets[..<index])
            guard let table = unsafe set.pointee.table else {
                hasMachineCode = false
                continue
            }
            for uop in 0..<Int(unsafe set.pointee.uopCount) {
                let form = unsafe table.pointee.forms[uop]
                unsafe codes += Self.forms(table, index, first: Int(form.firstStencil), count: Int(form.count))
            }
            guard unsafe bridges.isEmpty else { continue }
            for bridge in 0..<Int(unsafe table.pointee.bridgeCount) {
                unsafe bridges += Self.forms(table, index, first: Int(table.pointee.bridges[bridge]), count: 1)
            }
        }
        if hasMachineCode, unsafe bridges.count != 2 * UOP_BRIDGE_COUNT {
            throw StencilSetError(kind: .noBridges, set: unsafe sets.last.map { unsafe String(cString: $0.pointee.name) } ?? "")
        }
        unsafe self.sets = sets
        self.hasMachineCode = hasMachineCode
        self.uopCount = unsafe sets.reduce(0) { unsafe $0 + Int($1.pointee.uopCount) }
        forms = unsafe FormTable(hasMachineCode ? codes + bridges : [])
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

    /// The narrow and the wide form of a uop; where there is one form, it is both.
    private static func forms(
        _ table: UnsafePointer<UopStencilTable>, _ set: Int, first: Int, count: Int
    ) -> [StencilForm] {
        let stencil = unsafe table.pointee.stencils + first
        guard count > 1 else {
            let form = unsafe StencilForm(stencil.pointee, table, set, limits: (.min ... .max, .min ... .max))
            return unsafe [form, form]
        }
        return unsafe [
            StencilForm(
                stencil.pointee, table, set, limits: (limit(of: 0, stencil, table), limit(of: 1, stencil, table))),
            StencilForm((stencil + 1).pointee, table, set, limits: (.min ... .max, .min ... .max)),
        ]
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

/// One form of a stencil with all that emission needs at hand.
@unsafe
struct StencilForm {
    let hot: UnsafeRawPointer
    let cold: UnsafeRawPointer
    let hotHoles: UnsafePointer<UopHole>
    let coldHoles: UnsafePointer<UopHole>
    let hotSize: UInt32
    let coldSize: UInt32
    let hotHoleCount: UInt32
    let coldHoleCount: UInt32
    /// The set's place in `StencilLibrary.sets`.
    let set: Int
    /// What the form accepts as the first two operands.
    let limits: (ClosedRange<Int64>, ClosedRange<Int64>)
    /// Whether there is anything that it does not accept.
    let isLimited: Bool

    init(
        _ stencil: UopStencil, _ table: UnsafePointer<UopStencilTable>, _ set: Int,
        limits: (ClosedRange<Int64>, ClosedRange<Int64>)
    ) {
        let code = unsafe UnsafeRawPointer(table.pointee.code.unsafelyUnwrapped)
        unsafe hot = code + Int(stencil.hot.code)
        unsafe cold = code + Int(stencil.cold.code)
        unsafe hotHoles = table.pointee.holes.unsafelyUnwrapped + Int(stencil.hot.firstHole)
        unsafe coldHoles = table.pointee.holes.unsafelyUnwrapped + Int(stencil.cold.firstHole)
        unsafe hotSize = stencil.hot.size
        unsafe coldSize = stencil.cold.size
        unsafe hotHoleCount = stencil.hot.holeCount
        unsafe coldHoleCount = stencil.cold.holeCount
        unsafe self.set = set
        unsafe self.limits = limits
        unsafe isLimited = limits.0 != .min ... .max || limits.1 != .min ... .max
    }
}

/// The forms in memory that never moves: emission looks one up for each step.
@safe
final class FormTable {
    let base: UnsafeMutablePointer<StencilForm>
    /// How many uops and bridges: half the forms.
    let count: Int

    init(_ forms: [StencilForm]) {
        count = unsafe forms.count / 2
        unsafe base = .allocate(capacity: max(1, forms.count))
        unsafe base.initialize(from: forms, count: forms.count)
    }

    deinit { unsafe base.deallocate() }
}
