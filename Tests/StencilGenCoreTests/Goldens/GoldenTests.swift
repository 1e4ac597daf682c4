import Foundation
import ObjectFiles
import StencilGenCore
import Testing

/// A file of C stencils in Golden/, and the listing for each target in a folder beside it.
struct GoldenSet: CustomTestStringConvertible, Sendable {
    let name: String
    let stencils: [String]
    let target: StencilTarget
    var testDescription: String { "\(name), \(target.name)" }

    static let all = StencilTarget.all.flatMap { target in
        [
            GoldenSet(name: "talk", stencils: ["LOAD_FAST"], target: target),
            GoldenSet(
                name: "operands", stencils: ["LOAD_SLOT", "LOAD_SLOT_WIDE", "CONSTANT_NARROW", "CONSTANT_WIDE", "MOVE_SLOT"], target: target),
            GoldenSet(name: "control", stencils: ["GUARD", "ADD_CHECKED", "JUMP_IF_ZERO"], target: target),
            GoldenSet(name: "data", stencils: ["SCALE", "CALL_HELPER"], target: target),
        ]
    }

    static let folder = Checkout.tests.appendingPathComponent("Golden")
    static let helpers = ["host_clock"]
    var source: URL { Self.folder.appendingPathComponent("\(name).c") }
    var golden: URL { Self.folder.appendingPathComponent("\(target.name)/\(name).txt") }
    /// As for stencils with values in registers.
    var flags: [String] { Compiler.stencilFlags(target) + Compiler.variantFlags }

    /// What the toolchain's clang makes of it.
    func object(flags: [String]) throws -> Object {
        let directory = try TemporaryDirectory()
        return try #require(Toolchain.found).compiler.compile(
            "#define UOP_EMIT_STENCILS\n#include \"\(name).c\"\n", name: "golden.c", flags: flags, includes: [Self.folder, Checkout.headers],
            directory: directory.url)
    }

    /// What stencilgen makes of that.
    func listing() throws -> GoldenListing {
        let compiler = try #require(Toolchain.found).compiler
        let extractor = try StencilExtractor(try object(flags: flags), of: target, helpers: Self.helpers, places: [:])
        return try GoldenListing(
            try extractor.stencils(), of: target, compiler: compiler.identity, flags: flags,
            disassembler: Disassembler(beside: compiler))
    }
}

/// Goldens are rewritten, and the run turns red, where UOPJIT_UPDATE_GOLDENS is 1.
@Suite(.enabled(if: Toolchain.found != nil, Toolchain.missing)) struct GoldenTests {
    private static let updates = ProcessInfo.processInfo.environment["UOPJIT_UPDATE_GOLDENS"] == "1"

    @Test(arguments: GoldenSet.all) func stencilsAreTheGoldenOnes(_ set: GoldenSet) throws {
        let compiler = try #require(Toolchain.found).compiler
        let found = try set.listing()
        #expect(Set(set.stencils.map { "\($0) hot" }).isSubset(of: found.holes.keys))
        if Self.updates {
            try FileManager.default.createDirectory(at: set.golden.deletingLastPathComponent(), withIntermediateDirectories: true)
            try found.text.write(to: set.golden, atomically: true, encoding: .utf8)
            Issue.record("\(set.testDescription) was rewritten: look at the difference, and run again without UOPJIT_UPDATE_GOLDENS")
            return
        }
        let text = try String(contentsOf: set.golden, encoding: .utf8)
        let golden = GoldenListing(text)
        #expect(golden.text == text, "the file is no listing")
        #expect(found.flags == golden.flags)
        if compiler.identity == golden.compiler {
            #expect(found.bare == golden.bare)
        } else {
            print("golden \(set.testDescription): of \(golden.compiler); this is \(compiler.identity), so only holes are compared")
        }
        #expect(found.holes == golden.holes)
    }

    /// Every target has all files, and there are no others.
    @Test func everyGoldenHasItsSet() throws {
        let known = Set(
            GoldenSet.all.map { "\($0.target.name)/\($0.name).txt" } + NativeGolden.all.map { "\($0.target.triple)/\($0.set.name).txt" })
        let files = try #require(FileManager.default.enumerator(atPath: GoldenSet.folder.path)).compactMap { $0 as? String }
        #expect(Set(files.filter { $0.hasSuffix(".txt") }) == known)
    }

    /// The talk's table: 38 bytes, two holes, where no rule of stencilgen is at work.
    @Test func loadFastIsTheTalks() throws {
        let object = try #require(GoldenSet.all.first { $0.name == "talk" }).object(flags: [
            "--target=\(StencilTarget.x86_64.triple)", "-O2", "-ffreestanding", "-fno-pic", "-mcmodel=medium",
            "-mlarge-data-threshold=65536", "-ffunction-sections", "-fno-asynchronous-unwind-tables", "-fomit-frame-pointer",
            "-std=gnu23", "-fno-ident", "-Wall", "-Werror",
        ])
        let symbol = try #require(object.symbols.first { $0.name == "LOAD_FAST" })
        let section = object.sections[try #require(symbol.section)]
        #expect(section.contents.count == 38)
        let holes = section.relocations.map {
            "0x\(hexadecimal($0.offset, digits: 2)) \($0.type.name) \(object.symbols[$0.symbol].name) \($0.addend)"
        }
        #expect(holes == ["0x02 R_X86_64_64 UOP_OPERAND_64_0 0", "0x22 R_X86_64_PLT32 UOP_CONTINUE -4"])
    }

    /// Another clang's listing, in which only places differ, has the same holes; one with another
    /// kind, target or addend has not. How instructions read makes no difference, and a byte does.
    @Test(arguments: GoldenSet.all) func holesAreComparedWithoutTheirPlaces(_ set: GoldenSet) throws {
        let golden = GoldenListing(try String(contentsOf: set.golden, encoding: .utf8))
        for part in golden.parts.indices {
            var other = golden
            other.parts[part].bytes[0] += "  something else"
            #expect(other != golden && other.bare == golden.bare)
            other.parts[part].bytes[0] = "ff " + other.parts[part].bytes[0]
            #expect(other.bare != golden.bare)
            for hole in golden.parts[part].holes.indices {
                var other = golden
                other.parts[part].holes[hole].offset = "0xff"
                #expect(other.holes == golden.holes && other != golden)
                other.parts[part].holes[hole].text += "1"
                #expect(other.holes != golden.holes)
            }
        }
    }
}
