import Foundation
import StencilGenCore
import Testing

/// An edit of a generated file, and whether it is a difference.
struct Edit: CustomTestStringConvertible, Sendable {
    let name: String
    let file: String
    let from: String
    let to: String
    /// The line of the difference, or nil where there is none.
    let line: Int?
    var testDescription: String { name }

    static let text = """
        // Generated.
        static const uint8_t code[] = {
            0x48,0x01,0xc8, // addq %rcx, %rax
            0x0f,0x80,
        };
        const char *compiler = "clang (https://github.com/llvm 1)"; // who
        """

    static let all = [
        Edit(name: "a byte", file: "a.c", from: "0x01", to: "0x03", line: 3),
        Edit(name: "a byte without its comment", file: "a.h", from: "0x80", to: "0x81", line: 4),
        Edit(name: "a byte more", file: "a.c", from: "0x80,", to: "0x80,0x00,", line: 4),
        Edit(name: "behind slashes in a string", file: "a.c", from: "llvm 1", to: "llvm 2", line: 6),
        Edit(name: "white space in a string", file: "a.c", from: "llvm 1", to: "llvm  1", line: 6),
        Edit(name: "a comment", file: "a.c", from: "addq", to: "add", line: nil),
        Edit(name: "a comment behind a string", file: "a.c", from: "// who", to: "// what", line: nil),
        Edit(name: "white space", file: "a.c", from: "0x48,0x01", to: "0x48,  0x01", line: nil),
        Edit(name: "a line break", file: "a.c", from: "0x01,0xc8", to: "0x01,\n0xc8", line: nil),
        Edit(name: "a comment of a document", file: "a.md", from: "addq", to: "add", line: 3),
        Edit(name: "white space of a document", file: "a.md", from: "0x48,0x01", to: "0x48, 0x01", line: 3),
    ]
}

@Suite struct OutputTests {
    @Test(arguments: Edit.all) func differencesAreWhatCounts(_ edit: Edit) throws {
        let directory = try TemporaryDirectory()
        let url = directory.url.appendingPathComponent("sub/" + edit.file)
        let output = Output(files: [(url, Edit.text)])
        #expect(try output.write() == [url])
        #expect(output.differences().isEmpty)
        let edited = Edit.text.replacing(edit.from, with: edit.to)
        #expect(edited != Edit.text)
        try edited.write(to: url, atomically: true, encoding: .utf8)
        let found = output.differences()
        if let line = edit.line {
            #expect(found.map(\.url) == [url])
            #expect(found.first?.text.contains("- \(line): ") == true && found.first?.text.contains("+ \(line): ") == true)
        } else {
            #expect(found.isEmpty)
        }
    }

    @Test func missingFileIsADifference() throws {
        let directory = try TemporaryDirectory()
        let url = directory.url.appendingPathComponent("a.c")
        let found = Output(files: [(url, "int x;\n")]).differences()
        #expect(found.map(\.url) == [url] && found.first?.text.contains("missing") == true)
    }

    @Test func onlyWhatChangedIsWritten() throws {
        let directory = try TemporaryDirectory()
        let (a, b) = (directory.url.appendingPathComponent("a.c"), directory.url.appendingPathComponent("b.c"))
        #expect(try Output(files: [(a, "1"), (b, "2")]).write() == [a, b])
        #expect(try Output(files: [(a, "1"), (b, "3")]).write() == [b])
        #expect(try Output(files: [(a, "1"), (b, "3")]).write() == [])
        #expect(try String(contentsOf: b, encoding: .utf8) == "3")
    }

    @Test func compilerIsReadFromTheHeader() throws {
        let directory = try TemporaryDirectory()
        let url = directory.url.appendingPathComponent("a.c")
        let output = Output(files: [(url, "// Generated.\n// Target: t\n// Compiler: clang version 21.0.0 (x)\n\nint x;\n")])
        #expect(output.compilerOnDisk() == nil)
        _ = try output.write()
        #expect(output.compilerOnDisk() == "clang version 21.0.0 (x)")
    }
}
