import CStencils
import Testing

@testable import UopVM

/// Programs built by chance, with everything that the types can say and a text can hold.
struct ProgramGenerator {
    var random: SeededGenerator
    private var program = Program()

    init(seed: UInt64) { random = SeededGenerator(seed: seed) }

    mutating func next() throws -> Program {
        program = Program()
        var names: Set<String> = []
        for _ in 0..<count(5) { addLocal(name(&names)) }
        names = []
        for _ in 0..<count(4) { addBuffer(name(&names)) }
        if chance(3) {
            let cells = Int.random(in: 1...100_000, using: &random)
            program.tape = TapeDeclaration(
                cells: cells, start: chance(2) ? 0 : Int.random(in: 0..<cells, using: &random))
        }
        names = []
        for _ in 0..<count(3) {
            let parameters = (0..<count(3)).map { _ in valueClass() }
            let result = chance(2) ? valueClass() : nil
            program.helpers.append(HelperDeclaration(name: name(&names), parameters: parameters, result: result))
        }
        names = []
        for _ in 0..<count(4) {
            program.exits.append(ExitDeclaration(name: name(&names), error: chance(2) ? text() : nil))
        }
        let traceNames = (0..<count(4)).map { _ in name(&names) }
        for name in traceNames { try addTrace(name, traceCount: traceNames.count) }
        for _ in 0..<count(5) { addExpectation() }
        return program
    }

    private mutating func count(_ most: Int) -> Int { Int.random(in: 0...most, using: &random) }
    private mutating func chance(_ oneIn: Int) -> Bool { Int.random(in: 0..<oneIn, using: &random) == 0 }
    private mutating func valueClass() -> UopClass { UopClass.concrete[count(UopClass.concrete.count - 1)] }

    private mutating func name(_ taken: inout Set<String>) -> String {
        let first = Array("abcxyzABCXYZ_")
        let rest = first + Array("0123456789._.")
        while true {
            var name = String(first[count(first.count - 1)])
            for _ in 0..<(chance(20) ? 200 : count(12)) { name.append(rest[count(rest.count - 1)]) }
            if taken.insert(name).inserted { return name }
        }
    }

    private mutating func text() -> String {
        var text = ""
        for _ in 0..<count(12) {
            let limit: UInt32 = chance(3) ? 0x10FFFF : chance(2) ? 0x7FF : 0x7F
            if let scalar = Unicode.Scalar(UInt32.random(in: 0...limit, using: &random)) {
                text.unicodeScalars.append(scalar)
            }
        }
        return text
    }

    private mutating func bytes() -> [UInt8] {
        chance(2) ? Array(text().utf8) : (0..<count(20)).map { _ in UInt8.random(in: 0...255, using: &random) }
    }

    /// Words of all sizes, and those at the borders.
    private mutating func word() -> UInt64 {
        if chance(4) { return [0, 1, .max, 1 << 63, (1 << 63) - 1, 0xFFFF_FFFF, 1 << 32][count(6)] }
        return random.next() >> UInt64(count(63)) ^ (chance(2) ? 0 : .max)
    }

    private mutating func float() -> UInt64 {
        if chance(3) { return Double(count(1000)).bitPattern }
        if chance(4) {
            return [0x7FF0_0000_0000_0000, 0xFFF0_0000_0000_0000, 0x7FF8_0000_0000_0000, 1 << 63][count(3)]
        }
        return random.next()
    }

    private mutating func smallInteger() -> Int64 {
        if chance(10) { return chance(2) ? ObjectWord.smallIntegers.lowerBound : ObjectWord.smallIntegers.upperBound }
        return Int64(bitPattern: random.next()) >> (14 + Int64(count(49)))
    }

    private mutating func word(of valueClass: UopClass) -> UInt64 {
        switch valueClass {
        case .I64: return word()
        case .F64: return float()
        case .INT: return ObjectWord.integer(smallInteger()) ?? 0
        case .FLOAT: return ObjectWord.float(Double(bitPattern: float()))
        case .BOOL: return chance(2) ? ObjectWord.true : ObjectWord.false
        case .NONE: return ObjectWord.none
        default: return word(of: [.INT, .FLOAT, .BOOL, .NONE][count(3)])
        }
    }

