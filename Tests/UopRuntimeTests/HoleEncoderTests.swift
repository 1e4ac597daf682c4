import CStencils
import Testing
import UopRuntime

/// One value for one hole kind, and whether it fits.
struct HoleCase: CustomTestStringConvertible, Sendable {
    let kind: UopHoleKind
    let value: UInt64
    /// Where the field runs.
    let place: UInt64
    let fits: Bool

    init(_ kind: UopHoleKind, _ value: Int64, place: UInt64 = 0, fits: Bool) {
        self.init(kind, bits: UInt64(bitPattern: value), place: place, fits: fits)
    }

    init(_ kind: UopHoleKind, bits: UInt64, place: UInt64 = 0, fits: Bool) {
        self.kind = kind
        self.value = bits
        self.place = place
        self.fits = fits
    }

    var testDescription: String { "\(kind.rawValue): \(String(value, radix: 16)) at \(String(place, radix: 16))" }

    static let signedLimits: [(value: Int64, fits: Bool)] = [
        (-0x8000_0000, true), (-0x8000_0001, false), (0x7fff_ffff, true), (0x8000_0000, false),
        (0, true), (-1, true), (.min, false), (.max, false), (0xffff_ffff, false), (0x1_0000_0000, false),
    ]

    static let all: [HoleCase] =
        [0, 1, .max, 1 << 63, 0x1234_5678_9abc_def0].map { HoleCase(.absolute64, bits: $0, fits: true) }
        + [
            HoleCase(.absolute32, 0, fits: true),
            HoleCase(.absolute32, -1, fits: false),
            HoleCase(.absolute32, 0xffff_ffff, fits: true),
            HoleCase(.absolute32, 0x1_0000_0000, fits: false),
            HoleCase(.absolute32, .min, fits: false),
            HoleCase(.absolute32, .max, fits: false),
        ]
        + signedLimits.map { HoleCase(.absolute32Signed, $0.value, fits: $0.fits) }
        // What a byte would give back with the other sign does not fit.
        + [0, 1, -1, 127, -128].map { HoleCase(.absolute8Signed, $0, fits: true) }
        + [128, 255, -129, 256, -256, .min, .max].map { HoleCase(.absolute8Signed, $0, fits: false) }
        // The same distances from fields anywhere, across both ends of the address space too.
        + [0, 0x7f12_3456_7891, UInt64.max, 1 << 63, 0xffff_ffff_8000_0000].flatMap { place in
            signedLimits.map {
                HoleCase(
                    .pcRelative32, bits: place &+ UInt64(bitPattern: $0.value), place: place, fits: $0.fits)
            }
        }
}

/// A field that a later architecture needs, and numbers that fit or fail in it.
struct SyntheticField: CustomTestStringConvertible, Sendable {
    let name: String
    let field: UopHoleField
    let fitting: [Int64]
    let outOfRange: [Int64]
    let misaligned: [Int64]

    var testDescription: String { name }

    static let all: [SyntheticField] = [
        SyntheticField(
            name: "A64 branch26",
            field: .init(size: 4, bits: 26, shift: 0, dropped: 2, signedness: .signed, pcRelative: 1),
            fitting: [0, 4, -4, -0x800_0000, 0x7ff_fffc],
            outOfRange: [-0x800_0004, 0x800_0000, .min, .max], misaligned: [1, 2, 3, -1, -2, 0x7ff_fffe]),
        SyntheticField(
            name: "A64 condbr19",
            field: .init(size: 4, bits: 19, shift: 5, dropped: 2, signedness: .signed, pcRelative: 1),
            fitting: [0, 4, -4, -0x10_0000, 0xf_fffc],
            outOfRange: [-0x10_0004, 0x10_0000, .min, .max], misaligned: [1, -2, 0xf_fffd]),
        SyntheticField(
            name: "16 bits in the middle, any value",
            field: .init(size: 4, bits: 16, shift: 5, dropped: 0, signedness: .any, pcRelative: 0),
            fitting: [0, 1, -1, 0xffff, .min, .max], outOfRange: [], misaligned: []),
        SyntheticField(
            name: "unsigned, scaled, in 64 bits",
            field: .init(size: 8, bits: 40, shift: 12, dropped: 3, signedness: .unsigned, pcRelative: 0),
            fitting: [0, 8, 0x7ff_ffff_fff8], outOfRange: [-8, 0x800_0000_0000, .max],
            misaligned: [1, 4, 0x7ff_ffff_ffff]),
        SyntheticField(
            name: "one signed bit at the top",
            field: .init(size: 8, bits: 1, shift: 63, dropped: 0, signedness: .signed, pcRelative: 0),
            fitting: [0, -1], outOfRange: [1, -2], misaligned: []),
        SyntheticField(
            name: "a byte, unsigned",
            field: .init(size: 1, bits: 8, shift: 0, dropped: 0, signedness: .unsigned, pcRelative: 0),
            fitting: [0, 1, 127, 128, 255], outOfRange: [-1, 256, .min, .max], misaligned: []),
        SyntheticField(
            name: "64 bits in all, 4 of them dropped",
            field: .init(size: 8, bits: 60, shift: 0, dropped: 4, signedness: .signed, pcRelative: 0),
            fitting: [0, -16, .min, 1 << 62], outOfRange: [], misaligned: [.max, 8]),
    ]
}

@Suite struct HoleEncoderTests {
    static let fills: [UInt8] = [0x00, 0xff, 0xa5]

    /// The field's word by its definition, a bit at a time.
    static func expected(_ value: UInt64, _ field: UopHoleField, over old: [UInt8]) -> [UInt8] {
        var result = old
        for bit in 0..<Int(field.bits) {
            let target = bit + Int(field.shift)
            let set = value >> UInt64(bit + Int(field.dropped)) & 1 != 0
            result[target / 8] = result[target / 8] & ~(1 << (target % 8)) | (set ? 1 << (target % 8) : 0)
        }
        return result
    }

