import CStencils
import Testing
import UopRuntime
import UopVM

/// A form with its values in registers, as the tables of a isa describe it.
@safe
struct RegisterSubject: CustomTestStringConvertible, Sendable {
    let isa: UopISA
    /// "_I64_LT_S+_GUARD_TRUE", and which of its forms it is.
    let name: String
    /// One uop, or two that are fused.
    let uops: [UopCatalog.Uop]
    /// The form's number in the library.
    let form: Int
    /// In order: of a fusion, the second's but the last, then the first's.
    let inputs: [UopClass]
    let outputs: [UopClass]
    let operands: [UopOperandKind]
    let axisIsFloat: [Bool]
    /// By input: its axis; nil for the literal.
    let inputAxes: [Int?]
    let outputAxes: [Int]
    let literals: Literals?
    /// By variant: the template that serves it.
    private let variants: [UInt8]

    /// Which literals a form takes.
    struct Literals: Sendable {
        var range: ClosedRange<Int64>
        /// Those of -1 ... 6 that lie in the range and are not taken: bit 0 for -1.
        var excluded: UInt8

        func accept(_ value: Int64) -> Bool {
            range.contains(value) && !((-1...6).contains(value) && excluded >> UInt8(value + 1) & 1 != 0)
        }

        /// Every value of a short range; of a long one its ends, and where encodings change.
        var values: [Int64] {
            if range.count <= 256 { return range.filter(accept) }
            let edges: [Int64] = [0, 127, 128, 255, 256, 32767, 32768, 65535, 65536, 1 << 24, 0x1234_5678, 0x7FFF_FF80]
            let near = edges.flatMap { [$0 - 1, $0, $0 + 1, -$0 - 1, -$0, -$0 + 1] }
            let ends = [range.lowerBound, range.lowerBound + 1, range.upperBound - 1, range.upperBound]
            return Set(near + ends + [2, 3, 4, 5, 6, 7, -7]).filter(accept).sorted()
        }
    }

    var testDescription: String { "\(isa.name) \(name)" }

    /// The template that serves an assignment, counted from the form's first.
    func template(_ assignment: [Int]) -> Int {
        Int(variants[assignment.reduce(0) { $0 * Int(UOP_AXIS_SIZE) + $1 }])
    }

    var templateCount: Int { Set(assignments.map(template)).count }

    func registerCount(_ axis: Int) -> Int { axisIsFloat[axis] ? UOP_FLOAT_REGISTER_COUNT : UOP_INTEGER_REGISTER_COUNT }

    /// A register of an axis as a number among all: the integer ones first.
    func register(_ axis: Int, _ assignment: [Int]) -> Int {
        assignment[axis] + (axisIsFloat[axis] ? Int(UOP_INTEGER_REGISTER_COUNT) : 0)
    }

    /// What there is to know of a uop of cells.
    var cells: CellShape? { operands.contains(.CELL) ? CellShape(uops[0]) : nil }

    // MARK: From the tables

    /// Every form with registers of a isa.
    static func all(_ isa: UopISA) -> [RegisterSubject] {
        guard let table = unsafe uop_base_stencils().pointee.table(isa) else { return [] }
        let uops = Base.catalog.uops
        let fusions = unsafe (0..<Int(table.pointee.fusionCount)).map { unsafe table.pointee.fusions[$0] }
        let operations = uops.map { [$0] } + fusions.map { [uops[Int($0.first)], uops[Int($0.second)]] }
        var result: [RegisterSubject] = []
        for (index, operation) in operations.enumerated() {
            let forms = unsafe table.pointee.operations[index]
            for number in Int(forms.first) + Int(forms.frameCount)..<Int(forms.first) + Int(forms.count) {
                result.append(unsafe RegisterSubject(table, number, operation))
            }
        }
        return result
    }

    private init(_ table: UnsafePointer<UopStencilTable>, _ number: Int, _ uops: [UopCatalog.Uop]) {
        let row = unsafe table.pointee.forms[number]
        let last = uops[uops.count - 1]
        unsafe isa = table.pointee.isa
        self.uops = uops
        form = number
        inputs = (uops.count > 1 ? Array(last.inputs.dropLast()) : []) + uops[0].inputs
        outputs = last.flags.contains(.guards) ? [] : last.outputs
        operands = uops.flatMap(\.operands)
        axisIsFloat = [row.axisIsFloat.0, row.axisIsFloat.1, row.axisIsFloat.2].prefix(Int(row.axisCount)).map { $0 != 0 }
        inputAxes = [row.inputAxes.0, row.inputAxes.1, row.inputAxes.2].prefix(inputs.count).map {
            $0 == UInt8(UOP_NO_AXIS) ? nil : Int($0)
        }
        outputAxes = [row.outputAxes.0, row.outputAxes.1, row.outputAxes.2].prefix(outputs.count).map(Int.init)
        literals =
            row.literalInput == UInt8(UOP_NO_AXIS)
            ? nil : Literals(range: Int64(row.lowest)...Int64(row.highest), excluded: row.excluded)
        let count = axisIsFloat.reduce(1) { size, _ in size * Int(UOP_AXIS_SIZE) }
        unsafe variants = Array(UnsafeBufferPointer(start: table.pointee.variants + Int(row.variants), count: count))
        let classes = axisIsFloat.map { $0 ? "f" : "i" }.joined() + (row.isWide != 0 ? " wide" : "")
        let literal = literals.map { " literal \($0.range.lowerBound)...\($0.range.upperBound)" } ?? ""
        name = uops.map(\.name).joined(separator: "+") + " (\(classes)\(literal))"
    }

    // MARK: Samples

    /// Every assignment of registers, the last axis fastest.
    var assignments: [[Int]] {
        axisIsFloat.indices.reduce([[]]) { partial, axis in
            partial.flatMap { prefix in (0..<registerCount(axis)).map { prefix + [$0] } }
        }
    }

    /// Assignments in which every register of every axis of every template occurs; with all registers different, all
    /// equal, and each two equal.
    var sampledAssignments: [[Int]] {
        struct Use: Hashable {
            var template: Int
            var axis: Int
            var register: Int
        }
        struct Pattern: Hashable {
            var template: Int
            var equal: [Bool]
        }
        var uses: Set<Use> = []
        var patterns: Set<Pattern> = []
        // From the midst, so that samples are not all in the first registers.
        let all = assignments
        let start = all.count * 5 / 7
        return (Array(all[start...]) + Array(all[..<start])).filter { assignment in
            let template = template(assignment)
            let equal = assignment.indices.flatMap { a in
                (0..<a).map { axisIsFloat[$0] == axisIsFloat[a] && assignment[$0] == assignment[a] }
            }
            var isNew = patterns.insert(Pattern(template: template, equal: equal)).inserted
            for (axis, register) in assignment.enumerated()
            where uses.insert(Use(template: template, axis: axis, register: register)).inserted {
                isNew = true
            }
            return isNew
        }
    }
}
