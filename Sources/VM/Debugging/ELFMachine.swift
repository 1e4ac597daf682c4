package import CStencils

/// What an ELF file says of the machine that its code is for.
package struct ELFMachine: Sendable {
    /// e_machine.
    let number: UInt16
    /// e_flags.
    let flags: UInt32
    /// Whether the file is of class ELFCLASS64.
    let is64: Bool

    private init(_ number: UInt16, flags: UInt32 = 0, is64: Bool = true) {
        self.number = number
        self.flags = flags
        self.is64 = is64
    }

    package init(_ isa: UopISA) {
        switch isa {
        case .X86_64, .X86_64_V3: self.init(62)
        case .AARCH64: self.init(183)
        case .I686: self.init(3, is64: false)
        // EF_RISCV_FLOAT_ABI_DOUBLE.
        case .RISCV64: self.init(243, flags: 4)
        // ELFv2.
        case .POWERPC64LE: self.init(21, flags: 2)
        }
    }

    /// What llvm-objdump must be told to know all instructions that stencils use.
    package var disassemblerOptions: [String] {
        switch number {
        case 243: ["--mattr=+m,+a,+f,+d"]
        case 21: ["--mcpu=pwr10"]
        default: []
        }
    }
}
