import Testing

import ObjectFiles

/// A machine that objects are built and compiled for. It shares nothing with the reader: the numbers
/// are typed from the psABIs a second time.
struct ELFTarget: CustomTestStringConvertible, Sendable {
    /// A relocation of the minimal object's .text, which has 16 bytes.
    struct Relocation: Sendable {
        let offset: UInt64
        let type: UInt32
        /// Bytes of the field.
        let size: Int
        let addend: Int64
    }

    let testDescription: String
    let architecture: Object.Architecture
    let machine: UInt64
    var flags: UInt64 = 0
    var is32Bit = false
    /// Addends are in the fields that are patched.
    var usesREL = false
    /// One against symbol 3 and one against symbol 4.
    let relocations: [Relocation]
    /// What clang needs.
    let clang: [String]

    var layouts: ELFLayouts { is32Bit ? .elf32 : .elf64 }

    static let x86_64 = ELFTarget(
        testDescription: "x86-64", architecture: .x86_64, machine: 62,
        relocations: [
            Relocation(offset: 1, type: 4, size: 4, addend: -4), Relocation(offset: 12, type: 11, size: 4, addend: 16),
        ],
        clang: ["--target=x86_64-unknown-linux-gnu"])
    static let i386 = ELFTarget(
        testDescription: "i386", architecture: .i386, machine: 3, is32Bit: true, usesREL: true,
        relocations: [
            Relocation(offset: 1, type: 2, size: 4, addend: -4), Relocation(offset: 12, type: 1, size: 4, addend: 16),
        ],
        clang: ["--target=i686-unknown-linux-gnu"])
    /// R_AARCH64_CALL26 and R_AARCH64_ABS64.
    static let aarch64 = ELFTarget(
        testDescription: "AArch64", architecture: .aarch64, machine: 183,
        relocations: [
            Relocation(offset: 4, type: 283, size: 4, addend: -4), Relocation(offset: 8, type: 257, size: 8, addend: 16),
        ],
        clang: ["--target=aarch64-unknown-linux-gnu"])
    /// R_RISCV_CALL_PLT and R_RISCV_LO12_I; double floats in registers.
    static let riscv64 = ELFTarget(
        testDescription: "RISC-V", architecture: .riscv64, machine: 243, flags: 4,
        relocations: [
            Relocation(offset: 4, type: 19, size: 8, addend: -4), Relocation(offset: 12, type: 27, size: 4, addend: 16),
        ],
        clang: ["--target=riscv64-unknown-linux-gnu", "-march=rv64g", "-mabi=lp64d", "-mno-relax"])
    /// R_PPC64_REL24 and R_PPC64_PCREL34.
    static let powerpc64le = ELFTarget(
        testDescription: "Power", architecture: .powerpc64le, machine: 21, flags: 2,
        relocations: [
            Relocation(offset: 4, type: 10, size: 4, addend: -4), Relocation(offset: 8, type: 132, size: 8, addend: 16),
        ],
        clang: ["--target=powerpc64le-unknown-linux-gnu", "-mcpu=pwr10"])

    static let all = [x86_64, i386, aarch64, riscv64, powerpc64le]
}

/// The fields of each structure of a class, in their order.
struct ELFLayouts: Sendable {
    /// The fields of a structure.
    struct Structure: Sendable {
        let fields: [(name: String, offset: Int, size: Int)]
        let size: Int

        init(_ fields: KeyValuePairs<String, Int>) {
            var offset = 0
            self.fields = fields.map { name, size in
                defer { offset += size }
                return (name, offset, size)
            }
            size = offset
        }

        subscript(_ name: String) -> (offset: Int, size: Int) {
            guard let field = fields.first(where: { $0.name == name }) else { preconditionFailure("no field \(name)") }
            return (field.offset, field.size)
        }
    }

    let header: Structure
    let section: Structure
    let symbol: Structure
    /// With an addend.
    let rela: Structure
    let rel: Structure

    static let elf32 = ELFLayouts(
        word: 4,
        symbol: Structure([
            "st_name": 4, "st_value": 4, "st_size": 4, "st_info": 1, "st_other": 1, "st_shndx": 2,
        ]))
    static let elf64 = ELFLayouts(
        word: 8,
        symbol: Structure([
            "st_name": 4, "st_info": 1, "st_other": 1, "st_shndx": 2, "st_value": 8, "st_size": 8,
        ]))

    private init(word: Int, symbol: Structure) {
        header = Structure([
            "EI_MAG": 4, "EI_CLASS": 1, "EI_DATA": 1, "EI_VERSION": 1, "EI_OSABI": 1, "EI_ABIVERSION": 1, "EI_PAD": 7,
            "e_type": 2, "e_machine": 2, "e_version": 4, "e_entry": word, "e_phoff": word, "e_shoff": word, "e_flags": 4,
            "e_ehsize": 2, "e_phentsize": 2, "e_phnum": 2, "e_shentsize": 2, "e_shnum": 2, "e_shstrndx": 2,
        ])
        section = Structure([
            "sh_name": 4, "sh_type": 4, "sh_flags": word, "sh_addr": word, "sh_offset": word, "sh_size": word,
            "sh_link": 4, "sh_info": 4, "sh_addralign": word, "sh_entsize": word,
        ])
        self.symbol = symbol
        rela = Structure(["r_offset": word, "r_info": word, "r_addend": word])
        rel = Structure(["r_offset": word, "r_info": word])
    }
}
