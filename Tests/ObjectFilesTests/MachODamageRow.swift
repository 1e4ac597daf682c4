import Testing

import ObjectFiles

/// One thing wrong with a Mach-O object, and the error that says so.
struct MachODamageRow: CustomTestStringConvertible, Sendable {
    let name: String
    let kind: ObjectError.Kind
    /// The field at the error's place.
    let field: MachOImage.Field
    /// The section name at the error's place, where names have been read by then.
    let section: String?
    /// What is built before the damage.
    let builder: @Sendable () -> MachOBuilder
    let damage: @Sendable (inout MachOImage) -> Void

    init(
        _ name: String, _ kind: ObjectError.Kind, at field: MachOImage.Field, in section: String? = nil,
        of builder: @escaping @Sendable () -> MachOBuilder = { .minimal() },
        damage: @escaping @Sendable (inout MachOImage) -> Void
    ) {
        self.name = name
        self.kind = kind
        self.field = field
        self.section = section
        self.builder = builder
        self.damage = damage
    }

    /// The damage is one value in the field that the error is about.
    init(
        _ field: MachOImage.Field, _ value: UInt64, _ kind: ObjectError.Kind, in section: String? = nil,
        of builder: @escaping @Sendable () -> MachOBuilder = { .minimal() }
    ) {
        self.init(
            "\(field) = 0x\(String(value, radix: 16))", kind, at: field, in: section, of: builder,
            damage: { $0[field] = value })
    }

    /// The damage is in the relocations of a section, by default all of one's own in __data.
    init(
        _ name: String, _ kind: ObjectError.Kind, at index: Int = 0, field: String = "r_symbolnum", section: Int = 2,
        arm64: Bool = false, relocations: [[UInt8]]
    ) {
        self.init(
            name, kind, at: .relocation(section, index, field),
            in: section == 2 ? "__DATA,__data" : section == 3 ? "__DATA,__bss" : "__TEXT,__text",
            of: {
                var builder = arm64 ? MachOBuilder.minimalARM64() : .minimal()
                builder.sections[section].relocations = relocations
                return builder
            }, damage: { _ in })
    }

    var testDescription: String { name }
}
