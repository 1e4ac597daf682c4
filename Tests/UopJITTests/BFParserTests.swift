import BFFrontEnd
import CStencils
import Testing
import UopRuntime
import UopVM

/// The parser and what follows it, without the command around them.
struct BFParserTests {
    private let library: StencilLibrary
    private let catalog: UopCatalog

    init() throws {
        library = try unsafe StencilLibrary([uop_base_stencils()])
        catalog = UopCatalog(library)
    }

    private func parse(_ text: String, limits: Limits = Limits()) throws(InvalidInput) -> Program {
        try BFParser(catalog: catalog).parse(Array(text.utf8), limits: limits)
    }

    private func listing(_ text: String) throws -> [String] {
        try parse(text).text(catalog: catalog).split(separator: "\n").map { $0.trimmingPrefix { $0 == " " } }.map {
            String($0)
        }
    }

    @Test func runsOfCommandsAreOneUop() throws {
        let lines = try listing("+++>>>--<.")
        let body = lines.drop { !$0.hasPrefix("trace") }.dropFirst().prefix { $0 != "end" }
        #expect(
            Array(body) == [
                "_TAPE_ADD 3", "_TAPE_MOVE 3", "_TAPE_ADD 254", "_TAPE_MOVE -1", "_TAPE_WRITE write_byte",
                "_EXIT_TRACE",
            ])
    }

    @Test func loopsTestBeforeAndBehind() throws {
        let body = try listing("[-[>]]").drop { !$0.hasPrefix("trace") }.dropFirst().prefix { $0 != "end" }
        #expect(
            Array(body) == [
                "_TAPE_JUMP_IF_ZERO end_0", "loop_0:", "_TAPE_ADD 255", "_TAPE_JUMP_IF_ZERO end_1", "loop_1:",
                "_TAPE_MOVE 1",
                "_TAPE_JUMP_IF_NOT_ZERO loop_1", "end_1:", "_TAPE_JUMP_IF_NOT_ZERO loop_0", "end_0:", "_EXIT_TRACE",
            ])
    }

    /// Each uop knows the first command that it came from.
    @Test func placesAreThoseOfTheText() throws {
        let places = try parse("x+\n ++[\r\n\t.]").traces[0].statements.map { [$0.location.line, $0.location.column] }
        #expect(places == [[1, 2], [2, 4], [2, 4], [3, 2], [3, 3], [3, 3], [3, 3]])
    }

    @Test(arguments: [1, 2, 7])
    func errorsAreLimited(errors: Int) throws {
        var limits = Limits()
        limits.errors = errors
        let error = #expect(throws: InvalidInput.self) { try parse("]]]]]]]][[[[[[[[", limits: limits) }
        let diagnostics = try #require(error?.diagnostics)
        #expect(diagnostics.count == errors + 1 && diagnostics.last?.message == "more errors are left out")
        #expect(diagnostics.dropLast().map { Int($0.location.column) } == Array(1...errors))
    }

    /// What the stages cost at a nesting of 100,000 must not depend on recursion or on squares. A stage that did
    /// would need a deeper stack than a test has, or minutes; the numbers of statements, steps and bytes say the rest.
    @Test(.timeLimit(.minutes(30)), arguments: [EngineKind.interpreter, .jit])
    func deepNesting(engine: EngineKind) throws {
        func size(_ depth: Int) throws -> (statements: Int, code: Int) {
            // Each loop ends with its cell at 0, so that all of them end.
            let text = "+" + String(repeating: "[", count: depth) + "-" + String(repeating: "]", count: depth) + "+."
            let verified = try parse(text).verified(catalog: catalog)
            var written: [UInt64] = []
            let helpers = [
                Helper("read_byte", result: .I64) { _ in .value(.max) },
                Helper("write_byte", [.I64]) { arguments in
                    written.append(arguments[0])
                    return .done
                },
            ]
            let execution = try Execution(verified, library: library, helpers: helpers)
            let result = try execution.run(engine)
            #expect(result.ending == .finished && result.notice == nil)
            #expect(written == [1])
            return (verified.program.traces[0].statements.count, execution.codeByteCount)
        }
        let small = try size(1_000)
        let large = try size(100_000)
        #expect(large.statements == 4 * 100_000 + 5 && small.statements == 4 * 1_000 + 5)
        #expect(large.code <= 110 * small.code)
        #expect((large.code == 0) == (engine == .interpreter))
    }

    /// Without the uops of the tape there is no BF: that is told, not trapped.
    @Test func catalogWithoutTape() {
        #expect(throws: InvalidInput.self) { try BFParser(catalog: UopCatalog(uops: [])).parse([]) }
    }
}
