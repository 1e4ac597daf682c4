import CStencils
import StencilGenCore
import Testing
import UopRuntime

/// The committed tables of this package's own set for one isa, as values.
@safe
struct CommittedTable: Sendable {
    /// A run of code with its place in the table as a name.
    struct Fragment: Sendable {
        var name: String
        var bytes: [UInt8]
        var holes: [Hole]
    }

    struct Hole: Sendable, Hashable {
        var offset: Int
        var kind: UopHoleKind
        var target: UopHoleTarget
        var index: Int
        var addend: Int64
    }

    /// A form, with its templates and all that masks make of them.
    struct Form: Sendable {
        /// The operation's name, and which of its forms it is.
        var name: String
        var row: UopForm
        /// The templates' numbers in the table.
        var templates: Range<Int>
        /// By variant: its template's number from the first; of the assignments only.
        var variants: [UInt8]
        /// How many registers an axis of integers has, and one of floats.
        var registerCounts: (integer: Int, float: Int)

        /// Every assignment of registers, the last axis fastest; one without registers for a frame form.
        var assignments: [[Int]] {
            axisIsFloat.reduce([[]]) { partial, isFloat in
                partial.flatMap { prefix in
                    (0..<(isFloat ? registerCounts.float : registerCounts.integer)).map { prefix + [$0] }
                }
            }
        }

        var axisIsFloat: [Bool] {
            [row.axisIsFloat.0, row.axisIsFloat.1, row.axisIsFloat.2].prefix(Int(row.axisCount)).map { $0 != 0 }
        }

        /// The number in the table of the template that serves an assignment.
        func template(_ assignment: [Int]) -> Int {
            templates.lowerBound + Int(variants[RegisterForm.variant(assignment)])
        }
    }

    let isa: UopISA
    let compiler: String
    let digest: String
    /// Of operations in order, then of bridges.
    let forms: [Form]
    let templateCount: Int
    private nonisolated(unsafe) let table: UnsafePointer<UopStencilTable>

    /// The set's uops by name.
    static let uopNames: [String] = {
        let set = unsafe uop_base_stencils()!
        return unsafe (0..<Int(set.pointee.uopCount)).map { unsafe String(cString: set.pointee.uops[$0].name) }
    }()

    /// The tables of all isas that are compiled in: the host's, or every one (trait AllTargets).
    static let all: [CommittedTable] = (0..<UInt8(UOP_ISA_COUNT)).compactMap { number in
        unsafe UopISA(rawValue: number).flatMap { unsafe uop_base_stencils().pointee.table($0) }.map { unsafe CommittedTable($0) }
    }

    /// Those whose code this processor can execute.
    static var executable: [CommittedTable] {
        all.filter { table in unsafe (try? StencilLibrary([uop_base_stencils()], isa: table.isa)) != nil }
    }

    /// The table of the least demanding isa.
    static var base: CommittedTable? { all.first }

    /// A library for making its code, and memory for that: elsewhere where this processor does not execute it.
    func codeTarget() throws -> (StencilLibrary, CodeArena.Options) {
        let set = unsafe try #require(uop_base_stencils())
        var options = CodeArena.Options()
        if Self.executable.contains(where: { $0.isa == isa }) { return (unsafe try StencilLibrary([set], isa: isa), options) }
        options.foreignAddress = JudgedMachine.of(isa).addressBits == 32 ? 0x8123_4000 : 0x5555_8123_4000
        return (unsafe try StencilLibrary([set], for: isa) { Self.foreignAddress(of: $0) }, options)
    }

    /// A helper's address where code for this table runs, by its number.
    func helperAddress(_ index: Int) -> UInt64 {
        let helper = unsafe uop_base_stencils().pointee.helpers[index]
        if Self.executable.contains(where: { $0.isa == isa }) { return unsafe UInt64(UInt(bitPattern: unsafeBitCast(helper.address, to: Int.self))) }
        return unsafe Self.foreignAddress(of: String(cString: helper.name))
    }

    /// Where functions are said to be in another machine's memory.
    private static func foreignAddress(of name: String) -> UInt64 { name.utf8.reduce(0x1234_5678) { $0 ^ UInt64($1) << 8 } }

