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
    /// Where it does not fit because low bits are not 0.
    var isMisaligned = false

    init(_ kind: UopHoleKind, misaligned value: Int64) {
        self.init(kind, value, fits: false)
        isMisaligned = true
    }

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

    /// Distances of branches: the range, and what low bits must be 0.
    static func branch(_ kind: UopHoleKind, bits: Int64, aligned: Int64) -> [HoleCase] {
        let half = Int64(1) << (bits - 1)
        let fitting: [Int64] = [0, aligned, -aligned, -half, half - aligned]
        let failing: [Int64] = [-half - aligned, half, Int64.min, Int64.max - (aligned - 1)]
        let misaligned: [Int64] = aligned > 1 ? [1, -aligned / 2] : []
        return fitting.map { HoleCase(kind, $0, fits: true) } + failing.map { HoleCase(kind, $0, fits: false) }
            + misaligned.map { HoleCase(kind, misaligned: $0) }
    }

    /// The parts of a value of which the rest is another hole's.
    static func part(_ kind: UopHoleKind, aligned: Int64 = 1) -> [HoleCase] {
        let fitting: [Int64] = [0, aligned, -aligned, 0x1234_5678_9abc_def0, Int64.min]
        let misaligned: [Int64] = aligned > 1 ? [1, aligned / 2] : []
        return fitting.map { HoleCase(kind, $0, fits: true) } + misaligned.map { HoleCase(kind, misaligned: $0) }
    }

    /// Words that are rounded to 4096.
    static let roundedLimits: [(value: Int64, fits: Bool)] = [
        (0, true), (0x7ff, true), (0x800, true), (-0x800, true), (-0x801, true), (0x7fff_f7ff, true), (0x7fff_f800, false),
        (-0x8000_0800, true), (-0x8000_0801, false), (.min, false), (.max, false),
    ]

    static let all: [HoleCase] = x86 + others

    static let others: [HoleCase] = branches + pages + parts + rounded + small

    /// All of a small value, in one instruction.
    static let small: [HoleCase] =
        [0, 1, 0xffff].map { HoleCase(.move16Unsigned16, $0, fits: true) }
        + [-1, 0x1_0000, .min, .max].map { HoleCase(.move16Unsigned16, $0, fits: false) }
        + [0, 1, 0xffff_ffff].map { HoleCase(.move16Unsigned32, $0, fits: true) }
        + [-1, 0x1_0000_0000, .min, .max].map { HoleCase(.move16Unsigned32, $0, fits: false) }
        + [0, -0x8000, 0x7fff].map { HoleCase(.ppcSigned16, $0, fits: true) }
        + [-0x8001, 0x8000, 0xffff, .min, .max].map { HoleCase(.ppcSigned16, $0, fits: false) }

    static let branches: [HoleCase] = [
        branch(.branch26, bits: 28, aligned: 4), branch(.branch19, bits: 21, aligned: 4), branch(.branch14, bits: 16, aligned: 4),
        branch(.riscvBranch12, bits: 13, aligned: 2), branch(.riscvJump20, bits: 21, aligned: 2),
        branch(.ppcRelative24, bits: 26, aligned: 4), branch(.ppcRelative14, bits: 16, aligned: 4),
        branch(.ppcPrefixed34, bits: 34, aligned: 1),
    ].flatMap { $0 }

    static let pages: [HoleCase] = [
        HoleCase(.page21, bits: 0, place: 0, fits: true),
        HoleCase(.page21, bits: 0xfff, place: 0x1000, fits: true),
        HoleCase(.page21, bits: 0x1_0000_0fff, place: 0x1000, fits: true),
        HoleCase(.page21, bits: 0, place: 0x1_0000_0000, fits: true),
        HoleCase(.page21, bits: 0x1_0000_0000, place: 0, fits: false),
        HoleCase(.page21, bits: 0x1_0000_1000, place: 0x1fff, fits: false),
        HoleCase(.page21, bits: 0, place: 0x1_0000_1000, fits: false),
    ]

    static let parts: [HoleCase] = [
        part(.pageOffset12), part(.pageOffset12By2, aligned: 2), part(.pageOffset12By4, aligned: 4),
        part(.pageOffset12By8, aligned: 8), part(.pageOffset12By16, aligned: 16),
        part(.move16G0), part(.move16G1), part(.move16G2), part(.move16G3),
        part(.riscvLow12), part(.riscvLow12Store), part(.riscvPCLow12), part(.riscvPCLow12Store),
        part(.word32), part(.pcWord32),
    ].flatMap { $0 }

    static let rounded: [HoleCase] = [UopHoleKind.riscvCall, .riscvHigh20, .riscvPCHigh20].flatMap { kind in
        roundedLimits.map { HoleCase(kind, $0.value, fits: $0.fits) }
    }

    static let x86: [HoleCase] =
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

