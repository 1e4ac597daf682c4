import CStencils
import UopRuntime
import UopTestSupport
import UopVM

/// Where a run can end: the numbers of its exits.
enum RegisterWay: Int {
    case next = 1, jump, exit
}

/// A library's writer, memory and bridges.
@safe
final class CodeBank {
    let library: StencilLibrary
    private var writer: CodeWriter
    private var arena: CodeArena
    private let bridges: Bridges

    /// Code, and where the steps of interest begin.
    @safe
    final class Code {
        fileprivate var sealed: SealedCode?
        let entries: [UnsafeRawPointer]
        /// Where it runs.
        let addresses: Range<UInt64>

        fileprivate init(_ sealed: consuming SealedCode, _ entries: [UnsafeRawPointer]) {
            let begin = unsafe UInt64(UInt(bitPattern: sealed.runAddress))
            addresses = begin..<begin + UInt64(sealed.byteCount)
            self.sealed = consume sealed
            unsafe self.entries = entries
        }
    }

    init(_ library: StencilLibrary) throws {
        self.library = library
        var writer = try CodeWriter(library)
        var arena = CodeArena()
        bridges = try Bridges(library, writer: &writer, arena: &arena)
        self.writer = writer
        self.arena = arena
    }

    /// - Parameter entries: the steps whose addresses are wanted.
    func write(_ steps: [Step], _ operands: [UInt64], entries: [Int]) throws -> Code {
        let sealed = try writer.write(steps, operands: operands, into: &arena)
        let base = unsafe sealed.runAddress
        let offsets = entries.map { writer.offset(of: $0) }
        return unsafe Code(sealed, offsets.map { unsafe base + $0 })
    }

    func free(_ code: Code) throws {
        if let sealed = code.sealed.take() { try arena.free(sealed) }
    }

    /// Three exits behind a step that goes on, jumps or leaves; their numbers are at `operand`.
    func exits(_ operand: Int) -> [Step] {
        (0..<3).map { Step(form: library.form(of: .exit), firstOperand: operand + $0) }
    }

    /// Runs code from `entry`; the last exit leads to `code`.
    func run(_ entry: UnsafeRawPointer, _ frame: RegisterFrame, then code: UnsafeRawPointer? = nil) {
        unsafe frame.setExits(bridges.returnAddress, code: code)
        unsafe bridges.enter(entry, frame: frame.pointer)
    }
}

/// Runs forms with registers, and frame forms of the same uops, which `MeaningTests` compares with references.
@safe
final class RegisterBench {
    let bank: CodeBank
    private let judge: CodeBank
    /// Of the sound tables: a damaged load would be everybody's.
    let loader: CodeBank
    /// Fills all registers from slots, and goes to the code that is tried.
    let loading: CodeBank.Code
    let frame = RegisterFrame()
    let tape = GuardedTape()
    private var after = RegisterFrame.emptyCopy

    /// - Parameters:
    ///   - library: has the forms that are tried.
    ///   - judge: has the frame forms.
    init(_ library: StencilLibrary, judge: StencilLibrary = Base.library) throws {
        bank = try CodeBank(library)
        self.judge = try CodeBank(judge)
        let sound = try unsafe StencilLibrary([uop_base_stencils()], isa: library.isa)
        loader = try CodeBank(sound)
        let loads = RegisterSubject.all(library.isa).filter { $0.uops[0].name == "_LOAD_FAST" && $0.uops.count == 1 }
        var steps: [Step] = []
        for number in 0..<Int(UOP_REGISTER_COUNT) {
            let isFloat = number >= Int(UOP_INTEGER_REGISTER_COUNT)
            guard let load = loads.first(where: { $0.axisIsFloat == [isFloat] }) else { continue }
            let register = UInt8(isFloat ? number - Int(UOP_INTEGER_REGISTER_COUNT) : number)
            steps.append(Step(form: load.form, firstOperand: number, registers: Step.Registers(register)))
        }
        let slots = (0..<Int(UOP_REGISTER_COUNT)).map { RegisterFrame.offset(RegisterFrame.registerSlot + $0) }
        steps.append(Step(form: sound.form(of: .exit), firstOperand: steps.count))
        loading = try loader.write(steps, slots + [UInt64(RegisterFrame.exitCount - 1)], entries: [0])
    }

    /// Tries a form with samples, each with as many vectors of inputs as make about 1000 runs, but in some limits. Gives
    /// how many runs there were, and how the first wrong one is wrong.
    func check(
        _ subject: RegisterSubject, _ samples: [RegisterSample], vectors limits: ClosedRange<Int> = 4...100
    ) throws -> (runs: Int, difference: String?) {
        let vectors = min(limits.upperBound, max(limits.lowerBound, 1000 / max(1, samples.count)))
        let code = try write(subject, samples)
        defer { try? bank.free(code) }
        var frames: [[UInt64]: CodeBank.Code] = [:]
        defer { for frame in frames.values { try? judge.free(frame) } }
        var runs = 0
        for (index, sample) in samples.enumerated() {
            let expected = try frames[sample.immediates] ?? writeFrameForms(subject, sample.immediates)
            frames[sample.immediates] = expected
            var random = SeededGenerator(seed: UInt64(subject.form), index: index)
            for vector in 0..<vectors {
                let values = RegisterValues(subject, sample, vector, buffer: frame.bufferAddress, tape: tape.base, &random)
                runs += 1
                let difference = unsafe compare(subject, sample, values, code.entries[2 * index], expected.entries[0])
                if let difference {
                    return (runs, "\(subject.testDescription) \(sample) of \(hexadecimal(values.inputs)): \(difference)")
                }
            }
        }
        return (runs, nil)
    }

