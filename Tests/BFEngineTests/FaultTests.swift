import BFFrontEnd
import CRuntimeTestSupport
import Testing
import UopVM

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Faults on tapes beside everything else that a process does with SIGSEGV. Handlers are the process's: each test has one of
/// its own.
struct FaultTests {
    // MARK: Faults of others

    @Test func foreignFaultEndsTheProcess() async {
        await #expect(processExitsWith: .signal(SIGSEGV)) {
            test_install_handler(TEST_HANDLER_DEFAULT)
            #expect(TestRun.leavesTape())
            _ = test_fault()
        }
    }

    /// While a program runs, too: the fault is not in its code.
    @Test func foreignFaultOfAHelperEndsTheProcess() async {
        await #expect(processExitsWith: .signal(SIGSEGV)) {
            test_install_handler(TEST_HANDLER_DEFAULT)
            let run = try TestRun("+.[>+]")
            run.onWrite = { _ in _ = test_fault() }
            _ = try run.run()
        }
    }

    @Test func sentSignalEndsTheProcess() async {
        await #expect(processExitsWith: .signal(SIGSEGV)) {
            test_install_handler(TEST_HANDLER_DEFAULT)
            #expect(TestRun.leavesTape())
            _ = test_send_fault()
        }
    }

    // MARK: Handlers of others

    @Test func plainHandlerIsCalled() async {
        await #expect(processExitsWith: .success) {
            test_install_handler(TEST_HANDLER_PLAIN)
            try FaultTests.checkHandler()
        }
    }

    @Test func handlerWithInformationIsCalled() async {
        await #expect(processExitsWith: .success) {
            test_install_handler(TEST_HANDLER_WITH_INFORMATION)
            try FaultTests.checkHandler()
        }
    }

    /// Before a run, during it, and after it; runs in between are none of the handler's business.
    private static func checkHandler() throws {
        #expect(test_fault() == 1)
        #expect(TestRun.leavesTape())
        #expect(test_fault() == 2)
        let run = try TestRun("+.[>+]")
        var count: Int32 = 0
        run.onWrite = { _ in count = test_fault() }
        #expect(try run.run().ending == .offTape(cell: pageByteCount))
        #expect(count == 3)
        #expect(TestRun.leavesTape())
        #expect(test_fault() == 4 && test_send_fault() == 5)
        #expect(TestRun.leavesTape())
    }

    /// A handler for one signal only counts, and leaves the fault: then the process ends.
    @Test func handlerForOneSignalIsCalledOnce() async {
        await #expect(processExitsWith: .signal(SIGSEGV)) {
            test_install_handler(TEST_HANDLER_ONCE)
            #expect(TestRun.leavesTape())
            _ = test_fault()
        }
        await #expect(processExitsWith: .success) {
            test_install_handler(TEST_HANDLER_ONCE)
            #expect(TestRun.leavesTape())
            #expect(test_send_fault() == 1)
            #expect(TestRun.leavesTape())
        }
    }

    /// Who sends the signal is ignored, but nobody can ignore a fault.
    @Test func ignoredSignals() async {
        await #expect(processExitsWith: .success) {
            test_install_handler(TEST_HANDLER_IGNORE)
            #expect(TestRun.leavesTape())
            #expect(test_send_fault() == 0)
            #expect(TestRun.leavesTape())
            #expect(test_send_fault() == 0)
            #expect(TestRun.leavesTape())
        }
        await #expect(processExitsWith: .signal(SIGSEGV)) {
            test_install_handler(TEST_HANDLER_IGNORE)
            #expect(TestRun.leavesTape())
            _ = test_fault()
        }
    }

    /// As a parent may leave it: the system would end the process by a fault that is blocked.
    @Test func blockedSignals() async {
        await #expect(processExitsWith: .success) {
            test_block_faults()
            #expect(TestRun.leavesTape())
            #expect(test_blocks_faults() == 1)
        }
    }

    // MARK: Threads

    @Test func threadsHaveTapesOfTheirOwn() async {
        await #expect(processExitsWith: .success) {
            unsafe test_in_threads(
                4,
                { _, index in
                    for _ in 0..<20 { precondition(TestRun.leavesTape(pages: 1 + Int(index))) }
                }, nil)
        }
    }

    @Test func threadKeepsItsSignalStack() async {
        await #expect(processExitsWith: .success) {
            unsafe test_in_threads(
                1,
                { _, _ in
                    test_use_signal_stack()
                    precondition(TestRun.leavesTape())
                    precondition(test_has_signal_stack() == 1)
                }, nil)
        }
    }

    /// What a run installs goes with it.
    @Test func threadWithoutSignalStackHasNoneAfterwards() async {
        await #expect(processExitsWith: .success) {
            unsafe test_in_threads(
                1,
                { _, _ in
                    let before = test_has_signal_stack()
                    precondition(TestRun.leavesTape())
                    precondition(test_has_signal_stack() == before)
                }, nil)
        }
    }

    // MARK: Runs in runs

    /// A helper of a program runs another one, which faults; then the outer one does, at its own end.
    @Test func nestedRuns() throws {
        let outer = try TestRun("+.[>+]", cells: 2 * pageByteCount)
        let inner = try TestRun("++.[>>+]")
        var ending: BFResult.Ending?
        inner.onWrite = { _ in #expect(TestRun.leavesTape(pages: 3)) }
        outer.onWrite = { _ in ending = try? inner.run().ending }
        let result = try outer.run()
        #expect(result.ending == .offTape(cell: 2 * pageByteCount) && result.position == 4)
        #expect(ending == .offTape(cell: pageByteCount) && inner.output == [2] && outer.output == [1])
    }

    /// The same execution in itself is a host's mistake, but many of one program are none.
    @Test func manyRunsOfOneProgram() throws {
        let run = try TestRun("+[>+.]", cells: 1)
        for engine in [EngineKind.jit, .interpreter, .jit, .check] {
            let result = try run.run(engine)
            #expect(result.ending == .offTape(cell: pageByteCount) && result.position == 3)
            #expect(run.output.count == pageByteCount - 1)
        }
    }

    // MARK: Forks

    /// A child has the handlers of its parent, and tapes that it maps itself.
    @Test func forkAfterARun() async {
        await #expect(processExitsWith: .success) {
            #expect(TestRun.leavesTape())
            let child = unsafe test_fork({ _ in TestRun.leavesTape(pages: 2) ? 7 : 1 }, nil)
            #expect(test_wait(child) == 7)
            #expect(TestRun.leavesTape())
        }
    }

    /// A child that is forked while a program runs ends its parent's run, on a copy of the tape.
    @Test func forkDuringARun() async {
        await #expect(processExitsWith: .success) {
            let run = try TestRun("+.[>+]")
            var child: Int32 = 0
            run.onWrite = { _ in child = unsafe test_fork({ _ in TestRun.leavesTape(pages: 2) ? 7 : 1 }, nil) }
            #expect(try run.run().ending == .offTape(cell: pageByteCount))
            #expect(test_wait(child) == 7)
        }
    }
}