/// A field as tables may describe one, and numbers that fit or fail in it.
struct SyntheticField: CustomTestStringConvertible, Sendable {
    let name: String
    let field: UopHoleField
    let fitting: [Int64]
    let outOfRange: [Int64]
    let misaligned: [Int64]

    var testDescription: String { name }

    /// A field of one part, at bit `shift`.
    static func field(
        size: UInt8, width: UInt8, aligned: UInt8 = 0, shift: UInt8 = 0, _ signedness: UopSignedness
    ) -> UopHoleField {
        let bits = min(width, 8 * size - shift) - aligned
        return field(size: size, width: width, aligned: aligned, signedness, [UopHolePart(from: aligned, bits: bits, to: shift)])
    }

    static func field(
        size: UInt8, width: UInt8, aligned: UInt8 = 0, _ signedness: UopSignedness, rounding: UInt8 = 0, _ parts: [UopHolePart]
    ) -> UopHoleField {
        let nothing = UopHolePart(from: 0, bits: 0, to: 0)
        let all = parts + Array(repeating: nothing, count: 4 - parts.count)
        return UopHoleField(
            size: size, width: width, aligned: aligned, signedness: signedness, base: .nothing, rounding: rounding, boundary: 0,
            partCount: UInt8(parts.count), parts: (all[0], all[1], all[2], all[3]))
    }

    static let all: [SyntheticField] = [
        SyntheticField(
            name: "26 bits at the bottom, without the low two", field: field(size: 4, width: 28, aligned: 2, .signed),
            fitting: [0, 4, -4, -0x800_0000, 0x7ff_fffc],
            outOfRange: [-0x800_0004, 0x800_0000, .min, .max], misaligned: [1, 2, 3, -1, -2, 0x7ff_fffe]),
        SyntheticField(
            name: "19 bits in the middle", field: field(size: 4, width: 21, aligned: 2, shift: 5, .signed),
            fitting: [0, 4, -4, -0x10_0000, 0xf_fffc],
            outOfRange: [-0x10_0004, 0x10_0000, .min, .max], misaligned: [1, -2, 0xf_fffd]),
        SyntheticField(
            name: "16 bits in the middle, any value", field: field(size: 4, width: 16, shift: 5, .any),
            fitting: [0, 1, -1, 0xffff, .min, .max], outOfRange: [], misaligned: []),
        SyntheticField(
            name: "unsigned, scaled, in 64 bits", field: field(size: 8, width: 43, aligned: 3, shift: 12, .unsigned),
            fitting: [0, 8, 0x7ff_ffff_fff8], outOfRange: [-8, 0x800_0000_0000, .max],
            misaligned: [1, 4, 0x7ff_ffff_ffff]),
        SyntheticField(
            name: "one signed bit at the top", field: field(size: 8, width: 1, shift: 63, .signed),
            fitting: [0, -1], outOfRange: [1, -2], misaligned: []),
        SyntheticField(
            name: "a byte, unsigned", field: field(size: 1, width: 8, .unsigned),
            fitting: [0, 1, 127, 128, 255], outOfRange: [-1, 256, .min, .max], misaligned: []),
        SyntheticField(
            name: "64 bits in all, 4 of them dropped", field: field(size: 8, width: 64, aligned: 4, .signed),
            fitting: [0, -16, .min, 1 << 62], outOfRange: [], misaligned: [.max, 8]),
        SyntheticField(
            name: "two halves that change places",
            field: field(size: 4, width: 32, .signed, [.init(from: 16, bits: 16, to: 0), .init(from: 0, bits: 16, to: 16)]),
            fitting: [0, 1, -1, 0x1234_5678, -0x8000_0000], outOfRange: [0x8000_0000, .min], misaligned: []),
        SyntheticField(
            name: "an upper part that is rounded, and a lower one that is not",
            field: field(
                size: 8, width: 32, .signed, rounding: 12, [.init(from: 12, bits: 20, to: 12), .init(from: 0, bits: 12, to: 52)]),
            fitting: [0, 0x7ff, 0x800, -0x800, -0x801, 0x7fff_f7ff, -0x8000_0800], outOfRange: [0x7fff_f800, -0x8000_0801],
            misaligned: []),
    ]
}

/// An instruction as an assembler writes it: a hole filled in the same instruction without its number.
struct EncodedInstruction: CustomTestStringConvertible, Sendable {
    let text: String
    let kind: UopHoleKind
    /// Its word, or two, the first in the low half; with zeros where the number is.
    let empty: UInt64
    let value: Int64
    var place: UInt64 = 0
    let word: UInt64

