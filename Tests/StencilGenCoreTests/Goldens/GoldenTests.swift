import Foundation
import ObjectFiles
import StencilGenCore
import Testing

/// A file of C stencils in Golden/, and the listing beside it.
struct GoldenSet: CustomTestStringConvertible, Sendable {
    let name: String
    /// Above how many bytes a symbol gets 64-bit holes.
    let threshold: Int
    let stencils: [String]
    var testDescription: String { name }

    static let all = [
        GoldenSet(name: "talk", threshold: 0, stencils: ["LOAD_FAST"]),
        GoldenSet(
            name: "operands", threshold: 65536, stencils: ["LOAD_SLOT", "CONSTANT_32", "CONSTANT_64", "MOVE_SLOT"]),
        GoldenSet(name: "control", threshold: 65536, stencils: ["GUARD", "ADD_CHECKED"]),
        GoldenSet(name: "data", threshold: 65536, stencils: ["HALVE", "CALL_HELPER"]),
    ]

    static let folder = Checkout.tests.appendingPathComponent("Golden")
    var source: URL { Self.folder.appendingPathComponent("\(name).c") }
    var golden: URL { Self.folder.appendingPathComponent("\(name).txt") }

    /// Plain stencils: without the sections a block that stencilgen asks for.
    var flags: [String] {
        [
            "--target=\(StencilTarget.x86_64.triple)", "-O2", "-ffreestanding", "-fno-pic", "-mcmodel=medium",
            "-mlarge-data-threshold=\(threshold)", "-ffunction-sections", "-fno-asynchronous-unwind-tables",
            "-fno-stack-protector", "-fno-ident", "-Wall", "-Werror",
        ]
    }

    /// What the toolchain's clang makes of it.
    func object() throws -> Object {
        let directory = try TemporaryDirectory()
        return try #require(Toolchain.found).compiler.compile(
            try String(contentsOf: source, encoding: .utf8), name: "\(name).c", flags: flags, includes: [],
            directory: directory.url)
    }
}

/// Goldens are rewritten, and the run turns red, where UOPJIT_UPDATE_GOLDENS is 1.
@Suite(.enabled(if: Toolchain.found != nil, Toolchain.missing)) struct GoldenTests {
    private static let updates = ProcessInfo.processInfo.environment["UOPJIT_UPDATE_GOLDENS"] == "1"

    @Test(arguments: GoldenSet.all) func stencilsAreTheGoldenOnes(_ set: GoldenSet) throws {
        let compiler = try #require(Toolchain.found).compiler
        let found = GoldenListing(try set.object(), compiler: compiler.identity, flags: set.flags)
        #expect(Set(set.stencils).isSubset(of: found.holes.keys))
        if Self.updates {
            try found.text.write(to: set.golden, atomically: true, encoding: .utf8)
            Issue.record("\(set.golden.lastPathComponent) was rewritten: look at the difference, and run again without UOPJIT_UPDATE_GOLDENS")
            return
        }
        let text = try String(contentsOf: set.golden, encoding: .utf8)
        let golden = GoldenListing(text)
        #expect(golden.text == text, "the file is no listing")
        #expect(found.flags == golden.flags)
        if compiler.identity == golden.compiler {
            #expect(found.text == text)
        } else {
            print("golden \(set.name): of \(golden.compiler); this is \(compiler.identity), so only holes are compared")
        }
        #expect(found.holes == golden.holes)
    }

    /// The talk's table: 38 bytes, two holes.
    @Test func loadFastIsTheTalks() throws {
        let object = try #require(GoldenSet.all.first { $0.name == "talk" }).object()
        let symbol = try #require(object.symbols.first { $0.name == "LOAD_FAST" })
        let section = object.sections[try #require(symbol.section)]
        #expect(section.contents.count == 38)
        let holes = section.relocations.map {
            "0x\(hexadecimal($0.offset, digits: 2)) \($0.type.name) \(object.symbols[$0.symbol].name) \($0.addend)"
        }
        #expect(holes == ["0x02 R_X86_64_64 OPARG 0", "0x22 R_X86_64_PLT32 continuation -4"])
    }

    /// Another clang's listing, in which only places differ, has the same holes; one with another
    /// kind, target or addend has not.
    @Test(arguments: GoldenSet.all) func holesAreComparedWithoutTheirPlaces(_ set: GoldenSet) throws {
        let golden = GoldenListing(try String(contentsOf: set.golden, encoding: .utf8))
        for part in golden.parts.indices {
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
