#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// Memory that begins as zeros. The system provides large ones page by page when they are touched,
/// so that a big tape costs nothing before it is used.
enum ZeroedMemory {
    static func allocate(_ byteCount: Int) -> UnsafeMutableRawPointer {
        guard let memory = unsafe calloc(max(1, byteCount), 1) else {
            fatalError("no memory for \(byteCount) bytes of buffers")
        }
        return unsafe memory
    }

    static func free(_ memory: UnsafeMutableRawPointer) {
        #if canImport(Glibc)
        unsafe Glibc.free(memory)
        #elseif canImport(Musl)
        unsafe Musl.free(memory)
        #elseif canImport(Darwin)
        unsafe Darwin.free(memory)
        #endif
    }
}
