import Foundation
import Testing

import ObjectFiles

/// The judge is llvm-objdump, which shares nothing with the reader; of addends, the same assembly as ELF.
@Suite("A compiled Mach-O object", .enabled(if: Toolchain.found != nil, "\(Toolchain.missing)"))
struct MachOCompiledObjectTests {
    struct Row: CustomTestStringConvertible, Sendable {
        let testDescription: String
        /// The machine, in a target triple's words.
        let target: String
        let flags: [String]
        var language = "c"
        var source = MachOSample.source
        /// Text that the tool's output must have, so that the row tests what it means to.
        var shows: [String]
    }

    @Test(arguments: [
        Row(
            testDescription: "x86-64", target: "x86_64", flags: ["-O2"],
            shows: ["SIGNED  False     2 (__TEXT,__literal8)", "GOT_LD ", "TLV ", "BRANCH "]),
        Row(
            testDescription: "x86-64, common symbols", target: "x86_64", flags: ["-O1", "-fcommon"],
            shows: ["*COM*", "UNSIGND "]),
        Row(
            testDescription: "x86-64, debug information", target: "x86_64", flags: ["-O0", "-g"],
            shows: ["information (__DWARF,__debug_info)"]),
        Row(
            testDescription: "x86-64, exceptions", target: "x86_64", flags: ["-O1", "-fexceptions"], language: "c++",
            source: MachOSample.exceptions,
            shows: ["information (__TEXT,__eh_frame)", "information (__LD,__compact_unwind)", "GOT "]),
        Row(
            testDescription: "x86-64, differences", target: "x86_64", flags: [], language: "assembler",
            source: MachOSample.differences, shows: ["SUB ", "UNSIGND False     3 (__TEXT,__const)"]),
        Row(testDescription: "x86-64, nothing", target: "x86_64", flags: [], source: "", shows: ["__text"]),
        Row(
            testDescription: "arm64", target: "arm64", flags: ["-O2"],
            shows: ["ADDEND ", "PAGOF12 ", "GOTLDPOF", "TLVLDP ", "BR26 "]),
        Row(
            testDescription: "arm64, common symbols", target: "arm64", flags: ["-O1", "-fcommon"],
            shows: ["*COM*", "UNSIGND "]),
        Row(
            testDescription: "arm64, debug information", target: "arm64", flags: ["-O0", "-g"],
            shows: ["information (__DWARF,__debug_info)"]),
        Row(
            testDescription: "arm64, exceptions", target: "arm64", flags: ["-O1", "-fexceptions"], language: "c++",
            source: MachOSample.exceptions, shows: ["PTRTGOT ", "information (__LD,__compact_unwind)"]),
        Row(
            testDescription: "arm64, differences", target: "arm64", flags: [], language: "assembler",
            source: MachOSample.differences, shows: ["SUB "]),
        Row(testDescription: "arm64, nothing", target: "arm64", flags: [], source: "", shows: ["__text"]),
    ])
    func isReadAsObjdumpReadsIt(_ row: Row) throws {
        let toolchain = try #require(Toolchain.found)
        let flags = MachOSample.flags(row.target) + row.flags
        try toolchain.withObject(row.source, language: row.language, flags: flags) { path in
            let text = try toolchain.run(toolchain.objdump, ["-h", "-t", "-s", path.path])
            let relocationText = try toolchain.run(toolchain.objdump, ["--macho", "-r", path.path])
            for words in row.shows { #expect((text + relocationText).contains(words)) }
            var judge = MachODump(objdump: text, relocationText: relocationText)
            let object = try Object(parsingMachO: [UInt8](Data(contentsOf: path)), name: path.lastPathComponent)
            let ours = MachODump(object, addresses: judge.addresses)
            // The tool takes the file's beginning for the contents of zero-filled sections that each thread has.
            judge.contents.removeAll { $0.hasPrefix("__DATA,__thread_bss: ") }
            #expect(ours.sections == judge.sections)
            #expect(ours.symbols == judge.symbols)
            #expect(ours.relocations == judge.relocations)
            #expect(ours.contents == judge.contents)
            #expect(!judge.sections.isEmpty)
            #expect(row.source.isEmpty || judge.relocations.count > 3 && judge.symbols.count >= 3)
            #expect(brokenPromise(of: object) == nil)
        }
    }

    /// The tool does not print addends that are in the code. The ELF reader's are judged, and the same instructions
    /// in either format have the same ones.
    @Test func addendsAreThoseOfELF() throws {
        let toolchain = try #require(Toolchain.found)
        let machO = try Object(
            parsingMachO: toolchain.object(
                MachOSample.addends(section: "__TEXT,__const", label: "L"), language: "assembler",
                flags: MachOSample.flags("x86_64")), name: "addends.o")
        let elf = try Object(
            parsingELF: toolchain.object(
                MachOSample.addends(section: ".rodata", label: ".L"), language: "assembler",
                flags: Sample.target + ["-Qunused-arguments"]), name: "addends.o")
        /// Offset, target, addend and bytes of a section's relocations, in the order of offsets.
        func facts(_ object: Object, _ name: String) throws -> [String] {
            let section = try #require(object.sections.first { $0.name == name })
            return section.relocations.sorted { $0.offset < $1.offset }.map { relocation in
                let symbol = object.symbols[relocation.symbol]
                let target = symbol.kind == .section ? "a section" : symbol.name
                return "\(relocation.offset) \(target) \(relocation.addend) \(relocation.type.fieldSize ?? 0)"
            }
        }
        #expect(try facts(machO, "__TEXT,__text") == facts(elf, ".text"))
        #expect(try facts(machO, "__DATA,__data") == facts(elf, ".data"))
        let types = machO.sections.flatMap { $0.relocations.map(\.type.name) }
        #expect(Set(types).isSuperset(of: ["", "_1", "_2", "_4"].map { "X86_64_RELOC_SIGNED\($0)" }))
        #expect(types.count == 21)
    }

    /// What the tool does not print.
    @Test(arguments: ["x86_64", "arm64"])
    func hasTheFactsThatStencilsNeed(_ target: String) throws {
        let toolchain = try #require(Toolchain.found)
        let bytes = try toolchain.object(MachOSample.source, flags: MachOSample.flags(target) + ["-O1"])
        let object = try Object(parsingMachO: bytes, name: "sample.o")
        func section(_ name: String) throws -> Section {
            try #require(object.sections.first { $0.name == name }, "\(name)")
        }
        func symbol(_ name: String) throws -> Symbol {
            try #require(object.symbols.first { $0.name == name }, "\(name)")
        }
        #expect(try section("__TEXT,__text").flags == [.allocated, .executable])
        #expect(try section("__TEXT,__cstring").flags == [.allocated, .mergeable])
        #expect(try section("__DATA,__bss").flags == [.allocated, .writable, .zeroFilled])
        #expect(try section("__DATA,__thread_bss").flags == [.allocated, .writable, .threadLocal, .zeroFilled])
        #expect(try section("__DATA,uop_metadata").contents == Array("_ADD\0".utf8))
        #expect(try symbol("_perThread").kind == .threadLocal)
        #expect(try symbol("_weakling").binding == .weak)
        #expect(try symbol("_maybe").binding == .weak)
        #expect(try symbol("_hidden").binding == .global)
        #expect(try symbol("_references").size >= 24)
        #expect(try symbol("_add").kind == .function)
        // Functions one after the other, without a gap.
        let functions = object.symbols.filter { $0.kind == .function }.sorted { $0.value < $1.value }
        #expect(functions.count == 9)
        #expect(try functions.reduce(0) { $0 + $1.size } == section("__TEXT,__text").size)
    }

    /// Objects that clang makes and the reader does not read.
    struct Refused: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let flags: [String]
        /// The error's offset in the file.
        let offset: Int
        /// Words of the error.
        let words: [String]
    }

