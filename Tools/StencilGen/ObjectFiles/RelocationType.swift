/// The kind of a relocation, as its format numbers it. The numbers mean something only together
/// with format and architecture.
package struct RelocationType: Sendable, Hashable, CustomStringConvertible {
    /// Whose number it is.
    package var format: Object.Format
    /// The instruction set that the number belongs to.
    package var architecture: Object.Architecture
    /// The number in the file. Mach-O's is in RelocationRow+MachO.swift, being made of several fields.
    package var raw: UInt32

    /// The type that `format` gives the number `raw` on `architecture`, known or not.
    package init(format: Object.Format, architecture: Object.Architecture, raw: UInt32) {
        self.format = format
        self.architecture = architecture
        self.raw = raw
    }

    /// What the specification calls it ("R_X86_64_PLT32"), or "unknown (99)".
    package var name: String {
        row?.name ?? "unknown (\(numbers))"
    }

    /// Bytes of the field that it patches: 0 where it only marks an instruction or belongs to
    /// dynamic linking, nil where the type is unknown.
    package var fieldSize: Int? {
        row?.fieldSize
    }

    /// Name and number, as messages show them: "R_X86_64_PLT32 (4)".
    package var description: String {
        row == nil ? name : "\(name) (\(numbers))"
    }

    private var numbers: String { format == .machO ? machONumbers : "\(raw)" }

    private var row: RelocationRow? {
        switch format {
        case .elf: RelocationRow.elf(architecture, raw)
        case .machO: RelocationRow.machO(architecture, raw)
        case .coff: RelocationRow.coff(architecture, raw)
        }
    }
}

/// What is known of a type: a row of its format's table (RelocationRow+ELF.swift and its neighbours).
struct RelocationRow {
    /// As the specification has it.
    let name: String
    /// Bytes that it patches; 0 for none.
    let fieldSize: Int

    init(_ name: String, _ fieldSize: Int) {
        self.name = name
        self.fieldSize = fieldSize
    }
}
