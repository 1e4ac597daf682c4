import CStencils
import Foundation
import StencilGenCore
import Testing

/// A trace of committed forms as a linker sees it: fragments and constants with labels, and a
/// relocation to a label or to an absolute symbol for each hole.
struct LinkedTrace {
    /// One step: which form of the table in which registers, its operands, and where it leads.
    struct Step {
        var form: Int
        var assignment: [Int]
        var operands: [UInt64]
        var target: Int
        var exit: Int
        /// Whether it goes to its target or its exit at all.
        var leads: Bool
    }

    private let steps: [Step]
    private let table: CommittedTable
    private var text = Linker.prologue
    private var position = 0
    private var relocations = ""
    private(set) var relocationCount = 0
    private var constants: [Int: Int] = [:]
    /// The absolute symbols that relocations lead to; some several times.
    private(set) var absolutes: [(name: String, value: UInt64)] = []
    /// Bytes between fragments and constants, which nobody writes.
    private(set) var gaps: [Range<Int>] = []

    /// Lays out what CodeStream's documentation says: the hot fragments in order, the cold ones, and the constants in the order
    /// in which those need them.
    init(_ steps: [Step], _ table: CommittedTable) {
        self.steps = steps
        self.table = table
        var hot: [Int] = []
        for (index, step) in steps.enumerated() {
            hot.append(position)
            add(fragment(of: step, isCold: false)?.bytes ?? [], "hot_\(index)")
        }
        text += "hot_\(steps.count):\n"
        var cold: [Int] = []
        for (index, step) in steps.enumerated() {
            cold.append(position)
            add(fragment(of: step, isCold: true)?.bytes ?? [], "cold_\(index)")
        }
        for (index, step) in steps.enumerated() { relocate(fragment(of: step, isCold: false), at: hot[index], index) }
        for (index, step) in steps.enumerated() { relocate(fragment(of: step, isCold: true), at: cold[index], index) }
    }

    var byteCount: Int { position }
    var source: String { text + relocations }

    /// A step's code with its masks; nil where that fragment is empty.
    private func fragment(of step: Step, isCold: Bool) -> CommittedTable.Fragment? {
        let form = table.forms[step.form]
        let fragments = table.fragments(form, template: form.template(step.assignment), step.assignment)
        return fragments.first { $0.name.hasSuffix(isCold ? "cold" : "hot") }
    }

    private mutating func add(_ bytes: [UInt8], _ label: String) {
        text += "\(label):\n" + (bytes.isEmpty ? "" : ".byte \(bytes.map(String.init).joined(separator: ","))\n")
        position += bytes.count
    }

    private mutating func relocate(_ fragment: CommittedTable.Fragment?, at start: Int, _ index: Int) {
        for hole in fragment?.holes ?? [] {
            let step = steps[index]
            let symbol =
                switch hole.target {
                case .operand: absolute(step.operands[hole.index])
                case .continuation: "hot_\(hole.index == 0 ? index + 1 : step.target)"
                case .exit: "hot_\(step.exit)"
                case .fragment: "\(hole.index == 0 ? "hot" : "cold")_\(index)"
                case .helper: absolute(Self.helper(hole.index))
                case .constant: constant(hole.index)
                case .operandHigh, .operandSlot, .helperSlot, .nothing: fatalError("x86-64 has none")
                }
            let names = LinkerJudge.relocationNames(hole.kind)
            relocations += ".reloc \(start + hole.offset), \(names[relocationCount % names.count]), \(symbol)+\(hole.addend)\n"
            relocationCount += 1
        }
    }

    /// Absolute symbols are named after their values.
    private mutating func absolute(_ value: UInt64) -> String {
        let name = "absolute_\(value)"
        absolutes.append((name, value))
        return name
    }

    private static func helper(_ index: Int) -> UInt64 {
        unsafe UInt64(UInt(bitPattern: unsafeBitCast(uop_base_stencils().pointee.helpers[index].address, to: Int.self)))
    }

    private mutating func constant(_ index: Int) -> String {
        let label = "constant_\(index)"
        guard constants[index] == nil else { return label }
        let (bytes, alignment) = table.constant(index)
        let gap = (alignment - position % alignment) % alignment
        gaps.append(position..<position + gap)
        add([UInt8](repeating: 0, count: gap), "gap_\(index)")
        constants[index] = position
        add(bytes, label)
        return label
    }
}
