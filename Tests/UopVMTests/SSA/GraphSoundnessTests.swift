import Foundation
import Testing
import UopRuntime
import UopTestSupport

@testable import UopVM

/// Graphs of all kinds of programs keep the rules that `GraphVerifier` states.
struct GraphSoundnessTests {
    private static let examples = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../../Examples").standardizedFileURL

    private static func exampleNames() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: examples.path).filter { $0.hasSuffix(".uops") }.sorted()
    }

    @Test func examples() throws {
        let names = try Self.exampleNames()
        #expect(names.count > 5)
        for name in names {
            let bytes = Array(try Data(contentsOf: Self.examples.appending(path: name)))
            let program = try Program(parsing: bytes, catalog: BaseSet.catalog).verified(catalog: BaseSet.catalog)
            var builder = GraphBuilder(BaseSet.catalog)
            #expect(try problems(program, &builder) == [], "\(name)")
        }
    }

    @Test func randomPrograms() throws {
        let seed: UInt64 = 20_260_301
        let traits = try UopTraits(BaseSet.library)
        let programs = RandomPrograms(traits: traits, seed: seed)
        // One builder for all: what one region leaves behind must not show in the next.
        var builder = GraphBuilder(BaseSet.catalog)
        for index in 0..<800 {
            let program = try programs[index].program.verified(catalog: BaseSet.catalog)
            for countsFuel in [true, false] {
                var options = LoweringOptions()
                options.countsFuel = countsFuel
                options.counts = index % 8 == 0
                let found = try problems(program, &builder, options)
                guard found.isEmpty else {
                    let text = programs[index].text(catalog: BaseSet.catalog)
                    Issue.record("program \(index) of seed \(seed): \(found)\n\(text)")
                    return
                }
            }
        }
    }

    private func problems(
        _ program: VerifiedProgram, _ builder: inout GraphBuilder, _ options: LoweringOptions = LoweringOptions()
    ) throws -> [String] {
        let set = try program.regions(options)
        var graph = Graph()
        for region in set.regions {
            guard builder.build(region, program: program, layout: set.layout, into: &graph) else { return ["too large"] }
            let found = graph.verify(shapes: program.catalog.shapes)
            if !found.isEmpty { return found + [graph.text(of: program, layout: set.layout)] }
        }
        return []
    }
}
