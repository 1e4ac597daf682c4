#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

enum StandardStreams {
    /// Makes the standard streams and their signals behave as a filter's should, whatever the parent left behind.
    static func prepare() {
        // A reader that went away (`| head -1`) ends the process quietly, even where the parent ignores SIGPIPE.
        signal(SIGPIPE, SIG_DFL)
        // A blocked signal is inherited, and programs start others from threads that block them all.
        var usual = sigset_t()
        unsafe sigemptyset(&usual)
        for number in [SIGINT, SIGPIPE, SIGTERM] { unsafe sigaddset(&usual, number) }
        unsafe pthread_sigmask(SIG_UNBLOCK, &usual, nil)
        // A stream that is closed must not become the next file that is opened, nor the memory of machine
        // code. Opened for reading only, writing to it still fails, and is told.
        for descriptor in STDIN_FILENO...STDERR_FILENO where fcntl(descriptor, F_GETFD) < 0 {
            _ = unsafe open("/dev/null", O_RDONLY)
        }
    }
}

/// Bytes to standard output, collected, and written when there are many, before input is awaited,
/// and at the end; on a terminal at the end of each line, too.
final class OutputStream {
    private var pending: [UInt8] = []
    /// Everything that was written, where an expectation asks for it.
    private(set) var captured: [UInt8] = []
    private let captures: Bool
    private let isTerminal = isatty(STDOUT_FILENO) != 0

    init(captures: Bool) {
        self.captures = captures
        pending.reserveCapacity(1 << 16)
    }

    func write(_ byte: UInt8) {
        pending.append(byte)
        if captures { captured.append(byte) }
        if pending.count >= 1 << 16 || (isTerminal && byte == UInt8(ascii: "\n")) { flush() }
    }

    func write(_ text: String) {
        for byte in text.utf8 { write(byte) }
    }

    /// Ends the process where the system refuses: what runs on for an output that is lost runs for nothing.
    func flush() {
        if !writeAll(pending, to: STDOUT_FILENO) {
            printError("uopjit: error: <standard output>: \(unsafe String(cString: strerror(errno)))\n")
            exit(Runner.Status.outputLost)
        }
        pending.removeAll(keepingCapacity: true)
    }
}

/// Bytes from standard input, read in blocks.
final class InputStream {
    private var block: [UInt8] = []
    private var position = 0

    enum Next {
        case byte(UInt8)
        case end
        /// A signal came while waiting.
        case interrupted
    }

    /// - Parameter willWait: called before a read that may block.
    func next(willWait: () -> Void) -> Next {
        if position < block.count {
            position += 1
            return .byte(block[position - 1])
        }
        willWait()
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = unsafe read(STDIN_FILENO, &buffer, buffer.count)
            if count <= 0, Interrupts.isRaised { return .interrupted }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return .end }
            block = Array(buffer[..<count])
            position = 1
            return .byte(block[0])
        }
    }
}

/// Writes all bytes, however the system splits them; false where it refuses.
@discardableResult
func writeAll(_ bytes: [UInt8], to descriptor: Int32) -> Bool {
    var done = 0
    while done < bytes.count {
        let count = unsafe bytes[done...].withUnsafeBytes { unsafe write(descriptor, $0.baseAddress, $0.count) }
        if count < 0 {
            if errno == EINTR { continue }
            return false
        }
        done += count
    }
    return true
}

func printError(_ text: String) { writeAll(Array(text.utf8), to: STDERR_FILENO) }

/// The bytes of a file, or of standard input for "-"; nil with a reason where it cannot be read.
func readInput(_ path: String, limit: Int) -> Result<[UInt8], ReadFailure> {
    let descriptor = path == "-" ? STDIN_FILENO : unsafe open(path, O_RDONLY)
    guard descriptor >= 0 else { return .failure(ReadFailure(reason: unsafe String(cString: strerror(errno)))) }
    defer { if path != "-" { close(descriptor) } }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
        let count = unsafe read(descriptor, &buffer, buffer.count)
        if count < 0 {
            if errno == EINTR, !Interrupts.isRaised { continue }
            return .failure(ReadFailure(reason: unsafe String(cString: strerror(errno))))
        }
        if count == 0 { return .success(bytes) }
        bytes += buffer[..<count]
        if bytes.count > limit {
            return .failure(ReadFailure(reason: "it has more than \(limit) bytes (--limit-file-bytes)"))
        }
    }
}

struct ReadFailure: Error {
    var reason: String
}
