import CRuntimeShims
import CRuntimeTestSupport
import CStencils
import Testing
import UopRuntime

extension CodeArena.Options {
    init(_ strategy: CodeArena.Strategy, chunk: Int = 1 << 20, limit: Int = .max) {
        self.init()
        self.strategy = strategy
        // Memory that threads switch is a system's that tests may not run on.
        uop_emulate_switching(strategy == .switchedPages ? 1 : 0)
        chunkByteCount = chunk
        mappedByteLimit = limit
    }
}

let allStrategies: [CodeArena.Strategy] = [.dualMapping, .switchedPages, .sealedPages]

extension CodeArena {
    /// A sealed block of these bytes.
    mutating func code(_ bytes: [UInt8], alignment: Int = granule) throws(MemoryError) -> SealedCode {
        var block = try allocate(byteCount: bytes.count, alignment: alignment)
        let address = unsafe try block.beginWrite()
        unsafe bytes.withUnsafeBytes { unsafe address.copyMemory(from: $0.baseAddress!, byteCount: $0.count) }
        block.endWrite()
        return try seal(block, byteCount: bytes.count)
    }

    /// Code that returns a number: `mov eax, number; ret`.
    mutating func returning(_ number: Int32) throws(MemoryError) -> SealedCode {
        try code([0xb8] + (0..<4).map { UInt8(truncatingIfNeeded: number >> ($0 * 8)) } + [0xc3])
    }
}

extension SealedCode {
    func bytes() -> [UInt8] {
        unsafe Array(UnsafeRawBufferPointer(start: runAddress, count: byteCount))
    }

    func call() -> Int32 { unsafe test_call(runAddress) }
}

/// Owns sealed code inside an array, which cannot hold it itself.
final class Held {
    var code: SealedCode?
    init(_ code: consuming SealedCode) { self.code = consume code }
}

@Suite struct CodeArenaTests {
    @Test(arguments: allStrategies) func writtenThereReadHere(strategy: CodeArena.Strategy) throws {
        var arena = CodeArena(options: .init(strategy))
        let bytes = (0..<1000).map { UInt8(truncatingIfNeeded: $0 * 7) }
        let code = try arena.code(bytes)
        #expect(code.bytes() == bytes)
        #expect(arena.strategy == strategy)
        try arena.free(code)
        #expect(arena.accounting.liveBytes == 0)
    }

