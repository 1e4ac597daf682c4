package import CStencils

/// What an ELF file says of the machine that its code is for.
package struct ELFMachine: Sendable {
    /// e_machine; 0 where there is no machine code.
    let number: UInt16
    /// e_flags.
    let flags: UInt32
    /// Whether the file is of class ELFCLASS64.
    let is64: Bool
    /// Whether it is the machine that this program runs on.
    let isHost: Bool

    private init(_ number: UInt16, flags: UInt32 = 0, is64: Bool = true, isHost: Bool = true) {
        self.number = number
        self.flags = flags
        self.is64 = is64
        self.isHost = isHost
    }

    package init(_ isa: UopISA) {
        let isHost = uop_can_execute(isa) != 0
        switch isa {
        case .X86_64, .X86_64_V3: self.init(62, isHost: isHost)
        case .AARCH64: self.init(183, isHost: isHost)
        case .I686: self.init(3, is64: false, isHost: isHost)
        // EF_RISCV_FLOAT_ABI_DOUBLE.
        case .RISCV64: self.init(243, flags: 4, isHost: isHost)
        // ELFv2.
        case .POWERPC64LE: self.init(21, flags: 2, isHost: isHost)
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

    /// The machine that this program runs on.
    package static let host: ELFMachine = {
        for number in 0..<UInt8(UOP_ISA_COUNT) {
            if let isa = UopISA(rawValue: number), uop_can_execute(isa) != 0 { return ELFMachine(isa) }
        }
        return ELFMachine(0)
    }()
}
