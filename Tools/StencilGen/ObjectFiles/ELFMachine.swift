/// A machine whose objects are read. Adding one is a row in `supported`, with a table of its relocations
/// beside RelocationRow+ELF.swift.
struct ELFMachine: CustomStringConvertible {
    /// e_machine.
    let raw: UInt64
    let name: String
    let architecture: Object.Architecture
    /// What clang calls it: messages tell people to compile for it.
    let target: String
    /// The only class in which the machine's objects are read.
    var layout = Layout.wide
    /// The only place in which its psABI keeps addends.
    var addends = ELFAddends.inTable
    /// What e_flags must be, but for the bits `ignoredFlags`, and what that means.
    var flags: (required: UInt64, meaning: String) = (0, "0: the machine has no flags")
    var ignoredFlags: UInt64 = 0
    /// The st_shndx of common symbols in far data, where the machine has such.
    var largeCommon: UInt64?

    static let supported = [
        ELFMachine(
            raw: 3, name: "EM_386", architecture: .i386, target: "i686-unknown-linux-gnu", layout: .narrow,
            addends: .inContents),
        // With ELFv1, a function's symbol is its descriptor's address and not its code's. Flags of 0 say no ABI: clang
        // writes them for ELFv1, and for assembly without .abiversion.
        ELFMachine(
            raw: 21, name: "EM_PPC64", architecture: .powerpc64le, target: "powerpc64le-unknown-linux-gnu",
            flags: (2, "2: the ELFv2 ABI")),
        ELFMachine(
            raw: 62, name: "EM_X86_64", architecture: .x86_64, target: "x86_64-unknown-linux-gnu", largeCommon: 0xff02),
        ELFMachine(raw: 183, name: "EM_AARCH64", architecture: .aarch64, target: "aarch64-unknown-linux-gnu"),
        // RVC lets instructions be of two bytes, and the float ABI says where floats are passed: neither
        // changes what a section, a symbol or a relocation means, and whoever calls the code knows how it
        // compiled it. Half of the registers (RVE) or another memory model (TSO) are other targets.
        ELFMachine(
            raw: 243, name: "EM_RISCV", architecture: .riscv64, target: "riscv64-unknown-linux-gnu",
            flags: (0, "0 besides EF_RISCV_RVC (1) and EF_RISCV_FLOAT_ABI (6)"), ignoredFlags: 0x7),
    ]

    /// "i686-unknown-linux-gnu, ...": what messages advise to compile for.
    static var targets: String { supported.map(\.target).joined(separator: ", ") }

    /// Names of others that clang compiles for, so that an error can say them.
    static let otherNames: [UInt64: String] = [
        8: "EM_MIPS", 20: "EM_PPC", 22: "EM_S390", 40: "EM_ARM", 43: "EM_SPARCV9", 247: "EM_BPF",
        258: "EM_LOONGARCH",
    ]

    /// "EM_X86_64 (62)".
    var description: String { "\(name) (\(raw))" }
}

/// Where a machine's relocations keep the addend.
enum ELFAddends {
    /// In the table (Elf_Rela).
    case inTable
    /// In the field that is patched (Elf_Rel).
    case inContents

    /// The type of sections with such relocations, and its name.
    var sectionType: UInt64 {
        self == .inTable ? ELFSectionType.relocations : ELFSectionType.relocationsWithoutAddends
    }
    var typeName: String { self == .inTable ? "SHT_RELA" : "SHT_REL" }

    /// Bytes of a relocation.
    var relocationBytes: PerLayout<Int> {
        self == .inTable ? PerLayout(narrow: 12, wide: 24) : PerLayout(narrow: 8, wide: 16)
    }
}
