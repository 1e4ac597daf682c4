import Foundation
import ObjectFiles
import StencilGenCore
import Testing

/// A file of stencils in plain C, without the pages of instruction sets: as people write them who compile for one system.
struct PlainGoldenSet: CustomTestStringConvertible, Sendable {
    let name: String
    /// Above how many bytes a symbol gets 64-bit holes.
    let threshold: Int
    let stencils: [String]
    var testDescription: String { name }

    static let all = [
        PlainGoldenSet(name: "talk", threshold: 0, stencils: ["LOAD_FAST"]),
        PlainGoldenSet(
            name: "operands", threshold: 65536, stencils: ["LOAD_SLOT", "CONSTANT_32", "CONSTANT_64", "MOVE_SLOT"]),
        PlainGoldenSet(name: "control", threshold: 65536, stencils: ["GUARD", "ADD_CHECKED"]),
        PlainGoldenSet(name: "data", threshold: 65536, stencils: ["HALVE", "CALL_HELPER"]),
    ]

    static let folder = Checkout.tests.appendingPathComponent("Golden/plain")
    var source: URL { Self.folder.appendingPathComponent("\(name).c") }

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
