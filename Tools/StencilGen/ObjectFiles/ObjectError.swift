/// Why a file is not an object that this module reads, and where in it the reason lies.
package struct ObjectError: Error, Sendable, Equatable {
    /// What is wrong.
    package var kind: Kind
    /// Where in the file.
    package var place: Place
    /// The name under which the object was given to the reader.
    package var object: String

    /// The error that `object` has `kind` wrong at `place`.
    package init(_ kind: Kind, at place: Place, in object: String) {
        self.kind = kind
        self.place = place
        self.object = object
    }

    /// Where in a file.
    package struct Place: Sendable, Hashable {
        /// The file offset of the field (its first byte) that says what cannot be.
        package var offset: Int
        /// The section that holds the field, or whose header does; nil in the file's own header.
        package var sectionIndex: Int?
        /// Its name, where that has been read.
        package var sectionName: String?

        /// A place; in no section where no section is given.
        package init(offset: Int, sectionIndex: Int? = nil, sectionName: String? = nil) {
            self.offset = offset
            self.sectionIndex = sectionIndex
            self.sectionName = sectionName
        }
    }

    /// What is wrong. `field` is the specification's name of the field at the error's place.
    package enum Kind: Sendable, Hashable {
        /// The file begins with these bytes, which are not the format's.
        case notThisFormat(found: [UInt8], expected: String)
        /// A field asks for something that the format has and this reader has not.
        case unsupported(field: String, found: UInt64, meaning: String?, expected: String)
        /// A section of relocations that keep their addends in the code (SHT_REL).
        case relocationsWithoutAddends
        /// The file exceeds one of the limits that it was to be read with.
        case tooLarge(ReaderLimits.Name, found: UInt64, limit: Int)
        /// A structure that would lie at `offset ..< offset + size`, beyond the file's end.
        case outsideFile(structure: String, offset: UInt64, size: UInt64, fileSize: Int)
        /// A field that begins in a table and ends behind it.
        case endOfTable(needed: Int, available: Int)
        /// Bytes of a section or table that also belong to something else.
        case overlap(with: String)
        /// Something that another field announces is not there.
        case missing(String)
        /// A second table where there can be one. `first` is the section that is the first.
        case severalTables(String, first: Int)
        /// Entries have one size in this version of the format, and it is another.
        case badEntrySize(field: String, found: UInt64, expected: String)
        /// The size of a table is not a whole number of entries.
        case partialEntry(size: UInt64, entrySize: UInt64)
        /// Two tables that go together differ in length.
        case wrongCount(field: String, found: UInt64, expected: Int)
        /// An alignment that is not a power of two.
        case badAlignment(found: UInt64)
        /// No section has the number.
        case badSectionIndex(field: String, found: UInt64, count: Int)
        /// A field leads to a section that cannot be what the field needs.
        case wrongSectionType(field: String, section: Int, found: UInt32, expected: String)
        /// No symbol has the number.
        case badSymbolIndex(found: UInt64, count: Int)
        /// A symbol whose `value ..< value + size` leaves its section.
        case symbolOutsideSection(value: UInt64, size: UInt64, section: Int, sectionSize: UInt64)
        /// A relocation whose field leaves the section that it patches.
        case relocationOutsideSection(
            type: RelocationType, offset: UInt64, section: Int, sectionSize: UInt64)
        /// A string table that does not begin and end with a zero byte.
        case badStringTable(StringTableFault)
        /// A name that would begin behind the end of its string table.
        case nameOutsideTable(field: String, found: UInt32, tableSize: Int)
        /// A name that is not UTF-8.
        case nameNotUTF8(field: String)

        // Mach-O's.
        /// A second load command of a kind of which there can be one. `first` is the number of the first.
        case severalCommands(String, first: Int)
        /// More entries than the structure that holds them has room for.
        case noRoom(field: String, found: UInt64, room: Int)
        /// An alignment of two to a power that no address has.
        case badAlignmentExponent(found: UInt32)
        /// A symbol whose address is not in its section, which is `size` bytes from `start` on.
        case addressOutsideSection(field: String, address: UInt64, section: Int, start: UInt64, size: UInt64)
        /// A relocation that its format cannot mean, or Object cannot say.
        case badRelocation(type: RelocationType, RelocationFault)

        // COFF's.
        /// A value that the format has, but not together with what other fields say.
        case contradiction(field: String, found: UInt64, expected: String)
        /// A number that no symbol has: there are fewer, or it is that of an auxiliary record (COFF), which counts too.
        case notASymbol(field: String, found: UInt64, count: Int)
        /// A relocation that patches bits of an instruction, at another instruction.
        case wrongInstruction(type: RelocationType, found: UInt32, expected: String)
        /// A section's name that begins with a slash, and with no number behind it (COFF).
        case badLongName(found: [UInt8])
        /// A name that would begin inside the size that its string table begins with (COFF).
        case nameInsideSize(field: String, found: UInt32)
    }

    /// What is wrong with a relocation of a Mach-O object.
    package enum RelocationFault: Sendable, Hashable {
        /// Nobody knows the type, or not with this length and pcrel.
        case unknown
        /// It is against a section, and must be against a symbol.
        case sectionRelative
        /// It is against an entry for debuggers.
        case debugSymbol
        /// It says half of something, and the other half does not follow at the same offset.
        case unpaired(with: String)
        /// The instruction holds an immediate value, whose bits these are, where an addend of its own would be.
        case valueInInstruction(bits: UInt32)
        /// The field's bits are a key and an addend, for signed pointers.
        case authenticated
    }

    /// What a string table lacks.
    package enum StringTableFault: Sendable, Hashable {
        /// It has no bytes at all.
        case empty
        /// Its first byte is not the zero that the empty name needs.
        case firstByteNotZero
        /// Its last byte is not zero: its last name would not end.
        case unterminated
        /// It says that it is smaller than the number that says so (COFF).
        case smallerThanItsSize(UInt32)
    }
}