    var testDescription: String { text }

    /// By the manuals of Arm (C6.2), RISC-V (volume I, 2) and Power (book I, 1.6).
    static let all: [EncodedInstruction] = [
        .init(text: "b +4", kind: .branch26, empty: 0x1400_0000, value: 4, word: 0x1400_0001),
        .init(text: "b -4", kind: .branch26, empty: 0x1400_0000, value: 0xffc, place: 0x1000, word: 0x17ff_ffff),
        .init(text: "b.eq +8", kind: .branch19, empty: 0x5400_0000, value: 8, word: 0x5400_0040),
        .init(text: "cbz x0, -4", kind: .branch19, empty: 0xb400_0000, value: -4, word: 0xb4ff_ffe0),
        .init(text: "tbz w0, #0, +4", kind: .branch14, empty: 0x3600_0000, value: 4, word: 0x3600_0020),
        .init(text: "adrp x0, 1 page", kind: .page21, empty: 0x9000_0000, value: 0x2fff, place: 0x1004, word: 0xb000_0000),
        .init(text: "adrp x0, 4 pages", kind: .page21, empty: 0x9000_0000, value: 0x4000, place: 0xfff, word: 0x9000_0020),
        .init(text: "adrp x0, -1 page", kind: .page21, empty: 0x9000_0000, value: 0, place: 0x1000, word: 0xf0ff_ffe0),
        .init(text: "add x0, x0, #0x123", kind: .pageOffset12, empty: 0x9100_0000, value: 0x45_6123, word: 0x9104_8c00),
        .init(text: "ldrh w0, [x0, #2]", kind: .pageOffset12By2, empty: 0x7940_0000, value: 2, word: 0x7940_0400),
        .init(text: "ldr w0, [x0, #4]", kind: .pageOffset12By4, empty: 0xb940_0000, value: 4, word: 0xb940_0400),
        .init(text: "ldr x0, [x0, #8]", kind: .pageOffset12By8, empty: 0xf940_0000, value: 0x7008, word: 0xf940_0400),
        .init(text: "ldr q0, [x0, #16]", kind: .pageOffset12By16, empty: 0x3dc0_0000, value: 16, word: 0x3dc0_0400),
        .init(text: "movz x0, #0x1234", kind: .move16G0, empty: 0xd280_0000, value: 0x7777_1234, word: 0xd282_4680),
        .init(text: "movk x0, #0x1234, lsl #16", kind: .move16G1, empty: 0xf2a0_0000, value: 0x1234_5678, word: 0xf2a2_4680),
        .init(text: "movk x0, #0xffff, lsl #32", kind: .move16G2, empty: 0xf2c0_0000, value: -1, word: 0xf2df_ffe0),
        .init(text: "movk x0, #0x8000, lsl #48", kind: .move16G3, empty: 0xf2e0_0000, value: .min, word: 0xf2f0_0000),
        .init(text: "movz x0, #0x1234 (all of it)", kind: .move16Unsigned16, empty: 0xd280_0000, value: 0x1234, word: 0xd282_4680),
        .init(text: "movz x0, #0x1234, lsl #16", kind: .move16Unsigned32, empty: 0xd2a0_0000, value: 0x1234_5678, word: 0xd2a2_4680),
        .init(text: "li r3, -2", kind: .ppcSigned16, empty: 0x3860_0000, value: -2, word: 0x3860_fffe),
        .init(text: "beq zero, zero, +8", kind: .riscvBranch12, empty: 0x63, value: 8, word: 0x463),
        .init(text: "beq zero, zero, -2", kind: .riscvBranch12, empty: 0x63, value: -2, word: 0xfe00_0fe3),
        .init(text: "jal zero, +4", kind: .riscvJump20, empty: 0x6f, value: 4, word: 0x0040_006f),
        .init(text: "jal zero, -4", kind: .riscvJump20, empty: 0x6f, value: -4, word: 0xffdf_f06f),
        .init(
            text: "auipc ra, 1; jalr ra, -1(ra)", kind: .riscvCall, empty: 0x0000_80e7_0000_0097, value: 0xfff,
            word: 0xfff0_80e7_0000_1097),
        .init(text: "lui a0, 1", kind: .riscvHigh20, empty: 0x537, value: 0x800, word: 0x1537),
        .init(text: "addi a0, a0, -1", kind: .riscvLow12, empty: 0x50513, value: 0xfff, word: 0xfff5_0513),
        .init(text: "sw a0, 4(sp)", kind: .riscvLow12Store, empty: 0xa1_2023, value: 4, word: 0xa1_2223),
        .init(text: "auipc a0, 1", kind: .riscvPCHigh20, empty: 0x517, value: 0x1000, place: 0x100, word: 0x1517),
        .init(text: "addi a0, a0, 4", kind: .riscvPCLow12, empty: 0x50513, value: 0x2004, place: 0x1000, word: 0x45_0513),
        .init(text: "sw a0, -4(sp)", kind: .riscvPCLow12Store, empty: 0xa1_2023, value: -4, word: 0xfea1_2e23),
        .init(text: "b +4 (Power)", kind: .ppcRelative24, empty: 0x4800_0000, value: 4, word: 0x4800_0004),
        .init(text: "bl -4", kind: .ppcRelative24, empty: 0x4800_0001, value: -4, word: 0x4bff_fffd),
        .init(text: "beq +8", kind: .ppcRelative14, empty: 0x4182_0000, value: 8, word: 0x4182_0008),
        .init(
            text: "pld r3, 0x12345(pc)", kind: .ppcPrefixed34, empty: 0xe460_0000_0410_0000, value: 0x1_2345,
            word: 0xe460_2345_0410_0001),
        .init(text: "pla r3, -1(pc)", kind: .ppcPrefixed34, empty: 0x3860_0000_0610_0000, value: -1, word: 0x3860_ffff_0613_ffff),
    ]
}

