import CStencils
import Foundation
import Testing

@testable import UopVM

/// A whole file that a page shows, between "```uops" and "```".
struct DocumentedExample: CustomTestStringConvertible, Sendable {
    let page: String
    let number: Int
    let text: String
    var testDescription: String { "\(page), example \(number)" }

    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    /// Nothing where the page is missing; the tests say how many there must be.
    static func examples(of page: String) -> [DocumentedExample] {
        let text = (try? String(contentsOf: root.appendingPathComponent(page), encoding: .utf8)) ?? ""
        return text.components(separatedBy: "```uops\n").dropFirst().enumerated().map { index, part in
            DocumentedExample(page: page, number: index + 1, text: part.components(separatedBy: "```")[0])
        }
    }

    static func text(of page: String) throws -> String {
        try String(contentsOf: root.appendingPathComponent(page), encoding: .utf8)
    }
}

/// What the pages show must be right, with the uops that there really are.
struct TextDocumentationTests {
    static let examples = ["docs/format.md", "README.md"].flatMap(DocumentedExample.examples)

    @Test func pagesHaveExamples() {
        #expect(DocumentedExample.examples(of: "docs/format.md").count >= 2)
        #expect(DocumentedExample.examples(of: "README.md").count >= 1)
    }

    @Test(arguments: examples)
    func exampleIsVerified(_ example: DocumentedExample) throws {
        let program = try BaseSet.program(example.text)
        #expect(try BaseSet.program(program.text(catalog: BaseSet.catalog)) == program)
        #expect(BaseSet.faults(program) == [])
    }

    /// Every example states what it does, and does it, in both engines.
    @Test(arguments: examples)
    func exampleDoesWhatItExpects(_ example: DocumentedExample) throws {
        let program = try BaseSet.program(example.text)
        var output = ""
        let printer = Helper("print_i64", [.I64]) {
            output += "\(Int64(bitPattern: $0[0]))\n"
            return .done
        }
        let execution = try BaseSet.execution(example.text, helpers: [printer])
        let result = try execution.run(.check)
        #expect(!program.expectations.isEmpty)
        for expectation in program.expectations {
            switch expectation.kind {
            case .local(let index, let word): #expect(execution.machine.local(index) == word)
            case .element(let buffer, let element, let word): #expect(execution.machine.element(element, of: buffer) == word)
            case .exit(let index): #expect(result.ending == .exit(index))
            case .output(let bytes): #expect(Array(output.utf8) == bytes)
            }
        }
    }

    /// The page names every option that an error names.
    @Test(arguments: TextLimitTests.rows.map(\.option) + ["--limit-errors"])
    func limitsAreDocumented(option: String) throws {
        #expect(try DocumentedExample.text(of: "docs/format.md").contains("`\(option)`"))
    }
}
