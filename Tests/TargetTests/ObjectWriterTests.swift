import CStencils
import ObjectFiles
import Testing
import UopVM

/// The writers of objects, by themselves: what their own formats cannot say is an error before anything is written.
struct ObjectWriterTests {
    private static func bytes(_ object: ObjectDescription, _ isa: UopISA, _ format: ObjectFormat) throws(ObjectWriterError) -> [UInt8] {
        try object.bytes(for: isa, as: format)
    }

    private static func error(_ object: ObjectDescription, _ isa: UopISA, _ format: ObjectFormat) -> ObjectWriterError? {
        do throws(ObjectWriterError) {
            _ = try bytes(object, isa, format)
            return nil
        } catch { return error }
    }

    /// A section of 32 bytes with a symbol in the middle, a function of another object, and an address of each in it.
    private static func sample(_ kind: UopHoleKind, sectionName: String = ".text") -> ObjectDescription {
        var object = ObjectDescription()
        object.sections = [.init(name: sectionName, use: .code, alignment: 4096, contents: .bytes(Array(0..<32)))]
        object.symbols = [
            .init(name: "elsewhere_with_a_long_name", kind: .function, section: nil),
            .init(name: "middle", kind: .function, section: 0, offset: 16, byteCount: 16),
        ]
        object.relocations = [
            .init(section: 0, offset: 0, kind: kind, target: .symbol(0), addend: 5),
            .init(section: 0, offset: 8, kind: kind, target: .section(0), addend: 24),
        ]
        return object
    }

    private static let rows: [(isa: UopISA, format: ObjectFormat, kind: UopHoleKind)] = [
        (.X86_64, .elf, .absolute64), (.X86_64_V3, .elf, .absolute64), (.AARCH64, .elf, .absolute64), (.I686, .elf, .word32),
        (.RISCV64, .elf, .absolute64), (.POWERPC64LE, .elf, .absolute64), (.X86_64, .machO, .absolute64), (.AARCH64, .machO, .absolute64),
        (.X86_64, .coff, .absolute64), (.AARCH64, .coff, .absolute64), (.I686, .coff, .word32), (.X86_64_V3, .coff, .absolute32),
    ]

    @Test(arguments: rows.indices) func everythingIsReadBack(index: Int) throws {
        let (isa, format, kind) = Self.rows[index]
        let object = try Object(parsing: Self.bytes(Self.sample(kind), isa, format), name: "sample.o")
        let prefix = format == .machO || format == .coff && isa == .I686 ? "_" : ""
        let section = try #require(object.sections.first { $0.flags.contains(.executable) })
        #expect(section.alignment == 4096 && section.contents.count == 32)
        // Behind the fields, nothing is changed.
        #expect(section.contents[16...].elementsEqual(16..<32))
        let middle = try #require(object.symbols.first { $0.name == prefix + "middle" })
        #expect(middle.value == 16 && middle.section == section.index && middle.binding == .global)
        let other = try #require(object.symbols.first { $0.name == prefix + "elsewhere_with_a_long_name" })
        #expect(other.placement == .undefined)
        #expect(section.relocations.count == 2)
        for relocation in section.relocations {
            let symbol = object.symbols[relocation.symbol]
            if relocation.offset == 0 {
                #expect(symbol == other)
            } else {
                #expect(relocation.offset == 8 && symbol.section == section.index && symbol.value == 0)
            }
            // (i386's and COFF's fields hold their addends; a reader makes them one.)
            let addend = relocation.addend
            #expect(addend == (relocation.offset == 0 ? 5 : 24), "\(relocation)")
        }
    }

    @Test func machinesThatSystemsDoNotRunOn() {
        for isa in [UopISA.I686, .RISCV64, .POWERPC64LE] {
            #expect(Self.error(ObjectDescription(), isa, .machO)?.kind == .noMachine(isa))
        }
        for isa in [UopISA.RISCV64, .POWERPC64LE] {
            let error = Self.error(ObjectDescription(), isa, .coff)
            #expect(error?.kind == .noMachine(isa))
            #expect(error?.description.contains("COFF object: the object: there is none for \(isa.name)") == true)
        }
    }

    @Test func emptyObjects() throws {
        for format in ObjectFormat.allCases {
            let object = try Object(parsing: Self.bytes(ObjectDescription(), .X86_64, format), name: "empty.o")
            #expect(object.symbols.allSatisfy { $0.name.isEmpty })
        }
    }

