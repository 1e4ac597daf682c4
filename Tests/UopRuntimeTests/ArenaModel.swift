import CRuntimeTestSupport
import Testing
import UopRuntime

/// Random numbers that a seed repeats (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, 2014).
struct SplitMix64: RandomNumberGenerator {
    private var state: UInt64
    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}

/// An arena, and what ought to be in it: its own record of every live block.
struct ArenaModel: ~Copyable {
    struct Failure: Error { let what: String }

    private var arena: CodeArena
    private var live: [(held: Held, bytes: [UInt8])] = []
    private var random: SplitMix64
    private let pageWaste: Bool

    init(options: CodeArena.Options, seed: UInt64) {
        arena = CodeArena(options: options)
        random = SplitMix64(seed: seed)
        pageWaste = options.strategy == .sealedPages
    }

    /// Does `count` random things, and throws at the first that is not as it should be.
    mutating func run(_ count: Int) throws {
        for step in 0..<count {
            switch Int.random(in: 0..<10, using: &random) {
            case 0..<4: try allocate()
            case 4: try abandon()
            default: try freeOne()
            }
            try checkAccounting()
            if step % 64 == 0 { try checkContents() }
        }
        try checkContents()
        while !live.isEmpty { try freeOne() }
        try checkAccounting()
        let rest = arena.accounting
        guard rest.chunks <= 1, rest.liveBlocks == 0, rest.liveBytes == 0, rest.reusableBytes == rest.mappedBytes else {
            throw Failure(what: "an empty arena has \(rest)")
        }
    }

    private mutating func allocate() throws {
        let size = randomSize()
        let alignment = 1 << Int.random(in: 0...8, using: &random)
        var block = try arena.allocate(byteCount: size, alignment: alignment)
        guard block.runAddress % UInt64(max(alignment, 16)) == 0, block.byteCount >= size else {
            throw Failure(what: "\(size) bytes by \(alignment): \(block.byteCount) at \(block.runAddress)")
        }
        // All of it is written, and only a part kept.
        let kept = Bool.random(using: &random) ? size : Int.random(in: 1...size, using: &random)
        let first = UInt8.random(in: 0...255, using: &random)
        let bytes = (0..<block.byteCount).map { first &+ UInt8(truncatingIfNeeded: $0) }
        let address = unsafe try block.beginWrite()
        unsafe bytes.withUnsafeBytes { unsafe address.copyMemory(from: $0.baseAddress!, byteCount: $0.count) }
        block.endWrite()
        live.append((Held(try arena.seal(block, byteCount: kept)), Array(bytes.prefix(kept))))
    }

    private mutating func randomSize() -> Int {
        switch Int.random(in: 0..<100, using: &random) {
        case 0: return Int.random(in: 1...300_000, using: &random)
        case 1..<20: return Int.random(in: 1...6000, using: &random)
        default: return Int.random(in: 1...400, using: &random)
        }
    }

    private mutating func abandon() throws {
        let block = try arena.allocate(byteCount: randomSize())
        try arena.free(block)
    }

    private mutating func freeOne() throws {
        guard !live.isEmpty else { return }
        let index = Int.random(in: 0..<live.count, using: &random)
        live.swapAt(index, live.count - 1)
        let last = live.removeLast()
        guard last.held.code?.bytes() == last.bytes else { throw Failure(what: "a block changed before it was freed") }
        try arena.free(last.held.code.take()!)
    }

    private func checkAccounting() throws {
        let accounting = arena.accounting
        let bytes = live.reduce(0) { $0 + ($1.bytes.count + 15) / 16 * 16 }
        let sum = accounting.liveBytes + accounting.reusableBytes + accounting.wastedBytes
        guard accounting.liveBlocks == live.count, accounting.liveBytes == bytes, accounting.mappedBytes == sum,
            accounting.frozenChunks == 0, accounting.mappedBytes % 4096 == 0,
            pageWaste ? accounting.chunks == live.count && accounting.reusableBytes == 0 : accounting.wastedBytes == 0
        else { throw Failure(what: "\(live.count) blocks of \(bytes) bytes: \(accounting)") }
    }

    private func checkContents() throws {
        for one in live where one.held.code?.bytes() != one.bytes { throw Failure(what: "a block changed") }
        guard test_mappings().writableExecutable == 0 else { throw Failure(what: "writable and executable") }
    }
}

@Suite struct ArenaModelTests {
    // A failure names its seed: it is the test's argument.
    @Test(arguments: [1, 2, 3, UInt64.random(in: .min ... .max)])
    func randomUseOfSharedChunks(seed: UInt64) throws {
        var model = ArenaModel(options: .init(.dualMapping, chunk: 16384), seed: seed)
        try model.run(3000)
    }

    @Test(arguments: [4, UInt64.random(in: .min ... .max)])
    func randomUseOfLargeChunks(seed: UInt64) throws {
        var model = ArenaModel(options: .init(.dualMapping), seed: seed)
        try model.run(3000)
    }

    @Test(arguments: [6, UInt64.random(in: .min ... .max)])
    func randomUseOfSwitchedChunks(seed: UInt64) throws {
        var model = ArenaModel(options: .init(.switchedPages, chunk: 16384), seed: seed)
        try model.run(1000)
    }

    @Test(arguments: [5, UInt64.random(in: .min ... .max)])
    func randomUseOfPages(seed: UInt64) throws {
        var model = ArenaModel(options: .init(.sealedPages), seed: seed)
        try model.run(500)
    }

    /// Each thread has an arena of its own; run it with `--sanitize=thread` too.
    @Test func arenasInSeveralThreads() {
        var results: [Int32] = [0, 0, 0, 0]
        unsafe results.withUnsafeMutableBufferPointer { buffer in
            unsafe test_in_threads(4, { unsafe ArenaModelTests.runInThread($0, $1) }, buffer.baseAddress)
        }
        #expect(results == [1, 1, 1, 1])
    }

    private static func runInThread(_ context: UnsafeMutableRawPointer?, _ index: Int32) {
        let strategy = allStrategies[Int(index) % allStrategies.count]
        var model = ArenaModel(options: .init(strategy, chunk: 16384), seed: UInt64(index))
        let succeeded = (try? model.run(300)) != nil
        unsafe context!.storeBytes(of: succeeded ? 1 : 0, toByteOffset: Int(index) * 4, as: Int32.self)
    }
}
