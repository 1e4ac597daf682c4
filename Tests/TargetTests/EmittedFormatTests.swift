import CStencils
import EmulationSupport
import Foundation
import ObjectFiles
import Testing
import UopRuntime
import UopVM

/// What `uopjit --target TRIPLE --emit-object` writes for macOS and Windows: read back, linked by their linkers, and executed.
@Suite(.serialized) struct EmittedFormatTests {
    struct Row: Sendable, CustomTestStringConvertible {
        let triple: String
        let isa: UopISA
        let format: ObjectFormat
        /// Of what leads to fmod.
        let relocations: [String]
        let linkerArguments: [String]

        var testDescription: String { triple }
        var convention: CallingConvention { format == .coff ? .microsoft : .standard }
        /// What executes its images.
        var target: EmulatedTarget? {
            EmulatedTarget.all.first { $0.isa == isa && ($0.convention == convention || isa != .X86_64) }
        }
        func program() throws -> EmittedProgram { try EmittedProgram(EmittedProgram.remainders, for: isa, convention: convention) }

        var prefix: String { format == .machO || isa == .I686 ? "_" : "" }
        var remainder: String { prefix + CodePicture.symbol(of: "fmod", isa, format) }

        static let base = "0x10000000"
        private static func machO(_ architecture: String) -> [String] {
            ["-arch", architecture, "-platform_version", "macos", "11", "11", "-execute", "-e", "_uopjit_enter", "-pagezero_size", base,
             "-undefined", "error", "-o"]
        }
        private static func coff(_ machine: String) -> [String] {
            ["/machine:\(machine)", "/base:\(base)", "/dll", "/noentry", "/include:uopjit_enter", "/nodefaultlib", "/opt:noref,noicf"]
        }

        static let all = [
            Row(triple: "x86_64-apple-macos11", isa: .X86_64, format: .machO, relocations: ["X86_64_RELOC_GOT_LOAD"],
                linkerArguments: machO("x86_64")),
            Row(triple: "arm64-apple-macos11", isa: .AARCH64, format: .machO,
                relocations: ["ARM64_RELOC_GOT_LOAD_PAGE21", "ARM64_RELOC_GOT_LOAD_PAGEOFF12"], linkerArguments: machO("arm64")),
            Row(triple: "x86_64-pc-windows-msvc", isa: .X86_64, format: .coff, relocations: ["IMAGE_REL_AMD64_ADDR64"],
                linkerArguments: coff("x64") + ["/largeaddressaware:no", "/dynamicbase:no"]),
            Row(triple: "aarch64-pc-windows-msvc", isa: .AARCH64, format: .coff,
                relocations: ["IMAGE_REL_ARM64_PAGEBASE_REL21", "IMAGE_REL_ARM64_PAGEOFFSET_12A"], linkerArguments: coff("arm64")),
            Row(triple: "i686-pc-windows-msvc", isa: .I686, format: .coff, relocations: ["IMAGE_REL_I386_DIR32"],
                linkerArguments: coff("x86").map { $0 == "/include:uopjit_enter" ? "/include:_uopjit_enter" : $0 } + ["/dynamicbase:no"]),
        ]

        /// Those whose tables are compiled in.
        static let available = all.filter { row in unsafe uop_base_stencils().pointee.table(row.isa) != nil }
        static let nothing: Comment = "no tables are compiled in: pass --traits AllTargets"
    }

    private static func linker(_ row: Row) -> URL? {
        Tools.find(any: row.format == .machO ? ["ld64.lld-19", "ld64.lld-20"] : ["lld-link-19", "lld-link-20", "lld-link"])
    }
    /// Why images cannot be made or executed here; nil where they can. (One that is left out would pass silently.)
    private static let missing: String? = {
        let linkers = Row.all.filter { linker($0) == nil }.map { "a linker for \($0.triple) (Debian: lld-19)" }
        let missing = linkers + Row.all.compactMap { $0.target?.missing }
        return missing.isEmpty ? nil : missing.joined(separator: "; ")
    }()
    private static let disassembler = Tools.find(any: ["llvm-objdump-19", "llvm-objdump-20", "llvm-objdump"])
    private static let noDisassembler: Comment = "needs llvm-objdump-19 on PATH (Debian: llvm-19)"