    private init(_ table: UnsafePointer<UopStencilTable>) {
        unsafe self.table = table
        unsafe isa = table.pointee.isa
        unsafe compiler = String(cString: table.pointee.compiler)
        unsafe digest = String(cString: table.pointee.digest)
        unsafe templateCount = Int(table.pointee.templateCount)
        let names = unsafe Self.formNames(table.pointee)
        let count = unsafe Int(table.pointee.formCount)
        let registerCounts = unsafe (Int(table.pointee.integerRegisterCount), Int(table.pointee.floatRegisterCount))
        forms = (0..<count).map { index in
            let row = unsafe table.pointee.forms[index]
            let end = unsafe index + 1 < count ? table.pointee.forms[index + 1].firstTemplate : table.pointee.templateCount
            let variantCount = (0..<Int(row.axisCount)).reduce(1) { size, _ in size * Int(UOP_AXIS_SIZE) }
            let variants = unsafe UnsafeBufferPointer(start: table.pointee.variants + Int(row.variants), count: variantCount)
            return Form(
                name: names[index], row: row, templates: Int(row.firstTemplate)..<Int(end), variants: unsafe Array(variants),
                registerCounts: registerCounts)
        }
    }

    private static func formNames(_ table: UopStencilTable) -> [String] {
        var names: [String] = []
        let fusions = unsafe (0..<Int(table.fusionCount)).map { unsafe table.fusions[$0] }
        let operations = uopNames + fusions.map { "\(uopNames[Int($0.first)])+\(uopNames[Int($0.second)])" }
        for (index, name) in operations.enumerated() {
            names += (0..<(unsafe Int(table.operations[index].count))).map { "\(name) \($0)" }
        }
        return names + (names.count..<(unsafe Int(table.formCount))).map { "bridge \($0 - names.count)" }
    }

    /// The hot fragment and, if it is not empty, the cold one of a template, with masks applied.
    ///
    /// - Parameter assignment: registers for each axis of the form; nil for the template's own bytes.
    func fragments(_ form: Form, template number: Int, _ assignment: [Int]? = nil) -> [Fragment] {
        let template = unsafe table.pointee.templates[number]
        let name = "\(form.name) template \(number - form.templates.lowerBound)" + (assignment.map { " \($0)" } ?? "")
        var chunk = Int(template.chunk)
        var row = Int(template.masks)
        var firstHole = Int(template.firstHole)
        var result: [Fragment] = []
        for (part, size, holeCount) in [
            ("hot", template.hotSize, template.hotHoleCount), ("cold", template.coldSize, template.coldHoleCount),
        ] {
            var bytes: [UInt8] = []
            while bytes.count < Int(size) {
                bytes += masked(chunk, row, assignment ?? [])
                chunk += 1
                row += Int(form.row.axisCount)
            }
            let holes = unsafe UnsafeBufferPointer(start: table.pointee.holes + firstHole, count: Int(holeCount))
            firstHole += Int(holeCount)
            guard size > 0 else { continue }
            result.append(
                Fragment(
                    name: "\(name) \(part)", bytes: Array(bytes.prefix(Int(size))),
                    holes: unsafe Array(holes).map {
                        Hole(offset: Int($0.offset), kind: $0.kind, target: $0.target, index: Int($0.index), addend: $0.addend)
                    }))
        }
        return result
    }

    /// A read-only constant's bytes and alignment.
    func constant(_ index: Int) -> (bytes: [UInt8], alignment: Int) {
        let constant = unsafe table.pointee.constants[index]
        let bytes = unsafe UnsafeBufferPointer(
            start: table.pointee.constantBytes + Int(constant.offset), count: Int(constant.size))
        return (unsafe Array(bytes), Int(constant.alignment))
    }

    /// The numbers of a uop's forms, or of a fusion's behind the uops'.
    func forms(ofOperation index: Int) -> Range<Int> {
        let operation = unsafe table.pointee.operations[index]
        return Int(operation.first)..<Int(operation.first) + Int(operation.count)
    }

    /// The number of a bridge's form.
    func form(of bridge: UopBridge) -> Int { unsafe Int(table.pointee.bridges[Int(bridge.rawValue)]) }

    /// By operation: the uop, or the two that are fused.
    var operations: [[Int]] {
        CommittedTable.uopNames.indices.map { [$0] }
            + (0..<(unsafe Int(table.pointee.fusionCount))).map {
                let fusion = unsafe table.pointee.fusions[$0]
                return [Int(fusion.first), Int(fusion.second)]
            }
    }

    /// A chunk with the masks of an assignment.
    private func masked(_ chunk: Int, _ row: Int, _ assignment: [Int]) -> [UInt8] {
        let size = Int(UOP_CHUNK)
        let code = unsafe UnsafeRawPointer(table.pointee.chunks!)
        let masks = unsafe UnsafeRawPointer(table.pointee.masks!)
        var bytes = (0..<size).map { unsafe code.load(fromByteOffset: chunk * size + $0, as: UInt8.self) }
        for (axis, register) in assignment.enumerated() {
            let mask = unsafe Int(table.pointee.maskRows[row + axis]) + register
            for index in 0..<size { bytes[index] ^= unsafe masks.load(fromByteOffset: mask * size + index, as: UInt8.self) }
        }
        return bytes
    }
}