    @Test(arguments: ObjectFormat.allCases) func limits(format: ObjectFormat) {
        func error(_ change: (inout ObjectDescription) -> Void) -> ObjectWriterError.Kind? {
            var object = Self.sample(.absolute64)
            change(&object)
            return Self.error(object, .X86_64, format)?.kind
        }
        #expect(error { _ in } == nil)
        let many = 70_000
        if case .tooLarge(.sections, many, _)? = error({ $0.sections += Array(repeating: $0.sections[0].empty, count: many - 1) }) {
        } else {
            Issue.record("\(format): \(many) sections")
        }
        for alignment in [0, 3, -4, 1 << 40] {
            if case .alignment(alignment, _)? = error({ $0.sections[0].alignment = alignment }) { continue }
            Issue.record("\(format): alignment \(alignment)")
        }
        if format != .elf {
            #expect(error { $0.sections.append(.init(name: ".bss", use: .code, contents: .nothing(byteCount: 1 << 40))) }.map(Self.isSize) == true)
            #expect(error { $0.sections[0].name = ".a_name_of_seventeen" }.map(Self.isName) == true)
            #expect(error { $0.sections[0].alignment = 1 << 16 } != nil)
        }
        #expect(error { $0.sections.append(.init(name: ".bss", use: .code, contents: .nothing(byteCount: -1))) }.map(Self.isSize) == true)
        #expect(error { $0.symbols[1].offset = 33 } == .outOfBounds)
        #expect(error { $0.symbols[1].offset = -1 } == .outOfBounds)
        #expect(error { $0.symbols[1].byteCount = .max } == .outOfBounds)
        #expect(error { $0.symbols[1].section = 1 } == .outOfBounds)
        #expect(error { $0.relocations[0].offset = 25 } == .outOfBounds)
        #expect(error { $0.relocations[0].offset = .max } == .outOfBounds)
        #expect(error { $0.relocations[0].section = -1 } == .outOfBounds)
        #expect(error { $0.sections[0].contents = .nothing(byteCount: 32) } == .outOfBounds)
        #expect(error { $0.relocations[0].target = .symbol(2) } == .outOfBounds)
        #expect(error { $0.relocations[0].target = .section(1) } == .outOfBounds)
        #expect(error { $0.relocations[0].kind = .move16G0 } == .noRelocation(.move16G0, addend: format == .elf ? 0 : 5))
        if format != .machO {
            #expect(error { $0.relocations[0].target = .tableEntry(0) } == .noRelocation(.absolute64, addend: format == .elf ? 0 : 5))
        }
    }

    /// ELF of 32 bits has sizes of 32 bits.
    @Test func sizesOfELF32() {
        var object = ObjectDescription()
        object.sections = [.init(name: ".bss", use: .code, contents: .nothing(byteCount: 1 << 32))]
        #expect(Self.error(object, .I686, .elf).map { Self.isSize($0.kind) } == true)
        #expect(Self.error(object, .X86_64, .elf) == nil)
    }

    /// Instructions have no room for addends.
    @Test func addendsOfInstructions() {
        var object = Self.sample(.absolute64)
        object.relocations = [.init(section: 0, offset: 0, kind: .page21, target: .symbol(0), addend: 8)]
        #expect(Self.error(object, .AARCH64, .coff)?.kind == .noRelocation(.page21, addend: 8))
        object.relocations[0].addend = 0
        #expect(Self.error(object, .AARCH64, .coff) == nil)
        object.relocations[0].target = .tableEntry(0)
        #expect(Self.error(object, .AARCH64, .machO) == nil)
    }

    /// COFF counts more than 65534 relocations of a section in an entry of its own.
    @Test(arguments: [65_534, 65_535, 65_536, 70_000]) func manyRelocations(count: Int) throws {
        var object = ObjectDescription()
        object.sections = [.init(name: ".text", use: .code, contents: .bytes([UInt8](repeating: 0, count: 8 * count)))]
        object.symbols = [.init(name: "other", kind: .function, section: nil)]
        object.relocations = (0..<count).map { .init(section: 0, offset: 8 * $0, kind: .absolute64, target: .symbol(0)) }
        for format in ObjectFormat.allCases {
            let read = try Object(parsing: Self.bytes(object, .X86_64, format), name: "many.o")
            let relocations = try #require(read.sections.first { $0.flags.contains(.executable) }).relocations
            #expect(relocations.count == count && Set(relocations.map(\.offset)).count == count, "\(format)")
        }
    }

    private static func isSize(_ kind: ObjectWriterError.Kind) -> Bool {
        if case .tooLarge(.sectionBytes, _, _) = kind { true } else { false }
    }

    private static func isName(_ kind: ObjectWriterError.Kind) -> Bool {
        if case .tooLarge(.nameBytes, _, _) = kind { true } else { false }
    }
}

extension ObjectDescription.Section {
    /// The same without contents.
    fileprivate var empty: Self { .init(name: name, use: use, contents: .bytes([])) }
}

extension ObjectFormat: CustomTestStringConvertible {
    public var testDescription: String { rawValue }
}
