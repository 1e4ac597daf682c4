/// Why executable memory could not be had or used, with the numbers that say by how much.
public struct MemoryError: Error, Equatable, Sendable, CustomStringConvertible {
    /// What went wrong.
    public enum Kind: Sendable {
        /// The system refused a call; `call` and `errorNumber` say which and why.
        case callFailed
        /// The system grants memory, but none that may be executed (EACCES or EPERM): fall back to an interpreter.
        case executableMemoryRefused
        /// The arena would map more than its limit.
        case limitExceeded
        /// A byte count below 1 or above `limit`.
        case invalidByteCount
        /// An alignment that is no power of two, or is above `limit`.
        case invalidAlignment
        /// A block was given to an arena that did not make it.
        case foreignBlock
        /// A block was sealed between `beginWrite` and `endWrite`.
        case writeNotEnded
        /// A block was allocated, but not sealed, before this process was forked off.
        case lostInFork
    }

    /// What went wrong.
    public let kind: Kind
    /// The call that failed, if one did.
    public let call: SystemCall?
    /// The call's `errno`; 0 where no call failed.
    public let errorNumber: Int32
    /// What was asked for, in bytes.
    public let byteCount: Int
    /// The most that would have been granted, in bytes; 0 where there is no such number.
    public let limit: Int

    init(_ kind: Kind, byteCount: Int, limit: Int = 0) {
        self.kind = kind
        self.call = nil
        self.errorNumber = 0
        self.byteCount = byteCount
        self.limit = limit
    }

    init(refused: Bool, call: SystemCall, errorNumber: Int32, byteCount: Int) {
        self.kind = refused ? .executableMemoryRefused : .callFailed
        self.call = call
        self.errorNumber = errorNumber
        self.byteCount = byteCount
        self.limit = 0
    }

    /// Where, what was found, what was expected, and what to do.
    public var description: String {
        switch kind {
        case .callFailed:
            return "\(failure). Expected memory for code: free traces, or raise the process's limits."
        case .executableMemoryRefused:
            return "\(failure). Expected memory that may be executed, and this system forbids it: use the interpreter."
        case .limitExceeded:
            return "arena: \(byteCount) bytes would be mapped, expected at most \(limit): free traces, or raise the limit."
        case .invalidByteCount:
            return "arena: a block of \(byteCount) bytes, expected 1 to \(limit): compile less at once."
        case .invalidAlignment:
            return "arena: an alignment of \(byteCount), expected a power of two up to \(limit)."
        case .foreignBlock:
            return "arena: a block of \(byteCount) bytes of another arena: give it to the arena that allocated it."
        case .writeNotEnded:
            return "arena: a block of \(byteCount) bytes was sealed while being written: call endWrite before."
        case .lostInFork:
            return "arena: a block of \(byteCount) bytes was not sealed before fork: allocate and compile anew in the child."
        }
    }

    private var failure: String {
        guard let call else { return "no call" }
        return "\(call.name) for \(byteCount) bytes of code: \(SystemCalls.errorName(errorNumber)) (\(errorNumber))"
    }
}
