import CStencils

extension StencilTarget {
    /// Power, little endian, ELFv2, from POWER10 on: see isa/powerpc64le.h.
    package static let powerpc64le: StencilTarget = {
        var target = StencilTarget(
            isa: .POWERPC64LE, triple: "powerpc64le-unknown-linux-gnu", flags: ["-mcpu=pwr10", "-fno-stack-clash-protection"],
            hostMacro: "__powerpc64__", page: "powerpc64le", branches: branchesOfPower)
        target.limitsOffsets = true
        // An empty traceback table.
        target.hasTrailer = true
        return target
    }()

    // Power ISA 3.1, book I, 2.4: I-form and B-form. A prefix has the primary opcode 1.
    private static let branchesOfPower = WordBranches(
        jump: [0x4800_0000], .ppcRelative24,
        forms: [
            // b
            .init(0x4800_0000, mask: 0xFC00_0003, .ppcRelative24, isConditional: false),
            // bc where the bit of the condition is false or true (BO is 001at or 011at)
            .init(0x4080_0000, mask: 0xFE80_0003, .ppcRelative14, inversion: 1 << 24),
            // bc with the counter
            .init(0x4000_0000, mask: 0xFC00_0003, .ppcRelative14),
        ], isPrefix: { $0 >> 26 == 1 })
}
