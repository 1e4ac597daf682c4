// What a relocatable object says, whatever format said it. ELF, Mach-O and COFF readers all
// produce these values, so that nothing behind a reader knows a file format.
//
// A reader guarantees what the types cannot express: every index is in range, the contents of a
// section have its size, and every relocation lies inside its section. Whoever uses an Object may
// index and slice by what it says without checking again.

/// A relocatable object: what one compilation of one source file gave.
package struct Object: Sendable, Equatable {
    /// What errors call the object: the path it was read from.
    package var name: String
    /// What the object was read from.
    package var format: Format
    /// What the code is for.
    package var architecture: Architecture
    /// In the file's order; `sections[i].index == i`. An ELF file's own bookkeeping (the null section, symbol
    /// and string tables, relocations) is in the list too, so that numbers are those that
    /// other tools print; none of it is `.allocated`. A Mach-O file's are "segment,section"; a COFF file's section
    /// number n is `sections[n - 1]`.
    package var sections: [Section]
    /// In the file's order. An ELF file's symbol 0 is nameless and undefined, and means "no symbol". A Mach-O
    /// file has no symbols of sections: one for each is made, behind the file's. A COFF file's auxiliary records are not in
    /// the list, so that symbols have other numbers here than in the file.
    package var symbols: [Symbol]

    /// An object of these parts. Nothing is checked: readers keep the promises above.
    package init(
        name: String, format: Format, architecture: Architecture, sections: [Section], symbols: [Symbol]
    ) {
        self.name = name
        self.format = format
        self.architecture = architecture
        self.sections = sections
        self.symbols = symbols
    }

    /// A file format that a reader exists for.
    package enum Format: Sendable, Hashable {
        /// ELF, of either class.
        case elf
        /// Mach-O, of 64 bits.
        case machO
        /// COFF, as Windows has it.
        case coff
    }

    /// An instruction set that a reader knows the relocations of.
    package enum Architecture: String, Sendable, Hashable, CaseIterable {
        /// AMD64, with 64-bit pointers.
        case x86_64
        /// IA-32, from i686 on.
        case i386
        /// The 64-bit state of Armv8.
        case aarch64
        /// RISC-V with 64-bit registers.
        case riscv64
        /// Power, 64 bits, little endian.
        case powerpc64le
    }
}

/// A run of bytes that is placed as a whole.
package struct Section: Sendable, Equatable {
    /// Its place in `Object.sections`; in ELF also its number in the section header table.
    package var index: Int
    /// Not unique: `-fbasic-block-sections=all` gives every block of a function the same name.
    package var name: String
    /// `size` bytes, or none where the section is `.zeroFilled`.
    package var contents: [UInt8]
    /// Bytes that it occupies in memory. Where `.zeroFilled` it is any number at all: check it
    /// before allocating.
    package var size: UInt64
    /// A power of two, 1 or more, in bytes. It may be larger than any memory.
    package var alignment: UInt64
    /// What is true of it.
    package var flags: Flags
    /// Size in bytes of each entry of a section that is a table, or 0. Where `.mergeable` it is
    /// not 0 and divides `size`.
    package var entrySize: UInt64
    /// What is to be patched in `contents`, in the file's order, which in Mach-O descends. Some formats say a difference as
    /// two relocations of one field (Mach-O: SUBTRACTOR, UNSIGNED): then both are here, one after the other.
    package var relocations: [Relocation]

    /// A section of these parts; see the properties for what must hold between them.
    package init(
        index: Int, name: String, contents: [UInt8], size: UInt64, alignment: UInt64, flags: Flags,
        entrySize: UInt64 = 0, relocations: [Relocation] = []
    ) {
        self.index = index
        self.name = name
        self.contents = contents
        self.size = size
        self.alignment = alignment
        self.flags = flags
        self.entrySize = entrySize
        self.relocations = relocations
    }

    /// Facts about a section that every format can state.
    package struct Flags: OptionSet, Sendable, Hashable {
        /// The facts as bits, in the order below.
        package let rawValue: UInt8
        /// The facts of these bits.
        package init(rawValue: UInt8) { self.rawValue = rawValue }

        /// Part of the program in memory (ELF: SHF_ALLOC; COFF: what the linker does not take away and the loader
        /// may not drop).
        package static let allocated = Flags(rawValue: 1 << 0)
        /// Holds instructions (SHF_EXECINSTR).
        package static let executable = Flags(rawValue: 1 << 1)
        /// The program may store to it (SHF_WRITE).
        package static let writable = Flags(rawValue: 1 << 2)
        /// Each thread has its own copy (SHF_TLS).
        package static let threadLocal = Flags(rawValue: 1 << 3)
        /// Entries of `entrySize` bytes that are equal may be stored once (SHF_MERGE).
        package static let mergeable = Flags(rawValue: 1 << 4)
        /// Occupies no bytes of the file; begins as zeros (SHT_NOBITS).
        package static let zeroFilled = Flags(rawValue: 1 << 5)
    }
}

