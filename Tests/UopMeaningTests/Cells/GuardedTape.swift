import Foundation

/// A page of memory between pages that cannot be accessed: what reads or writes beyond its ends ends the test.
@safe
final class GuardedTape {
    static let byteCount = Int(getpagesize())

    private let mapping: UnsafeMutableRawPointer
    private let page: UnsafeMutableRawPointer

    init() {
        let size = Self.byteCount
        let mapping = unsafe mmap(nil, 3 * size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
        guard let mapping = unsafe mapping, unsafe mapping != MAP_FAILED,
            unsafe mprotect(mapping + size, size, PROT_READ | PROT_WRITE) == 0
        else { preconditionFailure("no memory for a tape: \(errno)") }
        unsafe self.mapping = mapping
        unsafe page = mapping + size
    }

    deinit { unsafe munmap(mapping, 3 * Self.byteCount) }

    /// The addresses of the page and of those around it.
    var guarded: Range<UInt64> {
        let begin = unsafe UInt64(UInt(bitPattern: mapping))
        return begin..<begin + UInt64(3 * Self.byteCount)
    }

    /// The first byte's address.
    var base: UInt64 { unsafe UInt64(UInt(bitPattern: page)) }

    func pointer(to offset: Int) -> UnsafeMutablePointer<UInt8> {
        unsafe (page + offset).assumingMemoryBound(to: UInt8.self)
    }

    /// All bytes of the page.
    var bytes: [UInt8] {
        get { unsafe Array(UnsafeRawBufferPointer(start: page, count: Self.byteCount)) }
        set {
            precondition(newValue.count == Self.byteCount)
            unsafe newValue.withUnsafeBytes { unsafe page.copyMemory(from: $0.baseAddress!, byteCount: Self.byteCount) }
        }
    }
}
