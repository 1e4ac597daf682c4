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
    /// What the form accepts as the first two operands.
    let limits: (ClosedRange<Int64>, ClosedRange<Int64>)
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
        guard form.isWide == 0, let next, next.isWide != 0 else {
            unsafe limits = (.min ... .max, .min ... .max)
            unsafe isLimited = false
            return
        }
        let count = Int(next.firstTemplate) - Int(form.firstTemplate)
        unsafe limits = (
            Self.limit(of: 0, templates, count, bases), Self.limit(of: 1, templates, count, bases)
        )
        unsafe isLimited = limits.0 != .min ... .max || limits.1 != .min ... .max
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

    /// Whether a limited form takes these operands.
    func accepts(_ operands: UnsafeBufferPointer<UInt64>) -> Bool {
        guard operands.count > 0, unsafe limits.0.contains(Int64(bitPattern: operands[0])) else { return false }
        return unsafe operands.count < 2 || limits.1.contains(Int64(bitPattern: operands[1]))
    }

    /// The values that every hole of an operand accepts.
    private static func limit(
        of operand: Int, _ templates: UnsafePointer<UopTemplate>, _ count: Int, _ bases: TableBases
    ) -> ClosedRange<Int64> {
        var range = Int64.min...Int64.max
        for number in 0..<count {
            let template = unsafe templates[number]
            for index in 0..<Int(template.hotHoleCount) + Int(template.coldHoleCount) {
                let hole = unsafe bases.holes[Int(template.firstHole) + index]
                guard hole.target == .operand, Int(hole.index) == operand else { continue }
                let field = unsafe uop_hole_fields()[Int(hole.kind.rawValue)]
                guard field.signedness != .any, field.width < 64 else { continue }
                let span = Int64(1) << Int64(field.width)
                let low = field.signedness == .signed ? -span / 2 : 0
                range = range.clamped(to: low - hole.addend...low + span - 1 - hole.addend)
            }
        }
        return range
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
