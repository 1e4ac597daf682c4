public import CStencils

/// The one encoder for holes of all kinds: it follows `UopHoleField`, and knows no kind by name.
@safe
public struct HoleEncoder: Sendable, BitwiseCopyable {
    private nonisolated(unsafe) let fields: UnsafePointer<UopHoleField>

    /// Kinds, as bits: whole words of 32 bits, those of them that have a sign, and those from which P is subtracted.
    private let words: UInt32
    private let signedWords: UInt32
    private let distances: UInt32

    /// An encoder for the hole kinds of UopHoleKinds.def.
    public init() {
        unsafe fields = uop_hole_fields()
        var (words, signedWords, distances): (UInt32, UInt32, UInt32) = (0, 0, 0)
        for kind in 0..<UInt32(UOP_HOLE_KIND_COUNT) {
            let field = unsafe fields[Int(kind)]
            if field.pcRelative != 0 { distances |= 1 << kind }
            guard field.size == 4, field.bits == 32, field.shift | field.dropped == 0 else { continue }
            words |= 1 << kind
            if field.signedness == .signed { signedWords |= 1 << kind }
        }
        self.words = words
        self.signedWords = signedWords
        self.distances = distances
    }

    /// Fills the hole at `offset` of `code`, checked in every build mode.
    ///
    /// - Parameters:
    ///   - kind: The hole's kind.
    ///   - value: S + A, as 64 bits.
    ///   - code: Where the code is stored.
    ///   - offset: Bytes from the beginning of `code` to the field.
    ///   - runAddress: Where the first byte of `code` will run; the field itself runs at P = `runAddress` + `offset`.
    /// - Throws: `PatchError`; nothing is written then.
    public func fill(
        _ kind: UopHoleKind, value: UInt64, in code: inout MutableRawSpan, at offset: Int, runAddress: UInt64
    ) throws(PatchError) {
        let count = code.byteCount
        guard offset >= 0, offset <= count, count - offset >= Int(self[kind].size) else {
            throw PatchError(kind: .outOfBounds, hole: kind, value: value, offset: offset)
        }
        unsafe try code.withUnsafeMutableBytes { (bytes) throws(PatchError) in
            unsafe try fill(kind, value: value, code: bytes.baseAddress!, at: offset, runAddress: runAddress)
        }
    }

    /// The same where the caller answers for it that `field.size` bytes can be written at `code + offset`.
    @inline(__always)
    func fill(
        _ kind: UopHoleKind, value: UInt64, code: UnsafeMutableRawPointer, at offset: Int, runAddress: UInt64
    ) throws(PatchError) {
        let field = self[kind]
        // As linkers do, distances wrap around the end of the address space.
        let place = runAddress &+ UInt64(truncatingIfNeeded: offset)
        let stored = field.pcRelative != 0 ? value &- place : value
        if unsafe storeWord(Int64(bitPattern: stored), kind, at: code + offset) { return }
        if let reason = unsafe Self.store(stored, in: field, at: code + offset) {
            throw PatchError(kind: reason, hole: kind, value: stored, offset: offset)
        }
    }

    /// Whether P is subtracted for holes of this kind.
    @inline(__always)
    func isDistance(_ kind: UopHoleKind) -> Bool { distances & (1 &<< UInt32(kind.rawValue)) != 0 }

    /// Stores the final number where the kind is a whole word of 32 bits, as nearly all are, and the number is one that it
    /// takes; from 0 to 2^31 - 1 it makes no difference whether the word has a sign. Else nothing is stored.
    @inline(__always)
    func storeWord(_ value: Int64, _ kind: UopHoleKind, at address: UnsafeMutableRawPointer) -> Bool {
        let word = Int32(truncatingIfNeeded: value)
        let kinds = word < 0 ? signedWords : words
        guard kinds & (1 &<< UInt32(kind.rawValue)) != 0, Int64(word) == value else { return false }
        unsafe address.storeBytes(of: word.littleEndian, as: Int32.self)
        return true
    }

    /// Where a hole of this kind keeps its value.
    subscript(kind: UopHoleKind) -> UopHoleField {
        @inline(__always) get { unsafe fields[Int(kind.rawValue)] }
    }

    /// Stores the final number; or stores nothing, and says why.
    @inline(__always)
    package static func store(
        _ value: UInt64, in field: UopHoleField, at address: UnsafeMutableRawPointer
    ) -> PatchError.Kind? {
        guard fits(value, field) else { return .outOfRange }
        // A field that is a whole word is just stored: all of x86-64's are.
        if field.bits == 8 &* field.size, field.shift | field.dropped == 0 {
            switch field.size {
            case 1: unsafe address.storeBytes(of: UInt8(truncatingIfNeeded: value), as: UInt8.self)
            case 4: unsafe address.storeBytes(of: UInt32(truncatingIfNeeded: value).littleEndian, as: UInt32.self)
            case 8: unsafe address.storeBytes(of: value.littleEndian, as: UInt64.self)
            default: return .invalidField
            }
            return nil
        }
        let dropped = UInt64(field.dropped)
        if value & ((1 &<< dropped) &- 1) != 0 { return .misaligned }
        let mask = (UInt64.max &>> (64 &- UInt64(field.bits))) &<< UInt64(field.shift)
        let bits = ((value &>> dropped) &<< UInt64(field.shift)) & mask
        switch field.size {
        case 4: unsafe replace(UInt32(truncatingIfNeeded: bits), UInt32(truncatingIfNeeded: mask), address)
        case 8: unsafe replace(bits, mask, address)
        default: return .invalidField
        }
        return nil
    }

    @inline(__always)
    private static func fits(_ value: UInt64, _ field: UopHoleField) -> Bool {
        let unused = 64 - Int64(field.width)
        if unused <= 0 { return true }
        switch field.signedness {
        case .signed:
            return (Int64(bitPattern: value) &<< unused) &>> unused == Int64(bitPattern: value)
        case .unsigned: return (value &<< UInt64(unused)) &>> UInt64(unused) == value
        case .any: return true
        }
    }

    /// Clears the field before it sets it, so that filling twice is right.
    @inline(__always)
    private static func replace<Word: FixedWidthInteger>(
        _ bits: Word, _ mask: Word, _ address: UnsafeMutableRawPointer
    ) {
        let old = unsafe Word(littleEndian: address.loadUnaligned(as: Word.self))
        unsafe address.storeBytes(of: (old & ~mask | bits).littleEndian, as: Word.self)
    }
}
