/// Whole fresh pages that nobody executes yet. `seal` ends writing, so that writing to what can be
/// executed does not compile. Unmapped when the value goes.
public struct WritableRegion: ~Copyable, Sendable {
    private let mapping: Mapping

    /// Where to store.
    public var address: UnsafeMutableRawPointer { unsafe mapping.address }
    /// A multiple of the page size.
    public var byteCount: Int { mapping.byteCount }

    /// Maps at least `byteCount` bytes (1 or more), all zero.
    ///
    /// - Throws: `MemoryError` of kind `callFailed`.
    public init(byteCount: Int) throws(MemoryError) {
        mapping = try Mapping.map(byteCount, executable: false)
    }

    /// Makes the pages executable and no longer writable, and flushes the instruction cache.
    ///
    /// - Throws: `MemoryError` of kind `executableMemoryRefused` or `callFailed`; the pages are unmapped then.
    public consuming func seal() throws(MemoryError) -> ExecutableRegion {
        try mapping.makeExecutable()
        unsafe SystemCalls.clearCache(mapping.address, mapping.byteCount)
        return ExecutableRegion(mapping: mapping)
    }
}

/// Whole pages of code that nobody can write. Unmapped when the value goes.
public struct ExecutableRegion: ~Copyable, Sendable {
    fileprivate let mapping: Mapping

    /// Where the code runs: where it was written.
    public var address: UnsafeRawPointer { unsafe UnsafeRawPointer(mapping.address) }
    /// A multiple of the page size.
    public var byteCount: Int { mapping.byteCount }
}

/// The same memory mapped twice, once to write and once to execute.
///
/// A child that fork makes inherits what can be executed, and not what can be written: it goes on
/// running the code that it has, and can change none that its parent runs.
struct DualMapping: ~Copyable {
    private let writable: Mapping
    private let executable: Mapping

    var writeAddress: UnsafeMutableRawPointer { unsafe writable.address }
    var runAddress: UnsafeRawPointer { unsafe UnsafeRawPointer(executable.address) }
    var byteCount: Int { executable.byteCount }

    init(byteCount: Int) throws(MemoryError) {
        try SystemCalls.observeForks()
        let file = try MemoryFile.make(byteCount: SystemCalls.roundedToPages(byteCount))
        let executable = try Mapping.map(byteCount, executable: true, of: file.descriptor)
        let writable = try Mapping.map(byteCount, executable: false, of: file.descriptor, isInherited: false)
        self.executable = executable
        self.writable = writable
    }
}