    @Test(arguments: [
        Refused(
            testDescription: "i386", flags: ["--target=i386-apple-macos10.14"], offset: 0,
            words: ["magic is MH_MAGIC, 32 bits (4277009102)", "expected MH_MAGIC_64 (4277009103)"]),
        Refused(
            testDescription: "arm64e", flags: ["--target=arm64e-apple-macos14"], offset: 8, words: ["CPU_SUBTYPE_ARM64E"]),
        Refused(
            testDescription: "arm64_32", flags: ["--target=arm64_32-apple-watchos8"], offset: 0, words: ["32 bits"]),
        Refused(
            testDescription: "ELF", flags: ["--target=x86_64-unknown-linux-gnu"], offset: 0,
            words: ["0x7f 0x45 0x4c 0x46", "expected Mach-O's"]),
        Refused(
            testDescription: "COFF", flags: ["--target=x86_64-pc-windows-msvc"], offset: 0,
            words: ["0x64 0x86", "expected Mach-O's"]),
        Refused(
            testDescription: "bitcode", flags: ["--target=arm64-apple-macos14", "-flto"], offset: 0,
            words: ["0xde 0xc0 0x17 0xb", "without -flto"]),
    ])
    func isRefused(_ row: Refused) throws {
        let toolchain = try #require(Toolchain.found)
        let bytes = try toolchain.object("int variable = 1;", flags: row.flags + ["-ffreestanding"])
        let error = try #require(throws: ObjectError.self) { try Object(parsingMachO: bytes, name: "refused.o") }
        #expect(error.place == ObjectError.Place(offset: row.offset))
        for word in row.words { #expect(error.description.contains(word)) }
    }
}

/// What the tests compile for Mach-O.
enum MachOSample {
    /// Assembly has no use for -ffreestanding.
    static func flags(_ target: String) -> [String] {
        ["--target=\(target)-apple-macos14", "-ffreestanding", "-Qunused-arguments"]
    }

