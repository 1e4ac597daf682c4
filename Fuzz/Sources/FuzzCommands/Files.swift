#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// A file that cannot be read or written.
package struct FileError: Error, CustomStringConvertible {
    let path: String
    let code: Int32
    package var description: String { unsafe "\(path): \(String(cString: strerror(code)))" }
}

/// Whole files, and nothing that a dependency would be worth.
package enum Files {
    package static func contents(of path: String) throws(FileError) -> String {
        let descriptor = unsafe open(path, O_RDONLY)
        guard descriptor >= 0 else { throw FileError(path: path, code: errno) }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = unsafe read(descriptor, &chunk, chunk.count)
            guard count >= 0 else { throw FileError(path: path, code: errno) }
            if count == 0 { return String(decoding: bytes, as: UTF8.self) }
            bytes += chunk[..<count]
        }
    }

    package static func store(_ text: String, in path: String) throws(FileError) {
        let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o644)
        guard descriptor >= 0 else { throw FileError(path: path, code: errno) }
        defer { close(descriptor) }
        guard print(text, to: descriptor) else { throw FileError(path: path, code: errno) }
    }

    /// False where not everything could be written.
    @discardableResult
    package static func print(_ text: String, to descriptor: Int32) -> Bool {
        let bytes = Array(text.utf8)
        var done = 0
        while done < bytes.count {
            let count = unsafe bytes[done...].withUnsafeBytes { rest in unsafe write(descriptor, rest.baseAddress, rest.count) }
            guard count > 0 else { return false }
            done += count
        }
        return true
    }
}
