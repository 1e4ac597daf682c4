import CRuntimeShims
import CStencils
import Foundation
import Testing
import UopRuntime
import UopVM

/// Engines side by side: one compiler for many programs, several at once, and none that may execute.
@Suite struct EngineTests {
    /// Sums 1...n by a loop; `n` is a local.
    private static let sum = """
        uops 1
        local n: i64 = 1000
        local total: i64 = 0
        trace main
        again:
            _LOAD_FAST total
            _LOAD_FAST n
            _I64_ADD
            _STORE_FAST total
            _LOAD_FAST n
            _I64_CONST 1
            _I64_SUB
            _STORE_FAST n
            _LOAD_FAST n
            _JUMP_IF_TRUE again
            _EXIT_TRACE
        end
        """

    private static func library() throws -> StencilLibrary { try unsafe StencilLibrary([uop_base_stencils()]) }

    private static func program(_ library: StencilLibrary, n: Int) throws -> VerifiedProgram {
        let catalog = UopCatalog(library)
        var program = try Program(parsing: sum, catalog: catalog)
        program.locals[0].initial = .word(UInt64(n))
        return try program.verified(catalog: catalog)
    }

    @Test func oneCompilerServesManyPrograms() throws {
        let library = try Self.library()
        let compiler = try JITCompiler(library)
        let before = compiler.accounting
        do {
            var executions: [Execution] = []
            for n in 1...100 {
                executions.append(try Execution(try Self.program(library, n: n), library: library, compiler: compiler))
                try executions[n - 1].prepare(.jit)
            }
            #expect(compiler.accounting.liveBlocks == before.liveBlocks + 100)
            #expect(compiler.accounting.chunks == 1, "a hundred traces share pages")
            for (index, execution) in executions.enumerated() {
                _ = try execution.run(.jit)
                #expect(execution.machine.local(1) == UInt64((index + 1) * (index + 2) / 2))
            }
        }
        #expect(compiler.accounting.liveBlocks == before.liveBlocks, "code goes with its execution")
        #expect(compiler.accounting.liveBytes == before.liveBytes)
    }

    /// One thread compiles all the time, while others run.
    @Test func concurrentCompilingAndRunning() throws {
        let library = try Self.library()
        let failures = Failures()
        DispatchQueue.concurrentPerform(iterations: 4) { thread in
            do {
                for round in 0..<(thread == 0 ? 200 : 20) {
                    let n = thread == 0 ? 10 : 20_000 + round
                    let execution = try Execution(try Self.program(library, n: n), library: library)
                    let engine: EngineKind = thread == 3 ? .check : .jit
                    _ = try execution.run(engine)
                    if execution.machine.local(1) != UInt64(n * (n + 1) / 2) { failures.add("thread \(thread): wrong sum") }
                }
            } catch { failures.add("thread \(thread): \(error)") }
        }
        #expect(failures.all.isEmpty)
    }

    /// A system that refuses executable memory: the interpreter goes on, and says so.
    @Test func withoutExecutableMemoryTheInterpreterRuns() throws {
        let library = try Self.library()
        let execution = try Execution(try Self.program(library, n: 100), library: library)
        let refusal = Int32(EACCES)
        // The second mapping of a memory file is the executable one; without it, pages are sealed.
        // Tests of arenas may have asked for it in this thread.
        uop_emulate_switching(0)
        uop_fail_call(.UOP_CALL_MMAP, 2, refusal)
        uop_fail_call(.UOP_CALL_MPROTECT, 1, refusal)
        defer {
            uop_fail_call(.UOP_CALL_MMAP, 0, 0)
            uop_fail_call(.UOP_CALL_MPROTECT, 0, 0)
        }
        let result = try execution.run(.jit)
        #expect(result.notice?.contains("interpreter") == true, "\(result.notice ?? "no notice")")
        #expect(result.ending == .finished && execution.machine.local(1) == 5050)
    }

    @Test(arguments: EngineKind.allCases) func fuelIsExact(engine: EngineKind) throws {
        let library = try Self.library()
        var options = Execution.Options()
        options.fuel = 100
        let enough = try Execution(try Self.program(library, n: 100), library: library, options: options)
        #expect(try enough.run(engine).ending == .finished)
        options.fuel = 99
        let short = try Execution(try Self.program(library, n: 100), library: library, options: options)
        #expect(try short.run(engine).ending == .outOfFuel)
        #expect(short.machine.local(0) == 0, "the hundredth time at the jump there is none left")
    }
}

/// What went wrong in threads.
private final class Failures: @unchecked Sendable {
    private let lock = NSLock()
    private var messages: [String] = []

    func add(_ message: String) { lock.withLock { messages.append(message) } }
    var all: [String] { lock.withLock { messages } }
}
