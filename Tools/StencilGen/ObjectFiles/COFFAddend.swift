// COFF keeps a relocation's addend in the field that it patches, and counts from where suits the
// machine. Here it becomes A of the psABI's formulas, with S the symbol's address, P the field's, and
// Z the address of the section that S is in, or of the image:
//
//   ADDR64, ADDR32, DIR32, DIR16       S + A            A = stored
//   ADDR32NB, DIR32NB                  S + A - image    A = stored
//   SECREL                             S + A - Z        A = stored
//   SECTION                            the number of S's section, plus A = stored
//   REL32 (all machines)               S + A - P        A = stored - 4: relative to the field's end
//   REL32_1 ... REL32_5                S + A - P        A = stored - 5 ... - 9: to that many bytes behind it
//   REL16                              S + A - P        A = stored - 2
//   BRANCH26, BRANCH19, BRANCH14       S + A - P        A = the immediate, times 4
//   REL21                              S + A - P        A = the immediate of adr
//   PAGEBASE_REL21                     page(S + A) - page(P)   A = the immediate of adrp, in bytes
//   PAGEOFFSET_12A, SECREL_LOW12A      (S + A) & 0xfff, (S + A - Z) & 0xfff   A = the immediate of add
//   PAGEOFFSET_12L, SECREL_LOW12L      the same, divided by the access's size    A = the immediate, times the size
//   SECREL_HIGH12A                     (S + A - Z) >> 12       A = the immediate, times 4096
//   ABSOLUTE, PAIR                     no field, A = 0
//
// What is stored is signed, but for the immediates of add, of loads and of stores, and for SECREL7's 7 bits. The
// other types (TOKEN, SEG12, SREL32, SSPAN32) are given as they are stored. A type that is not
// known has A = 0, because nobody can say what it keeps where: check the type before the addend.
//
// The contents keep what they store: whoever patches must replace the field, and not add to it.
//
// Sources: PE Format, "Type Indicators". It does not say how immediates of instructions count; that
// is what lld (COFF/Chunks.cpp) does.

extension RelocationType {
    /// A, for a COFF type whose field is no immediate of an instruction, and holds the number `stored`.
    func coffAddend(_ stored: Int64) -> Int64 {
        // No stored number is near Int64's ends where something is subtracted: those fields have 4 bytes at most.
        switch (architecture, raw) {
        case (.x86_64, 4...9): stored - Int64(raw)
        case (.i386, 0x14), (.aarch64, 0x11): stored - 4
        case (.i386, 2): stored - 2
        case (.x86_64, 0xc), (.i386, 0xd): stored & 0x7f  // SECREL7
        default: stored
        }
    }

    /// The immediate that a COFF type patches, where it patches one.
    var coffImmediate: A64Immediate? { architecture == .aarch64 ? A64Immediate.forms[raw] : nil }
}

/// An immediate of A64 instructions that relocations patch (Arm Architecture Reference Manual for
/// A-profile, C4.1: "Branches", "Data Processing -- Immediate", "Loads and Stores").
struct A64Immediate: Sendable {
    /// The instructions, for an error.
    let name: String
    /// What they have in common: one of these, the bits where the mask is set.
    let encodings: [(mask: UInt32, bits: UInt32)]
    /// The immediate in bytes.
    let value: @Sendable (UInt32) -> Int64

    func isOf(_ instruction: UInt32) -> Bool {
        encodings.contains { instruction & $0.mask == $0.bits }
    }

    /// By type.
    static let forms: [UInt32: A64Immediate] = [
        0x3: A64Immediate(name: "b or bl", encodings: [(0x7c00_0000, 0x1400_0000)]) {
            signed($0, from: 0, count: 26) * 4
        },
        0xf: A64Immediate(
            name: "b.cond, cbz or cbnz", encodings: [(0xff00_0000, 0x5400_0000), (0x7e00_0000, 0x3400_0000)]
        ) { signed($0, from: 5, count: 19) * 4 },
        0x10: A64Immediate(name: "tbz or tbnz", encodings: [(0x7e00_0000, 0x3600_0000)]) {
            signed($0, from: 5, count: 14) * 4
        },
        0x4: A64Immediate(name: "adrp", encodings: [(0x9f00_0000, 0x9000_0000)], value: pageRelative),
        0x5: A64Immediate(name: "adr", encodings: [(0x9f00_0000, 0x1000_0000)], value: pageRelative),
        0x6: addition,
        0x9: addition,
        0xa: A64Immediate(
            name: "add of an immediate shifted by 12", encodings: [(0x5fc0_0000, 0x1140_0000)]
        ) { unsigned12($0) * 4096 },
        0x7: access,
        0xb: access,
    ]

    private static let addition = A64Immediate(
        name: "add of an immediate", encodings: [(0x5fc0_0000, 0x1100_0000)], value: unsigned12)

    private static let access = A64Immediate(
        name: "a load or store with an unsigned offset", encodings: [(0x3b00_0000, 0x3900_0000)]
    ) { instruction in
        // Two bits are the size's logarithm; accesses of 16 bytes are the first size with a bit elsewhere.
        let isQuad = instruction & 0x0480_0000 == 0x0480_0000
        return unsigned12(instruction) << (isQuad ? 4 : Int64(instruction >> 30))
    }

    /// The two low bits are apart from the others.
    @Sendable private static func pageRelative(_ instruction: UInt32) -> Int64 {
        signed(instruction, from: 5, count: 19) * 4 + Int64(instruction >> 29 & 3)
    }

    @Sendable private static func unsigned12(_ instruction: UInt32) -> Int64 {
        Int64(instruction >> 10 & 0xfff)
    }

    private static func signed(_ instruction: UInt32, from bit: UInt32, count: UInt32) -> Int64 {
        Int64(Int32(bitPattern: instruction << (32 - bit - count)) >> Int32(32 - count))
    }
}
