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
    /// - Parameter disabledPasses: without passes, each exit that the interpreter passes is one that machine code passes.
    /// - Returns: what was different; and by exit, whether machine code was left there.
    private func leaveEverywhere(
        _ program: VerifiedProgram, without disabledPasses: Set<PassName> = []
    ) throws -> (differences: [String], left: [Bool]) {
        var options = Execution.Options()
        options.fuel = 2_000
        options.disabledPasses = disabledPasses
        func execution() throws -> Execution {
            try Execution(
                program, library: BaseSet.library, helpers: FuzzHelpers(program: program.program, interrupt: {}).all,
                options: options)
        }
        let reference = try execution()
        let expected = try reference.run(.interpreter)
        var differences: [String] = []
        var left = [Bool](repeating: false, count: reference.regions.exits.count)
        let code = try execution().prepared()
        for point in 0..<code.exitPointCount {
            let leaving = try execution()
            leaving.compilation.forcedPoint = point
            let result = try leaving.run(.jit)
            if leaving.hasResumed, let exit = code.exitNumber(of: point) { left[exit] = true }
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
            #expect(left.contains(true), "\(name)")
            let plain = try leaveEverywhere(program, without: Set(PassName.allCases))
            #expect(plain.differences == [], "\(name)")
            // Every exit that is passed was left by.
            let passed = try exitsThatArePassed(program)
            #expect(plain.left == passed, "\(name)")
        }
    }

    /// By exit: whether the interpreter executes the uop that has it.
    private func exitsThatArePassed(_ program: VerifiedProgram) throws -> [Bool] {
        var options = Execution.Options()
        options.fuel = 2_000
        options.counts = true
        let counting = try Execution(
            program, library: BaseSet.library, helpers: FuzzHelpers(program: program.program, interrupt: {}).all,
            options: options)
        _ = try counting.run(.interpreter)
        var first = [0]
        for trace in program.program.traces { first.append(first[first.count - 1] + trace.statements.count) }
        return counting.regions.exits.map { exit in
            let statement = counting.regions.regions[exit.trace].instructions[exit.instruction].statement
            return counting.machine.counters[first[exit.trace] + Int(statement)] > 0
        }
    }

    @Test func randomPrograms() throws {
        let seed: UInt64 = 20_261_121
        let programs = RandomPrograms(traits: try UopTraits(BaseSet.library), seed: seed)
        var left = 0
        for index in 0..<40 {
            let program = try programs[index].program.verified(catalog: BaseSet.catalog)
            let found = try leaveEverywhere(program)
            left += found.left.count { $0 }
            guard found.differences.isEmpty else {
                Issue.record("program \(index) of seed \(seed): \(found.differences)\n\(programs[index].text(catalog: BaseSet.catalog))")
                return
            }
        }
        #expect(left > 100)
    }
}
