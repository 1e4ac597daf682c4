import CStencils
import EmulationSupport
import Foundation
import Testing
import UopRuntime
import UopVM

/// The examples' traces on every target, compared with the interpreter here.
@Suite struct ExampleExecutionTests {
    private static let folder = URL(fileURLWithPath: #filePath).appendingPathComponent("../../../Examples").standardizedFileURL

    @Test(.enabled(if: EmulatedTarget.isAnyAvailable, EmulatedTarget.nothing), arguments: EmulatedTarget.available)
    func examplesAgree(_ target: EmulatedTarget) throws {
        let bench = try TargetBench(target)
        let catalog = UopCatalog(bench.library)
        let files = try FileManager.default.contentsOfDirectory(atPath: Self.folder.path).filter { $0.hasSuffix(".uops") }.sorted()
        for file in files {
            let text = try String(contentsOf: Self.folder.appendingPathComponent(file), encoding: .utf8)
            let program = try Program(parsing: text, catalog: catalog)
            let execution = try Execution(
                program.verified(catalog: catalog), library: bench.library,
                helpers: program.helpers.map { Self.helper($0) }, compiler: bench.compiler, options: Self.options)
            let result = try execution.run(.check)
            #expect(result.notice == nil, "\(file) on \(target.name)")
        }
        #expect(files.count >= 10)
        print("execution \(target.name): \(files.count) examples, 0 differences")
    }

    /// Examples that loop for long end by their fuel: what they have done by then is compared.
    private static var options: Execution.Options {
        var options = Execution.Options()
        options.fuel = 20_000
        return options
    }

    /// What a helper does is not what is tried here: it counts its calls.
    private static func helper(_ declaration: HelperDeclaration) -> Helper {
        var count: UInt64 = 0
        return Helper(declaration.name, declaration.parameters, result: declaration.result) { _ in
            count += 1
            return declaration.result == nil ? .done : .value(count)
        }
    }
}
