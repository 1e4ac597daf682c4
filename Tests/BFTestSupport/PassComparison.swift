package import BFFrontEnd

/// A random program and how it is run, and whether passes change what it shows.
package struct PassComparison {
    package var seed: UInt64
    package var text: [UInt8]
    package var options = BFOptions()
    private var input: [UInt8] = []

    /// Steps of the program as it was written; longer runs say nothing.
    private static let stepLimit = 4_000

    package init(seed: UInt64) {
        self.seed = seed
        text = RandomTapeText.text(seed: seed)
        options.hashIsDebug = true
        options.cellBits = [.bits8, .bits8, .bits16, .bits32][Int(seed >> 3 & 3)]
        options.endOfInput = BFOptions.EndOfInput.allCases[Int(seed % 3)]
        // Tapes so small that errors are frequent, and some where they are rare.
        options.cellsLeft = Int(seed / 5 % 7)
        options.cellsRight = 1 + Int(seed / 7 % 9)
        if seed % 4 == 0 { (options.cellsLeft, options.cellsRight) = (20, 40) }
        if seed % 16 == 1 { (options.cellsLeft, options.cellsRight) = (130, 130) }
        for index in 0..<Int(seed % 5) { input.append(UInt8(truncatingIfNeeded: (seed >> 5) &* 37 &+ UInt64(index))) }
    }

    private func region(foldsRuns: Bool) throws -> TapeRegion {
        var reader = BFReader(options)
        reader.foldsRuns = foldsRuns
        return try reader.read(text)
    }

    /// The run without passes, or nil where it takes too long to say anything.
    package func reference() throws -> TapeOutcome? {
        let outcome = TapeMachine.run(
            try region(foldsRuns: false), options, input: input, stepLimit: Self.stepLimit)
        return outcome.ending == .outOfSteps ? nil : outcome
    }

    /// The run with all passes but some.
    package func outcome(
        without disabled: Set<BFPassName>, _ optimizer: inout TapeOptimizer
    ) throws -> TapeOutcome {
        var region = try region(foldsRuns: !disabled.contains(.runs))
        optimizer.run(&region, disabled: disabled)
        return TapeMachine.run(region, options, input: input, stepLimit: 2 * Self.stepLimit)
    }

    /// The sets of passes that are left out, one after the other: none, each alone, and all but each.
    package static let choices: [Set<BFPassName>] = {
        let passes = BFPassName.allCases.filter { $0 != .registers }
        return [[]] + passes.map { [$0] } + passes.map { Set(passes).subtracting([$0]) }
    }()
}
