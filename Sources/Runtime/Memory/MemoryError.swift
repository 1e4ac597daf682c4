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

    init(_ kind: Kind, byteCount: Int, limit: Int = 0, call: SystemCall? = nil, errorNumber: Int32 = 0) {
        self.kind = kind
        self.call = call
        self.errorNumber = errorNumber
        self.byteCount = byteCount
        self.limit = limit
    }

    /// Where, what was found, what was expected, and what to do.
    public var description: String {
        switch kind {
        case .callFailed:
            "\(failure). Expected memory for code: free traces, or raise the process's limits."
        case .executableMemoryRefused:
            "\(failure). Expected memory that may be executed, and this system forbids it: use the interpreter."
        case .limitExceeded:
            "arena: \(byteCount) bytes would be mapped, expected at most \(limit): free traces, or raise the limit."
        case .invalidByteCount:
            "arena: a block of \(byteCount) bytes, expected 1 to \(limit): compile less at once."
        case .invalidAlignment:
            "arena: an alignment of \(byteCount), expected a power of two: pass one from 1 to \(limit)."
        case .foreignBlock:
            "arena: a block of \(byteCount) bytes of another arena: give it to the arena that allocated it."
        case .writeNotEnded:
            "arena: a block of \(byteCount) bytes is being written, expected it to be closed: call endWrite."
        case .lostInFork:
            "arena: a block of \(byteCount) bytes from before fork, not sealed: allocate and compile in the child."
        }
    }

    private var failure: String {
        guard let call else { return "no call" }
        return "\(call.name) for \(byteCount) bytes of code: \(SystemCalls.errorName(errorNumber)) (\(errorNumber))"
    }
}
