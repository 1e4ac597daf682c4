public import CStencils

/// The one encoder for holes of all kinds: it follows `UopHoleField`, and knows no kind by name.
@safe
public struct HoleEncoder: Sendable, BitwiseCopyable {
    private nonisolated(unsafe) let fields: UnsafePointer<UopHoleField>

    /// Kinds, as bits: whole words of 32 bits, those of them that have a sign, and those from which P is subtracted.
    private let words: UInt64
    private let signedWords: UInt64
    private let distances: UInt64

    /// An encoder for the hole kinds of UopHoleKinds.def.
    public init() {
        unsafe fields = uop_hole_fields()
        var (words, signedWords, distances): (UInt64, UInt64, UInt64) = (0, 0, 0)
        for kind in 0..<UInt64(UOP_HOLE_KIND_COUNT) {
            let field = unsafe fields[Int(kind)]
            if field.base == .place { distances |= 1 << kind }
            // (A word without a range is not among them: what it takes is more than fits.)
            guard field.size == 4, field.isWord, field.signedness != .any else { continue }
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
        let stored: UInt64 =
            switch field.base {
            case .nothing: value
            case .place: value &- place
            case .page: (value & ~Self.pageMask) &- (place & ~Self.pageMask)
            }
        if unsafe storeWord(Int64(bitPattern: stored), kind, at: code + offset) { return }
        if let reason = unsafe Self.store(stored, in: field, at: code + offset) {
            throw PatchError(kind: reason, hole: kind, value: stored, offset: offset)
        }
    }

    /// What of an address is its place in a page, for `adrp`.
    private static let pageMask: UInt64 = 0xfff

    /// Whether P is subtracted for holes of this kind.
    @inline(__always)
    func isDistance(_ kind: UopHoleKind) -> Bool { distances & (1 &<< UInt64(kind.rawValue)) != 0 }

    /// Whether what is stored depends on where the code runs: S is a place in the code, or an address.
    @inline(__always)
    func dependsOnAddress(_ kind: UopHoleKind, isPlace: Bool) -> Bool {
        switch self[kind].base {
        case .nothing: isPlace
        case .place: !isPlace
        case .page: true
        }
    }

    /// Stores the final number where the kind is a whole word of 32 bits, as nearly all are, and the number is one that it
    /// takes; from 0 to 2^31 - 1 it makes no difference whether the word has a sign. Else nothing is stored.
    @inline(__always)
    func storeWord(_ value: Int64, _ kind: UopHoleKind, at address: UnsafeMutableRawPointer) -> Bool {
        let word = Int32(truncatingIfNeeded: value)
        let kinds = word < 0 ? signedWords : words
        guard kinds & (1 &<< UInt64(kind.rawValue)) != 0, Int64(word) == value else { return false }
        unsafe address.storeBytes(of: word.littleEndian, as: Int32.self)
        return true
    }

    /// Whether a value fits a hole of this kind.
    func accepts(_ value: UInt64, _ kind: UopHoleKind) -> Bool {
        let field = self[kind]
        let rounded = field.rounding == 0 ? value : value &+ 1 &<< (UInt64(field.rounding) &- 1)
        return Self.fits(rounded, field) && value & ((1 &<< UInt64(field.aligned)) &- 1) == 0
    }

    /// How far before its target a hole of this kind may be, in bytes; nil where it has no distance, or one that reaches
    /// everything. (Behind it, it may be at least as far away.)
    func reach(_ kind: UopHoleKind) -> Int? {
        let field = self[kind]
        guard field.base == .place, field.signedness == .signed, 2..<63 ~= field.width, field.aligned < field.width - 1 else {
            return nil
        }
        let half = field.rounding == 0 ? 0 : 1 &<< (Int(field.rounding) &- 1)
        return 1 &<< (Int(field.width) &- 1) - half - 1 &<< Int(field.aligned)
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
        guard field.isPossible else { return .invalidField }
        let rounded = field.rounding == 0 ? value : value &+ 1 &<< (UInt64(field.rounding) &- 1)
        guard fits(rounded, field) else { return .outOfRange }
        // A field that is a whole word is just stored: nearly all of x86-64's are.
        if field.isWord {
            switch field.size {
            case 1: unsafe address.storeBytes(of: UInt8(truncatingIfNeeded: value), as: UInt8.self)
            case 4: unsafe address.storeBytes(of: UInt32(truncatingIfNeeded: value).littleEndian, as: UInt32.self)
            default: unsafe address.storeBytes(of: value.littleEndian, as: UInt64.self)
            }
            return nil
        }
        if value & ((1 &<< UInt64(field.aligned)) &- 1) != 0 { return .misaligned }
        var (bits, mask): (UInt64, UInt64) = (0, 0)
        for index in 0..<Int(field.partCount) {
            let part = field.part(index)
            let source = field.rounding != 0 && part.from >= field.rounding ? rounded : value
            let ones = UInt64.max &>> (64 &- UInt64(part.bits))
            bits |= (source &>> UInt64(part.from) & ones) &<< UInt64(part.to)
            mask |= ones &<< UInt64(part.to)
        }
        if field.size == 4 {
            unsafe replace(UInt32(truncatingIfNeeded: bits), UInt32(truncatingIfNeeded: mask), address)
        } else {
            unsafe replace(bits, mask, address)
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

extension UopHoleField {
    /// Whether the field is all of its word, in one part.
    @inline(__always)
    var isWord: Bool { partCount == 1 && parts.0.from == 0 && parts.0.bits == 8 &* size && aligned | rounding == 0 }

    /// Whether there can be such a field: 1, 4 or 8 bytes, and all parts within the word and the value.
    @inline(__always)
    var isPossible: Bool {
        guard size == 1 && isWord || size == 4 || size == 8 else { return false }
        guard 1...UInt8(UOP_MOST_HOLE_PARTS) ~= partCount, aligned < 64, rounding < 64 else { return false }
        for index in 0..<Int(partCount) {
            let part = part(index)
            if part.bits == 0 || Int(part.to) + Int(part.bits) > 8 * Int(size) || Int(part.from) + Int(part.bits) > 64 { return false }
        }
        return true
    }

    /// The parts, by number.
    @inline(__always)
    func part(_ index: Int) -> UopHolePart {
        switch index {
        case 0: parts.0
        case 1: parts.1
        case 2: parts.2
        default: parts.3
        }
    }
}