    /// The same code as in ELF, but for what leads elsewhere; the same symbols.
    @Test(.enabled(if: !Row.available.isEmpty, Row.nothing), arguments: Row.available)
    func objectsSayWhatELFSays(_ row: Row) throws {
        let program = try row.program()
        let elf = try Object(parsing: program.picture.object(as: .elf), name: "elf.o")
        let object = try Object(parsing: program.picture.object(as: row.format), name: "other.o")
        #expect(object.format == (row.format == .machO ? .machO : .coff) && object.architecture == elf.architecture)
        let theirs = try #require(elf.sections.first { $0.name == ".text" })
        let ours = try #require(object.sections.first)
        #expect(ours.name == (row.format == .machO ? "__TEXT,__text" : ".text") && ours.alignment == 4096)
        #expect(ours.flags.contains(.executable) && ours.contents.count == theirs.contents.count)
        let open = Self.openBytes(elf, row)
        let differing = theirs.contents.indices.filter { !open.contains($0) && ours.contents[$0] != theirs.contents[$0] }
        #expect(differing.isEmpty, "first at \(differing.first ?? 0)")

        func places(_ object: Object) -> [String: UInt64] {
            let symbols = object.symbols.filter { $0.section != nil && $0.kind != .section && $0.kind != .file && !$0.name.isEmpty }
            return Dictionary(symbols.map { ($0.name, $0.value) }) { first, _ in first }
        }
        let expected = Dictionary(uniqueKeysWithValues: places(elf).map { (row.prefix + $0.key, $0.value) })
        #expect(places(object).filter { $0.key != ".text" && $0.key != "__TEXT,__text" } == expected)
        #expect(object.symbols.filter { $0.placement == .undefined && !$0.name.isEmpty }.map(\.name) == [row.remainder])

        let calls = ours.relocations.filter { object.symbols[$0.symbol].name == row.remainder }
        #expect(Set(calls.map(\.type.name)) == Set(row.relocations) && !calls.isEmpty)
        // All others lead into the section itself, to where they lead in ELF.
        let own = ours.relocations.filter { object.symbols[$0.symbol].name != row.remainder }
        #expect(own.isEmpty == (row.isa != .I686))
        let addends = Dictionary(uniqueKeysWithValues: own.map { ($0.offset, $0.addend) })
        let expectedAddends = theirs.relocations.filter { elf.symbols[$0.symbol].name != "fmod" }.map { ($0.offset, $0.addend) }
        #expect(addends == Dictionary(uniqueKeysWithValues: expectedAddends))
    }

