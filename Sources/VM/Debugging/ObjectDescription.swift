package import CStencils

/// The file formats that objects are written in.
package enum ObjectFormat: String, Sendable, CaseIterable {
    case elf = "ELF"
    case machO = "Mach-O"
    case coff = "COFF"
}

/// An object to write, whatever its format: sections that are given whole, symbols, and what is left to relocate.
package struct ObjectDescription {
    package struct Section {
        package enum Contents {
            case bytes([UInt8])
            /// They are elsewhere in memory, or zeros.
            case nothing(byteCount: Int)
        }

        package enum Use: Sendable {
            case code
            /// Nothing that a program has in memory.
            case debugging
        }

        /// As in ELF: ".text".
        package var name: String
        package var use: Use
        /// Where it is, if it is in memory already.
        package var address: UInt64 = 0
        /// Bytes, a power of two.
        package var alignment = 1
        package var contents: Contents

        package init(name: String, use: Use, address: UInt64 = 0, alignment: Int = 1, contents: Contents) {
            self.name = name
            self.use = use
            self.address = address
            self.alignment = alignment
            self.contents = contents
        }

        var byteCount: Int {
            switch contents {
            case .bytes(let bytes): bytes.count
            case .nothing(let byteCount): byteCount
            }
        }
    }

    /// A name that other objects see.
    package struct Symbol {
        package enum Kind: Sendable {
            case object, function
        }

        /// As in C. Formats that put an underscore before C's names get it from their writers.
        package var name: String
        package var kind: Kind
        /// An index in `sections`; nil for what another object defines.
        package var section: Int?
        /// Bytes from the section's beginning.
        package var offset: Int
        package var byteCount: Int

        package init(name: String, kind: Kind, section: Int?, offset: Int = 0, byteCount: Int = 0) {
            self.name = name
            self.kind = kind
            self.section = section
            self.offset = offset
            self.byteCount = byteCount
        }
    }

    /// A field whose value the linker computes, by the formula of its kind (UopHoleKinds.def), with S the target.
    package struct Relocation {
        package enum Target: Equatable, Sendable {
            /// A section's first byte, by its index.
            case section(Int)
            /// A symbol, by its index.
            case symbol(Int)
            /// A word of the linker's that has the address of a symbol.
            case tableEntry(Int)
        }

        /// The index of the section that the field is in.
        package var section: Int
        /// Bytes from the section's beginning to the field.
        package var offset: Int
        package var kind: UopHoleKind
        package var target: Target
        package var addend: Int64

        package init(section: Int, offset: Int, kind: UopHoleKind, target: Target, addend: Int64 = 0) {
            self.section = section
            self.offset = offset
            self.kind = kind
            self.target = target
            self.addend = addend
        }

        /// Bytes of the field.
        var fieldSize: Int { unsafe Int(uop_hole_fields()[Int(kind.rawValue)].size) }
    }

    package var sections: [Section] = []
    package var symbols: [Symbol] = []
    package var relocations: [Relocation] = []

    package init() {}
    /// The file.
    ///
    /// - Throws: `ObjectWriterError` where the format cannot say it.
    package func bytes(for isa: UopISA, as format: ObjectFormat) throws(ObjectWriterError) -> [UInt8] {
        switch format {
        case .elf: try ELFObject(isa, self).bytes()
        case .machO: try MachOObject(isa, self).bytes()
        case .coff: try COFFObject(isa, self).bytes()
        }
    }
}
