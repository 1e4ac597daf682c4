import BFFrontEnd
import BFTestSupport
import CStencils
import EmulationSupport
import Foundation
import Testing
import UopRuntime
import UopVM

/// BF programs on every target: what they write must be what they are known to write.
@Suite struct BFExecutionTests {
    /// Programs of other people, beside the package; those that take long in emulation are left out.
    private static let corpus =
        ProcessInfo.processInfo.environment["UOPJIT_CORPUS"].map { URL(fileURLWithPath: $0) }
        ?? URL(fileURLWithPath: #filePath).appendingPathComponent("../../../../shared/corpus/bf").standardizedFileURL
    private static let slowNames: Set = ["dbfi", "factor", "hanoi", "kostya-bench", "mandelbrot", "rd-EasyOpt"]
    /// What some of our own programs expect at the end of their input; the others, that the cell is unchanged.
    private static let endOfInput: [String: BFOptions.EndOfInput] = [
        "echo-minus-one.b": .minusOne, "echo-zero.b": .zero, "if-else.b": .zero, "division.b": .zero,
    ]
    private static let ownFolder = URL(fileURLWithPath: #filePath).appendingPathComponent("../../UopJITTests/BFPrograms").standardizedFileURL

    @Test(.enabled(if: EmulatedTarget.isAnyAvailable, EmulatedTarget.nothing), arguments: EmulatedTarget.available)
    func programsWriteWhatTheyMust(_ target: EmulatedTarget) throws {
        let processor = try EmulatedProcessor(target)
        let library = try unsafe StencilLibrary([uop_base_stencils()], for: target.isa, convention: target.convention)
        var names: [String] = []
        for folder in [Self.ownFolder, Self.corpus] {
            let files = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
            for file in files.sorted() where file.hasSuffix(".b") && !Self.slowNames.contains(String(file.dropLast(2))) {
                let program = folder.appendingPathComponent(file)
                let output = program.deletingPathExtension().appendingPathExtension("out")
                guard let expected = try? Data(contentsOf: output) else { continue }
                let input = (try? Data(contentsOf: program.deletingPathExtension().appendingPathExtension("in"))) ?? Data()
                let written = try run(Array(try Data(contentsOf: program)), input: Array(input), endOfInput: Self.endOfInput[file] ?? .unchanged, library, processor)
                #expect(written == Array(expected), "\(file) on \(target.name)")
                names.append(file)
            }
        }
        #expect(names.count >= 6)
        print("execution \(target.name): \(names.count) BF programs, 0 differences")
    }

    private func run(
        _ text: [UInt8], input: [UInt8], endOfInput: BFOptions.EndOfInput, _ library: StencilLibrary, _ processor: EmulatedProcessor
    ) throws -> [UInt8] {
        var output: [UInt8] = []
        var position = 0
        let streams = BFStreams(
            read: {
                guard position < input.count else { return .end }
                position += 1
                return .byte(input[position - 1])
            }, write: {
                output.append($0)
                // Nothing here writes so much: it would be without end.
                if output.count > 1 << 20 { fatalError("a BF program writes without end: \(String(decoding: text.prefix(60), as: UTF8.self)) \(output.prefix(40))") }
            })
        var options = BFOptions()
        options.endOfInput = endOfInput
        options.cellsLeft = 1 << 12
        options.cellsRight = 1 << 18
        let execution = try BFExecution(BFProgram(text, options: options), library: library, streams: streams)
        execution.processor = processor
        let result = try execution.run(.jit)
        #expect(result.ending == .finished && result.notice == nil, "\(result)")
        return output
    }
}
