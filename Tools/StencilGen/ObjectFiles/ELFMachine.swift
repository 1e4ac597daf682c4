/// A machine whose objects are read. Adding one is a row in `supported`, with a table of its relocations
/// beside RelocationRow+ELF.swift.
struct ELFMachine: CustomStringConvertible {
    /// e_machine.
    let raw: UInt16
    let name: String
    let architecture: Object.Architecture
    /// What clang calls it: messages tell people to compile for it.
    let target: String
    /// The only class in which the machine's objects are read.
    let fileClass: ELFClass
    /// The only place in which its psABI keeps addends.
    let addends: ELFAddends
    /// What e_flags may be.
    let flags: Flags
    /// The st_shndx of common symbols in far data, where the machine has such.
    let largeCommon: UInt16?

    /// What e_flags may be: `required`, with any of the bits `ignored` besides.
    struct Flags {
        let required: UInt32
        let ignored: UInt32
        /// For the error.
        let meaning: String

        static let none = Flags(required: 0, ignored: 0, meaning: "0: the machine has no flags")
    }

    static let supported = [
        ELFMachine(
            raw: 3, name: "EM_386", architecture: .i386, target: "i686-unknown-linux-gnu", fileClass: .elf32,
            addends: .inContents, flags: .none, largeCommon: nil),
        // With ELFv1, a function's symbol is its descriptor's address and not its code's. Flags of 0 say no ABI: clang
        // writes them for ELFv1, and for assembly without .abiversion.
        ELFMachine(
            raw: 21, name: "EM_PPC64", architecture: .powerpc64le, target: "powerpc64le-unknown-linux-gnu",
            fileClass: .elf64, addends: .inTable,
            flags: Flags(required: 2, ignored: 0, meaning: "2: the ELFv2 ABI"), largeCommon: nil),
        ELFMachine(
            raw: 62, name: "EM_X86_64", architecture: .x86_64, target: "x86_64-unknown-linux-gnu", fileClass: .elf64,
            addends: .inTable, flags: .none, largeCommon: 0xff02),
        ELFMachine(
            raw: 183, name: "EM_AARCH64", architecture: .aarch64, target: "aarch64-unknown-linux-gnu",
            fileClass: .elf64, addends: .inTable, flags: .none, largeCommon: nil),
        // RVC lets instructions be of two bytes, and the float ABI says where floats are passed: neither
        // changes what a section, a symbol or a relocation means, and whoever calls the code knows how it
        // compiled it. Half of the registers (RVE) or another memory model (TSO) are other targets.
        ELFMachine(
            raw: 243, name: "EM_RISCV", architecture: .riscv64, target: "riscv64-unknown-linux-gnu",
            fileClass: .elf64, addends: .inTable,
            flags: Flags(
                required: 0, ignored: 0x7, meaning: "0 besides EF_RISCV_RVC (1) and EF_RISCV_FLOAT_ABI (6)"),
            largeCommon: nil),
    ]

    /// "i686-unknown-linux-gnu, ...": what messages advise to compile for.
    static var targets: String { supported.map(\.target).joined(separator: ", ") }

    /// Names of others that clang compiles for, so that an error can say them.
    private static let otherNames: [UInt16: String] = [
        8: "EM_MIPS", 20: "EM_PPC", 22: "EM_S390", 40: "EM_ARM", 43: "EM_SPARCV9", 247: "EM_BPF",
        258: "EM_LOONGARCH",
    ]

    /// The machine that e_machine `raw` means.
    ///
    /// - Throws: `unsupported`, with the machine's name if it is known, where there is no row.
    static func machine(_ raw: UInt16, object: String) throws(ObjectError) -> ELFMachine {
        if let machine = supported.first(where: { $0.raw == raw }) { return machine }
        let kind = ObjectError.Kind.unsupported(
            field: ELFField.machine.name, found: UInt64(raw), meaning: otherNames[raw],
            expected: supported.map(\.description).joined(separator: " or "))
        // e_machine is where both classes have it.
        throw ObjectError(kind, at: .init(offset: ELFField.machine.offset(in: .elf64)), in: object)
    }

    /// Checks e_flags.
    ///
    /// - Throws: `unsupported` where it asks for something else than the row allows.
    func checkFlags(_ found: UInt32, object: String) throws(ObjectError) {
        guard found & ~flags.ignored == flags.required else {
            let field = ELFField.fileFlags
            let kind = ObjectError.Kind.unsupported(
                field: field.name, found: UInt64(found), meaning: nil, expected: flags.meaning)
            throw ObjectError(kind, at: .init(offset: field.offset(in: fileClass)), in: object)
        }
    }

    /// "EM_X86_64 (62)".
    var description: String { "\(name) (\(raw))" }
}

/// Where a machine's relocations keep the addend.
enum ELFAddends: CustomStringConvertible {
    /// In the table (Elf_Rela).
    case inTable
    /// In the field that is patched (Elf_Rel).
    case inContents

    /// The type of sections with such relocations.
    var sectionType: UInt32 {
        switch self {
        case .inTable: ELFSectionType.relocations
        case .inContents: ELFSectionType.relocationsWithoutAddends
        }
    }

    /// Bytes of a relocation.
    func relocationBytes(in fileClass: ELFClass) -> UInt64 {
        switch self {
        case .inTable: fileClass.relocationBytes.with
        case .inContents: fileClass.relocationBytes.without
        }
    }

    /// "SHT_RELA (4)".
    var description: String {
        switch self {
        case .inTable: "SHT_RELA (\(sectionType))"
        case .inContents: "SHT_REL (\(sectionType))"
        }
    }
}