    /// The system's linker takes it; in the image is the code, and it computes what it should.
    @Test(.enabled(if: missing == nil, Comment(rawValue: missing ?? "")), arguments: Row.all)
    func linkedImagesRun(_ row: Row) throws {
        let target = try #require(row.target)
        let program = try row.program()
        let elf = try Object(parsing: program.picture.object(as: .elf), name: "elf.o")
        let code = try #require(elf.sections.first { $0.name == ".text" }).contents
        let image = try EmittedProgram.withFolder { folder in
            let names = ["a.o", "fmod.o", "image"].map { folder.appendingPathComponent($0) }
            try Data(try program.picture.object(as: row.format)).write(to: names[0])
            try target.compileRemainder(to: names[1], triple: row.triple)
            let output = row.format == .machO ? [names[2].path] : ["/out:\(names[2].path)"]
            try Tools.run(try #require(Self.linker(row)), row.linkerArguments + output + names.prefix(2).map(\.path))
            return LoadedImage(Array(try Data(contentsOf: names[2])), row.format)
        }
        let base = try #require(image.address(of: code, but: Self.openBytes(elf, row)), "the code is not in the image")
        #expect(base % 4096 == 0)
        let shown = try program.run(image.segments, base: base, object: elf, on: EmulatedProcessor(target))
        #expect(shown == EmittedProgram.expectedRemainders)
    }

    @Test(.enabled(if: disassembler != nil && !Row.available.isEmpty, noDisassembler), arguments: Row.available)
    func objectsAreDisassembled(_ row: Row) throws {
        let program = try row.program()
        let text = try EmittedProgram.withFolder { folder in
            let file = folder.appendingPathComponent("a.o")
            try Data(try program.picture.object(as: row.format)).write(to: file)
            return try Tools.run(try #require(Self.disassembler), ["-d", "-r", "-t", file.path])
        }
        #expect(text.contains("<\(row.prefix)uopjit_enter>:") && text.contains("<\(row.prefix)main._F64_REM_"), "\(text.prefix(500))")
        for name in row.relocations { #expect(text.contains(name), "\(name)") }
        for word in ["error", "warning", "invalid"] { #expect(!text.lowercased().contains(word), "\(word)") }
    }

    /// Offsets of the code that a linker, or another way to a helper, may change: ELF's fields, and the instruction that a field of
    /// x86-64 is part of.
    private static func openBytes(_ elf: Object, _ row: Row) -> Set<Int> {
        var open: Set<Int> = []
        for relocation in elf.sections.first(where: { $0.name == ".text" })?.relocations ?? [] {
            let begin = Int(relocation.offset) - (row.isa == .X86_64 ? 2 : 0)
            open.formUnion(begin..<Int(relocation.offset) + (relocation.type.fieldSize ?? 0))
        }
        return open
    }
}

/// What of a linker's image is in memory. What it says was written by a linker that this test ran: it is not checked.
struct LoadedImage {
    let segments: [(address: UInt64, bytes: [UInt8])]

    /// A Mach-O image's segments (mach-o/loader.h), or a PE image's sections (PE Format).
    init(_ bytes: [UInt8], _ format: ObjectFormat) {
        func number(_ offset: Int, _ size: Int) -> UInt64 { bytes[offset..<offset + size].reversed().reduce(0) { $0 << 8 | UInt64($1) } }
        var segments: [(address: UInt64, bytes: [UInt8])] = []
        func add(_ address: UInt64, _ offset: UInt64, _ size: UInt64) {
            if size > 0, offset > 0 || format == .machO { segments.append((address, Array(bytes[Int(offset)..<Int(offset + size)]))) }
        }
        if format == .machO {
            var place = 32
            for _ in 0..<number(16, 4) {
                if number(place, 4) == 0x19 { add(number(place + 24, 8), number(place + 40, 8), number(place + 48, 8)) }
                place += Int(number(place + 4, 4))
            }
        } else {
            let header = Int(number(0x3C, 4)) + 4
            let optional = header + 20
            let base = number(optional, 2) == 0x20B ? number(optional + 24, 8) : number(optional + 28, 4)
            for index in 0..<Int(number(header + 2, 2)) {
                let section = optional + Int(number(header + 16, 2)) + 40 * index
                add(base + number(section + 12, 4), number(section + 20, 4), number(section + 16, 4))
            }
        }
        self.segments = segments
    }

    /// Where code is, but for some of its bytes.
    func address(of code: [UInt8], but open: Set<Int>) -> UInt64? {
        for segment in segments {
            for start in stride(from: 0, through: max(0, segment.bytes.count - code.count), by: 4) where start + code.count <= segment.bytes.count {
                if code.indices.allSatisfy({ open.contains($0) || segment.bytes[start + $0] == code[$0] }) { return segment.address + UInt64(start) }
            }
        }
        return nil
    }
}
