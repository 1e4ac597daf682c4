import Foundation
import Testing
import UopRuntime
import UopTestSupport

@testable import UopVM

/// Machine code may be left at every exit, and the interpreter goes on from there to the same end.
struct LeavingTests {
    private static let examples = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../Examples").standardizedFileURL

    /// Leaves at each place where a program's machine code may leave once, the first time that it is passed: where a uop
    /// was repeated, its exit has several.
    ///
    /// - Returns: what was different, and at how many places machine code was left.
    private func leaveEverywhere(_ program: VerifiedProgram) throws -> (differences: [String], left: Int) {
        var options = Execution.Options()
        options.fuel = 2_000
        func execution() throws -> Execution {
            try Execution(
                program, library: BaseSet.library, helpers: FuzzHelpers(program: program.program, interrupt: {}).all,
                options: options)
        }
        let reference = try execution()
        let expected = try reference.run(.interpreter)
        var differences: [String] = []
        var left = 0
        for point in 0..<(try execution().prepared().exitPointCount) {
            let leaving = try execution()
            leaving.compilation.forcedPoint = point
            let result = try leaving.run(.jit)
            if leaving.hasResumed { left += 1 }
            var comparison = Comparison(program: program)
            comparison.compare(result, expected)
            comparison.compare(leaving.machine.state, reference.machine.state)
            differences += comparison.differences.map { "left at place \(point): \($0)" }
        }
        return (differences, left)
    }

    @Test func examples() throws {
        let names = try FileManager.default.contentsOfDirectory(atPath: Self.examples.path).filter { $0.hasSuffix(".uops") }
        #expect(names.count > 5)
        for name in names.sorted() {
            let bytes = Array(try Data(contentsOf: Self.examples.appending(path: name)))
            let program = try Program(parsing: bytes, catalog: BaseSet.catalog).verified(catalog: BaseSet.catalog)
            let (differences, left) = try leaveEverywhere(program)
            #expect(differences == [], "\(name)")
            #expect(left > 0, "\(name)")
        }
    }

    @Test func randomPrograms() throws {
        let seed: UInt64 = 20_261_121
        let programs = RandomPrograms(traits: try UopTraits(BaseSet.library), seed: seed)
        var left = 0
        for index in 0..<40 {
            let program = try programs[index].program.verified(catalog: BaseSet.catalog)
            let found = try leaveEverywhere(program)
            left += found.left
            guard found.differences.isEmpty else {
                Issue.record("program \(index) of seed \(seed): \(found.differences)\n\(programs[index].text(catalog: BaseSet.catalog))")
                return
            }
        }
        #expect(left > 100)
    }
}
