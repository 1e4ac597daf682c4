extension CodeArena {
    /// Where an arena's memory is, in bytes. `mappedBytes = liveBytes + reusableBytes + wastedBytes`.
    public struct Accounting: Equatable, Sendable {
        /// All memory of the arena, counted once even where it is mapped twice.
        public var mappedBytes = 0
        /// What blocks occupy, rounded up to granules.
        public var liveBytes = 0
        /// What new blocks can occupy without mapping more.
        public var reusableBytes = 0
        /// What neither holds code nor can: ends of sealed pages, and free parts of memory that a fork has shared.
        public var wastedBytes = 0
        /// Blocks allocated or sealed, and not freed.
        public var liveBlocks = 0
        /// Chunks of memory mapped.
        public var chunks = 0
        /// Of these, chunks that a fork has shared: unmapped when they are empty.
        public var frozenChunks = 0

        /// Of an arena without memory.
        public init() {}
    }

    /// Where the memory is now; costs a few nanoseconds a chunk.
    public var accounting: Accounting {
        var result = Accounting()
        result.mappedBytes = mappedBytes
        result.liveBytes = liveBytes
        result.liveBlocks = liveBlocks
        result.chunks = chunks.count
        for chunk in chunks {
            if chunk.isFrozen { result.frozenChunks += 1 } else { result.reusableBytes += chunk.free.byteCount }
        }
        result.wastedBytes = mappedBytes - liveBytes - result.reusableBytes
        return result
    }
}