@Suite struct HoleEncoderTests {
    static let fills: [UInt8] = [0x00, 0xff, 0xa5]

    /// The field's word by its definition, a bit at a time.
    static func expected(_ value: UInt64, _ field: UopHoleField, over old: [UInt8]) -> [UInt8] {
        var result = old
        let parts = [field.parts.0, field.parts.1, field.parts.2, field.parts.3].prefix(Int(field.partCount))
        for part in parts {
            let rounded = field.rounding > 0 && part.from >= field.rounding ? value &+ 1 << UInt64(field.rounding - 1) : value
            for bit in 0..<Int(part.bits) {
                let target = bit + Int(part.to)
                let set = rounded >> UInt64(bit + Int(part.from)) & 1 != 0
                result[target / 8] = result[target / 8] & ~(1 << (target % 8)) | (set ? 1 << (target % 8) : 0)
            }
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
            #expect(field.partCount > 0 && field.width <= 64)
        }
    }

    @Test(arguments: HoleCase.all) func storesWhatFitsAndNothingElse(_ row: HoleCase) throws {
        let field = Self.field(row.kind)
        let offset = 3
        for fill in Self.fills {
            let old = [UInt8](repeating: fill, count: offset + Int(field.size) + 2)
            var code = old
            let result = Result { () throws(PatchError) in try Self.fill(row, &code, at: offset) }
            let page: UInt64 = ~0xfff
            let stored =
                switch field.base {
                case .nothing: row.value
                case .place: row.value &- row.place
                case .page: (row.value & page) &- (row.place & page)
                }
            switch result {
            case .success:
                #expect(row.fits)
                let word = Array(old[offset..<offset + Int(field.size)])
                #expect(code == old[..<offset] + Self.expected(stored, field, over: word) + old.suffix(2))
            case .failure(let error):
                #expect(!row.fits)
                #expect(code == old)
                #expect(error.kind == (row.isMisaligned ? .misaligned : .outOfRange) && error.hole == row.kind)
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
        let field = SyntheticField.field(size: size, width: 8, .any, [UopHolePart(from: 0, bits: 8, to: 0)])
        #expect(Self.store(0, field, &word) == .invalidField)
        #expect(word == [UInt8](repeating: 7, count: 16))
    }

    @Test(arguments: [(0, 8, 25), (60, 8, 0), (0, 0, 0), (0, 33, 0)] as [(UInt8, UInt8, UInt8)])
    func impossiblePartIsRefused(from: UInt8, bits: UInt8, to: UInt8) {
        var word = [UInt8](repeating: 7, count: 8)
        let field = SyntheticField.field(size: 4, width: 64, .any, [UopHolePart(from: from, bits: bits, to: to)])
        #expect(Self.store(0, field, &word) == .invalidField && word == [UInt8](repeating: 7, count: 8))
    }

    @Test(arguments: EncodedInstruction.all) func instructionsAreEncoded(_ row: EncodedInstruction) throws {
        let size = Int(Self.field(row.kind).size)
        func bytes(_ word: UInt64) -> [UInt8] { (0..<size).map { UInt8(truncatingIfNeeded: word >> UInt64(8 * $0)) } }
        var code = bytes(row.empty)
        try Self.fill(HoleCase(row.kind, row.value, place: row.place, fits: true), &code, at: 0)
        #expect(code == bytes(row.word))
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
