import CStencils
import Foundation
import StencilGenCore
import Testing

/// A trace of committed forms as a linker sees it: fragments, constants and slots with labels, and a
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

    private struct Relocation {
        var offset: Int
        var kind: UopHoleKind
        var symbol: String
        var addend: Int64
    }

    private let steps: [Step]
    private let table: CommittedTable
    private let machine: JudgedMachine
    private var bytes: [UInt8] = []
    private var labels: [(name: String, offset: Int)] = []
    private var relocations: [Relocation] = []
    private var constants: Set<Int> = []
    private var lastSlot: (step: Int, target: UopHoleTarget, index: Int)?
    private var slots: [(symbol: String, label: String)] = []
    /// In the order in which holes lead to them.
    private var neededConstants: [Int] = []
    /// The absolute symbols that relocations lead to; some several times.
    private(set) var absolutes: [(name: String, value: UInt64)] = []
    /// Bytes between fragments and constants, which nobody writes.
    private(set) var gaps: [Range<Int>] = []

    /// Lays out what CodeStream's documentation says: the hot fragments in order, the cold ones, the constants and then the slots in
    /// the order in which those need them.
    init(_ steps: [Step], _ table: CommittedTable) {
        self.steps = steps
        self.table = table
        machine = JudgedMachine.of(table.isa)
        let places = [false, true].map { isCold in
            let places = steps.enumerated().map { index, step in
                place(Self.fragment(of: step, in: table, isCold: isCold)?.bytes ?? [], of: index, isCold: isCold)
            }
            if !isCold { _ = label("hot_\(steps.count)") }
            return places
        }
        for (isCold, places) in zip([false, true], places) {
            for (index, step) in steps.enumerated() {
                for hole in Self.fragment(of: step, in: table, isCold: isCold)?.filledHoles ?? [] { relocate(hole, at: places[index], index) }
            }
        }
        for constant in neededConstants { place(constant: constant) }
        for slot in slots { place(slot.symbol, as: slot.label) }
    }

    var isa: UopISA { table.isa }
    var byteCount: Int { bytes.count }
    var relocationCount: Int { relocations.count }

    /// How many relocations there are of each kind.
    var kinds: [UopHoleKind: Int] { Dictionary(grouping: relocations, by: \.kind).mapValues(\.count) }

    /// The bytes with holes as clang left them, and directives for the linker.
    var source: String {
        var (bytes, text) = (bytes, "")
        var named: Set<String> = []
        for label in labels where named.insert(label.name).inserted { text += "\(label.name) = _start+\(label.offset)\n" }
        for (index, one) in relocations.enumerated() {
            let names = machine.relocations(one.kind)
            var addend = one.addend
            if machine.hasAddendsInFields {
                for byte in 0..<Int(one.kind.field.size) { bytes[one.offset + byte] = UInt8(truncatingIfNeeded: addend >> Int64(8 * byte)) }
                addend = 0
            }
            text += ".reloc \(one.offset), \(names[index % names.count]), \(one.symbol)+\(addend)\n"
        }
        let data = stride(from: 0, to: bytes.count, by: 64).map { start in
            ".byte " + bytes[start..<min(start + 64, bytes.count)].map(String.init).joined(separator: ",") + "\n"
        }
        return Linker.prologue + data.joined() + text
    }

    /// A step's code with its masks; nil where that fragment is empty.
    static func fragment(of step: Step, in table: CommittedTable, isCold: Bool) -> CommittedTable.Fragment? {
        let form = table.forms[step.form]
        let fragments = table.fragments(form, template: form.template(step.assignment), step.assignment)
        return fragments.first { $0.name.hasSuffix(isCold ? "cold" : "hot") }
    }

    /// Names what comes next; gives its place.
    private mutating func label(_ name: String) -> Int {
        labels.append((name, bytes.count))
        return bytes.count
    }

    /// Adds a fragment, where none of its instructions crosses a boundary; gives its place. Whoever comes to a hot one from before
    /// executes instructions that do nothing.
    private mutating func place(_ fragment: [UInt8], of step: Int, isCold: Bool) -> Int {
        if !isCold { _ = label("hot_\(step)") }
        while machine.crossesBoundary(fragment, at: bytes.count) {
            if isCold { gaps.append(bytes.count..<bytes.count + 4) }
            bytes += machine.nothing
        }
        defer { bytes += fragment }
        return label(isCold ? "cold_\(step)" : "code_\(step)")
    }

    private mutating func relocate(_ hole: CommittedTable.Hole, at start: Int, _ index: Int) {
        let step = steps[index]
        var symbol =
            switch hole.target {
            case .operand: absolute(step.operands[hole.index])
            case .operandHigh: absolute(UInt64(bitPattern: Int64(bitPattern: step.operands[hole.index]) >> 32))
            case .continuation: "hot_\(hole.index == 0 ? index + 1 : step.target)"
            case .exit: "hot_\(step.exit)"
            case .fragment: "\(hole.index == 0 ? "code" : "cold")_\(index)"
            case .helper: absolute(table.helperAddress(hole.index))
            case .constant: "constant_\(hole.index)"
            case .operandSlot: slot(hole, index, absolute(step.operands[hole.index]))
            case .helperSlot: slot(hole, index, absolute(table.helperAddress(hole.index)))
            case .nothing: fatalError("filled by nothing")
            }
        var addend = hole.addend
        if hole.kind == .riscvPCLow12 || hole.kind == .riscvPCLow12Store {
            // The upper half, whose place this one's relocation names, is where the addend says; it leads to the same.
            let upper = relocations.last { $0.kind == .riscvPCHigh20 && $0.symbol == symbol }
            let place = start + hole.offset - Int(hole.addend - (upper?.addend ?? 0))
            symbol = "upper_\(place)"
            labels.append((symbol, place))
            addend = 0
        }
        relocations.append(Relocation(offset: start + hole.offset, kind: hole.kind, symbol: symbol, addend: addend))
        if hole.target == .constant { neededConstants.append(hole.index) }
    }

    /// Absolute symbols are named after their values.
    private mutating func absolute(_ value: UInt64) -> String {
        let name = "absolute_\(value & machine.mask)"
        absolutes.append((name, value & machine.mask))
        return name
    }

    /// The data of a hole; two instructions of a step in a row may make one address.
    private mutating func slot(_ hole: CommittedTable.Hole, _ step: Int, _ symbol: String) -> String {
        if lastSlot.map({ $0 == (step, hole.target, hole.index) }) != true { slots.append((symbol, "slot_\(slots.count)")) }
        lastSlot = (step, hole.target, hole.index)
        return slots[slots.count - 1].label
    }

    private mutating func align(to alignment: Int) {
        let gap = (alignment - bytes.count % alignment) % alignment
        gaps.append(bytes.count..<bytes.count + gap)
        bytes += [UInt8](repeating: 0, count: gap)
    }

    private mutating func place(constant index: Int) {
        guard constants.insert(index).inserted else { return }
        let (content, alignment) = table.constant(index)
        align(to: alignment)
        _ = label("constant_\(index)")
        bytes += content
    }

    private mutating func place(_ symbol: String, as name: String) {
        align(to: 8)
        relocations.append(Relocation(offset: label(name), kind: .absolute64, symbol: symbol, addend: 0))
        bytes += [UInt8](repeating: 0, count: 8)
    }
}
