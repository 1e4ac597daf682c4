import CStencils
public import UopRuntime
public import UopVM

/// Runs random programs until one shows a difference between the engines.
public struct FuzzCampaign {
    /// A program on which something is wrong.
    public struct Finding: Sendable {
        /// The program's number; with the seed it names the program.
        public let index: Int
        /// The smallest program that was found to show it, as a `.uops` file.
        public let reproducer: String
        /// What differs.
        public let report: String
    }

    /// The traces of how many programs were run, and what they did.
    public private(set) var coverage: Coverage
    private let programs: RandomPrograms
    private let setup: CheckedRun.Setup
    /// For some programs: each pass must leave graphs that keep the rules.
    private let watching: CheckedRun.Setup
    /// One program in so many is one of them: it takes several times as long.
    static let watchedEvery = 8
    private var next: Int

    /// - Parameters:
    ///   - first: the number of the first program.
    ///   - disabledPasses: passes that are left out.
    /// - Throws: where the library lacks uops that every program needs.
    public init(
        _ library: StencilLibrary, seed: UInt64, first: Int = 0, disabledPasses: Set<PassName> = []
    ) throws {
        let traits = try UopTraits(library)
        var setup = CheckedRun.Setup(traits)
        setup.disabledPasses = disabledPasses
        self.init(traits, setup, seed: seed, first: first)
    }

    package init(_ traits: UopTraits, _ setup: CheckedRun.Setup, seed: UInt64, first: Int = 0) {
        coverage = Coverage(traits.catalog, hasAllPasses: setup.disabledPasses.isEmpty)
        programs = RandomPrograms(traits: traits, seed: seed)
        self.setup = setup
        watching = setup.watchingGraphs
        next = first
    }

    /// The number of the program that runs next.
    public var nextIndex: Int { next }

    /// The text of the program that runs next.
    public var nextProgram: String { programs[next].text(catalog: setup.catalog) }

    /// Makes and runs one program; gives what is wrong with it, made small.
    public mutating func step() -> Finding? {
        let item = programs[next]
        let index = next
        next += 1
        do throws(CheckedRun.Failure) {
            coverage.add(item.program, try CheckedRun(item, setup(index)))
            return nil
        } catch {
            return finding(index, item, error)
        }
    }

    private func setup(_ index: Int) -> CheckedRun.Setup { index % Self.watchedEvery == 0 ? watching : setup }

    private func finding(_ index: Int, _ item: RandomPrograms.Item, _ failure: CheckedRun.Failure) -> Finding {
        let setup = setup(index)
        var shrinker = Shrinker(item, setup)
        let (smallest, last) = shrinker.run(failure)
        return Finding(index: index, reproducer: smallest.text(catalog: setup.catalog, disabledPasses: setup.disabledPasses), report: last.description)
    }

    /// Runs one `.uops` file that an earlier finding left; gives what is wrong, or nil.
    ///
    /// - Parameters:
    ///   - fuel: back edges that may be taken.
    ///   - countsStatements: whether statements are counted while the engines are compared.
    ///   - repeatsWithoutFuel: whether a run that ends by itself is repeated without counting fuel.
    ///   - keepsMoves: whether uops that only move words become code.
    ///   - disabledPasses: passes that are left out.
    /// - Throws: `InvalidInput` where the text is no program.
    public static func replay(
        _ text: String, _ library: StencilLibrary, fuel: Int64, countsStatements: Bool, repeatsWithoutFuel: Bool,
        keepsMoves: Bool, disabledPasses: Set<PassName> = []
    ) throws -> String? {
        var setup = CheckedRun.Setup(catalog: UopCatalog(library), library: library)
        setup.disabledPasses = disabledPasses
        let mode = RunMode(
            fuel: fuel, countsInCheck: countsStatements, repeatsWithoutFuel: repeatsWithoutFuel, keepsMoves: keepsMoves)
        let item = RandomPrograms.Item(program: try Program(parsing: text, catalog: setup.catalog), mode: mode)
        do throws(CheckedRun.Failure) {
            _ = try CheckedRun(item, setup.watchingGraphs)
            return nil
        } catch { return error.description }
    }
}
