import CStencils
import Foundation
import StencilGenCore
import Testing

/// A trace of committed stencils as a linker sees it: fragments and constants with labels, and a
/// relocation to a label or to an absolute symbol for each hole.
struct LinkedTrace {
    /// One step: which stencil of the table, its operands, and where it leads.
    struct Step {
        var stencil: Int
        var operands: [UInt64]
        var target: Int
        var exit: Int
        /// Whether it goes to its target or its exit at all.
        var leads: Bool
    }

    private let steps: [Step]
    private var text = Linker.prologue
    private var position = 0
    private var relocations = ""
    private(set) var relocationCount = 0
    private var constants: [Int: Int] = [:]
    /// The absolute symbols that relocations lead to; some several times.
    private(set) var absolutes: [(name: String, value: UInt64)] = []
    /// Bytes between fragments and constants, which nobody writes.
    private(set) var gaps: [Range<Int>] = []

    /// Lays out what CodeWriter's documentation says: the hot fragments in order, the cold ones, the
    /// constants where they are first needed.
    init(_ steps: [Step], _ table: UopStencilTable) {
        self.steps = steps
        var hot: [Int] = []
        for (index, step) in steps.enumerated() {
            hot.append(position)
            unsafe add(table.stencils[step.stencil].hot, "hot_\(index)", table)
        }
        text += "hot_\(steps.count):\n"
        for (index, step) in steps.enumerated() {
            let stencil = unsafe table.stencils[step.stencil]
            let cold = position
            unsafe add(stencil.cold, "cold_\(index)", table)
            unsafe relocate(stencil.hot, at: hot[index], index, table)
            unsafe relocate(stencil.cold, at: cold, index, table)
        }
    }

    var byteCount: Int { position }
    var source: String { text + relocations }

    private mutating func add(_ fragment: UopFragment, _ label: String, _ table: UopStencilTable) {
        let code = unsafe UnsafeBufferPointer(start: table.code + Int(fragment.code), count: Int(fragment.size))
        unsafe add(Array(code), label)
    }

    private mutating func add(_ bytes: [UInt8], _ label: String) {
        text += "\(label):\n" + (bytes.isEmpty ? "" : ".byte \(bytes.map(String.init).joined(separator: ","))\n")
        position += bytes.count
    }

    private mutating func relocate(_ fragment: UopFragment, at start: Int, _ index: Int, _ table: UopStencilTable) {
        for number in Int(fragment.firstHole)..<Int(fragment.firstHole + fragment.holeCount) {
            let hole = unsafe table.holes[number]
            let step = steps[index]
            let symbol =
                switch hole.target {
                case .operand: absolute(step.operands[Int(hole.index)])
                case .continuation: "hot_\(hole.index == 0 ? index + 1 : step.target)"
                case .exit: "hot_\(step.exit)"
                case .fragment: "\(hole.index == 0 ? "hot" : "cold")_\(index)"
                case .helper: absolute(Self.helper(Int(hole.index)))
                case .constant: unsafe constant(Int(hole.index), table)
                }
            let names = LinkerJudge.relocationNames(hole.kind)
            relocations += ".reloc \(start + Int(hole.offset)), \(names[relocationCount % names.count]), \(symbol)+\(hole.addend)\n"
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

    private mutating func constant(_ index: Int, _ table: UopStencilTable) -> String {
        let label = "constant_\(index)"
        guard constants[index] == nil else { return label }
        let constant = unsafe table.constants[index]
        let gap = (Int(constant.alignment) - position % Int(constant.alignment)) % Int(constant.alignment)
        gaps.append(position..<position + gap)
        add([UInt8](repeating: 0, count: gap), "gap_\(index)")
        constants[index] = position
        let bytes = unsafe UnsafeBufferPointer(start: table.constantBytes + Int(constant.offset), count: Int(constant.size))
        unsafe add(Array(bytes), label)
        return label
    }
}
