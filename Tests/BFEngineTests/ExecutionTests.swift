import BFFrontEnd
import Testing
import UopVM

/// Engines of BF as a host uses them.
struct ExecutionTests {
    /// What the stages cost at a nesting of 100,000 must not depend on recursion or on squares. A stage that did
    /// would need a deeper stack than a test has, or minutes; the bytes of code say the rest.
    @Test(.timeLimit(.minutes(30)), arguments: [EngineKind.interpreter, .jit])
    func deepNesting(engine: EngineKind) throws {
        func run(_ depth: Int) throws {
            // Each loop ends with its cell at 0, so that all of them end.
            let text = "+" + String(repeating: "[", count: depth) + "-" + String(repeating: "]", count: depth) + "+."
            for passes in [[], Set(BFPassName.allCases)] {
                var options = BFOptions()
                options.disabledPasses = passes
                let run = try TestRun(text, options: options)
                let result = try run.run(engine)
                #expect(result.ending == .finished && result.notice == nil && run.output == [1])
            }
        }
        try run(1_000)
        try run(100_000)
    }

    /// Programs of more than one part of machine code: loops and errors behind the first.
    @Test(arguments: [EngineKind.interpreter, .jit, .check])
    func manyParts(engine: EngineKind) throws {
        let filler = String(repeating: ">+<[->>+<<]+.-", count: 3_000)
        let run = try TestRun("+" + filler + "[>>]" + filler + "+[>+]", cells: 4)
        let result = try run.run(engine)
        #expect(result.ending == .offTape(cell: pageByteCount))
        #expect(result.position == 1 + 2 * filler.utf8.count + 4 + 3)
        #expect(run.output.count == 6_000)
    }
}
