import CRuntimeShims
import CRuntimeTestSupport
import Testing
import UopRuntime

/// A call that fails, and the strategy that makes it.
struct Fault: CustomTestStringConvertible, Sendable {
    let injected: UopSystemCall
    let call: SystemCall
    let strategy: CodeArena.Strategy

    var testDescription: String { "\(call) with \(strategy)" }

    static let all: [Fault] = [
        Fault(injected: .UOP_CALL_PTHREAD_ATFORK, call: .pthreadAtfork, strategy: .dualMapping),
        Fault(injected: .UOP_CALL_MEMFD_CREATE, call: .memfdCreate, strategy: .dualMapping),
        Fault(injected: .UOP_CALL_FTRUNCATE, call: .ftruncate, strategy: .dualMapping),
        Fault(injected: .UOP_CALL_MMAP, call: .mmap, strategy: .dualMapping),
        Fault(injected: .UOP_CALL_MADVISE, call: .madvise, strategy: .dualMapping),
        Fault(injected: .UOP_CALL_MMAP, call: .mmap, strategy: .sealedPages),
        Fault(injected: .UOP_CALL_MPROTECT, call: .mprotect, strategy: .sealedPages),
    ]
}

private let repetitions = 40
private let outOfMemory: Int32 = 12
private let permissionDenied: Int32 = 13

/// What of the process a leak would change.
private struct Footprint {
    let mappings = test_mappings()
    let descriptors = test_descriptors()

    func hasLeaked(since before: Footprint) -> Bool {
        // A block leaked in each of the repetitions would be more; stacks of new threads are less.
        mappings.code != before.mappings.code || descriptors != before.descriptors
            || abs(mappings.accessibleBytes - before.mappings.accessibleBytes) > 64 << 20
    }
}

/// Blocks big enough to need chunks of their own, allocated, sealed, freed; each step is tried until it
/// succeeds. Returns how many steps failed.
private func useArena(failing fault: Fault) throws -> Int {
    var arena = CodeArena(options: .init(fault.strategy))
    var failures = 0
    var kept: [Held] = []
    for size in [3 << 20, 100, 4 << 20, 5 << 20] {
        while true {
            let before = arena.accounting
            do {
                let block = try arena.allocate(byteCount: size)
                kept.append(Held(try arena.seal(block, byteCount: size)))
                break
            } catch {
                failures += 1
                #expect(error.kind == .callFailed && error.call == fault.call && error.errorNumber == outOfMemory)
                #expect(error.description.contains(fault.call.name) && error.description.contains("ENOMEM (12)"))
                #expect(arena.accounting == before)
            }
        }
    }
    for one in kept { try arena.free(one.code.take()!) }
    #expect(arena.accounting.liveBlocks == 0)
    return failures
}

