package import CStencils
package import ObjectFiles

/// What stencils are compiled for: an instruction set and an object format. Each has a file of its own beside this one.
package struct StencilTarget: Sendable {
    package var isa: UopISA
    /// What clang is told with --target.
    package var triple: String
    /// What clang must be told besides, with what breaks without it.
    package var flags: [String]
    /// The macro that compilers for hosts of this kind define.
    package var hostMacro: String
    /// The page of the instruction set, in the folder of headers.
    package var page: String
    /// How branches are found and changed.
    package var branches: any Branches
    /// What clang puts before the names of functions that have the stencils' convention.
    package var symbolPrefix = ""
    /// Whether clang puts words of zero behind each function: no code.
    package var hasTrailer = false
    /// What objects are.
    package var format = Object.Format.elf
    /// A page that replaces what the instruction set's page says of operands: where the format has other ways to them.
    package var operandPage: String?
    /// Whether frame offsets have a form for small ones, and one for all.
    package var limitsOffsets = false
    /// Whether stencils that call nothing may use the stack: where there are too few registers for 64-bit arithmetic.
    package var mayUseStack = false
    /// Whether literals and displacements are looked for in whole bytes of the code.
    package var findsLiterals = false

    package init(
        isa: UopISA, triple: String, flags: [String], hostMacro: String, page: String, branches: any Branches
    ) {
        self.isa = isa
        self.triple = triple
        self.flags = flags
        self.hostMacro = hostMacro
        self.page = "isa/\(page).h"
        self.branches = branches
    }

    // MARK: Symbols

    /// A symbol's name in C: without what the format and the convention put before it.
    package func plain(_ symbol: String) -> String {
        var name = Substring(symbol)
        if namesSlot(symbol) { name = name.dropFirst(Self.importPrefix.count) }
        if hasUnderscores, name.hasPrefix("_") { name = name.dropFirst() }
        if name.hasPrefix(symbolPrefix) { name = name.dropFirst(symbolPrefix.count) }
        return String(name)
    }

    /// Whether C's names get an underscore.
    private var hasUnderscores: Bool { format == .machO || format == .coff && isa == .I686 }

    /// Whether a symbol is data with the address of what it is named after: COFF has no global offset table, but imports.
    func namesSlot(_ symbol: String) -> Bool { format == .coff && symbol.hasPrefix(Self.importPrefix) }

    private static let importPrefix = "__imp_"

    /// All that tables are made for, in the order of the instruction sets' numbers.
    package static let all: [StencilTarget] = [.x86_64, .x86_64_v3, .aarch64, .i686, .riscv64, .powerpc64le]

    /// The target of an instruction set.
    package static func of(_ isa: UopISA) -> StencilTarget { all[Int(isa.rawValue)] }

    /// "x86-64-v3": the name in options and messages.
    package var name: String { format == .elf ? isaName : triple }

    private var isaName: String { unsafe String(cString: uop_isa_names()[Int(isa.rawValue)]!) }

    /// "x86_64_v3": the name in files and identifiers.
    package var identifier: String { name.replacing("x86-64", with: "x86_64").replacing("-", with: "_") }

    /// "X86_64_V3": the enumerator in C, without its prefix.
    package var enumerator: String { unsafe String(cString: uop_isa_enumerators()[Int(isa.rawValue)]!) }
}

/// How many registers hand values on, and what they are called.
package struct RegisterFile: Sendable, Equatable {
    package var integerCount: Int
    package var floatCount: Int
    /// `UOP_REGISTER_COUNT` names: the integer ones, then from `UOP_INTEGER_REGISTER_COUNT` on the float ones. Empty
    /// where there is no such register.
    package var names: [String]

    /// A register's name, by its number on an axis.
    package func name(_ register: Int, isFloat: Bool) -> String {
        names[register + (isFloat ? Int(UOP_INTEGER_REGISTER_COUNT) : 0)]
    }

    /// Reads the section `uop_registers` of an object that a target's page was compiled to.
    init(in object: Object) throws(StencilGenError) {
        let record = object.sections.first { $0.name == "uop_registers" }?.contents ?? []
        guard record.count == MemoryLayout<UopRegisterDefinition>.size else {
            throw StencilGenError(
                .definition, at: object.name, "section uop_registers has \(record.count) bytes; expected \(MemoryLayout<UopRegisterDefinition>.size)",
                remedy: "Use the headers that came with this stencilgen.")
        }
        func number(_ index: Int) -> Int { (0..<4).reversed().reduce(0) { $0 << 8 | Int(record[4 * index + $1]) } }
        integerCount = number(1)
        floatCount = number(2)
        names = (0..<Int(UOP_REGISTER_COUNT)).map { register in
            String(decoding: record[(12 + register * Int(UOP_REGISTER_NAME_SIZE))...].prefix(Int(UOP_REGISTER_NAME_SIZE)).prefix { $0 != 0 }, as: UTF8.self)
        }
        guard number(0) == UOP_ABI_VERSION, integerCount <= UOP_INTEGER_REGISTER_COUNT, floatCount <= UOP_FLOAT_REGISTER_COUNT else {
            throw StencilGenError(
                .definition, at: object.name, "names \(integerCount) and \(floatCount) registers for ABI version \(number(0))",
                remedy: "There may be \(UOP_INTEGER_REGISTER_COUNT) and \(UOP_FLOAT_REGISTER_COUNT); the version is \(UOP_ABI_VERSION).")
        }
    }
}
