import Foundation
import Testing

import ObjectFiles

/// The judge is llvm-objdump, which shares nothing with the reader.
@Suite("A compiled COFF object", .enabled(if: Toolchain.found != nil, "\(Toolchain.missing)"))
struct COFFCompiledObjectTests {
    static let targets = ["x86_64", "i686", "aarch64"]

    struct Row: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let flags: [String]
        var language = "c"
        var source = Sample.source
        /// Text that the tool's output must have, so that the row tests what it means to.
        var shows: String
    }

    @Test(
        arguments: targets,
        [
            Row(testDescription: "functions apart", flags: ["-O2", "-ffunction-sections"], shows: "(scl  69)"),
            Row(testDescription: "common symbols", flags: ["-O1", "-fcommon"], shows: "(nx 0) 0x00000010"),
            Row(testDescription: "CodeView", flags: ["-O0", "-g"], shows: "RELOCATION RECORDS FOR [.debug$S]"),
            Row(
                testDescription: "DWARF", flags: ["-O0", "-gdwarf"], shows: "RELOCATION RECORDS FOR [.debug_info]"),
            Row(
                testDescription: "COMDAT", flags: ["-O1"], language: "c++",
                source: "inline int twice(int x) { return 2 * x; } int (*use)(int) = twice;", shows: "comdat 2"),
            Row(testDescription: "nothing", flags: [], source: "", shows: ".text"),
        ])
    func isReadAsObjdumpReadsIt(target: String, _ row: Row) throws {
        let toolchain = try #require(Toolchain.found)
        let flags = Self.flags(target) + row.flags
        try toolchain.withObject(row.source, language: row.language, flags: flags) { path in
            let text = try toolchain.run(toolchain.objdump, ["-h", "-t", "-r", "-s", "-w", path.path])
            #expect(text.contains(row.shows))
            let judge = COFFDump(objdump: text)
            let bytes = [UInt8](try Data(contentsOf: path))
            let object = try Object(parsingCOFF: bytes, name: path.lastPathComponent)
            let ours = COFFDump(object)
            #expect(ours.sections == judge.sections)
            #expect(ours.symbols == judge.symbols)
            #expect(ours.relocations == judge.relocations)
            #expect(ours.contents == judge.contents)
            #expect(judge.sections.count >= 3 && !judge.symbols.isEmpty)
            #expect(brokenPromise(of: object) == nil)
        }
    }

    private static func flags(_ target: String) -> [String] {
        ["--target=\(target)-pc-windows-msvc", "-ffreestanding"]
    }

    /// What the tool does not print.
    @Test(arguments: targets)
    func hasTheFactsThatStencilsNeed(target: String) throws {
        let toolchain = try #require(Toolchain.found)
        let bytes = try toolchain.object(
            Sample.source, flags: Self.flags(target) + ["-O2", "-ffunction-sections", "-fcommon"])
        let object = try Object(parsingCOFF: bytes, name: "sample.obj")
        func symbol(_ name: String) throws -> Symbol {
            let decorated = target == "i686" ? "_" + name : name
            return try #require(object.symbols.first { $0.name == decorated }, "\(name)")
        }
        func section(of symbol: Symbol) throws -> Section { object.sections[try #require(symbol.section)] }

        let add = try symbol("add")
        let code = try section(of: add)
        #expect(code.flags == [.allocated, .executable])
        #expect(add.kind == .function && add.binding == .global && add.size == code.size)
        #expect(code.name == ".text" && object.sections.filter { $0.name == ".text" }.count > 4)
        let weakling = try symbol("weakling")
        #expect(weakling.binding == .weak && weakling.kind == .function && weakling.section != nil)
        #expect(try symbol("perThread").kind == .threadLocal)
        #expect(try section(of: symbol("perThread")).flags == [.allocated, .writable, .threadLocal])
        #expect(try section(of: symbol("counter")).flags == [.allocated, .writable, .zeroFilled])
        #expect(try symbol("tentative").placement == .common)
        #expect(try symbol("tentative").size == 16 && symbol("tentative").value == 16)
        #expect(try symbol("H32").placement == .undefined)
        #expect(object.sections.first { $0.name == ".llvm_addrsig" }?.flags == [])
        let metadata = object.sections.first { $0.name == "uop_metadata" }
        #expect(metadata?.contents == Array("_ADD\0".utf8))
        let references = try symbol("references")
        let shared = try symbol("shared")
        let pointers = try section(of: references).relocations.filter {
            $0.offset >= references.value && $0.offset < references.value + references.size
        }
        // A long has 4 bytes on Windows.
        #expect(pointers.map(\.addend) == [0, 0, 4])
        #expect(pointers.map { object.symbols[$0.symbol] } == [shared, add, shared])
    }

    /// More sections than 16 bits can number: clang changes to /bigobj.
    @Test(.timeLimit(.minutes(5)))
    func manySectionsAreAllRead() throws {
        let toolchain = try #require(Toolchain.found)
        let count = 65_300
        let source = (0..<count).map { ".section .s\($0),\"dr\"\ns\($0): .quad s\(($0 + 1) % count)\n" }
        let bytes = try toolchain.object(source.joined(), language: "assembler", flags: Self.flags("x86_64"))
        #expect(COFFImage(bytes: bytes).isBig)
        let object = try Object(parsingCOFF: bytes, name: "big.obj")
        let sections = object.sections.filter { $0.name.hasPrefix(".s") }
        #expect(sections.count == count)
        let wrong = sections.first { section in
            let target = section.relocations.first.map { object.symbols[$0.symbol] }
            let next = ((Int(section.name.dropFirst(2)) ?? 0) + 1) % count
            return target?.name != "s\(next)" || target?.section.map { object.sections[$0].name } != ".s\(next)"
        }
        #expect(wrong == nil)
    }

    /// More relocations than 16 bits count.
    @Test func manyRelocationsAreAllRead() throws {
        let toolchain = try #require(Toolchain.found)
        let bytes = try toolchain.object(
            ".data\n.rept 70000\n.quad x\n.endr\n.quad y\n", language: "assembler", flags: Self.flags("x86_64"))
        #expect(COFFImage(bytes: bytes)[.section(1, "NumberOfRelocations")] == 0xffff)
        let object = try Object(parsingCOFF: bytes, name: "many.obj")
        #expect(object.sections[1].relocations.count == 70_001)
        let last = try #require(object.sections[1].relocations.last)
        #expect(last.offset == 560_000 && object.symbols[last.symbol].name == "y")
    }

    /// clang writes numbers of more than 7 digits in base 64.
    @Test func namesFarInTheStringTableAreRead() throws {
        let toolchain = try #require(Toolchain.found)
        let long = String(repeating: "long_name", count: 1_200_000)
        let bytes = try toolchain.object(
            ".globl \(long)\n\(long):\n.section .rdata$behind,\"dr\"\n.byte 1\n", language: "assembler",
            flags: Self.flags("x86_64"))
        let object = try Object(parsingCOFF: bytes, name: "long.obj")
        #expect(object.sections.contains { $0.name == ".rdata$behind" && $0.contents == [1] })
        #expect(object.symbols.contains { $0.name.utf8.count == long.utf8.count })
    }

    /// Objects that clang makes and the reader does not read.
    struct Refused: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let flags: [String]
        /// Words of the error.
        let words: [String]
    }

    @Test(arguments: [
        Refused(
            testDescription: "ARM", flags: ["--target=thumbv7-pc-windows-msvc"],
            words: ["Machine is IMAGE_FILE_MACHINE_ARMNT (452); expected IMAGE_FILE_MACHINE_AMD64 (34404)"]),
        Refused(
            testDescription: "ARM64EC", flags: ["--target=arm64ec-pc-windows-msvc"],
            words: ["IMAGE_FILE_MACHINE_ARM64EC"]),
        Refused(
            testDescription: "ELF", flags: ["--target=x86_64-unknown-linux-gnu"],
            words: ["0x7f 0x45 0x4c 0x46", "expected COFF's machine", "that format"]),
        Refused(
            testDescription: "bitcode", flags: ["--target=x86_64-pc-windows-msvc", "-flto"],
            words: ["0x42 0x43 0xc0 0xde", "without -flto"]),
    ])
    func isRefused(_ row: Refused) throws {
        let toolchain = try #require(Toolchain.found)
        let bytes = try toolchain.object("int variable = 7;", flags: row.flags + ["-ffreestanding"])
        let error = try #require(throws: ObjectError.self) { try Object(parsingCOFF: bytes, name: "refused.obj") }
        #expect(error.place == ObjectError.Place(offset: 0))
        for word in row.words { #expect(error.description.contains(word)) }
    }
}