extension ObjectError: CustomStringConvertible {
    /// Where; what was found and what was expected; what to do.
    package var description: String {
        "\(printable(object)): \(place):\n  \(kind.finding)\n  \(kind.remedy)"
    }
}

extension ObjectError.Place: CustomStringConvertible {
    /// "section 7 '.rela.text', byte 0x3a8 of the file".
    package var description: String {
        var words = "byte \(hex(offset)) of the file"
        if let sectionIndex {
            let name = sectionName.map { " '\(printable($0))'" } ?? ""
            words = "section \(sectionIndex)\(name), \(words)"
        }
        return words
    }
}

extension ObjectError.Kind {
    /// What was found, and what was expected.
    fileprivate var finding: String {
        switch self {
        case .notThisFormat(let found, let expected):
            "The file begins with the bytes \(found.map { hex($0) }.joined(separator: " ")); expected \(expected)."
        case .unsupported(let field, let found, let meaning, let expected):
            "\(field) is \(meaning.map { "\($0) (\(found))" } ?? "\(found)"); expected \(expected)."
        case .relocationsWithoutAddends:
            "The section has type SHT_REL, whose addends are in the code; expected SHT_RELA."
        case .tooLarge(let limit, let found, let maximum):
            "The object needs \(found) \(limit.rawValue); the limit is \(maximum)."
        case .outsideFile(let structure, let offset, let size, let fileSize):
            "The \(structure) would be \(size) bytes from \(hex(offset)) on, but the file has \(fileSize) bytes."
        case .endOfTable(let needed, let available):
            "A field of \(needed) bytes begins here, but only \(available) bytes of its table are left."
        case .overlap(let other):
            "It begins inside \(printable(other)), but no byte of a file may belong to two sections."
        case .missing(let what):
            "There is no \(what), and one is needed."
        case .severalTables(let what, let first):
            "This is a second \(what): section \(first) is the first, and there may be only one."
        case .badEntrySize(let field, let found, let expected):
            "\(field) is \(found); expected \(expected)."
        case .partialEntry(let size, let entrySize):
            "The size is \(size), which is not a whole number of entries of \(entrySize) bytes."
        case .wrongCount(let field, let found, let expected):
            "\(field) is \(found), which is room for another number of entries than the expected \(expected)."
        case .badAlignment(let found):
            "The alignment is \(found); expected a power of two, or 0."
        case .badSectionIndex(let field, let found, let count):
            "\(field) is \(found); expected the number of a section, not 0 and below \(count)."
        case .wrongSectionType(let field, let section, let found, let expected):
            "\(field) is section \(section), which has type \(hex(found)); expected \(expected)."
        case .badSymbolIndex(let found, let count):
            "The relocation is against symbol \(found), but the object has \(count) symbols."
        case .symbolOutsideSection(let value, let size, let section, let sectionSize):
            "The symbol is \(size) bytes from \(hex(value)) on, but its section \(section) has \(sectionSize) bytes."
        case .relocationOutsideSection(let type, let offset, let section, let sectionSize):
            "Relocation \(type) patches \(hex(offset)), but section \(section) has \(sectionSize) bytes of contents."
        case .badStringTable(let fault):
            fault.finding
        case .nameOutsideTable(let field, let found, let tableSize):
            "\(field) is \(found), but the string table has \(tableSize) bytes."
        case .nameNotUTF8(let field):
            "The name that \(field) leads to is not UTF-8."
        case .severalCommands(let name, let first):
            "This is a second \(name): load command \(first) is the first, and there may be only one."
        case .noRoom(let field, let found, let room):
            "\(field) is \(found), but there is room for \(room)."
        case .badAlignmentExponent(let found):
            "The alignment is two to the power of \(found); expected a power below 64."
        case .addressOutsideSection(let field, let address, let section, let start, let size):
            "\(field) is \(hex(address)), but section \(section) has \(size) bytes from \(hex(start)) on."
        case .badRelocation(let type, let fault):
            "Relocation \(type) \(fault.finding)."
        case .contradiction(let field, let found, let expected):
            "\(field) is \(found); expected \(expected)."
        case .notASymbol(let field, let found, let count):
            "\(field) is \(found); expected the number of a symbol, below \(count) and not of an auxiliary record."
        case .wrongInstruction(let type, let found, let expected):
            "Relocation \(type) patches the instruction \(hex(found)); expected \(expected)."
        case .badLongName(let found):
            "The section's name is '\(printable(String(decoding: found, as: UTF8.self)))'; expected a number "
                + "of the string table behind the slash."
        case .nameInsideSize(let field, let found):
            "\(field) is \(found), but names begin behind the 4 bytes of the string table's size."
        }
    }

