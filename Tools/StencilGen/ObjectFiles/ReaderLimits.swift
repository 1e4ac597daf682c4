/// The most that a reader accepts. Every allocation that a reader makes is bounded by these and
/// by the file's own size; the defaults are far above any stencil object and far below any
/// machine's memory.
package struct ReaderLimits: Sendable, Equatable {
    /// Bytes of the file.
    package var fileBytes: Int
    /// Entries of the section table.
    package var sections: Int
    /// Entries of the symbol table.
    package var symbols: Int
    /// Relocations of all sections together.
    package var relocations: Int
    /// Bytes of all section and symbol names together. Names may share bytes of a string table, so
    /// that the file's size does not bound them: a million symbols can share one name of 30 MB.
    package var nameBytes: Int

    /// The defaults, or others.
    package init(
        fileBytes: Int = 1 << 26, sections: Int = 1 << 20, symbols: Int = 1 << 20,
        relocations: Int = 1 << 21, nameBytes: Int = 1 << 26
    ) {
        self.fileBytes = fileBytes
        self.sections = sections
        self.symbols = symbols
        self.relocations = relocations
        self.nameBytes = nameBytes
    }

    /// Which limit an object exceeds; the raw value is the name of the property above.
    package enum Name: String, Sendable, Hashable {
        case fileBytes, sections, symbols, relocations, nameBytes
    }

    /// The property of that name.
    subscript(name: Name) -> Int {
        switch name {
        case .fileBytes: fileBytes
        case .sections: sections
        case .symbols: symbols
        case .relocations: relocations
        case .nameBytes: nameBytes
        }
    }
}