    static let source = """
        extern char H32[1];
        extern char H64[1 << 20];
        extern void CONTINUE(long, long);
        extern void EXIT(long, long);
        extern int maybe(void) __attribute__((weak_import));
        static long counter;
        long shared = 7;
        _Thread_local int perThread;
        __attribute__((weak)) int weakling(void) { return 3; }
        __attribute__((visibility("hidden"))) int hidden(void) { return maybe ? maybe() : 1; }
        const char *text(void) { return "hello"; }
        double third(double x) { return x * 0.3; }
        void add(long a, long b)
        {
            long sum;
            if (__builtin_add_overflow(a, b, &sum)) { EXIT(a, b); return; }
            counter++;
            CONTINUE(sum + (long)H64, (long)H32);
        }
        int mixed(void) { return perThread + (int)shared; }
        void *references[] = { &shared, (void *)add, &shared + 1 };
        int tentative[4];
        static char array[100];
        char *middle(void) { return array + 40; }
        char *last(void) { return (char *)references + 16; }
        void store(void) { array[3] = 1; *(short *)(array + 4) = 2; *(int *)(array + 8) = 3; }
        __attribute__((section("__DATA,uop_metadata"), used)) static const char metadata[] = "_ADD";
        """

    static let exceptions = """
        extern void may();
        struct Guard { ~Guard(); };
        int guarded() { Guard guard; try { may(); } catch (int) { return 1; } return 0; }
        inline int twice(int x) { return 2 * x; }
        int (*use)(int) = twice;
        """

    static let differences = """
        .text
        .globl _function
        _function:
            .quad _function - _variable
            .long _variable - .
            .quad _local + 4
        .data
        .globl _variable
        _variable:
            .quad 0
            .quad Lconstant - _function
            .quad _local - Lconstant
        _local:
            .quad 0
        .section __TEXT,__const
            .quad 1
        Lconstant:
            .quad 2
            .quad Lconstant
        .subsections_via_symbols

        """

    /// x86-64 instructions and data that refer to symbols, and to a section by a label that is none.
    static func addends(section: String, label: String) -> String {
        """
        .text
        .globl function
        function:
            movl symbol(%rip), %eax
            movl symbol+8(%rip), %eax
            leaq symbol-100(%rip), %rax
            movb $1, symbol(%rip)
            movb $1, symbol+3(%rip)
            movw $2, symbol+4(%rip)
            movw $2, symbol(%rip)
            movl $3, symbol+8(%rip)
            movl $3, symbol(%rip)
            movq $4, symbol-8(%rip)
            callq helper
            jmp helper+2
            movl \(label)constant(%rip), %eax
            movl \(label)constant+4(%rip), %eax
            movb $1, \(label)constant(%rip)
            movw $2, \(label)constant+2(%rip)
            movl $3, \(label)constant-4(%rip)
        .data
            .quad symbol + 5
            .quad symbol - 5
            .quad \(label)constant
            .quad \(label)constant + 4
        .section \(section)
            .quad 1
        \(label)constant:
            .quad 2

        """
    }
}
