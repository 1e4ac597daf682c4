import Foundation
import StencilGenCore
import Testing

/// The command as a person runs it, on a set of one uop.
@Suite(.serialized, .enabled(if: Toolchain.found != nil, Toolchain.missing)) struct CommandTests {
    private let folder: TemporaryDirectory

    init() throws {
        folder = try TemporaryDirectory()
        let set = folder.url.appendingPathComponent("Set")
        try FileManager.default.createDirectory(at: set, withIntermediateDirectories: true)
        try """
        #include "UopDefine.h"
        UOP(_DOUBLE, IN(I64 value), OUT(I64 result), OPERANDS(), FLAGS(PURE, EXITS), "Twice the value.")
        {
            if (RARELY(__builtin_add_overflow(value, value, result))) EXIT();
        }

        """.write(to: set.appendingPathComponent("Set.c"), atomically: false, encoding: .utf8)
    }

    /// Beside the bundle that holds the tests: SwiftPM builds both into one folder.
    private static func binary() throws -> URL {
        let bundles = Bundle.allBundles.map(\.bundleURL).filter { $0.pathExtension == "xctest" }
        let places = bundles + [URL(fileURLWithPath: CommandLine.arguments[0]), Bundle.main.bundleURL.appendingPathComponent("tests")]
        let binaries = places.map { $0.deletingLastPathComponent().appendingPathComponent("stencilgen") }
        return try #require(binaries.first { FileManager.default.isExecutableFile(atPath: $0.path) })
    }

    private func run(_ arguments: String...) throws -> ProcessResult {
        let compiler = try #require(Toolchain.found).compiler.executable.path
        let all =
            ["--set", "Set", "--out", "Out", "--name", "one", "--cache", "Cache", "--clang", compiler, "--include", Checkout.headers.path]
        return try runProcess(try Self.binary(), all + arguments, directory: folder.url)
    }

    private var table: URL { folder.url.appendingPathComponent("Out/generated/one.x86_64_v3.c") }

    /// Changes the first number that is not 0 in an array of the table.
    private static func damaged(_ text: String, _ array: String) throws -> String {
        let start = try #require(text.range(of: array + "[")).upperBound
        let body = try #require(text.range(of: "= {\n", range: start..<text.endIndex)).upperBound
        let digit = try #require(text[body...].firstIndex { "123456789abcdef".contains($0) })
        let other: Character = text[digit] == "1" ? "2" : "1"
        return String(text[..<digit]) + String(other) + String(text[text.index(after: digit)...])
    }

    /// Whatever is changed in the committed tables, a byte of a template, a mask, or what says which is whose, the
    /// check ends with status 1 and names the file.
    @Test func damageOfATableEndsTheCheckWithStatus1() throws {
        let first = try run()
        #expect(first.status == 0 && first.output.contains("wrote "), "\(first.errors)")
        let sound = try String(contentsOf: table, encoding: .utf8)
        for array in ["chunks", "masks", "maskRows", "variants", "forms", "templates", "holes", "operations"] {
            try Self.damaged(sound, array).write(to: table, atomically: true, encoding: .utf8)
            let check = try run("--check")
            #expect(check.status == 1 && check.output.contains("one.x86_64_v3.c"), "\(array): \(check.output) \(check.errors)")
        }
        try sound.write(to: table, atomically: true, encoding: .utf8)
        let again = try run("--check")
        #expect(again.status == 0 && again.output.contains("files are up to date"))
    }

    /// Unchanged inputs are answered from the cache; whatever changed in definitions or tables is looked at anew.
    @Test func unchangedInputsAreKnown() throws {
        let known = "known from an earlier run"
        #expect(try run().status == 0)
        let second = try run("--check")
        #expect(second.status == 0 && second.output.contains(known))
        #expect(try run("--check", "--ignore-cache").output.contains(known) == false)
        let source = folder.url.appendingPathComponent("Set/Set.c")
        let text = try String(contentsOf: source, encoding: .utf8)
        try text.replacing("Twice", with: "Two times").write(to: source, atomically: true, encoding: .utf8)
        let changed = try run("--check")
        #expect(changed.status == 1 && !changed.output.contains(known))
        try text.write(to: source, atomically: true, encoding: .utf8)
        #expect(try run("--check").output.contains(known))
        // Clang's code is remembered apart; what is damaged there is compiled again.
        let cache = folder.url.appendingPathComponent("Cache")
        for damages in [false, true] {
            for name in try FileManager.default.contentsOfDirectory(atPath: cache.path) {
                let file = cache.appendingPathComponent(name)
                if name.hasPrefix("proven-") { try FileManager.default.removeItem(at: file) }
                guard damages, name.hasPrefix("code-") else { continue }
                var data = try Data(contentsOf: file)
                data[data.count / 2] ^= 1
                try data.write(to: file)
            }
            let check = try run("--check")
            #expect(check.status == 0 && !check.output.contains(known), "\(check.output) \(check.errors)")
        }
        // An error is nothing to remember.
        try text.replacing("EXITS", with: "JUMPS").write(to: source, atomically: true, encoding: .utf8)
        for _ in 0..<2 { #expect(try run("--check").status == 1) }
    }

    @Test func formsAreListedAndShown() throws {
        let list = try run("--list", "--sizes")
        #expect(list.status == 0, "\(list.errors)")
        let totals = "x86-64-v3: 2 forms (1 with registers: 81 assignments)"
        for part in ["x86-64\n", "x86-64-v3\n", "_DOUBLE (frame)", "_DOUBLE (ii)", totals] {
            #expect(list.output.contains(part), "\(part): \(list.output)")
        }
        #expect(try run("--list", "--sizes", "--level", "x86-64").output.contains("v3") == false)
        #expect(try run("--list", "--level", "x86-64-v9").status == 64)
        let show = try run("--show", "_DOUBLE")
        let parts = ["UOP_REGISTER_STENCIL(variant)", "axis 0, result:", "axis 1, value:", "xor for r13", "of 81 assignments"]
        for part in parts {
            #expect(show.output.contains(part), "\(part): \(show.output) \(show.errors)")
        }
    }
}
