/// Why steps could not become machine code.
public enum EmissionError: Error, Equatable, Sendable, CustomStringConvertible {
    case memory(MemoryError)
    /// A value that does not fit its hole, at a step.
    case patch(PatchError, step: Int)
    /// A step that names no form, register, operand or step that exists.
    case invalidStep(Int)
    /// More code than its jumps reach, or than an arena's block has.
    case tooLarge
    /// The sets have no machine code for this host.
    case noMachineCode
    /// A step calls a function by name, and nobody has said where that is on the machine that the code is for.
    case unknownHelper(step: Int)

    public var description: String {
        switch self {
        case .memory(let error): error.description
        case .patch(let error, let step): "step \(step): \(error.description)"
        case .invalidStep(let step): "step \(step) refers to a form, register, operand or step that does not exist"
        case .unknownHelper(let step):
            "step \(step) calls a function of the C library, whose address on the target is not known: expected uops that call none, or an object, which a linker completes"
        case .tooLarge:
            "the code would be larger than its instruction set's jumps reach, or than \(CodeArena.blockByteLimit) bytes: compile less at once"
        case .noMachineCode: "the stencil sets have no machine code for this host"
        }
    }
}

/// Writes machine code of a list of steps: a code stream whose labels are the steps.
///
/// Keep one and use it again: its memory stays.
public struct CodeWriter: ~Copyable {
    private var stream: CodeStream
    private var choices = ScratchBuffer<Choice>(capacity: 64)
    /// Whether `times` are taken.
    package var measuresTime: Bool {
        get { stream.measuresTime }
        set { stream.measuresTime = newValue }
    }
    /// What the parts of the last `write` took.
    package private(set) var times = EmissionTimes()

    /// What was written for a step.
    private struct Choice: BitwiseCopyable {
        /// `Step.alignment` for an alignment.
        var form: UInt32
        var template: UInt32
    }

    public init(_ library: StencilLibrary) throws(EmissionError) { stream = try CodeStream(library) }

    /// Where a step of the code that was written last begins; for the number of steps, where the hot
    /// fragments end.
    public func offset(of step: Int) -> Int { step == choices.count ? stream.hotByteCount : stream.offset(of: step) }

    /// Where each step of the code that was written last is, and what it was copied from.
    package func codeOfSteps() -> [StepCode] {
        var steps = (0..<choices.count).map { step in
            let choice = choices[step]
            return StepCode(
                hot: offset(of: step)..<offset(of: step + 1), cold: 0..<0,
                form: choice.form == Step.alignment ? nil : Int(choice.form), template: Int(choice.template))
        }
        for number in 0..<stream.coldCount {
            let fragment = stream.coldFragment(number)
            steps[fragment.origin].cold = fragment.range
        }
        return steps
    }

    /// What a linker has to fill in the code that was written last.
    package var relocations: [CodeRelocation] { stream.relocations }

    /// Writes the code of `steps` into `arena`: the hot fragments in order, the cold ones, the constants.
    ///
    /// - Throws: `EmissionError`; the arena is then as before.
    public mutating func write(
        _ steps: [Step], operands: [UInt64], into arena: inout CodeArena
    ) throws(EmissionError) -> SealedCode {
        var code: SealedCode?
        try unsafe steps.withUnsafeBufferPointer { (steps) throws(EmissionError) in
            try unsafe operands.withUnsafeBufferPointer { (operands) throws(EmissionError) in
                code = try unsafe write(steps, operands: operands, into: &arena)
            }
        }
        guard let sealed = code.take() else { throw .noMachineCode }
        return sealed
    }

    /// The same of memory that the caller keeps as it is meanwhile.
    @unsafe
    public mutating func write(
        _ steps: UnsafeBufferPointer<Step>, operands: UnsafeBufferPointer<UInt64>, into arena: inout CodeArena
    ) throws(EmissionError) -> SealedCode {
        let begin = measuresTime ? MonotonicClock.now : 0
        stream.begin()
        stream.makeLabels(steps.count)
        choices.truncate(to: 0)
        choices.reserve(steps.count)
        for index in 0..<steps.count {
            let step = unsafe steps[index]
            stream.origin = index
            stream.bind(index)
            if step.form == Step.alignment {
                stream.align()
                choices.append(Choice(form: Step.alignment, template: 0))
                continue
            }
            let first = min(Int(step.firstOperand), operands.count)
            let own = unsafe UnsafeBufferPointer(
                start: operands.baseAddress.map { unsafe $0 + first },
                count: min(operands.count - first, CodeStream.mostOperands))
            let choice = unsafe stream.append(Int(step.form), step.registers, own, target: step.target, exit: step.exit)
            choices.append(
                Choice(form: UInt32(truncatingIfNeeded: choice.form), template: UInt32(truncatingIfNeeded: choice.template)))
        }
        let written = measuresTime ? MonotonicClock.now : 0
        let code = try stream.finish(into: &arena)
        times = stream.times
        times.steps = written - begin
        return code
    }
}

/// Where a step's code is, and what it was copied from: for dumps.
package struct StepCode: Sendable {
    package var hot: Range<Int>
    /// Empty where the template has no cold fragment.
    package var cold: Range<Int>
    /// The step's form, or the wide one behind it; nil for an alignment.
    package var form: Int?
    /// The place of the template among those of the form.
    package var template: Int
}
