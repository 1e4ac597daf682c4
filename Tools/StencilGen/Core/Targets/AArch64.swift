import CStencils

extension StencilTarget {
    /// AArch64, as ARMv8.0 has it.
    package static let aarch64: StencilTarget = {
        var target = StencilTarget(
            isa: .AARCH64, triple: "aarch64-unknown-linux-gnu",
            flags: [
                "-march=armv8-a",
                // The system's on Windows and macOS.
                "-ffixed-x18",
                "-fno-stack-clash-protection",
            ],
            hostMacro: "__aarch64__", page: "aarch64", branches: branchesOfAArch64)
        target.limitsOffsets = true
        return target
    }()

    // Arm ARM, C4.1: branches.
    private static let branchesOfAArch64 = WordBranches(
        jump: [0x1400_0000], .branch26,
        forms: [
            // b
            .init(0x1400_0000, mask: 0xFC00_0000, .branch26, isConditional: false),
            // b.cond, but for al and nv
            .init(0x5400_0000, mask: 0xFF00_0010, .branch19, inversion: 1),
            // cbz, cbnz
            .init(0x3400_0000, mask: 0x7E00_0000, .branch19, inversion: 1 << 24),
            // tbz, tbnz
            .init(0x3600_0000, mask: 0x7E00_0000, .branch14, inversion: 1 << 24),
        ])
}