    static func field(_ kind: UopHoleKind) -> UopHoleField { unsafe uop_hole_fields()[Int(kind.rawValue)] }

    @Test func everyKindHasItsCases() {
        for raw in 0..<UInt8(UOP_HOLE_KIND_COUNT) {
            let cases = HoleCase.all.filter { $0.kind.rawValue == raw }
            #expect(cases.contains { $0.fits })
            let field = unsafe uop_hole_fields()[Int(raw)]
            #expect(cases.contains { !$0.fits } || field.signedness == .any)
            #expect([1, 4, 8].contains(field.size))
            #expect(field.bits > 0 && field.bits + field.shift <= field.size * 8)
            #expect(field.bits + field.dropped <= 64)
        }
    }

    @Test(arguments: HoleCase.all) func storesWhatFitsAndNothingElse(_ row: HoleCase) throws {
        let field = Self.field(row.kind)
        let offset = 3
        for fill in Self.fills {
            let old = [UInt8](repeating: fill, count: offset + Int(field.size) + 2)
            var code = old
            let result = Result { () throws(PatchError) in try Self.fill(row, &code, at: offset) }
            let stored = field.pcRelative != 0 ? row.value &- row.place : row.value
            switch result {
            case .success:
                #expect(row.fits)
                let word = Array(old[offset..<offset + Int(field.size)])
                #expect(code == old[..<offset] + Self.expected(stored, field, over: word) + old.suffix(2))
            case .failure(let error):
                #expect(!row.fits)
                #expect(code == old)
                #expect(error.kind == .outOfRange && error.hole == row.kind)
                #expect(error.value == stored && error.offset == offset)
            }
        }
    }

    static func fill(_ row: HoleCase, _ code: inout [UInt8], at offset: Int) throws(PatchError) {
        var elements = code.mutableSpan
        var bytes = unsafe elements.mutableBytes
        let begin = row.place &- UInt64(offset)
        try HoleEncoder().fill(row.kind, value: row.value, in: &bytes, at: offset, runAddress: begin)
    }

    @Test(arguments: HoleCase.all.filter(\.fits)) func fillingTwiceIsFillingOnce(_ row: HoleCase) throws {
        var once = [UInt8](repeating: 0, count: 8)
        try Self.fill(row, &once, at: 0)
        for first in HoleCase.all where first.kind == row.kind && first.fits {
            var twice = [UInt8](repeating: 0, count: 8)
            try Self.fill(first, &twice, at: 0)
            try Self.fill(row, &twice, at: 0)
            #expect(twice == once)
        }
    }

    @Test(arguments: [Int.min, -1, 1, 5, 9, Int.max]) func fieldOutsideTheCode(offset: Int) {
        var code = [UInt8](repeating: 7, count: 8)
        let row = HoleCase(.absolute64, 0, fits: true)
        let error = #expect(throws: PatchError.self) {
            var elements = code.mutableSpan
            var bytes = unsafe elements.mutableBytes
            try HoleEncoder().fill(row.kind, value: 0, in: &bytes, at: offset, runAddress: 0)
        }
        #expect(error?.kind == .outOfBounds && error?.offset == offset)
        #expect(code == [UInt8](repeating: 7, count: 8))
    }

    @Test(arguments: SyntheticField.all) func fieldsAreData(_ row: SyntheticField) {
        for fill in Self.fills {
            let old = [UInt8](repeating: fill, count: Int(row.field.size))
            for value in row.fitting.map(UInt64.init(bitPattern:)) {
                var word = old
                #expect(Self.store(value, row.field, &word) == nil)
                #expect(word == Self.expected(value, row.field, over: old), "\(value)")
                for second in row.fitting.map(UInt64.init(bitPattern:)) {
                    #expect(Self.store(second, row.field, &word) == nil)
                    #expect(word == Self.expected(second, row.field, over: old), "\(value), then \(second)")
                }
            }
            for (values, kind) in [(row.outOfRange, PatchError.Kind.outOfRange), (row.misaligned, .misaligned)] {
                for value in values {
                    var word = old
                    #expect(Self.store(UInt64(bitPattern: value), row.field, &word) == kind, "\(value)")
                    #expect(word == old)
                }
            }
        }
    }

    @Test(arguments: [0, 2, 3, 5, 9, 255] as [UInt8]) func impossibleFieldIsRefused(size: UInt8) {
        var word = [UInt8](repeating: 7, count: 16)
        let field = UopHoleField(
            size: size, bits: 8, shift: 0, dropped: 0, signedness: .any, pcRelative: 0)
        #expect(Self.store(0, field, &word) == .invalidField)
        #expect(word == [UInt8](repeating: 7, count: 16))
    }

    static func store(_ value: UInt64, _ field: UopHoleField, _ word: inout [UInt8]) -> PatchError.Kind? {
        unsafe word.withUnsafeMutableBytes { unsafe HoleEncoder.store(value, in: field, at: $0.baseAddress!) }
    }

    @Test func messageSaysWhatAndWhere() throws {
        var code = [UInt8](repeating: 0, count: 64)
        let row = HoleCase(.pcRelative32, bits: 0x9000_0000, place: 0x1000, fits: false)
        let error = #expect(throws: PatchError.self) { try Self.fill(row, &code, at: 28) }
        #expect(
            error?.description
                == "code+28: hole pcRelative32: 2415915008, expected -2147483648 to 2147483647: "
                + "take a wider form, or place the target nearer.")
        #expect(error?.minimum == -0x8000_0000 && error?.maximum == 0x7fff_ffff)
    }
}
