#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// A tape of zeros between two guards: pages that cannot be accessed, at both ends.
@safe
final class TapeMemory {
    /// Bytes of a guard. An access is made without a check where a cell this close to it is known to be on the tape.
    static let guardByteCount = 16 << 20

    /// The first byte of the tape.
    let base: UnsafeMutableRawPointer
    /// Bytes of the tape: whole pages left and right of the start.
    let byteCount: Int
    /// The cell where the pointer starts, in bytes from the base.
    let startOffset: Int
    let cellBits: CellBits
    private let mapping: UnsafeMutableRawPointer
    private let mappingByteCount: Int

    /// - Throws: `TapeError`
    init(_ options: BFOptions) throws(TapeError) {
        let page = Int(getpagesize())
        let width = options.cellBits.byteCount
        cellBits = options.cellBits
        guard let left = Self.rounded(options.cellsLeft, width, page), let right = Self.rounded(options.cellsRight, width, page),
            left > 0 || right > 0
        else { throw TapeError(cells: options.cellsLeft.addingReportingOverflow(options.cellsRight).partialValue, reason: "too many") }
        startOffset = left
        byteCount = left + right
        mappingByteCount = byteCount + 2 * Self.guardByteCount
        var flags = MAP_PRIVATE | MAP_ANONYMOUS
        #if os(Linux)
            flags |= MAP_NORESERVE
        #endif
        guard let mapping = unsafe mmap(nil, mappingByteCount, PROT_NONE, flags, -1, 0), unsafe mapping != MAP_FAILED else {
            throw TapeError(cells: byteCount / width, reason: unsafe String(cString: strerror(errno)))
        }
        unsafe self.mapping = mapping
        unsafe base = mapping + Self.guardByteCount
        guard unsafe mprotect(base, byteCount, PROT_READ | PROT_WRITE) == 0 else {
            let error = errno
            unsafe munmap(mapping, mappingByteCount)
            throw TapeError(cells: byteCount / width, reason: unsafe String(cString: strerror(error)))
        }
    }

    deinit { unsafe munmap(mapping, mappingByteCount) }

    /// Cells as bytes of whole pages; nil where that is more than an address space has room for.
    private static func rounded(_ cells: Int, _ width: Int, _ page: Int) -> Int? {
        guard cells >= 0, cells <= 1 << 40 else { return nil }
        return (cells * width + page - 1) / page * page
    }

    /// Bytes that a tape takes as the options ask.
    static func byteCount(_ options: BFOptions) -> Int? {
        let page = Int(getpagesize())
        guard let left = rounded(options.cellsLeft, options.cellBits.byteCount, page),
            let right = rounded(options.cellsRight, options.cellBits.byteCount, page)
        else { return nil }
        return left + right
    }

    var baseAddress: UInt64 { unsafe UInt64(UInt(bitPattern: base)) }
    var startAddress: UInt64 { baseAddress &+ UInt64(startOffset) }
    /// Where the guards begin and end.
    var guardedAddresses: Range<UInt64> {
        let begin = unsafe UInt64(UInt(bitPattern: mapping))
        return begin..<begin + UInt64(mappingByteCount)
    }

    /// The number of the cell at an address, counted from where the pointer starts.
    func cell(at address: UInt64) -> Int { Int(Int64(bitPattern: address &- startAddress)) >> Int(cellBits.byteCount.trailingZeroBitCount) }

    /// The value of a cell on the tape, counted from where the pointer starts; nil off the tape.
    func value(of cell: Int) -> UInt32? {
        let offset = startOffset + cell * cellBits.byteCount
        guard offset >= 0, offset < byteCount else { return nil }
        return switch cellBits {
        case .bits8: unsafe UInt32(base.load(fromByteOffset: offset, as: UInt8.self))
        case .bits16: unsafe UInt32(base.load(fromByteOffset: offset, as: UInt16.self))
        case .bits32: unsafe base.load(fromByteOffset: offset, as: UInt32.self)
        }
    }

    /// Sets all bytes of the tape: what another processor has made of them.
    func set(_ bytes: [UInt8]) { unsafe base.copyMemory(from: bytes, byteCount: min(bytes.count, byteCount)) }

    /// All bytes of the tape, for comparisons.
    var bytes: [UInt8] { unsafe Array(UnsafeRawBufferPointer(start: base, count: byteCount)) }
}

/// A tape that the system does not provide.
public struct TapeError: Error, Sendable, CustomStringConvertible {
    var cells: Int
    var reason: String

    public var description: String { "no memory for a tape of \(cells) cells: \(reason) (--tape N makes it smaller)" }
}
