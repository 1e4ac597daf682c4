// The structures of COFF as they lie in the file, and the numbers in them. Names are the
// specification's; see COFFReader.swift for its address.

/// A field of a structure: its name in the specification, and its offset in the structure.
struct COFFField {
    let name: String
    let offset: Int

    init(_ name: String, _ offset: Int) {
        self.name = name
        self.offset = offset
    }

    // COFF File Header (IMAGE_FILE_HEADER)
    static let machine = COFFField("Machine", 0)
    static let sectionCount = COFFField("NumberOfSections", 2)
    static let symbolTable = COFFField("PointerToSymbolTable", 8)
    static let symbolCount = COFFField("NumberOfSymbols", 12)
    static let optionalHeaderSize = COFFField("SizeOfOptionalHeader", 16)
    static let fileFlags = COFFField("Characteristics", 18)

    // The header of /bigobj (ANON_OBJECT_HEADER_BIGOBJ)
    static let bigVersion = COFFField("Version", 4)
    static let bigMachine = COFFField("Machine", 6)
    static let bigClass = COFFField("ClassID", 12)
    static let bigSectionCount = COFFField("NumberOfSections", 44)
    static let bigSymbolTable = COFFField("PointerToSymbolTable", 48)
    static let bigSymbolCount = COFFField("NumberOfSymbols", 52)

    // Section Table (IMAGE_SECTION_HEADER)
    static let sectionName = COFFField("Name", 0)
    static let contents = COFFField("PointerToRawData", 20)
    static let relocations = COFFField("PointerToRelocations", 24)
    static let relocationCount = COFFField("NumberOfRelocations", 32)
    static let sectionFlags = COFFField("Characteristics", 36)

    // COFF Relocations (IMAGE_RELOCATION)
    static let relocationAddress = COFFField("VirtualAddress", 0)
    static let relocationSymbol = COFFField("SymbolTableIndex", 4)
    static let relocationType = COFFField("Type", 8)

    // COFF Symbol Table (IMAGE_SYMBOL). Behind the section's number come fields whose place depends
    // on that number's size: COFFHeader has those.
    static let symbolName = COFFField("Name", 0)
    static let symbolValue = COFFField("Value", 8)
    static let symbolSection = COFFField("SectionNumber", 12)

    // Auxiliary records: of a function, of a section, of a weak external
    static let functionSize = COFFField("TotalSize", 4)
    static let associatedLow = COFFField("Number", 12)
    static let selection = COFFField("Selection", 14)
    static let associatedHigh = COFFField("NumberHighPart", 16)
    static let weakDefault = COFFField("TagIndex", 0)
}

/// The file header, of either kind. Decoding it checks what decides how the rest is to be read.
struct COFFHeader {
    static let regularSize = 20
    static let bigSize = 56
    /// What says that an anonymous object is one of /bigobj: {D1BAA1C7-BAEE-4BA9-AF20-FAF66AA4DCB8}, as two numbers.
    static let bigClass: (UInt64, UInt64) = (0x4ba9_baee_d1ba_a1c7, 0xb8dc_a46a_f6fa_20af)

    /// Whether numbers of sections have 32 bits (clang: -Wa,-mbig-obj).
    let isBig: Bool
    let machine: COFFMachine
    let sectionCount: UInt32
    /// Where the symbol table is, or 0.
    let symbolTable: UInt32
    /// Records of the symbol table, the auxiliary ones included.
    let symbolCount: UInt32

    /// Bytes of the header; the section table begins behind it.
    var size: Int { isBig ? Self.bigSize : Self.regularSize }
    /// Bytes of a record of the symbol table: a section's number has 4 bytes or 2.
    var symbolBytes: Int { isBig ? 20 : 18 }
    var sectionCountField: COFFField { isBig ? .bigSectionCount : .sectionCount }
    var symbolTableField: COFFField { isBig ? .bigSymbolTable : .symbolTable }
    var symbolCountField: COFFField { isBig ? .bigSymbolCount : .symbolCount }
    var storageClassField: COFFField { COFFField("StorageClass", symbolBytes - 2) }
    var auxiliaryCountField: COFFField { COFFField("NumberOfAuxSymbols", symbolBytes - 1) }

