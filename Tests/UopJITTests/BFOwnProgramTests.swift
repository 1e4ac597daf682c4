import BFTestSupport
import Foundation
import Testing

/// Programs that were written for this purpose: each uses something that passes look for.
struct BFOwnProgramTests {
    /// A file, and how it is meant.
    struct Item: CustomTestStringConvertible, Sendable {
        var name: String
        var cellBits: Int
        var endOfInput: BFCase.EndOfInput

        var testDescription: String { "\(name), \(cellBits) bits" }

        /// What belongs to it, by the end of its name; one for each width where they differ.
        func contents(_ kind: String) throws -> [UInt8]? {
            for name in ["\(name).\(cellBits).\(kind)", "\(name).\(kind)"] {
                let file = BFOwnProgramTests.folder.appendingPathComponent(name)
                if FileManager.default.fileExists(atPath: file.path) { return Array(try Data(contentsOf: file)) }
            }
            return nil
        }
    }

    static let folder = Command.package.appendingPathComponent("Tests/UopJITTests/BFPrograms")

    static let all =
        [
            ("nested-loops", .unchanged), ("multiply-steps", .unchanged), ("scans", .unchanged), ("if-else", .zero),
            ("echo-zero", .zero), ("echo-unchanged", .unchanged), ("echo-minus-one", .minusOne),
            ("long-moves", .unchanged), ("constant-output", .unchanged), ("unbalanced", .unchanged),
            ("division", .zero), ("sierpinski", .unchanged), ("squares", .unchanged), ("widths", .unchanged),
        ].flatMap { name, endOfInput in
            // A step of three takes 2^32 iterations to come round, without passes.
            BFCase.widths.filter { name != "multiply-steps" || $0 != 32 }.map {
                Item(name: name, cellBits: $0, endOfInput: endOfInput)
            }
        } as [Item]

    @Test(arguments: all, BFVariant.all)
    func runs(item: Item, variant: BFVariant) throws {
        let result = try Command.run(
            variant.options + [
                "--cell-bits", "\(item.cellBits)", "--eof", item.endOfInput.rawValue,
                Self.folder.appendingPathComponent("\(item.name).b").path,
            ], input: try item.contents("in") ?? [])
        #expect(result.status == 0 && result.errors.isEmpty, "\(result.errors)")
        #expect(result.bytes == (try item.contents("out")))
    }

    /// What they must write is what the language says.
    @Test(arguments: all)
    func outputIsRight(item: Item) throws {
        let program = try #require(try item.contents("b"))
        let reference = ReferenceBF(
            BFCase(
                program, input: try item.contents("in") ?? [], cellBits: item.cellBits, endOfInput: item.endOfInput,
                cellsLeft: 1 << 16, cellsRight: 1 << 16, stepLimit: 10_000_000))
        #expect(reference.outcome.ending == .finished)
        #expect(reference.outcome.output == (try item.contents("out")))
    }

    /// No file of the folder is forgotten.
    @Test func allAreTested() throws {
        let files = try FileManager.default.contentsOfDirectory(atPath: Self.folder.path)
        let names = files.filter { $0.hasSuffix(".b") }.map { String($0.dropLast(2)) }
        #expect(Set(names) == Set(Self.all.map(\.name)) && names.count >= 12)
    }
}
