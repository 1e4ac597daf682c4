#if arch(x86_64)
    import CRuntimeTestSupport
    import Testing
    import UopRuntime

    /// What a child finds out, as its exit status: 0, or the line of the first check that failed.
    private func check(_ condition: Bool, line: Int32 = #line) throws(ChildFailure) {
        if !condition { throw ChildFailure(line: line % 256) }
    }

    private struct ChildFailure: Error { let line: Int32 }

    /// An arena that both sides of a fork use, and what was in it before.
    @safe private final class Family {
        var arena: CodeArena
        var kept: SealedCode?
        var freed: SealedCode?
        var open: CodeBlock?
        var openUnwritten: CodeBlock?
        var inBetween: SealedCode?
        /// Where the chunk is written.
        let writeAddress: UnsafeMutableRawPointer
        let strategy: CodeArena.Strategy
        let parentFreed = test_gate()

        init(_ strategy: CodeArena.Strategy) throws {
            self.strategy = strategy
            arena = CodeArena(options: .init(strategy, chunk: 65536))
            kept = try arena.returning(1)
            freed = try arena.returning(2)
            var block = try arena.allocate(byteCount: 16)
            unsafe writeAddress = try block.beginWrite()
            block.endWrite()
            open = consume block
            openUnwritten = try arena.allocate(byteCount: 16)
        }

        /// Fills more than what was mapped with code of its own, twice, and runs it.
        func churn(_ number: Int32) throws {
            let count: Int32 = strategy == .dualMapping ? 5000 : 50
            for _ in 0..<2 {
                let held = try (0..<count).map { try Held(arena.returning(number + $0)) }
                for (index, one) in held.enumerated() {
                    try check(one.code?.call() == number + Int32(index))
                    try arena.free(one.code.take()!)
                }
            }
        }

        func runChild() throws {
            if strategy == .dualMapping {
                try check(test_mappings().writableCode == 0)
                unsafe test_occupy(writeAddress)
            }
            try check(kept?.call() == 1)
            try check(freed?.call() == 2)
            let error = lostBlock()
            // Private pages are the child's own, and go on.
            try check(strategy == .dualMapping ? error == .lostInFork : error == nil)
            try churn(1_000_000)
            test_pass_gate(parentFreed)
            // The parent has freed this meanwhile, and allocated much; here it is as it was.
            try check(kept?.call() == 1)
            try check(freed?.call() == 2)
            try arena.free(kept.take()!)
            try churn(2_000_000)
            try check(freed?.call() == 2)
            if strategy == .dualMapping { try check(arena.accounting.frozenChunks == 1) }
            try arena.free(freed.take()!)
            try check(arena.accounting.frozenChunks == 0)
            // Unmapping the chunk left alone what lies where the parent writes.
            if strategy == .dualMapping { try check(unsafe test_is_occupied(writeAddress) != 0) }
        }

        private func lostBlock() -> MemoryError.Kind? {
            do {
                var block = open.take()!
                let sealing = openUnwritten.take()!
                do { _ = unsafe try block.beginWrite() } catch {
                    try arena.free(block)
                    do { _ = try arena.seal(sealing, byteCount: 16) } catch { return error.kind }
                    return nil
                }
                block.endWrite()
                try arena.free(arena.seal(block, byteCount: 16))
                try arena.free(sealing)
                return nil
            } catch { return error.kind }
        }

        /// The parent's part, at the same time.
        func runParent() throws {
            try arena.free(freed.take()!)
            try churn(3_000_000)
            test_open_gate(parentFreed)
            try check(kept?.call() == 1)
            // What it was writing is still its own.
            var block = open.take()!
            let address = unsafe try block.beginWrite()
            for (index, byte) in ([0xb8, 9, 0, 0, 0, 0xc3] as [UInt8]).enumerated() {
                unsafe address.storeBytes(of: byte, toByteOffset: index, as: UInt8.self)
            }
            block.endWrite()
            let code = try arena.seal(block, byteCount: 6)
            try check(code.call() == 9)
            try arena.free(code)
        }

        func compileBeforeFork() { inBetween = try? arena.returning(5) }

        func replaceAfterFork() {
            try? arena.free(inBetween.take()!)
            inBetween = try? arena.returning(6)
        }

        /// After the child is gone.
        func finishParent() throws {
            try check(kept?.call() == 1)
            try churn(4_000_000)
            try arena.free(kept.take()!)
            if strategy == .dualMapping { try check(arena.accounting.frozenChunks == 1) }
            try arena.free(openUnwritten.take()!)
            try check(arena.accounting.frozenChunks == 0 && arena.accounting.liveBlocks == 0)
        }
    }

    private func childStatus(_ body: () throws -> Void) -> Int32 {
        do {
            try body()
            return 0
        } catch let failure as ChildFailure { return failure.line } catch { return 255 }
    }

    @Suite(.serialized) struct ForkTests {
        @Test func neitherSideChangesTheOthersCode() async {
            await #expect(processExitsWith: .success) {
                for strategy in [CodeArena.Strategy.dualMapping, .sealedPages] {
                    let family = try Family(strategy)
                    let child = unsafe test_fork(
                        { context in
                            let family = unsafe Unmanaged<Family>.fromOpaque(context!).takeUnretainedValue()
                            return childStatus { try family.runChild() }
                        }, Unmanaged.passUnretained(family).toOpaque())
                    try family.runParent()
                    #expect(test_wait(child) == 0)
                    try family.finishParent()
                }
            }
        }

        /// Between the handlers of a fork another thread may go on: what it makes and replaces in this time is not shared.
        @Test func compilingInTheMiddleOfAFork() async {
            await #expect(processExitsWith: .success) {
                let family = try Family(.dualMapping)
                let context = unsafe Unmanaged.passUnretained(family).toOpaque()
                unsafe test_set_fork_hooks(
                    { unsafe Unmanaged<Family>.fromOpaque($0!).takeUnretainedValue().compileBeforeFork() },
                    { unsafe Unmanaged<Family>.fromOpaque($0!).takeUnretainedValue().replaceAfterFork() }, context)
                let child = unsafe test_fork(
                    { context in
                        let family = unsafe Unmanaged<Family>.fromOpaque(context!).takeUnretainedValue()
                        test_pass_gate(family.parentFreed)
                        return family.inBetween?.call() ?? 0
                    }, context)
                test_open_gate(family.parentFreed)
                #expect(test_wait(child) == 5)
                #expect(family.inBetween?.call() == 6)
            }
        }

        /// One thread replaces the code in all slots without end, another forks: whenever the fork comes, each
        /// slot's code in the child returns the slot's number, and goes on doing so.
        @Test func forkWhileAnotherThreadCompiles() async {
            await #expect(processExitsWith: .success) {
                test_store_signal(0)
                let body: @convention(c) (UnsafeMutableRawPointer?, Int32) -> Void = { _, index in
                    index == 0 ? ForkTests.compileUntilSignalled() : ForkTests.forkOften()
                }
                unsafe test_in_threads(2, body, nil)
                #expect(test_load_signal() == 1000)
            }
        }

        private static func compileUntilSignalled() {
            var arena = CodeArena(options: .init(.dualMapping, chunk: 4096))
            var slots: [Held?] = Array(repeating: nil, count: Int(TEST_SLOT_COUNT))
            var next = 0
            do {
                while test_load_signal() < 1000 {
                    let slot = next % slots.count
                    next += 1
                    let code = try arena.returning(Int32(slot))
                    unsafe test_store_slot(Int32(slot), code.runAddress)
                    if let old = slots[slot] { try arena.free(old.code.take()!) }
                    slots[slot] = Held(code)
                    if next == slots.count { test_store_signal(1) }
                }
            } catch { test_store_signal(2000) }
        }

        private static func forkOften() {
            while test_load_signal() == 0 {}
            var rounds: Int32 = 20_000
            for _ in 0..<40 {
                let child = unsafe test_fork(test_call_slots, &rounds)
                if test_wait(child) != 0 { return test_store_signal(3000) }
            }
            if test_load_signal() == 1 { test_store_signal(1000) }
        }
    }
#endif