    /// Decodes the header at the beginning of `file`.
    ///
    /// - Throws: `outsideFile`, `notThisFormat` or `unsupported`.
    init(_ file: ByteReader) throws(ObjectError) {
        let start = ObjectError.Place(offset: 0)
        var reader = try file.stretch("COFF header", at: 0, count: UInt64(Self.regularSize), saidAt: start)
        let machine: UInt16 = try reader.read()
        let count: UInt16 = try reader.read()
        isBig = machine == 0 && count == 0xffff
        if isBig {
            reader = try file.stretch("COFF header of /bigobj", at: 0, count: UInt64(Self.bigSize), saidAt: start)
            self.machine = try Self.readAnonymousStart(&reader)
            // SizeOfData, Flags, MetaDataSize and MetaDataOffset concern code of the common language runtime.
            _ = try (reader.read(UInt64.self), reader.read(UInt64.self))
            sectionCount = try reader.read()
            symbolTable = try reader.read()
            symbolCount = try reader.read()
            return
        }
        self.machine = try .machine(machine, at: .machine, of: file)
        sectionCount = UInt32(count)
        _ = try reader.read(UInt32.self)  // TimeDateStamp
        symbolTable = try reader.read()
        symbolCount = try reader.read()
        try Self.check(.optionalHeaderSize, reader.read(UInt16.self), is: 0, "a relocatable object has none", file)
        let flags: UInt16 = try reader.read()
        guard flags & 2 == 0 else {
            throw Self.unsupported(
                .fileFlags, UInt64(flags), "IMAGE_FILE_EXECUTABLE_IMAGE among others", "a relocatable object", file)
        }
    }

    /// Reads what begins as all anonymous objects do, up to what says that this one is of /bigobj.
    private static func readAnonymousStart(_ reader: inout ByteReader) throws(ObjectError) -> COFFMachine {
        let file = reader
        _ = try reader.read(UInt32.self)
        let version: UInt16 = try reader.read()
        guard version >= 2 else {
            let meaning = version == 0 ? "the one of an entry of an import library" : "the one of code for /LTCG"
            throw unsupported(.bigVersion, UInt64(version), meaning, "2: an object of /bigobj", file)
        }
        let machine: UInt16 = try reader.read()
        _ = try reader.read(UInt32.self)  // TimeDateStamp
        let (low, high): (UInt64, UInt64) = try (reader.read(), reader.read())
        guard (low, high) == bigClass else {
            let expected = "that of /bigobj, {D1BAA1C7-BAEE-4BA9-AF20-FAF66AA4DCB8}"
            throw unsupported(.bigClass, low, nil, expected, file)
        }
        return try .machine(machine, at: .bigMachine, of: file)
    }

    private static func check(
        _ field: COFFField, _ found: UInt16, is expected: UInt16, _ meaning: String, _ file: ByteReader
    ) throws(ObjectError) {
        guard found == expected else {
            throw unsupported(field, UInt64(found), nil, "\(expected): \(meaning)", file)
        }
    }

    private static func unsupported(
        _ field: COFFField, _ found: UInt64, _ meaning: String?, _ expected: String, _ file: ByteReader
    ) -> ObjectError {
        ObjectError(
            .unsupported(field: field.name, found: found, meaning: meaning, expected: expected),
            at: ObjectError.Place(offset: field.offset), in: file.object)
    }
}

/// A machine whose objects are read. Another one is a row here, with its relocations in
/// RelocationRow+COFF.swift and COFFAddend.swift.
struct COFFMachine {
    let raw: UInt16
    let name: String
    let architecture: Object.Architecture

    static let supported = [
        COFFMachine(raw: 0x8664, name: "IMAGE_FILE_MACHINE_AMD64", architecture: .x86_64),
        COFFMachine(raw: 0x14c, name: "IMAGE_FILE_MACHINE_I386", architecture: .i386),
        COFFMachine(raw: 0xaa64, name: "IMAGE_FILE_MACHINE_ARM64", architecture: .aarch64),
    ]

    /// Names of others that there are tools for, so that an error can say them. ARM64EC is not
    /// ARM64: its symbols have other names, and calls go through thunks.
    private static let otherNames: [UInt16: String] = [
        0x1c0: "IMAGE_FILE_MACHINE_ARM", 0x1c4: "IMAGE_FILE_MACHINE_ARMNT", 0x200: "IMAGE_FILE_MACHINE_IA64",
        0x5064: "IMAGE_FILE_MACHINE_RISCV64", 0x6264: "IMAGE_FILE_MACHINE_LOONGARCH64",
        0xa641: "IMAGE_FILE_MACHINE_ARM64EC", 0xa64e: "IMAGE_FILE_MACHINE_ARM64X",
    ]

