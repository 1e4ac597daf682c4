extension RelocationType {
    /// The type of a Mach-O relocation. Its meaning is spread over three fields of the file's entry, and
    /// `raw` has them all: bits 0 ... 3 are r_type, bits 4 and 5 r_length, bit 6 r_pcrel. The fourth, r_extern, says
    /// whether the target is a symbol or a section; Object says that by the symbol's kind.
    ///
    /// - Parameters:
    ///   - type: r_type, below 16.
    ///   - length: r_length, below 4: the binary logarithm of the field's bytes.
    ///   - isPCRelative: r_pcrel.
    package init(machO architecture: Object.Architecture, type: UInt32, length: UInt32, isPCRelative: Bool) {
        self.init(
            format: .machO, architecture: architecture,
            raw: type & 15 | (length & 3) << 4 | (isPCRelative ? 1 << 6 : 0))
    }

    /// What a Mach-O type's `raw` is made of: r_type, r_length, r_pcrel.
    package var machOFields: (type: UInt32, length: UInt32, isPCRelative: Bool) {
        (raw & 15, raw >> 4 & 3, raw & 1 << 6 != 0)
    }

    /// The three fields, as messages show them.
    var machONumbers: String {
        let fields = machOFields
        return "type \(fields.type), length \(fields.length), pcrel \(fields.isPCRelative ? 1 : 0)"
    }
}

extension RelocationRow {
    /// The row of a Mach-O type; nil for a number that is not known, and for a known one whose length or pcrel it
    /// cannot have.
    ///
    /// The arm64 types of instructions say less than ELF's: ARM64_RELOC_PAGEOFF12 stands on add and on loads
    /// and stores of every size, and the instruction alone says by what the offset is scaled.
    static func machO(_ architecture: Object.Architecture, _ raw: UInt32) -> RelocationRow? {
        let rows: [UInt32: MachORow] =
            switch architecture {
            case .x86_64: machOX86_64
            case .aarch64: machOARM64
            case .i386, .riscv64, .powerpc64le: [:]
            }
        guard let row = rows[raw & 15], row.shapes.contains(raw >> 4) else { return nil }
        return RelocationRow(row.name, 1 << Int(raw >> 4 & 3))
    }

    /// A type's name and what it may be combined with.
    private struct MachORow {
        let name: String
        /// Length, and 4 more where PC-relative.
        let shapes: Set<UInt32>

        init(_ name: String, absolute: Set<UInt32> = [], pcRelative: Set<UInt32> = []) {
            self.name = name
            shapes = absolute.union(pcRelative.map { $0 | 4 })
        }
    }

    /// Apple's mach-o/x86_64/reloc.h. Shorter lengths of the first and of SUBTRACTOR are what assemblers make of .byte and
    /// .short; a branch of length 0 is a loop or jrcxz.
    private static let machOX86_64: [UInt32: MachORow] = [
        0: MachORow("X86_64_RELOC_UNSIGNED", absolute: [0, 1, 2, 3]),
        1: MachORow("X86_64_RELOC_SIGNED", pcRelative: [2]),
        2: MachORow("X86_64_RELOC_BRANCH", pcRelative: [0, 2]),
        3: MachORow("X86_64_RELOC_GOT_LOAD", pcRelative: [2]),
        4: MachORow("X86_64_RELOC_GOT", pcRelative: [2]),
        5: MachORow("X86_64_RELOC_SUBTRACTOR", absolute: [0, 1, 2, 3]),
        6: MachORow("X86_64_RELOC_SIGNED_1", pcRelative: [2]),
        7: MachORow("X86_64_RELOC_SIGNED_2", pcRelative: [2]),
        8: MachORow("X86_64_RELOC_SIGNED_4", pcRelative: [2]),
        9: MachORow("X86_64_RELOC_TLV", pcRelative: [2]),
    ]

    /// Apple's mach-o/arm64/reloc.h.
    private static let machOARM64: [UInt32: MachORow] = [
        0: MachORow("ARM64_RELOC_UNSIGNED", absolute: [0, 1, 2, 3]),
        1: MachORow("ARM64_RELOC_SUBTRACTOR", absolute: [0, 1, 2, 3]),
        2: MachORow("ARM64_RELOC_BRANCH26", pcRelative: [2]),
        3: MachORow("ARM64_RELOC_PAGE21", pcRelative: [2]),
        4: MachORow("ARM64_RELOC_PAGEOFF12", absolute: [2]),
        5: MachORow("ARM64_RELOC_GOT_LOAD_PAGE21", pcRelative: [2]),
        6: MachORow("ARM64_RELOC_GOT_LOAD_PAGEOFF12", absolute: [2]),
        7: MachORow("ARM64_RELOC_POINTER_TO_GOT", absolute: [3], pcRelative: [2]),
        8: MachORow("ARM64_RELOC_TLVP_LOAD_PAGE21", pcRelative: [2]),
        9: MachORow("ARM64_RELOC_TLVP_LOAD_PAGEOFF12", absolute: [2]),
        10: MachORow("ARM64_RELOC_ADDEND", absolute: [2]),
        11: MachORow("ARM64_RELOC_AUTHENTICATED_POINTER", absolute: [3]),
    ]
}
