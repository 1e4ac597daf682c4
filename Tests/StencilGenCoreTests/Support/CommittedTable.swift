import CStencils

/// The committed tables of this package's own set, as values.
struct CommittedTable: Sendable {
    /// A run of code with its place in the table as a name.
    struct Fragment: Sendable {
        var name: String
        var bytes: [UInt8]
        var holes: [Hole]
    }

    struct Hole: Sendable {
        var offset: Int
        var kind: UopHoleKind
        var addend: Int64
    }

    var compiler: String
    var digest: String
    var stencilCount: Int
    /// Every fragment that is not empty, in the table's order.
    var fragments: [Fragment]

    /// The set's uops by name.
    static let uopNames: [String] = {
        let set = unsafe uop_base_stencils()!
        return unsafe (0..<Int(set.pointee.uopCount)).map { unsafe String(cString: set.pointee.uops[$0].name) }
    }()

    /// Nil where this host has no tables.
    static let base: CommittedTable? = {
        guard let table = unsafe uop_base_stencils().pointee.table else { return nil }
        return unsafe CommittedTable(table.pointee)
    }()

    private init(_ table: UopStencilTable) {
        unsafe compiler = String(cString: table.compiler)
        unsafe digest = String(cString: table.digest)
        stencilCount = unsafe Int(table.stencilCount)
        fragments = []
        let names = unsafe Self.stencilNames(table)
        for index in 0..<stencilCount {
            let stencil = unsafe table.stencils[index]
            for (part, fragment) in [("hot", stencil.hot), ("cold", stencil.cold)] where fragment.size > 0 {
                let bytes = unsafe UnsafeBufferPointer(start: table.code + Int(fragment.code), count: Int(fragment.size))
                let holes = unsafe UnsafeBufferPointer(
                    start: table.holes + Int(fragment.firstHole), count: Int(fragment.holeCount))
                fragments.append(
                    Fragment(
                        name: "\(names[index]) \(part)", bytes: unsafe Array(bytes),
                        holes: unsafe Array(holes).map { Hole(offset: Int($0.offset), kind: $0.kind, addend: $0.addend) }))
            }
        }
    }

    private static func stencilNames(_ table: UopStencilTable) -> [String] {
        var names: [String] = []
        for (uop, name) in uopNames.enumerated() {
            let count = unsafe Int(table.forms[uop].count)
            names += count == 1 ? [name] : ["\(name) narrow", "\(name) wide"]
        }
        return names + (names.count..<(unsafe Int(table.stencilCount))).map { "bridge \($0 - names.count)" }
    }
}
