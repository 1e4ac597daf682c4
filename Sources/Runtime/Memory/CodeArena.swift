/// The executable memory that many traces share. No mapping of it is ever both writable and executable.
///
/// An arena is used by one thread at a time; several arenas can be in use at once, and sealed code
/// can run anywhere.
///
/// After fork, parent and child go on running the code they have, and neither can change what the
/// other runs: no block is allocated any more in memory that both have, new blocks lie in memory of
/// their own. Where fork handlers do not run, this holds in part:
/// - `vfork` and `posix_spawn` lend the parent's memory until `exec`; nothing is compiled in between.
/// - A raw `clone` or `_Fork` goes unnoticed. Its child cannot write to the parent's code (it would
///   fault), but the parent may reuse what it frees: such a child runs nothing of an arena that it inherits.
public struct CodeArena: ~Copyable, @unchecked Sendable {
    // Sendable: only the arena changes its chunks, and it is never in two places.

    /// How memory becomes executable.
    public enum Strategy: Sendable, CaseIterable {
        /// The first of the others that the system does not refuse.
        case automatic
        /// Memory files mapped twice, to write and to execute; many blocks share a page.
        case dualMapping
        /// Memory that a thread can either write or execute, and switches between (MAP_JIT of macOS on ARM); many blocks
        /// share a page. A thread that is writing a block executes nothing of such memory, and ends what it began.
        case switchedPages
        /// Fresh pages for each block, made executable by mprotect once they are written.
        case sealedPages
    }

    /// What to decide before the first allocation.
    public struct Options: Sendable {
        /// How memory becomes executable.
        public var strategy = Strategy.automatic
        /// Bytes of address space mapped at once; touched only as blocks are written.
        public var chunkByteCount = 1 << 20
        /// The most that `Accounting.mappedBytes` may reach.
        public var mappedByteLimit = Int.max
        /// Where code will run in the memory of another machine; nil for code that runs here. What is sealed is not executable
        /// here then: it is to be taken there, to the addresses that it has.
        public var foreignAddress: UInt64?

        /// The default: automatic, chunks of 1 MiB, no limit.
        public init() {}
    }

    /// Blocks begin at, and occupy, multiples of this many bytes.
    public static let granule = 16
    /// The largest block, in bytes.
    public static let blockByteLimit = 1 << 30
    /// The largest alignment, in bytes: the smallest page size.
    public static let alignmentLimit = 4096

    let options: Options
    /// `automatic` until a refusal; then what is left to try.
    public private(set) var strategy: Strategy
    var chunks: [CodeChunk] = []
    private var current: CodeChunk?
    var mappedBytes = 0
    var liveBytes = 0
    var liveBlocks = 0
    /// Where the next chunk of a foreign arena runs.
    private var foreignAddress: UInt64

    /// An arena without memory: the first block maps some.
    public init(options: Options = Options()) {
        self.options = options
        strategy = options.strategy
        foreignAddress = options.foreignAddress ?? 0
    }

    /// Reserves at least `byteCount` bytes at an address that is a multiple of `alignment` bytes.
    ///
    /// - Throws: `MemoryError`: `invalidByteCount`, `invalidAlignment`, `limitExceeded`, `callFailed`,
    ///   `executableMemoryRefused`. The arena is then as before.
    public mutating func allocate(byteCount: Int, alignment: Int = granule) throws(MemoryError) -> CodeBlock {
        guard byteCount > 0, byteCount <= Self.blockByteLimit else {
            throw MemoryError(.invalidByteCount, byteCount: byteCount, limit: Self.blockByteLimit)
        }
        guard alignment > 0, alignment & (alignment - 1) == 0, alignment <= Self.alignmentLimit else {
            throw MemoryError(.invalidAlignment, byteCount: alignment, limit: Self.alignmentLimit)
        }
        let size = Self.rounded(byteCount)
        if let current, !current.isFrozen, let offset = current.free.take(size, alignment: alignment) {
            return block(in: current, offset, size)
        }
        for chunk in chunks where !chunk.isFrozen {
            guard let offset = chunk.free.take(size, alignment: alignment) else { continue }
            current = chunk
            return block(in: chunk, offset, size)
        }
        let chunk = try addChunk(size)
        // Pages of its own have nothing free: the block is all of it.
        return block(in: chunk, chunk.free.take(size, alignment: alignment) ?? 0, size)
    }

    /// Ends writing: keeps the first `byteCount` bytes, gives the rest back, and makes the code executable.
    ///
    /// - Throws: `MemoryError`: `invalidByteCount`, `writeNotEnded`, `lostInFork`, `executableMemoryRefused`,
    ///   `callFailed`; the block is freed then. `foreignBlock`, if another arena allocated it.
    public mutating func seal(_ block: consuming CodeBlock, byteCount: Int) throws(MemoryError) -> SealedCode {
        let (chunk, offset, reserved) = (block.chunk, block.offset, block.byteCount)
        try checkOwner(chunk, reserved)
        do throws(MemoryError) {
            if block.isBeingWritten { throw MemoryError(.writeNotEnded, byteCount: reserved) }
            guard byteCount > 0, byteCount <= reserved else {
                throw MemoryError(.invalidByteCount, byteCount: byteCount, limit: reserved)
            }
            try chunk.seal(offset: offset, byteCount: byteCount)
        } catch {
            release(chunk, offset, reserved)
            throw error
        }
        let kept = Self.rounded(byteCount)
        if kept < reserved { giveBack(chunk, offset + kept, reserved - kept) }
        return SealedCode(chunk: chunk, offset: offset, byteCount: byteCount)
    }

