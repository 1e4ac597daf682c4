import CStencils
import StencilGenCore
import UopRuntime

/// A stencil set in memory: what a generated C file would be, so that the runtime runs stencils that
/// no table has. Lives as long as this value.
@safe
final class MemorySet: @unchecked Sendable {
    // Sendable: nothing changes after init.
    let pointer: UnsafePointer<UopStencilSet>
    let table: UopStencilTable
    private let allocations: Allocations

    /// The runtime's view of a uop: which of the table's forms are its own.
    struct Uop {
        var name: String
        var firstForm: Int
        var formCount: Int
    }

    /// A set of `stencils`, each a frame form, without bridges.
    convenience init(name: String, stencils: [Stencil], uops: [Uop]) {
        let allocations = Allocations()
        var table = unsafe UopStencilTable()
        unsafe table.abiVersion = UOP_ABI_VERSION
        unsafe Self.fill(&table, stencils, allocations)
        unsafe self.init(name: name, table: table, uops: uops, allocations)
    }

    /// A set whose uops' forms are forms of an existing table.
    convenience init(name: String, table: UopStencilTable, uops: [Uop]) {
        unsafe self.init(name: name, table: table, uops: uops, Allocations())
    }

    private init(name: String, table original: UopStencilTable, uops: [Uop], _ allocations: Allocations) {
        // Sets are sorted by name.
        let uops = uops.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
        var table = unsafe original
        unsafe Self.arrange(&table, uops, allocations)
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
        // The same for every instruction set: libraries choose one that all their sets have.
        let pointer = unsafe UnsafePointer(allocations.array([table]))
        unsafe set.tables = (pointer, pointer, pointer, pointer, pointer, pointer)
        unsafe self.table = table
        unsafe self.pointer = UnsafePointer(allocations.array([set]))
        self.allocations = allocations
    }

    /// Gives each uop its forms in a list of their own: a form alone, which the table has a wide one behind, must not
    /// lead there.
    private static func arrange(_ table: inout UopStencilTable, _ uops: [Uop], _ allocations: Allocations) {
        var forms: [UopForm] = []
        var operations: [UopForms] = []
        for uop in uops {
            operations.append(
                UopForms(first: UInt32(forms.count), frameCount: UInt16(uop.formCount), count: UInt16(uop.formCount)))
            for index in 0..<uop.formCount {
                var form = unsafe table.forms[uop.firstForm + index]
                if index == 0 { form.isWide = 0 }
                forms.append(form)
            }
        }
        unsafe table.operations = UnsafePointer(allocations.array(operations))
        unsafe table.forms = UnsafePointer(allocations.array(forms))
        unsafe table.formCount = UInt32(forms.count)
        unsafe table.bridgeCount = 0
        unsafe table.bridges = nil
        unsafe table.fusionCount = 0
    }

    private static func fill(_ table: inout UopStencilTable, _ stencils: [Stencil], _ allocations: Allocations) {
        typealias Chunk = SIMD16<UInt8>
        var chunks: [Chunk] = []
        var templates: [UopTemplate] = []
        var forms: [UopForm] = []
        var holes: [UopHole] = []
        var constants: [Stencil.Constant] = []
        for stencil in stencils {
            templates.append(
                UopTemplate(
                    chunk: UInt32(chunks.count), masks: 0, firstHole: UInt32(holes.count),
                    hotSize: UInt16(stencil.hot.bytes.count), coldSize: UInt16(stencil.cold.bytes.count),
                    hotHoleCount: UInt8(stencil.hot.holes.count), coldHoleCount: UInt8(stencil.cold.holes.count)))
            for fragment in [stencil.hot, stencil.cold] {
                let size = Int(UOP_CHUNK)
                let padded = fragment.bytes + [UInt8](repeating: 0, count: (size - fragment.bytes.count % size) % size)
                chunks += stride(from: 0, to: padded.count, by: size).map { Chunk(padded[$0..<$0 + size]) }
                holes += fragment.holes.map { hole in
                    let (target, index) = reference(hole.target, &constants)
                    return UopHole(
                        addend: hole.addend, offset: UInt32(hole.offset), index: UInt16(index), kind: hole.kind, target: target)
                }
            }
            var form = UopForm()
            form.firstTemplate = UInt32(forms.count)
            form.isFrame = 1
            // The second of two stencils of a uop is the wide one.
            form.isWide = stencil.symbol.hasPrefix("uop_wide_") ? 1 : 0
            forms.append(form)
        }
        unsafe table.templateCount = UInt32(templates.count)
        unsafe table.templates = UnsafePointer(allocations.array(templates))
        unsafe table.forms = UnsafePointer(allocations.array(forms))
        unsafe table.variants = UnsafePointer(allocations.array([0]))
        unsafe table.holeCount = UInt32(holes.count)
        unsafe table.holes = UnsafePointer(allocations.array(holes))
        unsafe table.chunkCount = UInt32(chunks.count)
        unsafe withUnsafeMutablePointer(to: &table.chunks) { field in
            unsafe UnsafeMutableRawPointer(field).storeBytes(
                of: UnsafeRawPointer(allocations.array(chunks)), as: UnsafeRawPointer.self)
        }
        unsafe withUnsafeMutablePointer(to: &table.masks) { field in
            unsafe UnsafeMutableRawPointer(field).storeBytes(
                of: UnsafeRawPointer(allocations.array([Chunk()])), as: UnsafeRawPointer.self)
        }
        unsafe table.maskRows = UnsafePointer(allocations.array([0]))
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
        case .operandHigh(let number): return (.operandHigh, number)
        case .operandSlot(let number): return (.operandSlot, number)
        case .nothing: return (.nothing, 0)
        case .helperSlot(let name): return (.helperSlot, helperNames.firstIndex(of: name)!)
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