/// A name for a place in a section, or for something defined elsewhere.
package struct Symbol: Sendable, Equatable {
    /// Empty for a symbol without a name. A section's symbol that has none is given its section's.
    package var name: String
    /// Where it is defined.
    package var placement: Placement
    /// Where in a section: bytes from its beginning, at most its size. Where absolute: the value.
    /// Where common: the alignment in bytes.
    package var value: UInt64
    /// Bytes of what is named, or 0 where unknown. In a section, `value + size` is at most its size. Mach-O and COFF have no
    /// sizes: there it is what lies between this symbol and the next, padding included.
    package var size: UInt64
    /// Who sees it.
    package var binding: Binding
    /// What it names.
    package var kind: Kind

    /// The index in `Object.sections` where the symbol is in a section.
    package var section: Int? {
        if case .section(let index) = placement { index } else { nil }
    }

    /// A symbol of these parts; see the properties for what must hold between them.
    package init(
        name: String, placement: Placement, value: UInt64, size: UInt64, binding: Binding, kind: Kind
    ) {
        self.name = name
        self.placement = placement
        self.value = value
        self.size = size
        self.binding = binding
        self.kind = kind
    }

    /// Where a symbol is defined.
    package enum Placement: Sendable, Hashable {
        /// In the section of that index in `Object.sections`.
        case section(Int)
        /// In another object.
        case undefined
        /// Nowhere: its value is a number, not an address.
        case absolute
        /// Wherever the linker makes room (C's tentative definitions under `-fcommon`).
        case common
    }

    /// Who sees a symbol.
    package enum Binding: Sendable, Hashable {
        /// This object.
        case local
        /// Every object.
        case global
        /// Every object, yielding to a global of the same name.
        case weak
    }

    /// What a symbol names.
    package enum Kind: Sendable, Hashable {
        /// Nothing in particular (STT_NOTYPE): what is defined elsewhere, or in assembly.
        case none
        /// Data.
        case object
        /// Code.
        case function
        /// The section that it is in.
        case section
        /// The source file; it has no value.
        case file
        /// Data that each thread has a copy of.
        case threadLocal
        /// Something that only its format knows (ELF: STT_GNU_IFUNC and the reserved types).
        case other
    }
}

/// A place in a section's contents that awaits a value.
package struct Relocation: Sendable, Equatable {
    /// Bytes from the beginning of the section. The whole field lies inside the contents.
    package var offset: UInt64
    /// How the value is computed and stored.
    package var type: RelocationType
    /// The index in `Object.symbols` of what the value is computed from.
    package var symbol: Int
    /// A in the psABI's formulas. Where a format keeps it in the contents and counts from elsewhere (COFF), a
    /// reader turns it into that, and leaves the contents as they are: the field is to be replaced, not added to.
    package var addend: Int64

    /// A relocation of these parts; see the properties for what must hold of them.
    package init(offset: UInt64, type: RelocationType, symbol: Int, addend: Int64) {
        self.offset = offset
        self.type = type
        self.symbol = symbol
        self.addend = addend
    }
}
