/// The kind of a relocation, as its format numbers it. The numbers mean something only together
/// with format and architecture.
package struct RelocationType: Sendable, Hashable, CustomStringConvertible {
    /// Whose number it is.
    package var format: Object.Format
    /// The instruction set that the number belongs to.
    package var architecture: Object.Architecture
    /// The number in the file.
    package var raw: UInt32

    /// The type that `format` gives the number `raw` on `architecture`, known or not.
    package init(format: Object.Format, architecture: Object.Architecture, raw: UInt32) {
        self.format = format
        self.architecture = architecture
        self.raw = raw
    }

    /// What the specification calls it ("R_X86_64_PLT32"), or "unknown (99)".
    package var name: String {
        row?.name ?? "unknown (\(raw))"
    }

    /// Bytes of the field that it patches: 0 where it only marks an instruction or belongs to
    /// dynamic linking, nil where the type is unknown.
    package var fieldSize: Int? {
        row?.fieldSize
    }

    /// Name and number, as messages show them: "R_X86_64_PLT32 (4)".
    package var description: String {
        row == nil ? name : "\(name) (\(raw))"
    }

    private var row: Row? {
        let rows =
            switch (format, architecture) {
            case (.elf, .x86_64): Self.elfX86_64
            }
        return raw < rows.count ? rows[Int(raw)] : nil
    }

    private struct Row {
        let name: String
        let fieldSize: Int

        init(_ name: String, _ fieldSize: Int) {
            self.name = name
            self.fieldSize = fieldSize
        }
    }

    /// System V psABI for AMD64, 4.4.1 Relocation Types; the row's place is the number.
    private static let elfX86_64: [Row?] = [
        Row("R_X86_64_NONE", 0),
        Row("R_X86_64_64", 8),
        Row("R_X86_64_PC32", 4),
        Row("R_X86_64_GOT32", 4),
        Row("R_X86_64_PLT32", 4),
        Row("R_X86_64_COPY", 0),
        Row("R_X86_64_GLOB_DAT", 8),
        Row("R_X86_64_JUMP_SLOT", 8),
        Row("R_X86_64_RELATIVE", 8),
        Row("R_X86_64_GOTPCREL", 4),
        Row("R_X86_64_32", 4),
        Row("R_X86_64_32S", 4),
        Row("R_X86_64_16", 2),
        Row("R_X86_64_PC16", 2),
        Row("R_X86_64_8", 1),
        Row("R_X86_64_PC8", 1),
        Row("R_X86_64_DTPMOD64", 8),
        Row("R_X86_64_DTPOFF64", 8),
        Row("R_X86_64_TPOFF64", 8),
        Row("R_X86_64_TLSGD", 4),
        Row("R_X86_64_TLSLD", 4),
        Row("R_X86_64_DTPOFF32", 4),
        Row("R_X86_64_GOTTPOFF", 4),
        Row("R_X86_64_TPOFF32", 4),
        Row("R_X86_64_PC64", 8),
        Row("R_X86_64_GOTOFF64", 8),
        Row("R_X86_64_GOTPC32", 4),
        Row("R_X86_64_GOT64", 8),
        Row("R_X86_64_GOTPCREL64", 8),
        Row("R_X86_64_GOTPC64", 8),
        Row("R_X86_64_GOTPLT64", 8),
        Row("R_X86_64_PLTOFF64", 8),
        Row("R_X86_64_SIZE32", 4),
        Row("R_X86_64_SIZE64", 8),
        Row("R_X86_64_GOTPC32_TLSDESC", 4),
        Row("R_X86_64_TLSDESC_CALL", 0),
        Row("R_X86_64_TLSDESC", 16),
        Row("R_X86_64_IRELATIVE", 8),
        Row("R_X86_64_RELATIVE64", 8),
        nil,  // 39 and 40: withdrawn with MPX (R_X86_64_PC32_BND, R_X86_64_PLT32_BND)
        nil,
        Row("R_X86_64_GOTPCRELX", 4),
        Row("R_X86_64_REX_GOTPCRELX", 4),
        Row("R_X86_64_CODE_4_GOTPCRELX", 4),
        Row("R_X86_64_CODE_4_GOTTPOFF", 4),
        Row("R_X86_64_CODE_4_GOTPC32_TLSDESC", 4),
        Row("R_X86_64_CODE_5_GOTPCRELX", 4),
        Row("R_X86_64_CODE_5_GOTTPOFF", 4),
        Row("R_X86_64_CODE_5_GOTPC32_TLSDESC", 4),
        Row("R_X86_64_CODE_6_GOTPCRELX", 4),
        Row("R_X86_64_CODE_6_GOTTPOFF", 4),
        Row("R_X86_64_CODE_6_GOTPC32_TLSDESC", 4),
    ]
}
