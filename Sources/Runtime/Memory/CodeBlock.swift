/// Memory that blocks lie in. It stays mapped as long as its arena or one of its blocks lives.
@safe
final class CodeChunk {
    let writeBase: UnsafeMutableRawPointer
    let runBase: UnsafeRawPointer
    let byteCount: Int
    /// The forks that had begun when the chunk was made. Once there are more, a child may run what
    /// lies here: nothing is written any more where something has run.
    let forkState: ForkState
    /// True if many blocks lie here; false if it is the pages of one, which a fork copies like any other memory.
    let isShared: Bool
    /// True if nothing here is executed by this processor.
    let isForeign: Bool
    private let process = SystemCalls.process
    private let dual: DualMapping?
    /// Memory that threads switch between writing and executing.
    private let switched: Mapping?
    private var writable: WritableRegion?
    private var executable: ExecutableRegion?

    // Of the arena, which is in one thread at a time.
    var index = 0
    var free: FreeRanges
    var liveBlocks = 0

    /// A chunk for many blocks.
    init(dual mapping: consuming DualMapping, made forkState: ForkState) {
        unsafe writeBase = mapping.writeAddress
        unsafe runBase = mapping.runAddress
        byteCount = mapping.byteCount
        free = FreeRanges(all: byteCount)
        self.forkState = forkState
        isShared = true
        isForeign = false
        dual = consume mapping
        switched = nil
    }

    /// A chunk for many blocks, in memory that threads switch.
    init(switched mapping: consuming Mapping, made forkState: ForkState) {
        unsafe writeBase = mapping.address
        unsafe runBase = UnsafeRawPointer(mapping.address)
        byteCount = mapping.byteCount
        free = FreeRanges(all: byteCount)
        self.forkState = forkState
        isShared = true
        isForeign = false
        dual = nil
        switched = consume mapping
    }

    /// Pages for one block.
    init(pages: consuming WritableRegion, made forkState: ForkState) {
        unsafe writeBase = pages.address
        unsafe runBase = UnsafeRawPointer(pages.address)
        byteCount = pages.byteCount
        free = FreeRanges()
        self.forkState = forkState
        isShared = false
        isForeign = false
        dual = nil
        switched = nil
        writable = consume pages
    }

    /// A chunk for many blocks that run in another machine's memory.
    init(foreign region: consuming WritableRegion, at address: UInt64, made forkState: ForkState) {
        unsafe writeBase = region.address
        unsafe runBase = UnsafeRawPointer(bitPattern: UInt(address)) ?? UnsafeRawPointer(region.address)
        byteCount = region.byteCount
        free = FreeRanges(all: byteCount)
        self.forkState = forkState
        isShared = true
        isForeign = true
        dual = nil
        switched = nil
        writable = consume region
    }

    /// Where the code can be read.
    var readBase: UnsafeRawPointer { unsafe isForeign ? UnsafeRawPointer(writeBase) : runBase }

    /// True if no block may be allocated here any more.
    var isFrozen: Bool { isShared && forkState != .now }

    /// Throws where storing would fault: in a child, in a shared chunk of its parent.
    func checkWritable(_ byteCount: Int) throws(MemoryError) {
        if isFrozen, process != SystemCalls.process { throw MemoryError(.lostInFork, byteCount: byteCount) }
    }

    /// Lets this thread store here, where that is not so anyway.
    func beginWrite() { switched?.beginWrite() }

    func endWrite() { switched?.endWrite() }

    func seal(offset: Int, byteCount: Int) throws(MemoryError) {
        if isForeign { return }
        if let region = writable.take() {
            executable = try region.seal()
        } else {
            try checkWritable(byteCount)
            unsafe SystemCalls.clearCache(runBase + offset, byteCount)
        }
    }
}

/// Memory for code that is being written: there is no address yet to execute it at. Ends in `CodeArena.seal` or
/// `CodeArena.free`; if it is dropped, its memory stays reserved as long as the arena lives.
@safe
public struct CodeBlock: ~Copyable, @unchecked Sendable {
    // Sendable: it reads only what never changes in its chunk.
    let chunk: CodeChunk
    let offset: Int
    private(set) var isBeingWritten = false
    /// What may be written: the bytes asked for, rounded up to a multiple of `CodeArena.granule`.
    public let byteCount: Int

    init(chunk: CodeChunk, offset: Int, byteCount: Int) {
        self.chunk = chunk
        self.offset = offset
        self.byteCount = byteCount
    }

    /// Where the first byte will run: the number to compute distances with.
    public var runAddress: UInt64 { unsafe UInt64(UInt(bitPattern: chunk.runBase + offset)) }

    /// Bytes from which a block's pages are asked for at once.
    private static let largeByteCount = 16 << 10

    /// Opens the block and returns where its first byte is stored, valid until `endWrite`.
    ///
    /// - Throws: `MemoryError` of kind `lostInFork`.
    public mutating func beginWrite() throws(MemoryError) -> UnsafeMutableRawPointer {
        try chunk.checkWritable(byteCount)
        if !isBeingWritten { chunk.beginWrite() }
        isBeingWritten = true
        let address = unsafe chunk.writeBase + offset
        if byteCount >= Self.largeByteCount { unsafe SystemCalls.willWrite(address, byteCount) }
        return unsafe address
    }

    /// Closes the block, in the thread that opened it: nothing is stored until the next `beginWrite`.
    public mutating func endWrite() {
        if isBeingWritten { chunk.endWrite() }
        isBeingWritten = false
    }

    deinit {
        if isBeingWritten { chunk.endWrite() }
    }
}

/// Code that can be executed and not be written. Ends in `CodeArena.free`. As long as it lives its pages stay
/// mapped, even beyond the arena; if it is dropped, its memory stays reserved as long as the arena lives.
@safe
public struct SealedCode: ~Copyable, @unchecked Sendable {
    // Sendable: it reads only what never changes in its chunk.
    let chunk: CodeChunk
    let offset: Int
    /// The bytes really used.
    public let byteCount: Int

    init(chunk: CodeChunk, offset: Int, byteCount: Int) {
        self.chunk = chunk
        self.offset = offset
        self.byteCount = byteCount
    }

    /// Where the first byte runs, as long as this value lives.
    public var runAddress: UnsafeRawPointer { unsafe chunk.runBase + offset }

    /// The code itself, for dumps.
    package var bytes: [UInt8] { unsafe Array(UnsafeRawBufferPointer(start: chunk.readBase + offset, count: byteCount)) }
}
