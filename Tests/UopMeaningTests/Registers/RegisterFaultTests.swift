import CFaults
import CStencils
import Testing
import UopRuntime
import UopTestSupport

/// Uops of cells beyond an end of the tape: the access faults, at the first cell that is off the tape; nothing has been changed
/// before, and all registers but the output's are as they were, so that the host can go on from there.
@Suite(.cases(atLeast: 1000), .enabled(if: uop_can_take_faults() != 0)) struct RegisterFaultTests {
    @Test(arguments: RegisterFormTests.isas) func accessesOffTheTapeFault(_ isa: UopISA) throws {
        let bench = try RegisterBench(unsafe StencilLibrary([uop_base_stencils()], isa: isa))
        let subjects = RegisterSubject.all(isa).filter { $0.uops.contains { $0.flags.contains(.faults) } }
        #expect(subjects.count > 30)
        for subject in subjects {
            let samples = subject.samples(subject.sampledAssignments)
            let (runs, difference) = try bench.checkFaults(subject, samples)
            CaseCount.add(runs)
            #expect(difference == nil)
        }
    }
}

extension RegisterBench {
    /// Runs a form with each sample below and above the tape. Gives how many runs there were, and how the first wrong one is wrong.
    func checkFaults(_ subject: RegisterSubject, _ samples: [RegisterSample]) throws -> (runs: Int, difference: String?) {
        let code = try write(subject, samples)
        defer { try? bank.free(code) }
        var random = SeededGenerator(seed: UInt64(subject.form))
        var runs = 0
        for (index, sample) in samples.enumerated() {
            for vector in 0..<4 {
                var values = RegisterValues(subject, sample, vector, buffer: 0, tape: tape.base, &random)
                guard let missed = setPointer(subject, sample, isBelow: vector % 2 == 0, &values, &random) else { continue }
                runs += 1
                let accessed = run(values, code, entry: 2 * index)
                let where_ = "\(subject.testDescription) \(sample) missing \(Int64(bitPattern: missed &- tape.base))"
                guard let difference = difference(subject, sample, values, accessed, missed) else { continue }
                return (runs, "\(where_): \(difference)")
            }
        }
        return (runs, nil)
    }

    /// Lets the pointer lead off the tape; a search begins on it, and finds nothing. Gives the address of the cell, or nil where
    /// the uop uses none.
    private func setPointer(
        _ subject: RegisterSubject, _ sample: RegisterSample, isBelow: Bool, _ values: inout RegisterValues,
        _ random: inout SeededGenerator
    ) -> UInt64? {
        guard let cells = subject.cells, let axis = subject.inputAxes[0] else { return nil }
        let width = cells.width
        let size = GuardedTape.byteCount
        values.scene?.page = [UInt8](repeating: 0x5A, count: size)
        values.scene?.range = 0..<size
        let register = subject.register(axis, sample.assignment)
        if cells.isScan {
            let stride = Int(Int64(bitPattern: sample.immediates[0]))
            // A plan without a step goes round for ever where there is nothing to find.
            if cells.hasPlan, Int64(bitPattern: sample.immediates[1]) >> 32 == 0 { return nil }
            let steps = random.below(3 * 32 / abs(stride) + 4)
            let start = stride > 0 ? size - width - steps * stride : -steps * stride
            values.registers[register] = tape.base + UInt64(start)
            return tape.base &+ UInt64(bitPattern: Int64(start + (steps + 1) * stride))
        }
        let offset = isBelow ? -width : size
        let missed = tape.base &+ UInt64(bitPattern: Int64(offset))
        values.registers[register] = missed &- sample.immediates[0]
        let storesNothing = cells.uop.name.hasSuffix("_STORE_INPUT")
            && subject.inputAxes[1].map { Int64(bitPattern: values.registers[subject.register($0, sample.assignment)]) < 0 } == true
        // There is a form that adds the literal 0: without an access, because that changes no cell.
        return storesNothing || cells.uop.name.hasSuffix("_ADD") && sample.literal == 0 ? nil : missed
    }

    /// Gives the address whose access faulted; nil where none did.
    private func run(_ values: RegisterValues, _ code: CodeBank.Code, entry: Int) -> UInt64? {
        frame.reset(to: values.state)
        if let scene = values.scene {
            frame.setTape(tape, scene.range)
            tape.bytes = scene.page
        }
        for (number, word) in values.registers.enumerated() { frame[RegisterFrame.registerSlot + number] = word }
        var scope = unsafe UopFaultScope()
        unsafe (scope.codeBegin, scope.codeEnd) = (code.addresses.lowerBound, code.addresses.upperBound)
        unsafe (scope.memoryBegin, scope.memoryEnd) = (tape.guarded.lowerBound, tape.guarded.upperBound)
        unsafe scope.resumeAddress = UInt64(UInt(bitPattern: code.entries[entry + 1]))
        guard unsafe uop_begin_faults(&scope) == 0 else { return nil }
        unsafe loader.run(loading.entries[0], frame, then: code.entries[entry])
        unsafe uop_end_faults(&scope)
        return unsafe scope.hasFaulted != 0 ? scope.accessedAddress : nil
    }

    private func difference(
        _ subject: RegisterSubject, _ sample: RegisterSample, _ values: RegisterValues, _ accessed: UInt64?, _ missed: UInt64
    ) -> String? {
        guard let accessed else { return "no fault: ends by exit \(frame.exit)" }
        guard accessed == missed else { return "accessed \(Int64(bitPattern: accessed &- tape.base))" }
        guard tape.bytes == values.scene?.page else { return "cells were changed before the fault" }
        let outputs = subject.outputAxes.map { subject.register($0, sample.assignment) }
        for (number, word) in values.registers.enumerated() where !outputs.contains(number) && frame.register(number) != word {
            return "register \(number) has \(hexadecimal(frame.register(number))), expected \(hexadecimal(word))"
        }
        return nil
    }
}