@Suite(.serialized) struct MemoryFaultTests {
    /// In a process of its own, so that nothing else maps or opens anything.
    @Test func nothingLeaksWhateverFails() async {
        await #expect(processExitsWith: .success) {
            for fault in Fault.all {
                _ = try useArena(failing: fault)
                let before = Footprint()
                var faults = 0
                while true {
                    var failures = 0
                    for _ in 0..<repetitions {
                        uop_fail_call(fault.injected, UInt32(faults + 1), outOfMemory)
                        failures += try useArena(failing: fault)
                    }
                    let footprint = Footprint()
                    #expect(!footprint.hasLeaked(since: before), "\(fault.testDescription), call \(faults + 1)")
                    if uop_pending_failure(fault.injected) != 0 { break }
                    #expect(failures == repetitions)
                    faults += 1
                }
                uop_fail_call(fault.injected, 0, 0)
                #expect(faults >= 3, "\(fault.testDescription) is called for each big block")
            }
        }
    }

    @Test func regionsAreOwned() async {
        await #expect(processExitsWith: .success) {
            let before = test_mappings()
            do {
                let region = try WritableRegion(byteCount: 5000)
                #expect(region.byteCount == 8192)
                let sealed = try region.seal()
                #expect(sealed.byteCount == 8192 && test_mappings().code == before.code + 1)
            }
            do {
                let region = try WritableRegion(byteCount: 3 << 20)
                uop_fail_call(.UOP_CALL_MPROTECT, 1, permissionDenied)
                _ = try region.seal()
                Issue.record("sealed")
            } catch let error as MemoryError {
                #expect(error.kind == .executableMemoryRefused)
            }
            #expect(test_mappings().code == before.code)
        }
    }

    @Test(arguments: [UopSystemCall.UOP_CALL_MEMFD_CREATE, .UOP_CALL_MMAP])
    func automaticFallsBackToPages(call: UopSystemCall) throws {
        // Another test may have asked for it in this thread.
        uop_emulate_switching(0)
        var arena = CodeArena()
        #expect(arena.strategy == .automatic)
        uop_fail_call(call, 1, permissionDenied)
        let code = try arena.code([1, 2, 3])
        #expect(uop_pending_failure(call) == 0)
        #expect(arena.strategy == .sealedPages)
        #expect(code.bytes() == [1, 2, 3])
        try arena.free(code)
        #expect(arena.accounting == .init())
    }

    /// Where a system has memory that threads switch, it is what comes behind memory that is mapped twice.
    @Test func automaticSwitches() throws {
        var arena = CodeArena()
        uop_emulate_switching(1)
        defer { uop_emulate_switching(0) }
        uop_fail_call(.UOP_CALL_MEMFD_CREATE, 1, permissionDenied)
        let codes = (try Held(arena.code([1, 2, 3])), try Held(arena.code([4, 5])))
        #expect(arena.strategy == .switchedPages)
        #expect(codes.0.code?.bytes() == [1, 2, 3] && codes.1.code?.bytes() == [4, 5])
        #expect(arena.accounting.chunks == 1)
        try arena.free(codes.0.code.take()!)
        try arena.free(codes.1.code.take()!)
    }

    /// A block that is dropped or freed while it is written does not leave its thread unable to execute.
    @Test func switchingEndsWithTheBlock() async {
        // In a process of its own: nothing else is mapped there meanwhile.
        await #expect(processExitsWith: .success) {
            var arena = CodeArena(options: .init(.switchedPages))
            let code = try arena.code([7])
            let before = test_mappings()
            do {
                var dropped = try arena.allocate(byteCount: 8)
                _ = unsafe try dropped.beginWrite()
                #expect(test_mappings().code == before.code - 1)
                var freed = try arena.allocate(byteCount: 8)
                _ = unsafe try freed.beginWrite()
                try arena.free(freed)
                var open = try arena.allocate(byteCount: 8)
                _ = unsafe try open.beginWrite()
                do throws(MemoryError) {
                    _ = try arena.seal(open, byteCount: 8)
                    Issue.record("a block is sealed while it is written")
                } catch {
                    #expect(error.kind == .writeNotEnded)
                }
            }
            #expect(test_mappings().code == before.code && test_mappings().writableExecutable == 0)
            #expect(code.bytes() == [7])
            try arena.free(code)
        }
    }

    @Test(arguments: allStrategies) func refusalIsDistinct(strategy: CodeArena.Strategy) throws {
        for error in [permissionDenied, 1] {
            var arena = CodeArena(options: .init(strategy))
            uop_fail_call(strategy == .sealedPages ? .UOP_CALL_MPROTECT : .UOP_CALL_MMAP, 1, error)
            do {
                _ = try arena.code([1])
                Issue.record("executable")
            } catch {
                #expect(error.kind == .executableMemoryRefused)
                #expect(error.description.contains("use the interpreter"))
            }
            #expect(arena.accounting == .init())
        }
    }

    @Test func neverWritableAndExecutable() async {
        await #expect(processExitsWith: .success) {
            let before = test_mappings()
            for strategy in allStrategies {
                var arena = CodeArena(options: .init(strategy))
                var block = try arena.allocate(byteCount: 10000)
                let address = unsafe try block.beginWrite()
                unsafe address.storeBytes(of: 1, as: UInt8.self)
                #expect(test_mappings().writableExecutable == 0)
                block.endWrite()
                let code = try arena.seal(block, byteCount: 10000)
                #expect(test_mappings().writableExecutable == 0)
                #expect(test_mappings().code == (strategy == .dualMapping ? 2 : 1) + before.code)
                try arena.free(code)
            }
            #expect(test_mappings().code == before.code)
        }
    }
}