    /// What the reader of the message can do.
    fileprivate var remedy: String {
        switch self {
        case .notThisFormat:
            "Give a relocatable object of that format, as clang -c writes it, without -flto."
        case .unsupported, .relocationsWithoutAddends:
            "Compile for a --target that can be read (ELF: \(ELFMachine.targets); Mach-O: x86_64 and arm64; COFF: x86_64, i686 "
                + "and aarch64), without options that change the object format (ELF: -gz, -Wa,--crel; COFF: /GL), or teach "
                + "ObjectFiles about it."
        case .tooLarge(let limit, _, _):
            "Split the source file, or raise ReaderLimits.\(limit.rawValue)."
        default:
            "The file is damaged, or what wrote it is: compile it again, and compare with llvm-objdump -h -t -r."
        }
    }
}

extension ObjectError.StringTableFault {
    fileprivate var finding: String {
        switch self {
        case .empty: "The string table is empty; expected a zero byte at least."
        case .firstByteNotZero: "The string table's first byte is not zero, so that the empty name is not empty."
        case .unterminated: "The string table's last byte is not zero, so that its last name does not end."
        case .smallerThanItsSize(let size):
            "The string table's size is \(size); expected 4 or more, because it counts itself."
        }
    }
}

extension ObjectError.RelocationFault {
    /// Says it of the relocation.
    fileprivate var finding: String {
        switch self {
        case .unknown: "is not one that this machine has; expected a known type, with the length and pcrel that belong to it"
        case .sectionRelative: "is against a section; expected a symbol, because it needs more of its target than an address"
        case .debugSymbol: "is against an entry for debuggers; expected a symbol"
        case .unpaired(let other): "stands alone; expected \(other) after it, at the same offset"
        case .valueInInstruction(let bits): "patches an immediate with the bits \(hex(bits)); expected none set before patching"
        case .authenticated: "signs a pointer, whose addend and key are not read; expected a plain pointer"
        }
    }
}

/// "0x2a".
private func hex(_ number: some BinaryInteger) -> String {
    "0x" + String(number, radix: 16)
}

/// Names come from the file: what would change the terminal's state is shown as an escape.
private func printable(_ name: String) -> String {
    name.unicodeScalars.map { $0.properties.generalCategory == .control ? $0.escaped(asASCII: true) : String($0) }
        .joined()
}
