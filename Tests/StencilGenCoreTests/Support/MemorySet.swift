import CStencils
import StencilGenCore

/// A stencil set in memory: what a generated C file would be, so that the runtime runs stencils that
/// no table has. Lives as long as this value.
@safe
final class MemorySet: @unchecked Sendable {
    // Sendable: nothing changes after init.
    let pointer: UnsafePointer<UopStencilSet>
    let table: UopStencilTable
    private let allocations: Allocations

    /// The runtime's view of a uop: which of the table's stencils are its forms.
    struct Uop {
        var name: String
        var firstStencil: Int
        var formCount: Int
    }

    /// A set of `stencils`, without bridges.
    convenience init(name: String, stencils: [Stencil], uops: [Uop]) {
        let allocations = Allocations()
        var table = unsafe UopStencilTable()
        unsafe table.abiVersion = UOP_ABI_VERSION
        unsafe Self.fill(&table, stencils, allocations)
        unsafe self.init(name: name, table: table, uops: uops, allocations)
    }

    /// A set whose uops' forms are stencils of an existing table.
    convenience init(name: String, table: UopStencilTable, uops: [Uop]) {
        unsafe self.init(name: name, table: table, uops: uops, Allocations())
    }

    private init(name: String, table original: UopStencilTable, uops: [Uop], _ allocations: Allocations) {
        // Sets are sorted by name.
        let uops = uops.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
        var table = unsafe original
        unsafe table.forms = UnsafePointer(
            allocations.array(uops.map { UopForms(firstStencil: UInt32($0.firstStencil), count: UInt32($0.formCount)) }))
        var set = unsafe UopStencilSet()
        unsafe set.abiVersion = UOP_ABI_VERSION
        unsafe set.uopCount = UInt32(uops.count)
        unsafe set.name = allocations.text(name)
        unsafe set.uops = UnsafePointer(
            allocations.array(
                uops.map { uop in
                    var info = unsafe UopInfo()
                    unsafe info.name = allocations.text(uop.name)
                    return unsafe info
                }))
        // Helpers keep the numbers that they have in this package's own set.
        unsafe set.helpers = uop_base_stencils().pointee.helpers
        unsafe set.helperCount = uop_base_stencils().pointee.helperCount
        unsafe set.table = UnsafePointer(allocations.array([table]))
        unsafe self.table = table
        unsafe pointer = UnsafePointer(allocations.array([set]))
        self.allocations = allocations
    }

    private static func fill(_ table: inout UopStencilTable, _ stencils: [Stencil], _ allocations: Allocations) {
        var code: [UInt8] = []
        var holes: [UopHole] = []
        var constants: [Stencil.Constant] = []
        func add(_ fragment: Stencil.Fragment) -> UopFragment {
            let result = UopFragment(
                code: UInt32(code.count), size: UInt32(fragment.bytes.count), firstHole: UInt32(holes.count),
                holeCount: UInt32(fragment.holes.count))
            code += fragment.bytes
            holes += fragment.holes.map { hole in
                let (target, index) = reference(hole.target, &constants)
                return UopHole(
                    addend: hole.addend, offset: UInt32(hole.offset), index: UInt16(index), kind: hole.kind, target: target)
            }
            return result
        }
        let rows = stencils.map { UopStencil(hot: add($0.hot), cold: add($0.cold)) }
        unsafe table.stencilCount = UInt32(rows.count)
        unsafe table.stencils = UnsafePointer(allocations.array(rows))
        unsafe table.holeCount = UInt32(holes.count)
        unsafe table.holes = UnsafePointer(allocations.array(holes))
        unsafe table.codeSize = UInt32(code.count)
        // Copies go by 16 bytes.
        unsafe table.code = UnsafePointer(allocations.array(code + [UInt8](repeating: 0, count: 16)))
        unsafe table.constantCount = UInt32(constants.count)
        var bytes: [UInt8] = []
        unsafe table.constants = UnsafePointer(
            allocations.array(
                constants.map { constant in
                    defer { bytes += constant.bytes }
                    return UopConstant(
                        offset: UInt32(bytes.count), size: UInt16(constant.bytes.count), alignment: UInt16(constant.alignment))
                }))
        unsafe table.constantBytes = UnsafePointer(allocations.array(bytes))
    }

    private static func reference(
        _ target: Stencil.Target, _ constants: inout [Stencil.Constant]
    ) -> (UopHoleTarget, Int) {
        switch target {
        case .operand(let number): return (.operand, number)
        case .continuation(let number): return (.continuation, number)
        case .exit: return (.exit, 0)
        case .fragment(let number): return (.fragment, number)
        case .helper(let name): return (.helper, helperNames.firstIndex(of: name)!)
        case .constant(let constant):
            if let index = constants.firstIndex(of: constant) { return (.constant, index) }
            constants.append(constant)
            return (.constant, constants.count - 1)
        }
    }

    private static let helperNames: [String] = {
        let set = unsafe uop_base_stencils()!
        return unsafe (0..<Int(set.pointee.helperCount)).map { unsafe String(cString: set.pointee.helpers[$0].name) }
    }()
}

/// Memory that goes with its owner.
@safe
private final class Allocations {
    private var all: [UnsafeMutableRawPointer] = unsafe []

    func array<Element: BitwiseCopyable>(_ elements: [Element]) -> UnsafeMutablePointer<Element> {
        let memory = UnsafeMutablePointer<Element>.allocate(capacity: max(1, elements.count))
        unsafe memory.initialize(from: elements, count: elements.count)
        unsafe all.append(UnsafeMutableRawPointer(memory))
        return unsafe memory
    }

    func text(_ text: String) -> UnsafePointer<CChar> {
        unsafe UnsafePointer(array(text.utf8.map(CChar.init(bitPattern:)) + [0]))
    }

    deinit {
        for unsafe memory in unsafe all { unsafe memory.deallocate() }
    }
}
