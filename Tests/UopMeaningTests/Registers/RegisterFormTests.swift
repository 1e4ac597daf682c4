import CStencils
import Testing
import UopRuntime
import UopVM

/// Every form with registers, in every assignment of registers, does what the uop does with its values in the frame:
/// outputs, ways out, memory; leaves every other register alone; and has its inputs intact where it exits. Of two fused
/// uops, the second follows the first.
@Suite(.cases(atLeast: 500_000))
struct RegisterFormTests {
    /// Uops that cannot stand in a trace, and are tried here only.
    static let uops = ["_COPY"] + MemoryAccess.parts

    /// The isas that this processor can execute.
    static let isas: [UopISA] = [.X86_64, .X86_64_V3].filter { isa in
        unsafe (try? StencilLibrary([uop_base_stencils()], isa: isa))?.hasMachineCode == true
    }

    @Test(arguments: isas) func formsDoWhatTheirUopsDo(_ isa: UopISA) throws {
        let bench = try RegisterBench(unsafe StencilLibrary([uop_base_stencils()], isa: isa))
        let subjects = RegisterSubject.all(isa)
        var assignments = 0
        var differences: [String] = []
        for subject in subjects {
            let samples = subject.samples(subject.assignments)
            let (runs, difference) = try bench.check(subject, samples)
            CaseCount.add(runs)
            assignments += samples.count
            if let difference { differences.append(difference) }
        }
        #expect(differences == [])
        #expect(subjects.count > 400 && assignments > 50_000)
        print("register forms, \(isa.name): \(subjects.count) forms, \(assignments) assignments with operands")
    }

    /// What no other test says of a uop that no trace may contain.
    @Test(arguments: isas) func copyCopies(_ isa: UopISA) throws {
        let library = try unsafe StencilLibrary([uop_base_stencils()], isa: isa)
        let copies = RegisterSubject.all(isa).filter { $0.uops[0].name == "_COPY" }
        #expect(copies.map(\.axisIsFloat) == [[false, false], [true, true]])
        let bank = try CodeBank(library)
        let form = try #require(library.number(of: "_COPY").flatMap { library.frameForm(of: $0) })
        let (from, to) = (RegisterFrame.offset(RegisterFrame.inputSlot), RegisterFrame.offset(RegisterFrame.outputSlot))
        let code = try bank.write([Step(form: form, firstOperand: 0)] + bank.exits(2), [from, to, 1, 2, 3], entries: [0])
        let frame = RegisterFrame()
        for word in BoundaryValues.integers {
            frame.reset(to: .init(seed: word, tapePosition: 0, budget: 0, floor: 0, counter: 0, remaining: 0))
            frame[RegisterFrame.inputSlot] = word
            unsafe bank.run(code.entries[0], frame)
            #expect(frame.exit == 1 && frame[RegisterFrame.outputSlot] == word && frame[RegisterFrame.inputSlot] == word)
        }
    }
}