    private mutating func addLocal(_ name: String) {
        let valueClass = valueClass()
        var initial = InitialValue.word(word(of: valueClass))
        if valueClass == .RANGE || valueClass == .OBJECT && chance(2) {
            let step = smallInteger()
            initial = .range(start: smallInteger(), stop: smallInteger(), step: step == 0 ? 1 : step)
        }
        program.locals.append(LocalDeclaration(name: name, valueClass: valueClass, initial: initial))
    }

    private mutating func element(_ kind: UopOperandKind) -> UInt64 {
        kind == .BUFFER_F64 ? float() : word() & (.max >> UInt64(64 - 8 * (kind.elementBytes ?? 8)))
    }

    private mutating func addBuffer(_ name: String) {
        let kind = UopOperandKind.bufferElements[count(4)]
        let elements = count(50)
        var initial: [UInt64] = []
        if kind == .BUFFER_I8, chance(2) {
            initial = bytes().prefix(elements).map(UInt64.init)
        } else if chance(2) {
            for _ in 0..<count(elements) { initial.append(element(kind)) }
        }
        program.buffers.append(BufferDeclaration(name: name, element: kind, count: elements, initial: initial))
    }

    private mutating func addExpectation() {
        let kind: UopVM.Expectation.Kind
        switch count(3) {
        case 0:
            guard let index = program.locals.indices.randomElement(using: &random),
                program.locals[index].valueClass != .RANGE
            else { return }
            kind = .local(index, word(of: program.locals[index].valueClass))
        case 1:
            guard let index = program.buffers.indices.randomElement(using: &random), program.buffers[index].count > 0
            else { return }
            kind = .element(index, count(program.buffers[index].count - 1), element(program.buffers[index].element))
        case 2:
            guard let index = program.exits.indices.randomElement(using: &random) else { return }
            kind = .exit(index)
        default: kind = .output(bytes())
        }
        program.expectations.append(UopVM.Expectation(kind))
    }
}

/// Traces: a text numbers labels and values by their first mention, and so does this.
extension ProgramGenerator {
    /// A name's index, by order of mention.
    private func mention(_ name: String, _ names: inout [String]) -> Int {
        if let index = names.firstIndex(of: name) { return index }
        names.append(name)
        return names.count - 1
    }

    private mutating func addTrace(_ name: String, traceCount: Int) throws {
        var trace = TraceDeclaration(name: name)
        if !program.traces.isEmpty { trace.entry = (0..<count(4)).map { _ in valueClass() } }
        var names: Set<String> = []
        let labels = (0..<count(4)).map { _ in self.name(&names) }
        names = []
        let values = (0..<count(6)).map { _ in self.name(&names) }
        var unplaced = labels
        var undefined = values
        for _ in 0..<count(20) {
            if chance(6), let label = unplaced.popLast() {
                trace.statements.append(Statement(.label(mention(label, &trace.labels))))
            } else {
                try addUop(&trace, labels: labels, values: values, undefined: &undefined, traceCount: traceCount)
            }
        }
        for label in trace.labels where unplaced.contains(label) {
            trace.statements.append(Statement(.label(mention(label, &trace.labels))))
        }
        for value in trace.values where undefined.contains(value) {
            var statement = Statement(.uop(try uop("_I64_CONST")))
            statement.firstOperand = UInt32(trace.operands.count)
            statement.operandCount = 1
            trace.operands.append(Operand(word: word()))
            statement.firstValueUse = UInt32(trace.valueUses.count)
            statement.resultCount = 1
            trace.valueUses.append(ValueUse(value: mention(value, &trace.values)))
            trace.statements.append(statement)
        }
        program.traces.append(trace)
    }

