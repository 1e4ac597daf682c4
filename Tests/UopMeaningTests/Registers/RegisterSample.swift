import CStencils
import UopRuntime
import UopTestSupport
import UopVM

/// A form in certain registers, with certain operands.
struct RegisterSample: CustomStringConvertible {
    var assignment: [Int]
    var literal: Int64?
    var immediates: [UInt64]

    var description: String {
        "in \(assignment)" + (literal.map { ", literal \($0)" } ?? "")
            + (immediates.isEmpty ? "" : ", operands \(hexadecimal(immediates))")
    }
}

extension RegisterSubject {
    /// Bytes of an element of the buffer that it uses.
    var elementBytes: Int { operands.lazy.compactMap(\.elementBytes).first ?? 0 }

    /// Whether it accesses memory without a check.
    var isAccess: Bool { uops.contains { !$0.flags.isDisjoint(with: [.reads, .writes, .faults]) } }

    /// Every assignment in question with some operands; literals of all kinds in some assignments.
    func samples(_ assignments: [[Int]]) -> [RegisterSample] {
        let immediates = immediates
        guard let literals else {
            return assignments.enumerated().map { index, assignment in
                RegisterSample(assignment: assignment, immediates: immediates[index % immediates.count])
            } + immediates.indices.map { RegisterSample(assignment: assignments[$0 % assignments.count], immediates: immediates[$0]) }
        }
        let values = literals.values
        // Each assignment with some literal, and each literal in registers that differ and that are the same.
        return assignments.enumerated().map { index, assignment in
            RegisterSample(assignment: assignment, literal: values[index * 7 % values.count], immediates: immediates[index % immediates.count])
        } + values.enumerated().flatMap { index, value in
            [0, assignments.count / 2].map {
                RegisterSample(
                    assignment: assignments[(index + $0) % assignments.count], literal: value,
                    immediates: immediates[(index + $0) % immediates.count])
            }
        }
    }

    /// Rows of operand words.
    private var immediates: [[UInt64]] {
        if let cells, cells.isScan { return cells.operandRows }
        let rows = (0..<7).map { row in operands.map { word($0, row) } }
        return rows.contains { $0 != rows[0] } ? rows : [rows[0]]
    }

    private func word(_ kind: UopOperandKind, _ row: Int) -> UInt64 {
        let integers: [Int64] = [0, 5, -1, 0x7FFF_FFFF, -0x8000_0000, 0x1_0000_0000, 0x0123_4567_89AB_CDEF]
        switch kind {
        case .IMM_I64: return UInt64(bitPattern: integers[row])
        case .IMM_F64: return [0, -0.0, 1.5, .infinity, -1e300, .nan, .leastNonzeroMagnitude][row].bitPattern
        case .IMM_OBJECT:
            return [
                ObjectWord.none, ObjectWord.true, ObjectWord.false, Objects.word(-5 as Int64), Objects.word(1.5),
                Objects.word(Int64(1) << 40), Objects.word(0.0),
            ][row]
        case .IMM_INDEX: return [0, 1, 5, 255, 1 << 20, 1 << 30, 1 << 33][row]
        case .LOCAL_READ, .LOCAL_WRITE: return RegisterFrame.offset(RegisterFrame.localSlot)
        case .BUFFER_I8, .BUFFER_I16, .BUFFER_I32, .BUFFER_I64, .BUFFER_F64: return RegisterFrame.offset(RegisterFrame.bufferSlot)
        case .CELL: return cells?.distance(row) ?? 0
        case .LABEL, .HELPER: return 0
        }
    }

    /// Whether a word is the output that is expected: of two NaNs of arithmetic, either is.
    func isSame(_ expected: UInt64, _ found: UInt64, output: Int) -> Bool {
        if expected == found { return true }
        let takesTwo = inputs.count { $0 == .F64 } > 1
        return takesTwo && outputs[output] == .F64 && Double(bitPattern: expected).isNaN && Double(bitPattern: found).isNaN
    }
}

/// What a run begins with.
struct RegisterValues {
    /// By input, the literal among them.
    var inputs: [UInt64]
    /// All registers: inputs in those of their axes.
    var registers: [UInt64]
    var state: RegisterFrame.State
    /// For uops of cells.
    var scene: CellScene?

