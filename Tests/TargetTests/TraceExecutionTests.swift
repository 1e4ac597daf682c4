import CStencils
import EmulationSupport
import Foundation
import Testing
import UopRuntime
import UopTestSupport
import UopVM

/// Code of every target, executed by its processor or by qemu in its place, beside the interpreter here.
@Suite struct TraceExecutionTests {
    /// How many random programs a target runs: `UOP_TARGET_PROGRAMS` says more.
    private static let programCount = ProcessInfo.processInfo.environment["UOP_TARGET_PROGRAMS"].flatMap(Int.init) ?? 150

    /// The number of the first program, to look at one: `UOP_TARGET_FIRST`.
    private static let first = ProcessInfo.processInfo.environment["UOP_TARGET_FIRST"].flatMap(Int.init) ?? 0

    @Test(.enabled(if: EmulatedTarget.isAnyAvailable, EmulatedTarget.nothing), arguments: EmulatedTarget.available)
    func randomProgramsAgree(_ target: EmulatedTarget) throws {
        let seed: UInt64 = 20_261_122
        let bench = try TargetBench(target)
        let traits = try unsafe UopTraits(StencilLibrary([uop_base_stencils()]))
        var setup = CheckedRun.Setup(catalog: traits.catalog, library: bench.library)
        unsafe setup.compiler = bench.compiler
        var campaign = FuzzCampaign(traits, setup, seed: seed, first: Self.first)
        while campaign.coverage.programs < Self.programCount {
            if let finding = campaign.step() {
                Issue.record("program \(finding.index) of seed \(seed): \(finding.report)\n\(finding.reproducer)")
                return
            }
        }
        print("execution \(target.name): \(campaign.coverage.programs) random programs, \(campaign.coverage.traces) traces, 0 differences")
    }
}

/// A compiler for a target, and the processor that executes what it makes.
struct TargetBench {
    let processor: EmulatedProcessor
    let library: StencilLibrary
    let compiler: JITCompiler

    init(_ target: EmulatedTarget) throws {
        let processor = try EmulatedProcessor(target)
        self.processor = processor
        library = try unsafe StencilLibrary([uop_base_stencils()], for: target.isa, convention: target.convention) { processor.address(of: $0) }
        compiler = try JITCompiler(library, on: processor)
    }
}

extension EmulatedTarget {
    static let available = all.filter(\.isAvailable)
    static let isAnyAvailable = !available.isEmpty
    static let nothing = Comment(rawValue: "nothing can be executed: " + all.compactMap(\.missing).joined(separator: "; "))
}
extension EmulatedTarget: CustomTestStringConvertible { public var testDescription: String { name } }