    /// The machine that `raw` in `field` means. It is also the only sign of the format: COFF's
    /// header begins with no magic number.
    ///
    /// - Throws: `unsupported` where the machine is another one, `notThisFormat` where it is none.
    static func machine(_ raw: UInt16, at field: COFFField, of file: ByteReader) throws(ObjectError) -> COFFMachine {
        if let machine = supported.first(where: { $0.raw == raw }) { return machine }
        let place = ObjectError.Place(offset: field.offset)
        guard let name = otherNames[raw] else {
            let kind = ObjectError.Kind.notThisFormat(
                found: Array(file.bytes.prefix(4)),
                expected: "COFF's machine, 0x64 0x86 (x86-64), 0x4c 0x1 (i386) or 0x64 0xaa (ARM64)")
            throw ObjectError(kind, at: place, in: file.object)
        }
        let expected = supported.map { "\($0.name) (\($0.raw))" }.joined(separator: " or ")
        let kind = ObjectError.Kind.unsupported(
            field: field.name, found: UInt64(raw), meaning: name, expected: expected)
        throw ObjectError(kind, at: place, in: file.object)
    }
}

/// An entry of the section table (IMAGE_SECTION_HEADER).
struct COFFSectionHeader {
    static let entryBytes = 40

    /// Its place in the table: its number in symbols less one.
    let index: Int
    /// Where in the file it is.
    let place: Int
    /// What relocations' addresses begin at. Compilers write 0.
    let virtualAddress: UInt32
    let size: UInt32
    let contents: UInt32
    let relocations: UInt32
    let relocationCount: UInt16
    let flags: UInt32

    /// Decodes header number `index` at the cursor of `table`.
    init(index: Int, _ table: inout ByteReader) throws(ObjectError) {
        self.index = index
        place = table.offset
        // Name, read where the string table is known, and VirtualSize, which images have.
        _ = try (table.read(UInt64.self), table.read(UInt32.self))
        virtualAddress = try table.read()
        size = try table.read()
        contents = try table.read()
        relocations = try table.read()
        _ = try table.read(UInt32.self)  // PointerToLinenumbers
        relocationCount = try table.read()
        _ = try table.read(UInt16.self)  // NumberOfLinenumbers
        flags = try table.read()
    }

    /// Whether it has no bytes in the file.
    var isZeroFilled: Bool { flags & COFFSectionFlag.uninitialized != 0 }

    /// IMAGE_SCN_ALIGN_*: 0 says nothing, n says 1 << (n - 1), 15 is not defined.
    var alignmentCode: UInt32 { flags >> 20 & 15 }
}

/// Values of a section's Characteristics.
enum COFFSectionFlag {
    static let code: UInt32 = 0x20
    static let initialized: UInt32 = 0x40
    static let uninitialized: UInt32 = 0x80
    static let information: UInt32 = 0x200
    static let removed: UInt32 = 0x800
    static let comdat: UInt32 = 0x1000
    static let moreRelocations: UInt32 = 0x0100_0000
    static let discardable: UInt32 = 0x0200_0000
    static let execute: UInt32 = 0x2000_0000
    static let write: UInt32 = 0x8000_0000

    /// Where one of these is set, the section is not part of the program in memory: it is for the linker, or
    /// the loader may drop it (debug information).
    static let notAllocated = information | removed | discardable
}

/// Values of SectionNumber that are not sections.
enum COFFSectionNumber {
    static let undefined: Int32 = 0
    static let absolute: Int32 = -1
    static let debug: Int32 = -2

    /// The number that 16 bits mean: 0xff00 and above are negative ones, others are not, so that
    /// 65,279 sections have numbers.
    static func extended(_ number: UInt16) -> Int32 {
        number >= 0xff00 ? Int32(Int16(bitPattern: number)) : Int32(number)
    }
}

/// Values of StorageClass that the reader knows.
enum COFFStorageClass: UInt8 {
    case external = 2
    case `static` = 3
    case label = 6
    case file = 103
    case section = 104
    case weakExternal = 105

    static let expected = "EXTERNAL (2), STATIC (3), LABEL (6), FILE (103), SECTION (104) or WEAK_EXTERNAL (105)"
}

/// Values of Selection in the auxiliary record of a COMDAT section.
enum COFFSelection {
    static let known: ClosedRange<UInt8> = 1...7
    static let associative: UInt8 = 5
}
