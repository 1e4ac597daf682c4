#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Files that the user asked for. Each answer is nil, or why the file could not be written.
enum OutputFile {
    /// Writes a file whole, or leaves what was there: the bytes go to a file beside it first.
    static func replace(_ path: String, with bytes: [UInt8]) -> String? {
        var present = stat()
        if unsafe stat(path, &present) == 0, present.st_mode & S_IFMT != S_IFREG {
            return "\(path): is no regular file; expected a file to replace, or nothing"
        }
        let temporary = "\(path).\(getpid()).tmp"
        let descriptor = unsafe open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else { return "\(temporary): \(reason)" }
        let isWritten = writeAll(bytes, to: descriptor)
        let writeReason = reason
        guard close(descriptor) == 0 && isWritten else {
            unsafe unlink(temporary)
            return "\(temporary): \(writeReason)"
        }
        guard unsafe rename(temporary, path) == 0 else {
            let renameReason = reason
            unsafe unlink(temporary)
            return "\(path): \(renameReason)"
        }
        return nil
    }

    /// Appends to a file that is this user's own. Nothing is followed: in a folder that all may write to, somebody else
    /// may have left a link to a file of ours.
    static func append(_ text: String, to path: String) -> String? {
        let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { return "\(path): \(reason)" }
        defer { close(descriptor) }
        return writeAll(Array(text.utf8), to: descriptor) ? nil : "\(path): \(reason)"
    }

    private static var reason: String { unsafe String(cString: strerror(errno)) }
}