    #if arch(x86_64)
        @Test(arguments: allStrategies) func codeRuns(strategy: CodeArena.Strategy) throws {
            var arena = CodeArena(options: .init(strategy))
            let held = try (0..<300).map { try Held(arena.returning(Int32($0 * 1_000_003))) }
            for (index, one) in held.enumerated() { #expect(one.code?.call() == Int32(index * 1_000_003)) }
            for index in stride(from: 0, to: 300, by: 2) { try arena.free(held[index].code.take()!) }
            let again = try arena.returning(-1)
            #expect(again.call() == -1)
            for index in stride(from: 1, to: 300, by: 2) {
                #expect(held[index].code?.call() == Int32(index * 1_000_003))
            }
        }

        @Test func holesAreFilledForWhereTheCodeRuns() throws {
            var arena = CodeArena(options: .init(.dualMapping))
            // mov eax, [rip + distance to the last word]; ret
            var block = try arena.allocate(byteCount: 16)
            let address = unsafe try block.beginWrite()
            var elements = unsafe MutableRawSpan(_unsafeStart: address, byteCount: block.byteCount)
            for (index, byte) in ([0x8b, 0x05, 0, 0, 0, 0, 0xc3] as [UInt8]).enumerated() {
                elements.storeBytes(of: byte, toByteOffset: index, as: UInt8.self)
            }
            elements.storeBytes(of: 42, toByteOffset: 12, as: UInt32.self)
            let target = block.runAddress + 12
            try HoleEncoder().fill(
                .pcRelative32, value: target &- 4, in: &elements, at: 2, runAddress: block.runAddress)
            block.endWrite()
            let code = try arena.seal(block, byteCount: 16)
            #expect(code.call() == 42)
        }

        @Test func codeOutlivesItsArena() throws {
            func make() throws -> SealedCode {
                var arena = CodeArena()
                return try arena.returning(7)
            }
            #expect(try make().call() == 7)
        }
    #endif

    @Test func distinctAddressesToWriteAndToRun() throws {
        var arena = CodeArena(options: .init(.dualMapping))
        var block = try arena.allocate(byteCount: 100)
        let store = unsafe try UInt64(UInt(bitPattern: block.beginWrite()))
        #expect(store != block.runAddress)
        #expect(block.byteCount == 112)
    }

    @Test(arguments: [1, 2, 16, 32, 64, 256, 4096], allStrategies)
    func alignment(alignment: Int, strategy: CodeArena.Strategy) throws {
        var arena = CodeArena(options: .init(strategy))
        for size in [1, 16, 17, 48, 100, 5000] {
            let block = try arena.allocate(byteCount: size, alignment: alignment)
            #expect(block.runAddress % UInt64(max(alignment, 16)) == 0)
            #expect(block.byteCount == (size + 15) / 16 * 16)
        }
        #expect(arena.accounting.liveBlocks == 6)
    }

    @Test func sealingGivesTheRestBack() throws {
        var arena = CodeArena(options: .init(.dualMapping))
        let big = try arena.allocate(byteCount: 100_000)
        let begin = big.runAddress
        let code = try arena.seal(big, byteCount: 17)
        #expect(code.byteCount == 17)
        #expect(arena.accounting.liveBytes == 32)
        #expect(arena.accounting.reusableBytes == (1 << 20) - 32)
        let next = try arena.allocate(byteCount: 16)
        #expect(next.runAddress == begin + 32)
        try arena.free(next)
        try arena.free(code)
    }

    @Test func emptyChunksGoButOne() throws {
        var arena = CodeArena(options: .init(.dualMapping, chunk: 8192))
        let held = try (0..<10).map { _ in try Held(arena.code([UInt8](repeating: 1, count: 8192))) }
        #expect(arena.accounting.chunks == 10 && arena.accounting.mappedBytes == 81920)
        #expect(arena.accounting.reusableBytes == 0)
        for one in held { try arena.free(one.code.take()!) }
        #expect(arena.accounting.chunks == 1 && arena.accounting.mappedBytes == 8192)
        #expect(arena.accounting.reusableBytes == 8192)
        // Too small for this one, it makes way.
        let big = try arena.allocate(byteCount: 3 << 20)
        #expect(arena.accounting.chunks == 1 && arena.accounting.mappedBytes == 3 << 20)
        try arena.free(big)
    }

    @Test(arguments: allStrategies) func limit(strategy: CodeArena.Strategy) throws {
        var arena = CodeArena(options: .init(strategy, chunk: 65536, limit: 131072))
        let first = try arena.code([UInt8](repeating: 1, count: 65536))
        let before = arena.accounting
        do {
            _ = try arena.allocate(byteCount: 65537)
            Issue.record("above the limit")
        } catch {
            #expect(error.kind == .limitExceeded && error.limit == 131072)
            #expect(error.byteCount == 65536 + 65536 + 4096)
        }
        #expect(arena.accounting == before)
        let second = try arena.code([UInt8](repeating: 2, count: 65536))
        try arena.free(first)
        try arena.free(second)
        #expect(try arena.allocate(byteCount: 131072).byteCount == 131072)
    }

    @Test func chunksAreSmallerThanTheLimit() throws {
        var arena = CodeArena(options: .init(.dualMapping, chunk: .max, limit: 8192))
        let code = try arena.code([1])
        #expect(arena.accounting.mappedBytes == 4096)
        try arena.free(code)
        #expect(throws: MemoryError.self) { try arena.free(arena.allocate(byteCount: 8193)) }
    }

    @Test(arguments: [0, -1, .min, .max, CodeArena.blockByteLimit + 1]) func impossibleSize(byteCount: Int) {
        var arena = CodeArena()
        do {
            _ = try arena.allocate(byteCount: byteCount)
            Issue.record("accepted")
        } catch { #expect(error.kind == .invalidByteCount && error.byteCount == byteCount) }
        #expect(arena.accounting == .init())
    }

    @Test(arguments: [0, -16, .min, .max, 3, 48, 8192]) func impossibleAlignment(alignment: Int) {
        var arena = CodeArena()
        do {
            _ = try arena.allocate(byteCount: 16, alignment: alignment)
            Issue.record("accepted")
        } catch { #expect(error.kind == .invalidAlignment && error.byteCount == alignment) }
    }

    @Test(arguments: [0, -1, 113, .max], allStrategies)
    func sealingMoreOrLessThanThereIs(byteCount: Int, strategy: CodeArena.Strategy) throws {
        var arena = CodeArena(options: .init(strategy))
        do {
            _ = try arena.seal(arena.allocate(byteCount: 100), byteCount: byteCount)
            Issue.record("accepted")
        } catch { #expect(error.kind == .invalidByteCount && error.byteCount == byteCount && error.limit == 112) }
        #expect(arena.accounting.liveBlocks == 0 && arena.accounting.liveBytes == 0)
    }

    @Test func sealingWhileWriting() throws {
        var arena = CodeArena()
        var block = try arena.allocate(byteCount: 100)
        _ = unsafe try block.beginWrite()
        do {
            _ = try arena.seal(block, byteCount: 1)
            Issue.record("accepted")
        } catch { #expect(error.kind == .writeNotEnded) }
        #expect(arena.accounting.liveBlocks == 0)
    }

    @Test(arguments: allStrategies) func blocksOfAnotherArena(strategy: CodeArena.Strategy) throws {
        var own = CodeArena(options: .init(strategy))
        var other = CodeArena(options: .init(strategy))
        let kept = try own.code([1, 2, 3])
        let alien = try other.code([4, 5, 6])
        let before = own.accounting
        do {
            try own.free(alien)
            Issue.record("accepted")
        } catch { #expect(error.kind == .foreignBlock) }
        do {
            _ = try own.seal(other.allocate(byteCount: 16), byteCount: 16)
            Issue.record("accepted")
        } catch { #expect(error.kind == .foreignBlock) }
        #expect(own.accounting == before)
        #expect(kept.bytes() == [1, 2, 3])
    }
}