    // MARK: Code

    /// For each sample two entries: where it begins, and where its exit leads.
    func write(_ subject: RegisterSubject, _ samples: [RegisterSample]) throws -> CodeBank.Code {
        var steps: [Step] = []
        var operands = [RegisterWay.next, .jump, .exit].map { UInt64($0.rawValue) }
        for sample in samples {
            let registers = sample.assignment.map(UInt8.init) + [0, 0, 0]
            steps.append(
                Step(
                    form: subject.form, firstOperand: operands.count, target: steps.count + 2, exit: steps.count + 3,
                    registers: Step.Registers(registers[0], registers[1], registers[2])))
            steps += bank.exits(0)
            operands += sample.immediates + (sample.literal.map { [UInt64(bitPattern: $0), UInt64(bitPattern: 0 &- $0)] } ?? [])
        }
        return try bank.write(steps, operands, entries: samples.indices.flatMap { [4 * $0, 4 * $0 + 3] })
    }

    private func writeFrameForms(_ subject: RegisterSubject, _ immediates: [UInt64]) throws -> CodeBank.Code {
        func slots(_ first: Int, _ count: Int) -> [UInt64] { (0..<count).map { RegisterFrame.offset(first + $0) } }
        var steps: [Step] = []
        var operands = [RegisterWay.next, .jump, .exit].map { UInt64($0.rawValue) }
        let count = subject.uops.count
        var rest = immediates
        for (number, uop) in subject.uops.enumerated() {
            guard let form = judge.library.number(of: uop.name).flatMap({ judge.library.frameForm(of: $0) }) else { continue }
            steps.append(Step(form: form, firstOperand: operands.count, target: count + 1, exit: count + 2))
            operands += rest.prefix(uop.operands.count)
            rest.removeFirst(uop.operands.count)
            let isFirstOfTwo = number + 1 < count
            if number == 0 {
                operands += slots(RegisterFrame.inputSlot + subject.inputs.count - uop.inputs.count, uop.inputs.count)
            } else {
                operands += slots(RegisterFrame.inputSlot, uop.inputs.count - 1) + slots(RegisterFrame.betweenSlot, 1)
            }
            operands += slots(isFirstOfTwo ? RegisterFrame.betweenSlot : RegisterFrame.outputSlot, uop.outputs.count)
        }
        return try judge.write(steps + judge.exits(0), operands, entries: [0])
    }

    // MARK: Comparison

    private func compare(
        _ subject: RegisterSubject, _ sample: RegisterSample, _ values: RegisterValues, _ entry: UnsafeRawPointer,
        _ expected: UnsafeRawPointer
    ) -> String? {
        frame.reset(to: values.state)
        frame.setBuffer(elementBytes: subject.elementBytes)
        if let scene = values.scene { frame.setTape(tape, scene.range) }
        for (number, word) in values.registers.enumerated() { frame[RegisterFrame.registerSlot + number] = word }
        for (number, word) in values.inputs.enumerated() { frame[RegisterFrame.inputSlot + number] = word }
        frame.keep()
        if let scene = values.scene { tape.bytes = scene.page }
        unsafe loader.run(loading.entries[0], frame, then: entry)
        let page = values.scene.map { _ in tape.bytes }
        let found = (0..<Int(UOP_REGISTER_COUNT)).map { frame.register($0) }
        let way = frame.exit
        frame.copy(to: &after)
        frame.restore()
        if let scene = values.scene { tape.bytes = scene.page }
        unsafe judge.run(expected, frame)
        guard frame.exit == way else { return "ends by exit \(way), expected \(frame.exit)" }
        if let page, page != tape.bytes { return "leaves other cells than the frame form" }
        if frame.differs(from: after) { return "leaves other words in the frame than the frame form" }
        var isOutput = [Bool](repeating: false, count: Int(UOP_REGISTER_COUNT))
        for (index, axis) in subject.outputAxes.enumerated() {
            let register = subject.register(axis, sample.assignment)
            isOutput[register] = true
            let word = frame[RegisterFrame.outputSlot + index]
            if way == RegisterWay.next.rawValue, !subject.isSame(word, found[register], output: index) {
                return "output \(index) is \(hexadecimal(found[register])), expected \(hexadecimal(word))"
            }
        }
        // At an exit the inputs are as they were, even where an output has taken the register of one.
        if way == RegisterWay.exit.rawValue {
            for case let axis? in subject.inputAxes { isOutput[subject.register(axis, sample.assignment)] = false }
        }
        for (number, word) in values.registers.enumerated() where !isOutput[number] || way == RegisterWay.jump.rawValue {
            if found[number] != word {
                return "exit \(way) has \(hexadecimal(found[number])) in register \(number), expected \(hexadecimal(word))"
            }
        }
        return nil
    }
}
