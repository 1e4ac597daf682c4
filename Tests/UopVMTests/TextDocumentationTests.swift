import Foundation
import Testing

@testable import UopVM

/// docs/format.md shows whole files: they must be right.
struct TextDocumentationTests {
    @Test func examplesParse() throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let page = try String(contentsOf: root.appendingPathComponent("docs/format.md"), encoding: .utf8)
        let examples = page.components(separatedBy: "```uops\n").dropFirst().compactMap {
            $0.components(separatedBy: "```").first
        }
        #expect(examples.count >= 2)
        for example in examples {
            let program = try parse(example)
            #expect(try parse(print(program)) == program)
        }
    }

    /// The page names every option that an error names.
    @Test(arguments: TextLimitTests.rows.map(\.option) + ["--limit-errors"])
    func limitsAreDocumented(option: String) throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let page = try String(contentsOf: root.appendingPathComponent("docs/format.md"), encoding: .utf8)
        #expect(page.contains("`\(option)`"))
    }
}