    private mutating func addUop(
        _ trace: inout TraceDeclaration, labels: [String], values: [String], undefined: inout [String], traceCount: Int
    ) throws {
        let number = count(TextCatalog.catalog.uops.count - 1)
        let uop = TextCatalog.catalog.uops[number]
        guard !uop.flags.contains(.internal) else { return }
        var statement = Statement(.uop(number))
        if uop.flags.contains(.exits), chance(2) {
            let target = count(program.exits.count + traceCount)
            statement.exit =
                target < program.exits.count
                ? .exit(target)
                : target < program.exits.count + traceCount ? .trace(target - program.exits.count) : .implicit
        }
        let firstOperand = trace.operands.count
        let firstValueUse = trace.valueUses.count
        if !uop.outputs.isEmpty, undefined.count >= uop.outputs.count, chance(2) {
            statement.resultCount = UInt8(uop.outputs.count)
            for _ in uop.outputs {
                let value = undefined.removeLast()
                trace.valueUses.append(ValueUse(value: mention(value, &trace.values)))
            }
        }
        for kind in uop.operands {
            guard let word = operand(kind, labels, &trace) else {
                // Nothing of that kind is declared: the uop is not for this program.
                trace.operands.removeSubrange(firstOperand...)
                for use in trace.valueUses[firstValueUse...].reversed() { undefined.append(trace.values[use.value]) }
                trace.valueUses.removeSubrange(firstValueUse...)
                forgetUnused(&trace)
                return
            }
            trace.operands.append(Operand(word: word))
        }
        if !uop.inputs.isEmpty, !values.isEmpty, chance(2) {
            statement.argumentCount = UInt8(uop.inputs.count)
            for _ in uop.inputs {
                trace.valueUses.append(ValueUse(value: mention(values[count(values.count - 1)], &trace.values)))
            }
        }
        statement.operandCount = UInt8(uop.operands.count)
        if statement.operandCount > 0 { statement.firstOperand = UInt32(firstOperand) }
        if trace.valueUses.count > firstValueUse { statement.firstValueUse = UInt32(firstValueUse) }
        trace.statements.append(statement)
    }

    /// Names whose only mention was taken back.
    private func forgetUnused(_ trace: inout TraceDeclaration) {
        let highest = trace.valueUses.map(\.value).max() ?? -1
        trace.values.removeSubrange((highest + 1)...)
    }

    private mutating func operand(_ kind: UopOperandKind, _ labels: [String], _ trace: inout TraceDeclaration)
        -> UInt64?
    {
        switch kind {
        case .IMM_I64: return word()
        case .IMM_F64: return float()
        case .IMM_OBJECT: return word(of: .OBJECT)
        case .IMM_INDEX: return word() & 0x7FFF_FFFF
        case .LOCAL_READ, .LOCAL_WRITE: return program.locals.indices.randomElement(using: &random).map(UInt64.init)
        case .HELPER: return program.helpers.indices.randomElement(using: &random).map(UInt64.init)
        case .LABEL:
            guard let label = labels.randomElement(using: &random) else { return nil }
            return UInt64(mention(label, &trace.labels))
        default:
            return program.buffers.indices.filter { program.buffers[$0].element == kind }.randomElement(using: &random)
                .map(UInt64.init)
        }
    }
}

struct TextRandomTests {
    @Test func whatIsPrintedReadsBackAlike() throws {
        let seed: UInt64 = 3_141_592
        Swift.print("seed \(seed)")
        var generator = ProgramGenerator(seed: seed)
        var uops = 0
        for round in 0..<2500 {
            let program = try generator.next()
            let text = print(program)
            do {
                let again = try parse(text)
                try #require(again == program, "round \(round) of seed \(seed):\n\(text)\nbecame\n\(print(again))")
                try #require(print(again) == text, "round \(round) of seed \(seed)")
            } catch let error as InvalidInput {
                Issue.record("round \(round) of seed \(seed): \(error)\n\(text)")
                return
            }
            uops += program.traces.map(\.statements.count).reduce(0, +)
        }
        // A generator that makes nothing would pass.
        #expect(uops > 20_000)
    }
}