    /// Frees code that nothing will execute any more.
    ///
    /// - Throws: `MemoryError` of kind `foreignBlock`, if another arena made it.
    public mutating func free(_ code: consuming SealedCode) throws(MemoryError) {
        try checkOwner(code.chunk, code.byteCount)
        release(code.chunk, code.offset, Self.rounded(code.byteCount))
    }

    /// Frees a block that will not be sealed.
    ///
    /// - Throws: `MemoryError` of kind `foreignBlock`, if another arena allocated it.
    public mutating func free(_ block: consuming CodeBlock) throws(MemoryError) {
        try checkOwner(block.chunk, block.byteCount)
        release(block.chunk, block.offset, block.byteCount)
    }

    private static func rounded(_ byteCount: Int) -> Int { (byteCount + granule - 1) & ~(granule - 1) }

    private func checkOwner(_ chunk: CodeChunk, _ byteCount: Int) throws(MemoryError) {
        guard chunk.index < chunks.count, chunks[chunk.index] === chunk else {
            throw MemoryError(.foreignBlock, byteCount: byteCount)
        }
    }

    private mutating func block(in chunk: CodeChunk, _ offset: Int, _ size: Int) -> CodeBlock {
        chunk.liveBlocks += 1
        liveBlocks += 1
        liveBytes += size
        return CodeBlock(chunk: chunk, offset: offset, byteCount: size)
    }

    private mutating func giveBack(_ chunk: CodeChunk, _ offset: Int, _ size: Int) {
        if chunk.isShared { chunk.free.give(offset, size) }
        liveBytes -= size
    }

    private mutating func release(_ chunk: CodeChunk, _ offset: Int, _ size: Int) {
        giveBack(chunk, offset, size)
        liveBlocks -= 1
        chunk.liveBlocks -= 1
        guard chunk.liveBlocks == 0 else { return }
        // One empty chunk stays, so that a trace that comes and goes does not map and unmap.
        let keeps = chunk.isShared && !chunk.isFrozen && !chunks.contains { $0 !== chunk && $0.liveBlocks == 0 }
        if !keeps { remove(chunk) }
    }
}

// MARK: - Chunks

extension CodeArena {
    private mutating func addChunk(_ size: Int) throws(MemoryError) -> CodeChunk {
        // What is empty is too small, or frozen.
        for chunk in chunks where chunk.liveBlocks == 0 { remove(chunk) }
        // Read before anything is mapped: a fork from here on finds the chunk outdated.
        let forkState = ForkState.now
        if options.foreignAddress != nil { return try addForeign(size, forkState) }
        // While a fork is under way, only private pages are sure not to be shared.
        while strategy != .sealedPages, !forkState.isInProgress {
            do throws(MemoryError) { return try addShared(size, forkState) } catch {
                let refusesStrategy =
                    error.call == .memfdCreate || error.call == .mmapSwitched || error.kind == .executableMemoryRefused
                guard options.strategy == .automatic, refusesStrategy else { throw error }
                strategy = strategy == .automatic ? .switchedPages : .sealedPages
            }
        }
        try checkLimit(size)
        return add(CodeChunk(pages: try WritableRegion(byteCount: size), made: forkState))
    }

    private mutating func addShared(_ size: Int, _ forkState: ForkState) throws(MemoryError) -> CodeChunk {
        try checkLimit(size)
        let preferred = max(size, min(options.chunkByteCount, Self.blockByteLimit))
        // Near the limit, a chunk no larger than its block.
        let fits = mappedBytes(adding: preferred) <= options.mappedByteLimit
        let byteCount = fits ? preferred : size
        let chunk =
            if strategy == .switchedPages {
                add(CodeChunk(switched: try Mapping.mapSwitched(byteCount), made: forkState))
            } else {
                add(CodeChunk(dual: try DualMapping(byteCount: byteCount), made: forkState))
            }
        current = chunk
        return chunk
    }

    private mutating func addForeign(_ size: Int, _ forkState: ForkState) throws(MemoryError) -> CodeChunk {
        let preferred = max(size, min(options.chunkByteCount, Self.blockByteLimit))
        try checkLimit(preferred)
        let region = try WritableRegion(byteCount: preferred)
        let chunk = add(CodeChunk(foreign: region, at: foreignAddress, made: forkState))
        foreignAddress += UInt64(chunk.byteCount)
        current = chunk
        return chunk
    }

    private func mappedBytes(adding size: Int) -> Int { mappedBytes + SystemCalls.roundedToPages(size) }

    private func checkLimit(_ size: Int) throws(MemoryError) {
        let wanted = mappedBytes(adding: size)
        guard wanted <= options.mappedByteLimit else {
            throw MemoryError(.limitExceeded, byteCount: wanted, limit: options.mappedByteLimit)
        }
    }

    private mutating func add(_ chunk: CodeChunk) -> CodeChunk {
        chunk.index = chunks.count
        chunks.append(chunk)
        mappedBytes += chunk.byteCount
        return chunk
    }

    /// Takes the chunk out; it is unmapped with the last block that refers to it.
    private mutating func remove(_ chunk: CodeChunk) {
        let last = chunks.removeLast()
        if last !== chunk {
            chunks[chunk.index] = last
            last.index = chunk.index
        }
        if current === chunk { current = nil }
        mappedBytes -= chunk.byteCount
    }
}
