import CStencils

/// A table's parts as emission wants them.
@unsafe
struct TableBases {
    let chunks: UnsafeRawPointer
    let maskRows: UnsafePointer<UInt16>
    let masks: UnsafeRawPointer
    let holes: UnsafePointer<UopHole>

    init(_ table: UnsafePointer<UopStencilTable>) {
        unsafe chunks = UnsafeRawPointer(table.pointee.chunks.unsafelyUnwrapped)
        unsafe maskRows = table.pointee.maskRows
        unsafe masks = UnsafeRawPointer(table.pointee.masks.unsafelyUnwrapped)
        unsafe holes = table.pointee.holes
    }
}

/// A form with all that emission needs at hand.
@unsafe
struct EmissionForm {
    let templates: UnsafePointer<UopTemplate>
    let variants: UnsafePointer<UInt8>
    let table: TableBases
    /// Templates from the first that are in the table.
    let templateCount: UInt32
    /// The set's place in `StencilLibrary.sets`.
    let set: UInt16
    let axisCount: UInt8
    /// Whether there is anything that it does not accept: the form behind it does.
    let isLimited: Bool

    init(_ form: UopForm, _ next: UopForm?, _ table: UnsafePointer<UopStencilTable>, _ bases: TableBases, set: Int) {
        unsafe templates = table.pointee.templates + Int(form.firstTemplate)
        unsafe variants = table.pointee.variants + Int(form.variants)
        unsafe templateCount = table.pointee.templateCount - form.firstTemplate
        unsafe self.table = bases
        unsafe self.set = UInt16(truncatingIfNeeded: set)
        unsafe axisCount = form.axisCount
        unsafe isLimited = form.isWide == 0 && next.map { $0.isWide != 0 } ?? false
    }

    /// The number of a variant: see `UopForm`.
    @inline(__always)
    func variant(_ registers: Step.Registers) -> Int {
        let size = Int(UOP_AXIS_SIZE)
        return switch unsafe axisCount {
        case 0: 0
        case 1: min(Int(registers.first), size - 1)
        case 2: min(Int(registers.first), size - 1) &* size &+ min(Int(registers.second), size - 1)
        default:
            (min(Int(registers.first), size - 1) &* size &+ min(Int(registers.second), size - 1)) &* size
                &+ min(Int(registers.third), size - 1)
        }
    }

    /// Whether the holes of a template take these operands. (Where one is missing, that is another error.)
    func accepts(
        _ template: UopTemplate, _ operands: UnsafeBufferPointer<UInt64>, _ encoder: HoleEncoder
    ) -> Bool {
        for index in 0..<Int(template.hotHoleCount) + Int(template.coldHoleCount) {
            let hole = unsafe table.holes[Int(template.firstHole) + index]
            guard hole.target == .operand, Int(hole.index) < operands.count else { continue }
            let value = unsafe operands[Int(hole.index)] &+ UInt64(bitPattern: hole.addend)
            if !encoder.accepts(value, hole.kind) { return false }
        }
        return true
    }
}

/// The forms in memory that never moves: emission looks one up for each step.
@safe
final class EmissionFormTable {
    let base: UnsafeMutablePointer<EmissionForm>
    let count: Int

    init(_ tables: [UnsafePointer<UopStencilTable>]) {
        count = unsafe tables.reduce(0) { unsafe $0 + Int($1.pointee.formCount) }
        unsafe base = .allocate(capacity: max(1, count))
        var position = 0
        for unsafe (set, table) in unsafe tables.enumerated() {
            let bases = unsafe TableBases(table)
            let formCount = Int(unsafe table.pointee.formCount)
            for index in 0..<formCount {
                let next = unsafe index + 1 < formCount ? table.pointee.forms[index + 1] : nil
                unsafe (base + position).initialize(
                    to: EmissionForm(table.pointee.forms[index], next, table, bases, set: set))
                position += 1
            }
        }
    }

    deinit { unsafe base.deallocate() }
}