    /// - Parameters:
    ///   - buffer: the address of the frame's buffer.
    ///   - tape: the address of the page that uops of cells use.
    init(
        _ subject: RegisterSubject, _ sample: RegisterSample, _ vector: Int, buffer: UInt64, tape: UInt64,
        _ random: inout SeededGenerator
    ) {
        registers = (0..<Int(UOP_REGISTER_COUNT)).map { _ in random.next() }
        // Once in a while all inputs are the same word.
        let choice = vector % 4 == 3 ? random.number(below: 1 << 20) : nil
        var classes: [Int: UopClass] = [:]
        for (index, valueClass) in subject.inputs.enumerated() {
            guard let axis = subject.inputAxes[index] else { continue }
            let register = subject.register(axis, sample.assignment)
            // A register of two inputs has a word that both take: integers and objects take any.
            let known = classes[register]
            let isAny = [.I64, .A, .B, .C, .OBJECT].contains(valueClass)
            guard known == nil || !isAny else { continue }
            classes[register] = valueClass
            let words = Self.words(valueClass, subject, index)
            registers[register] = words[(choice ?? random.number(below: 1 << 20)) % words.count]
            if let literal = sample.literal, valueClass == .I64, vector % 2 == 0 {
                // Around the literal, where comparisons change, and around its neighbours.
                registers[register] = UInt64(bitPattern: literal &+ Int64(random.number(below: 5)) - 2)
            }
        }
        if let cells = subject.cells, let axis = subject.inputAxes[0] {
            let scene = CellScene(cells, sample.immediates, base: tape, &random)
            registers[subject.register(axis, sample.assignment)] = scene.pointer
            self.scene = scene
        } else if subject.isAccess {
            Self.setAddress(subject, sample, buffer, &registers, &random)
        }
        let registers = registers
        inputs = subject.inputs.indices.map { index in
            subject.inputAxes[index].map { registers[subject.register($0, sample.assignment)] }
                ?? UInt64(bitPattern: sample.literal ?? 0)
        }
        let positions: [UInt64] = [0, 3, UInt64(RegisterFrame.tapeBytes) - 1, UInt64(RegisterFrame.tapeBytes), .max]
        state = RegisterFrame.State(
            seed: random.next(), tapePosition: positions[random.number(below: positions.count)],
            budget: [0, 1, 5, -1][random.number(below: 4)], floor: random.number(below: 4) == 0 ? .max : 0,
            counter: sample.immediates.first ?? 0, remaining: UInt64(random.number(below: 3)))
    }

    /// An access trusts its first two inputs: an address and an index. In one register, they are a number that leads
    /// into the buffer all the same.
    private static func setAddress(
        _ subject: RegisterSubject, _ sample: RegisterSample, _ buffer: UInt64, _ registers: inout [UInt64],
        _ random: inout SeededGenerator
    ) {
        let places = (0..<2).compactMap { subject.inputAxes[$0].map { subject.register($0, sample.assignment) } }
        let size = UInt64(subject.elementBytes)
        if places[0] == places[1] {
            registers[places[0]] = (buffer + size) / (size + 1)
        } else {
            registers[places[0]] = buffer
            registers[places[1]] = UInt64(random.number(below: RegisterFrame.bufferBytes / subject.elementBytes))
        }
    }

    private static let words: [UopClass: [UInt64]] = {
        var words: [UopClass: [UInt64]] = [:]
        for valueClass in UopClass.concrete + [.A, .B, .C] { words[valueClass] = BoundaryValues.words(of: valueClass) }
        words[.RANGE] = (0..<UInt64(RegisterFrame.iteratorCount)).map { 0xFFF9_0000_0000_0000 | $0 }
        return words
    }()
    private static let indices: [UInt64] = [0, 1, 2, 3, 3, 7, 15, 16, 31, 32, .max, 1 << 63, 1 << 61, 4]

    /// The words of an input; the first of a uop with a buffer is an index, mostly a valid one.
    private static func words(_ valueClass: UopClass, _ subject: RegisterSubject, _ index: Int) -> [UInt64] {
        if subject.elementBytes > 0, index == 0 { return indices }
        return words[valueClass] ?? [0]
    }
}

extension SeededGenerator {
    fileprivate mutating func number(below count: Int) -> Int { Int(truncatingIfNeeded: next() >> 33) % count }
}
