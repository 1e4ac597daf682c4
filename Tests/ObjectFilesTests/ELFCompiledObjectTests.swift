import Foundation
import Testing

import ObjectFiles

/// The judge is llvm-objdump, which shares nothing with the reader.
@Suite("A compiled object", .enabled(if: Toolchain.found != nil, "\(Toolchain.missing)"))
struct ELFCompiledObjectTests {
    struct Row: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let flags: [String]
        var language = "c"
        var source = Sample.source
        /// Text that the tool's output must have, so that the row tests what it means to.
        var shows: String
    }

    @Test(arguments: [
        Row(
            testDescription: "stencil flags", flags: Sample.stencilFlags,
            shows: "RELOCATION RECORDS FOR [.text.add]"),
        Row(testDescription: "common symbols", flags: Sample.stencilFlags + ["-fcommon"], shows: "*COM*"),
        Row(
            testDescription: "debug information", flags: Sample.target + ["-O0", "-g"],
            shows: "RELOCATION RECORDS FOR [.debug_info]"),
        Row(testDescription: "position independent", flags: Sample.target + ["-O1", "-fPIC"], shows: "R_X86_64_TLSGD"),
        Row(
            testDescription: "large model", flags: Sample.target + ["-O2", "-mcmodel=large", "-fno-pic"],
            shows: "R_X86_64_64"),
        Row(
            testDescription: "groups", flags: Sample.target + ["-O1"], language: "c++",
            source: "inline int twice(int x) { return 2 * x; } int (*use)(int) = twice;", shows: ".group"),
        Row(testDescription: "nothing", flags: Sample.target, source: "", shows: ".symtab"),
    ])
    func isReadAsObjdumpReadsIt(_ row: Row) throws {
        try #require(Toolchain.found).expectSameAsObjdump(
            row.source, language: row.language, flags: row.flags, shows: row.shows)
    }

    /// What the tool does not print.
    @Test func hasTheFactsThatStencilsNeed() throws {
        let toolchain = try #require(Toolchain.found)
        let bytes = try toolchain.object(Sample.source, flags: Sample.stencilFlags)
        let object = try Object(parsingELF: bytes, name: "sample.o")
        func section(_ name: String) throws -> Section {
            try #require(object.sections.first { $0.name == name }, "\(name)")
        }
        #expect(object.sections.filter { $0.name == ".text.add" }.count == 3)
        #expect(try section(".text.add").flags == [.allocated, .executable])
        #expect(try section(".rodata.cst8").flags == [.allocated, .mergeable])
        #expect(try section(".rodata.cst8").entrySize == 8)
        #expect(try section(".rodata.cst8").alignment == 8)
        #expect(try section(".rodata.cst8").contents == [0, 0, 0, 0, 0, 0, 0xe0, 0x3f])
        #expect(try section(".bss").flags == [.allocated, .writable, .zeroFilled])
        #expect(try section(".tbss").flags == [.allocated, .writable, .threadLocal, .zeroFilled])
        #expect(try section(".data").alignment >= 8)
        #expect(try section("uop_metadata").contents == Array("_ADD\0".utf8))
        #expect(object.symbols.contains { $0.name == "perThread" && $0.kind == .threadLocal })
    }

    /// Objects that clang makes and the reader does not read.
    struct Refused: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let flags: [String]
        /// The error's offset in the file, where the format fixes it.
        let offset: Int?
        /// Words of the error.
        let words: [String]
    }

    @Test(arguments: [
        Refused(
            testDescription: "x32", flags: ["--target=x86_64-unknown-linux-gnux32"], offset: 4,
            words: ["EI_CLASS is 1; expected 2: a 64-bit object, because e_machine is EM_X86_64 (62)"]),
        Refused(
            testDescription: "RISC-V of 32 bits", flags: ["--target=riscv32-unknown-linux-gnu"], offset: 4,
            words: ["EI_CLASS is 1; expected 2: a 64-bit object, because e_machine is EM_RISCV (243)"]),
        Refused(
            testDescription: "s390x", flags: ["--target=s390x-unknown-linux-gnu"], offset: 5,
            words: ["EI_DATA is 2; expected 1: little endian"]),
        Refused(
            testDescription: "big-endian Power", flags: ["--target=powerpc64-unknown-linux-gnu"], offset: 5,
            words: ["EI_DATA is 2; expected 1: little endian"]),
        Refused(
            testDescription: "Arm", flags: ["--target=armv7-unknown-linux-gnueabi"], offset: 18,
            words: [
                "e_machine is EM_ARM (40); expected EM_386 (3) or ", "--target that can be read", "aarch64-unknown-linux-gnu",
            ]),
        Refused(
            testDescription: "Power with descriptors",
            flags: ["--target=powerpc64le-unknown-linux-gnu", "-mabi=elfv1"], offset: 48,
            words: ["e_flags is 0; expected 2: the ELFv2 ABI"]),
        Refused(
            testDescription: "RISC-V with half of the registers",
            flags: ["--target=riscv64-unknown-linux-gnu", "-march=rv64e", "-mabi=lp64e"], offset: 48,
            words: ["e_flags is 8; expected 0 besides EF_RISCV_RVC (1) and EF_RISCV_FLOAT_ABI (6)"]),
        Refused(
            testDescription: "Mach-O", flags: ["--target=x86_64-apple-macosx15"], offset: 0,
            words: ["0xcf 0xfa 0xed 0xfe", "expected ELF's"]),
        Refused(
            testDescription: "COFF", flags: ["--target=x86_64-pc-windows-msvc"], offset: 0,
            words: ["0x64 0x86", "expected ELF's"]),
        Refused(
            testDescription: "bitcode", flags: ["--target=x86_64-unknown-linux-gnu", "-flto"], offset: 0,
            words: ["0x42 0x43 0xc0 0xde", "without -flto"]),
        Refused(
            testDescription: "compressed", flags: Sample.target + ["-g", "-Wa,--compress-debug-sections=zlib"],
            offset: nil, words: ["SHF_COMPRESSED", "'.debug", "-gz"]),
        Refused(
            testDescription: "compact relocations",
            flags: Sample.target + ["-Wa,--crel,--allow-experimental-crel"], offset: nil,
            words: ["sh_type is SHT_CREL", "'.crel", "--crel"]),
    ])
    func isRefused(_ row: Refused) throws {
        let toolchain = try #require(Toolchain.found)
        // Names that repeat, so that compressing is worth while: clang leaves other sections as they are.
        let variables = (0..<50).map { "int repetitive_name_of_a_variable_\($0);" }.joined()
        let bytes = try toolchain.object(
            "\(variables) int *reference = &repetitive_name_of_a_variable_7;", flags: row.flags + ["-ffreestanding"])
        let error = try #require(throws: ObjectError.self) { try Object(parsingELF: bytes, name: "refused.o") }
        if let offset = row.offset { #expect(error.place == ObjectError.Place(offset: offset)) }
        for word in row.words { #expect(error.description.contains(word)) }
    }
}

extension Toolchain {
    /// Compiles a source text and expects that the reader says of the object what llvm-objdump says.
    ///
    /// - Parameter shows: text that the tool's output must have, so that the test is of what it is meant to be.
    func expectSameAsObjdump(_ source: String, language: String = "c", flags: [String], shows: String) throws {
        try withObject(source, language: language, flags: flags) { path in
            let text = try run(objdump, ["-h", "-t", "-r", "-s", "-w", path.path])
            #expect(text.contains(shows), "\(shows)")
            let judge = ObjectDump(objdump: text)
            let object = try Object(parsingELF: [UInt8](Data(contentsOf: path)), name: path.lastPathComponent)
            let ours = ObjectDump(object)
            #expect(ours.sections == judge.sections)
            #expect(ours.symbols == judge.symbols)
            #expect(ours.relocations == judge.relocations)
            #expect(ours.contents == judge.contents)
            #expect(judge.sections.count > 3 && !judge.contents.isEmpty)
            #expect(brokenPromise(of: object) == nil)
        }
    }
}
