import Foundation
import Testing

/// BF programs of other people. They are no part of the package: a folder beside it has them, or they are
/// left out.
enum BFCorpus {
    /// Another folder may be named by the environment.
    static let folder =
        ProcessInfo.processInfo.environment["UOPJIT_CORPUS"].map { URL(fileURLWithPath: $0) }
        ?? Command.package.deletingLastPathComponent().appendingPathComponent("shared/corpus/bf")
    static let isThere = FileManager.default.fileExists(atPath: folder.path)
    static let slowIsWanted = ProcessInfo.processInfo.environment["UOPJIT_SLOW_TESTS"] == "1"

    /// More than a second in some engine even when built for release.
    static let slowNames: Set = ["dbfi", "factor", "hanoi", "kostya-bench", "mandelbrot", "rd-EasyOpt"]

    /// The names without `.b`; empty where there is no folder.
    static let names: [String] = {
        let files = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        return files.filter { $0.hasSuffix(".b") }.map { String($0.dropLast(2)) }.sorted()
    }()
}

/// The programs of the corpus write what they must, byte for byte.
struct BFCorpusTests {
    @Test(
        .enabled(if: BFCorpus.isThere, "no BF corpus at \(BFCorpus.folder.path)"),
        arguments: BFCorpus.names.filter { !BFCorpus.slowNames.contains($0) },
        BFVariant.all)
    func quick(name: String, variant: BFVariant) throws { try check(name, variant) }

    @Test(
        .enabled(if: BFCorpus.isThere, "no BF corpus at \(BFCorpus.folder.path)"),
        .enabled(if: BFCorpus.slowIsWanted, "UOPJIT_SLOW_TESTS=1 runs the slow programs, best in release"),
        arguments: BFCorpus.names.filter { BFCorpus.slowNames.contains($0) }, BFVariant.all)
    func slow(name: String, variant: BFVariant) throws { try check(name, variant) }

    /// The folder is there, but nothing of it was tested: that is a mistake in the lists above.
    @Test(.enabled(if: BFCorpus.isThere, "no BF corpus at \(BFCorpus.folder.path)"))
    func somethingIsTested() {
        #expect(BFCorpus.names.count { !BFCorpus.slowNames.contains($0) } >= 20)
        #expect(BFCorpus.slowNames.subtracting(BFCorpus.names).isEmpty, "a slow program that does not exist")
    }

    private func check(_ name: String, _ variant: BFVariant) throws {
        func contents(_ kind: String) throws -> [UInt8]? {
            let file = BFCorpus.folder.appendingPathComponent("\(name).\(kind)")
            return FileManager.default.fileExists(atPath: file.path) ? Array(try Data(contentsOf: file)) : nil
        }
        let expected = try #require(try contents("out"), "\(name).out is missing")
        let program = BFCorpus.folder.appendingPathComponent("\(name).b").path
        let result = try Command.run(variant.options + [program], input: try contents("in") ?? [])
        #expect(result.status == 0 && result.errors.isEmpty, "\(result.errors)")
        #expect(result.bytes == expected)
    }
}
