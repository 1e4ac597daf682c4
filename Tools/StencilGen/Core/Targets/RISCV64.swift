import CStencils

extension StencilTarget {
    /// RISC-V with 64 bits: RV64G.
    package static let riscv64 = StencilTarget(
        isa: .RISCV64, triple: "riscv64-unknown-linux-gnu",
        flags: [
            // No compressed instructions: fields are in words.
            "-march=rv64g", "-mabi=lp64d",
            // Words of any alignment are read as words: user programs may, and most words are aligned.
            "-mno-strict-align",
            // A linker must not shorten what is patched.
            "-mno-relax",
            // Far jumps go through t1, between the fragments of one stencil, too.
            "-ffixed-x6",
            // Constants lie beside the code, wherever that is.
            "-mcmodel=medany",
        ],
        hostMacro: "__riscv", page: "riscv64", branches: branchesOfRISCV)

    // The RISC-V ISA manual, volume I: J-type and B-type. The assembler makes a call of a distance of 32 bits of a jump to
    // another function; what it makes within one is jal.
    private static let branchesOfRISCV = WordBranches(
        jump: [0x0000_0317, 0x0003_0067], .riscvCall,
        forms: [
            // jal with the zero register
            .init(0x0000_006F, mask: 0x0000_0FFF, .riscvJump20, isConditional: false),
            // beq and bne, blt and bge, bltu and bgeu
            .init(0x0000_0063, mask: 0x0000_007F, .riscvBranch12, inversion: 1 << 12),
        ])
}
