import Foundation
import StencilGenCore
import Testing

/// What a program answers to --version, and whether it is fit.
struct FakeClang: CustomTestStringConvertible, Sendable {
    let answer: String
    let message: String
    var testDescription: String { answer }

    static let refused = [
        FakeClang(answer: "Debian clang version 14.0.6", message: "is clang 14 (Debian clang version 14.0.6); stencils need 19 or newer"),
        FakeClang(answer: "clang version 18.1.8", message: "is clang 18"),
        FakeClang(answer: "gcc (Debian 12.2.0) 12.2.0", message: "expected a clang"),
        FakeClang(answer: "clang version ", message: "expected a clang"),
    ]

    /// A program at a path of its own; `status` is what it ends with.
    func install(in directory: TemporaryDirectory, status: Int = 0) throws -> URL {
        let url = directory.url.appendingPathComponent("clang")
        try "#!/bin/sh\necho '\(answer)'\nexit \(status)\n".write(to: url, atomically: false, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: url.path)
        return url
    }
}

@Suite struct CompilerTests {
    @Test(arguments: FakeClang.refused) func unfitClangIsRefused(_ fake: FakeClang) throws {
        let directory = try TemporaryDirectory()
        let url = try fake.install(in: directory)
        let error = try #require(throws: StencilGenError.self) {
            _ = try Compiler.find(given: url.path, directory: directory.url)
        }
        #expect(error.kind == .noCompiler && error.place == url.path)
        #expect(error.message.contains(fake.message), "\(error)")
        #expect(error.remedy.contains("--clang"))
    }

    @Test(arguments: [("clang version 19.1.7", 19), ("Debian clang version 21.0.0 (x)", 21), ("Apple clang version 100.2", 100)])
    func fitClangIsTaken(answer: String, version: Int) throws {
        let directory = try TemporaryDirectory()
        let url = try FakeClang(answer: answer, message: "").install(in: directory)
        let compiler = try Compiler.find(given: url.path, directory: directory.url)
        #expect(compiler.version == version && compiler.identity == answer && compiler.executable == url)
    }

    @Test func failingClangIsRefused() throws {
        let directory = try TemporaryDirectory()
        let url = try FakeClang(answer: "clang version 21.0.0", message: "").install(in: directory, status: 1)
        let error = try #require(throws: StencilGenError.self) { _ = try Compiler(at: url, directory: directory.url) }
        #expect(error.kind == .noCompiler)
    }

    @Test func missingClangIsAnError() throws {
        let directory = try TemporaryDirectory()
        let url = directory.url.appendingPathComponent("no-clang")
        let error = try #require(throws: StencilGenError.self) { _ = try Compiler(at: url, directory: directory.url) }
        #expect(error.place == url.path && error.message.contains("could not be run"))
    }
}
