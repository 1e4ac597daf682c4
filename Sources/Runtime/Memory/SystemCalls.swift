internal import CRuntimeShims

/// The calls to the system that can fail.
public enum SystemCall: Sendable {
    /// Of fresh memory, or of a memory file.
    case mmap
    /// Of memory that threads switch between writing and executing.
    case mmapSwitched
    /// From writable to executable.
    case mprotect
    /// For memory that is mapped twice.
    case memfdCreate
    /// Of a memory file.
    case ftruncate
    /// With MADV_DONTFORK.
    case madvise
    /// To count forks.
    case pthreadAtfork

    // No raw value: it would bring comparison of strings, and with it Unicode's tables, into embedded programs.

    /// The call's name in the manual.
    public var name: String {
        switch self {
        case .mmap: "mmap"
        case .mmapSwitched: "mmap with MAP_JIT"
        case .mprotect: "mprotect"
        case .memfdCreate: "memfd_create"
        case .ftruncate: "ftruncate"
        case .madvise: "madvise"
        case .pthreadAtfork: "pthread_atfork"
        }
    }
}

/// What the runtime asks of the system beside mappings and files, and the one place where errors become typed.
enum SystemCalls {
    static func roundedToPages(_ byteCount: Int) -> Int {
        let pageSize = uop_page_size()
        return (byteCount + pageSize - 1) & ~(pageSize - 1)
    }

    /// A number that no ancestor of this process had.
    static var process: UInt64 { uop_process_identity() }

    static func observeForks() throws(MemoryError) { try check(uop_observe_forks(), .pthreadAtfork, 0) }

    static func clearCache(_ address: UnsafeRawPointer, _ byteCount: Int) {
        let begin = unsafe UnsafeMutableRawPointer(mutating: address)
        unsafe uop_clear_cache(begin, begin + byteCount)
    }

    /// Asks for pages that will be written soon. What it cannot do costs time only.
    static func willWrite(_ address: UnsafeMutableRawPointer, _ byteCount: Int) { unsafe uop_will_write(address, byteCount) }

    static func errorName(_ error: Int32) -> String { unsafe String(cString: uop_error_name(error)) }

    fileprivate static func check(
        _ error: Int32, _ call: SystemCall, _ byteCount: Int, executable: Bool = false
    ) throws(MemoryError) {
        if error == 0 { return }
        let kind = executable && uop_is_refusal(error) != 0 ? MemoryError.Kind.executableMemoryRefused : .callFailed
        throw MemoryError(kind, byteCount: byteCount, call: call, errorNumber: error)
    }
}

/// Owns one mapping: unmapped when the value goes.
@safe
struct Mapping: ~Copyable, @unchecked Sendable {
    let address: UnsafeMutableRawPointer
    let byteCount: Int
    /// The process that has it, where children do not get it: something else may lie there in a child.
    private let owner: UInt64?

    private init(address: UnsafeMutableRawPointer, byteCount: Int, owner: UInt64?) {
        unsafe self.address = address
        self.byteCount = byteCount
        self.owner = owner
    }

    /// Rounds up to pages. Fresh private memory, or a file's. Not `isInherited`: children of fork do not get it.
    static func map(
        _ byteCount: Int, executable: Bool, of file: Int32 = Int32(UOP_ANONYMOUS), isInherited: Bool = true
    ) throws(MemoryError) -> Mapping {
        let size = SystemCalls.roundedToPages(byteCount)
        var address: UnsafeMutableRawPointer? = nil
        let error = unsafe uop_map(size, executable ? .UOP_READ_EXECUTE : .UOP_READ_WRITE, file, &address)
        try SystemCalls.check(error, .mmap, size, executable: executable)
        let owner = isInherited ? nil : SystemCalls.process
        let mapping = unsafe Mapping(address: address!, byteCount: size, owner: owner)
        if !isInherited {
            try SystemCalls.check(unsafe uop_do_not_inherit(mapping.address, size), .madvise, size)
        }
        return mapping
    }

    /// Fresh memory that a thread can either write or execute: it executes, but between `beginWrite` and `endWrite`.
    static func mapSwitched(_ byteCount: Int) throws(MemoryError) -> Mapping {
        let size = SystemCalls.roundedToPages(byteCount)
        var address: UnsafeMutableRawPointer? = nil
        try SystemCalls.check(unsafe uop_map_switched(size, &address), .mmapSwitched, size, executable: true)
        return unsafe Mapping(address: address!, byteCount: size, owner: nil)
    }

    func beginWrite() { unsafe uop_begin_write(address, byteCount) }
    func endWrite() { unsafe uop_end_write(address, byteCount) }

    func makeExecutable() throws(MemoryError) {
        let error = unsafe uop_protect(address, byteCount, .UOP_READ_EXECUTE)
        try SystemCalls.check(error, .mprotect, byteCount, executable: true)
    }

    // Cannot fail: a whole mapping goes, which needs nothing new of the system.
    deinit {
        if owner == nil || owner == SystemCalls.process { _ = unsafe uop_unmap(address, byteCount) }
    }
}

/// A file in memory, open as long as this value lives; mappings of it outlive it.
struct MemoryFile: ~Copyable {
    let descriptor: Int32

    private init(descriptor: Int32) { self.descriptor = descriptor }

    static func make(byteCount: Int) throws(MemoryError) -> MemoryFile {
        var descriptor: Int32 = 0
        try SystemCalls.check(unsafe uop_create_memory_file(&descriptor), .memfdCreate, byteCount, executable: true)
        let file = MemoryFile(descriptor: descriptor)
        try SystemCalls.check(uop_resize_file(descriptor, byteCount), .ftruncate, byteCount)
        return file
    }

    deinit { uop_close(descriptor) }
}

/// How many forks have begun, and whether one is under way.
struct ForkState: Equatable {
    private let word: UInt64

    /// What holds at this instant; costs one load.
    static var now: ForkState { ForkState(word: uop_fork_state()) }

    var isInProgress: Bool { word & UInt64(UOP_FORKS_IN_PROGRESS) != 0 }
}
