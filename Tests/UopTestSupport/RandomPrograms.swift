package import UopVM

/// Random programs that the verifier accepts, and how each is run.
package struct RandomPrograms: Sendable {
    package struct Item: Sendable {
        package var program: Program
        package var mode: RunMode

        package init(program: Program, mode: RunMode) {
            self.program = program
            self.mode = mode
        }

        /// A `.uops` file that says how it is run, too.
        package func text(catalog: UopCatalog, disabledPasses: Set<PassName> = []) -> String {
            let passes = disabledPasses.map(\.rawValue).sorted().map { " --no-pass \($0)" }.joined()
            return "# To run it: uopfuzz --replay FILE \(mode.options)\(passes)\n" + program.text(catalog: catalog)
        }
    }

    private let setup: CheckedRun.Setup
    private let traits: UopTraits
    private let seed: UInt64

    package init(traits: UopTraits, seed: UInt64) {
        self.traits = traits
        self.seed = seed
        setup = CheckedRun.Setup(traits)
    }

    /// The program with this number: it depends on the seed, the number and the catalog only.
    package subscript(index: Int) -> Item {
        if index % Self.tangledEvery == FuzzCampaign.watchedEvery, let item = tangled(index) { return item }
        var random = SeededGenerator(seed: seed, index: index)
        let mode = RunMode(
            fuel: Int64(10 + random.below(400)), countsInCheck: random.chance(4), repeatsWithoutFuel: random.chance(8),
            keepsMoves: random.chance(8))
        var writer = ProgramWriter(traits: traits, random: random)
        let program = writer.write()
        return Item(program: withoutIdleTraces(program, mode, &writer.random), mode: mode)
    }

    /// One program in so many is one whose jumps lead anywhere.
    private static let tangledEvery = 16

    /// Nil where the catalog lacks the uops of such programs, or none of a few is one that the verifier accepts.
    private func tangled(_ index: Int) -> Item? {
        for attempt in 0..<8 {
            let text = TangledProgram(seed: seed &+ UInt64(attempt), index: index).text
            guard let program = try? Program(parsing: text, catalog: traits.catalog) else { return nil }
            guard (try? program.verified(catalog: traits.catalog)) != nil else { continue }
            return Item(program: program, mode: RunMode(fuel: Int64(5 + index / 16 % 60), keepsMoves: index / 16 % 5 == 0))
        }
        return nil
    }

    /// The program without most of the traces that no exit leads to when it runs: what never runs tests little.
    private func withoutIdleTraces(_ program: Program, _ mode: RunMode, _ random: inout SeededGenerator) -> Program {
        // What is wrong with a program shows when it is checked.
        guard program.traces.count > 1, let counters = try? CheckedRun.countStatements(program, mode, setup) else {
            return program
        }
        var first = 0
        var idle: [Int] = []
        for (index, trace) in program.traces.enumerated() {
            let next = first + trace.statements.count
            if counters[first..<next].allSatisfy({ $0 == 0 }), random.percent(92) { idle.append(index) }
            first = next
        }
        guard !idle.isEmpty else { return program }
        var editable = EditableProgram(program)
        for index in idle.reversed() { editable.removeTrace(index, leadingTo: .exit(random.below(program.exits.count))) }
        return editable.program(traits.catalog)
    }
}

/// How a program is run.
package struct RunMode: Hashable, Sendable {
    /// Back edges that may be taken: every program ends.
    package var fuel: Int64
    /// Whether the engines that are compared count statements, too. Most often they do not, because counting
    /// parts uops that compilation treats together.
    package var countsInCheck = false
    /// Whether a run that ends by itself is repeated without counting fuel, which takes other polls.
    package var repeatsWithoutFuel = false
    /// Whether uops that only move words become code, as others do. Otherwise their stencils would never run.
    package var keepsMoves = false

    package init(fuel: Int64, countsInCheck: Bool = false, repeatsWithoutFuel: Bool = false, keepsMoves: Bool = false) {
        self.fuel = fuel
        self.countsInCheck = countsInCheck
        self.repeatsWithoutFuel = repeatsWithoutFuel
        self.keepsMoves = keepsMoves
    }

    /// The command's options that say the same.
    var options: String {
        "--fuel \(fuel)" + (countsInCheck ? " --count-statements" : "") + (repeatsWithoutFuel ? " --repeat-without-fuel" : "")
            + (keepsMoves ? " --keep-moves" : "")
    }
}
