import CStencils
import Foundation
import ObjectFiles
import StencilGenCore
import Testing

/// What clang leaves for each format becomes the kind whose text names it.
@Suite struct HoleKindMappingTests {
    struct Target: Sendable, CustomTestStringConvertible {
        let triple: String
        var flags: [String] = []
        /// Kinds that the source gives there, among others.
        let kinds: Set<UopHoleKind>
        /// Code besides `source`: what clang leaves only of assembly, as stencils have it.
        var assembly = ""

        var testDescription: String { triple }
    }

    static let source = """
        #ifndef ONLY_ASSEMBLY
        #define HIDDEN extern __attribute__((visibility("hidden")))
        typedef float Vector __attribute__((vector_size(16)));
        HIDDEN unsigned char small;
        HIDDEN unsigned short medium;
        HIDDEN unsigned large;
        HIDDEN unsigned long long huge;
        HIDDEN Vector vector;
        HIDDEN void callee(void);
        HIDDEN unsigned char bytes[64];
        unsigned long long read(void) { callee(); return small + medium + large + huge; }
        Vector readVector(void) { return vector; }
        void write(unsigned value) { large = value; callee(); huge = value; }
        void *address(void) { return &bytes[3]; }
        void (*const pointers[])(void) = {callee};
        #endif
        """

    static let targets = [
        Target(triple: "x86_64-unknown-linux-gnu", kinds: [.absolute64, .pcRelative32]),
        Target(triple: "i686-unknown-linux-gnu", kinds: [.word32, .pcWord32]),
        Target(
            triple: "aarch64-unknown-linux-gnu",
            kinds: [
                .absolute64, .branch26, .page21, .pageOffset12, .pageOffset12By2, .pageOffset12By4, .pageOffset12By8,
                .pageOffset12By16, .move16Unsigned16, .move16Unsigned32, .move16G0, .move16G1, .move16G2, .move16G3, .branch19,
                .branch14,
            ],
            assembly: """
                movz x0, #:abs_g0:large
                movz x0, #:abs_g1:large
                movk x0, #:abs_g0_nc:large
                movk x0, #:abs_g1_nc:large
                movk x0, #:abs_g2_nc:large
                movk x0, #:abs_g3:large
                b.eq callee
                tbz x0, #3, callee
                """),
        Target(
            triple: "riscv64-unknown-linux-gnu", flags: ["-march=rv64g", "-mno-relax", "-mcmodel=medlow"],
            kinds: [.absolute64, .riscvCall, .riscvHigh20, .riscvLow12, .riscvLow12Store]),
        Target(
            triple: "riscv64-unknown-linux-gnu", flags: ["-march=rv64g", "-mno-relax", "-mcmodel=medany"],
            kinds: [.riscvPCHigh20, .riscvPCLow12, .riscvPCLow12Store]),
        // Through a global offset table alone.
        Target(
            triple: "riscv64-unknown-linux-gnu", flags: ["-march=rv64g", "-mno-relax", "-DONLY_ASSEMBLY"],
            kinds: [.riscvPCHigh20, .riscvPCLow12],
            assembly: """
                1: auipc a0, %got_pcrel_hi(large)
                ld a0, %pcrel_lo(1b)(a0)
                """),
        Target(
            triple: "powerpc64le-unknown-linux-gnu", flags: ["-mcpu=pwr10"], kinds: [.absolute64, .ppcRelative24, .ppcPrefixed34, .ppcSigned16],
            assembly: "li 3, large"),
        Target(
            triple: "powerpc64le-unknown-linux-gnu", flags: ["-mcpu=pwr10", "-DONLY_ASSEMBLY"], kinds: [.ppcPrefixed34],
            assembly: "pld 3, large@got@pcrel(0), 1"),
        Target(triple: "x86_64-apple-macos14", kinds: [.absolute64, .pcRelative32]),
        Target(
            triple: "arm64-apple-macos14",
            kinds: [
                .absolute64, .branch26, .page21, .pageOffset12, .pageOffset12By2, .pageOffset12By4, .pageOffset12By8,
                .pageOffset12By16,
            ]),
        Target(triple: "x86_64-pc-windows-msvc", kinds: [.absolute64, .pcRelative32]),
        Target(triple: "i686-pc-windows-msvc", kinds: [.word32, .pcWord32]),
        Target(
            triple: "aarch64-pc-windows-msvc",
            kinds: [
                .absolute64, .branch26, .page21, .pageOffset12, .pageOffset12By2, .pageOffset12By4, .pageOffset12By8,
                .pageOffset12By16,
            ]),
    ]

    @Test(.enabled(if: Toolchain.found != nil, Toolchain.missing), arguments: targets)
    func relocationsBecomeKinds(_ target: Target) throws {
        let toolchain = try #require(Toolchain.found)
        let directory = try TemporaryDirectory()
        let file = directory.url.appendingPathComponent("source.c")
        let assembly = target.assembly.split(separator: "\n").map { "\"\\t\($0)\\n\"" }.joined(separator: " ")
        let source = Self.source + (assembly.isEmpty ? "\n" : "\n__asm__(\".text\\n\" \(assembly));\n")
        try source.write(to: file, atomically: false, encoding: .utf8)
        try Toolchain.run(
            toolchain.compiler.executable,
            ["--target=\(target.triple)", "-O1", "-ffreestanding", "-fno-pic", "-fno-asynchronous-unwind-tables", "-c"] + target.flags
                + [file.path, "-o", "source.o"], in: directory)
        let bytes = Array(try Data(contentsOf: directory.url.appendingPathComponent("source.o")))
        let object = try Object(parsing: bytes, name: "source.o")
        var found: Set<UopHoleKind> = []
        for section in object.sections where section.flags.contains(.allocated) && !section.name.contains("unwind") {
            for relocation in section.relocations where section.flags.contains(.executable) || section.name.contains("const")
                || section.name.contains("rodata") || section.name.contains("rdata") || section.name.contains("data.rel.ro")
            {
                let kind = try #require(
                    UopHoleKind(relocation, in: section.contents), "\(relocation.type) in \(section.name)")
                let text = unsafe uop_hole_kind_texts()[Int(kind.rawValue)]
                let names =
                    switch object.format {
                    case .elf: unsafe String(cString: text.elf)
                    case .machO: unsafe String(cString: text.machO)
                    case .coff: unsafe String(cString: text.coff)
                    }
                #expect(names.contains(relocation.type.name), "\(kind.name)")
                found.insert(kind)
            }
        }
        #expect(target.kinds.isSubset(of: found), "\(found.map(\.name))")
    }
}
