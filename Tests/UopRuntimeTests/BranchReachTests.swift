import CStencils
import Testing
import UopRuntime

/// Branches lead where they should, however far that is, on every instruction set.
@Suite(.enabled(if: hasForeignTables, foreignTablesMessage)) struct BranchReachTests {
    /// A branch that reaches less far than a jump, from its manual.
    struct Short: CustomTestStringConvertible, Sendable {
        let isa: UopISA
        let kind: UopHoleKind
        /// It leads from -reach to reach, exclusively.
        let reach: Int
        /// What its jump takes.
        let jumpSize: Int

        var testDescription: String { "\(isa.name), \(reach) bytes" }
    }

    static let shorts = [
        Short(isa: .AARCH64, kind: .branch14, reach: 1 << 15, jumpSize: 4),
        Short(isa: .AARCH64, kind: .branch19, reach: 1 << 20, jumpSize: 4),
        Short(isa: .RISCV64, kind: .riscvBranch12, reach: 1 << 12, jumpSize: 8),
        Short(isa: .POWERPC64LE, kind: .ppcRelative14, reach: 1 << 15, jumpSize: 4),
    ]

    static let isas: [UopISA] = [.X86_64, .X86_64_V3, .AARCH64, .I686, .RISCV64, .POWERPC64LE]

    /// Where in a step the first branch of a kind is that leads to a label.
    private static func place(in step: ForeignStep, of kind: UopHoleKind) throws -> Int {
        try Int(#require(step.holes.first { $0.kind == kind && ($0.target == .exit || $0.index == 1) }).offset)
    }

    // MARK: Forward

    /// Whether a forward branch has an island, for a distance.
    private func islandBytes(_ short: Short, forward distance: Int) throws -> Int {
        var region = try ForeignRegion(short.isa)
        let step = try region.leading(by: short.kind)
        let label = region.stream.makeLabel()
        let branch = try Self.place(in: step, of: short.kind)
        region.append(step, target: label, exit: label)
        region.fill(to: branch + distance)
        region.stream.bind(label)
        try region.leave()
        try region.finish()
        #expect(region.faults() == [])
        return region.islandBytes
    }

    @Test(arguments: shorts) func aNearLabelIsReachedDirectly(short: Short) throws {
        #expect(try islandBytes(short, forward: short.reach / 2) == 0)
    }

    /// Whether there is an island at these distances is the stream's choice.
    @Test(arguments: shorts, [-64, -12, -8, -4, 0]) func aLabelAtTheLimitIsReached(short: Short, difference: Int) throws {
        _ = try islandBytes(short, forward: short.reach + difference)
    }

    @Test(arguments: shorts, [4, 64, 70000]) func aLabelBeyondIsReachedByAnIsland(short: Short, difference: Int) throws {
        // The jump over it, and its one entry.
        #expect(try islandBytes(short, forward: short.reach + difference) == 2 * short.jumpSize)
    }

    // MARK: Backward

    /// Whether a branch to a label so far back leads there itself.
    private func isDirect(_ short: Short, backward distance: Int) throws -> Bool {
        var region = try ForeignRegion(short.isa)
        let step = try region.leading(by: short.kind)
        region.fill(100)
        let label = region.stream.makeLabelHere()
        region.fill(distance - (try Self.place(in: step, of: short.kind)))
        let place = try region.stream.position + Self.place(in: step, of: short.kind)
        region.append(step, target: label, exit: label)
        try region.leave()
        try region.finish()
        #expect(region.faults() == [])
        let wanted = region.stream.offset(of: label)
        #expect(place - wanted == distance)
        return BranchJudge(isa: short.isa, bytes: region.bytes).branch(at: place) == wanted
    }

    @Test(arguments: shorts) func aBoundLabelIsReachedUpToTheLimit(short: Short) throws {
        #expect(try isDirect(short, backward: short.reach))
    }

    @Test(arguments: shorts, [4, 5000]) func aBoundLabelBeyondIsReachedByAnIsland(short: Short, difference: Int) throws {
        #expect(try !isDirect(short, backward: short.reach + difference))
    }

    // MARK: Islands

    @Test(arguments: shorts) func manyLabelsShareAnIsland(short: Short) throws {
        var region = try ForeignRegion(short.isa)
        let step = try region.leading(by: short.kind)
        let labels = (0..<50).map { _ in region.stream.makeLabel() }
        for label in labels { region.append(step, target: label, exit: label) }
        region.fill(2 * short.reach)
        for label in labels {
            region.stream.bind(label)
            try region.leave()
        }
        try region.finish()
        #expect(region.faults() == [])
        // One island has room for most of them.
        #expect(51 * short.jumpSize...56 * short.jumpSize ~= region.islandBytes)
    }

    @Test(arguments: shorts) func branchesToOneLabelShareAnEntry(short: Short) throws {
        var region = try ForeignRegion(short.isa)
        let step = try region.leading(by: short.kind)
        let label = region.stream.makeLabel()
        for _ in 0..<50 { region.append(step, target: label, exit: label) }
        region.fill(2 * short.reach)
        region.stream.bind(label)
        try region.leave()
        try region.finish()
        #expect(region.faults() == [])
        #expect(region.islandBytes == 2 * short.jumpSize)
    }

    /// As many branches as there can be: then islands of full size come one after the other.
    @Test(arguments: shorts) func islandsHaveRoomWhereAllStepsBranch(short: Short) throws {
        var region = try ForeignRegion(short.isa)
        let steps = region.forms.filter { $0.leads(by: short.kind) }
        let step = try #require(steps.min { $0.hotSize < $1.hotSize })
        var labels: [Int] = []
        while region.stream.position < 3 * short.reach {
            labels.append(region.stream.makeLabel())
            region.append(step, target: labels[labels.count - 1], exit: labels[labels.count - 1])
        }
        for label in labels {
            region.stream.bind(label)
            try region.leave()
        }
        try region.finish()
        #expect(region.faults() == [])
    }

    /// An island may be due at any place; it is never put among the padding. (Power's clang puts a table behind each function, so
    /// that no stencil does nothing in a few bytes there.)
    @Test(arguments: [UopISA.AARCH64, .RISCV64]) func aLoopHeadIsAlignedBesideAnIsland(isa: UopISA) throws {
        let short = try #require(Self.shorts.first { $0.isa == isa })
        var region = try ForeignRegion(isa)
        let step = try region.leading(by: short.kind)
        var sizes: Set<Int> = []
        for place in stride(from: short.reach - 600, to: short.reach, by: 4) {
            region.begin()
            let label = region.stream.makeLabel()
            region.append(step, target: label, exit: label)
            region.fill(to: place)
            region.stream.align()
            #expect(region.stream.position % 32 == 0)
            sizes.insert(region.stream.position - place)
        }
        // Some had an island among them.
        #expect(sizes.contains { $0 < 32 } && sizes.contains { $0 >= 32 })
    }

    /// What a label's jump was in earlier code is forgotten.
    @Test(arguments: shorts) func aStreamIsUsedAgain(short: Short) throws {
        var region = try ForeignRegion(short.isa)
        let step = try region.leading(by: short.kind)
        for distance in [3 * short.reach, 2 * short.reach, 4 * short.reach] {
            region.begin()
            let label = region.stream.makeLabel()
            region.fill(distance / 4)
            region.append(step, target: label, exit: label)
            region.fill(distance)
            region.stream.bind(label)
            try region.leave()
            try region.finish()
            #expect(region.faults() == [])
        }
    }

    /// Steps that name each other, as a compiler of regions has them.
    @Test func aListOfStepsHasItsOffsets() throws {
        var region = try ForeignRegion(.RISCV64)
        let step = try region.leading(by: .riscvBranch12)
        let place = try Self.place(in: step, of: .riscvBranch12)
        var writer = try CodeWriter(region.library)
        let last = 2000
        let branch = Step(form: step.form, firstOperand: 0, target: last, exit: last, registers: step.registers)
        var steps = Array(repeating: branch, count: last)
        steps.append(Step(form: region.library.form(of: .exit), firstOperand: 0))
        let code = try writer.write(steps, operands: [0, 0, 0], into: &region.arena)
        let judge = BranchJudge(isa: .RISCV64, bytes: code.bytes)
        let offsets = (0...last).map { writer.offset(of: $0) }
        #expect(offsets.dropLast().allSatisfy { judge.leads(from: $0 + place, to: offsets[last]) })
        #expect(writer.codeOfSteps().map(\.hot.lowerBound) == offsets)
        #expect(code.byteCount > last * step.hotSize + 400)
        try region.arena.free(code)
    }

    // MARK: Cold code

    @Test(arguments: shorts) func coldCodeIsReachedFromAfar(short: Short) throws {
        var region = try ForeignRegion(short.isa)
        let kind = short.kind
        let steps = region.forms.filter { $0.coldSize > 0 && $0.holes.contains { $0.target == .fragment && $0.kind == kind } }
        guard !steps.isEmpty else { return }
        let (first, last) = (region.stream.makeLabelHere(), region.stream.makeLabel())
        for step in steps { region.append(step, target: last, exit: first) }
        region.fill(3 * short.reach)
        region.stream.bind(last)
        try region.leave()
        try region.finish()
        #expect(region.faults() == [])
        #expect(region.islandBytes > 0)
    }

    /// The cold part alone is larger than what its branches reach.
    @Test func muchColdCodeReachesItsSteps() throws {
        var region = try ForeignRegion(.RISCV64)
        let steps = region.forms.filter { $0.coldSize > 0 }
        let (first, last) = (region.stream.makeLabelHere(), region.stream.makeLabel())
        for index in 0..<1000 { region.append(steps[index % steps.count], target: last, exit: first) }
        region.stream.bind(last)
        try region.leave()
        try region.finish()
        #expect(region.faults() == [])
        #expect(region.bytes.count - region.stream.hotByteCount > 1 << 13)
    }

    // MARK: None

    @Test(arguments: isas) func codeWithoutShortBranchesHasNoIslands(isa: UopISA) throws {
        var region = try ForeignRegion(isa)
        let steps = region.forms.filter { !$0.hasBranch }
        for index in 0..<20_000 { region.append(steps[index % steps.count]) }
        try region.leave()
        try region.finish()
        #expect(region.islandBytes == 0)
    }

    @Test(arguments: [UopISA.X86_64, .X86_64_V3, .I686]) func x86HasNoIslands(isa: UopISA) throws {
        var region = try ForeignRegion(isa)
        let steps = region.forms.filter(\.hasBranch)
        let label = region.stream.makeLabel()
        for index in 0..<20_000 { region.append(steps[index % steps.count], target: label, exit: label) }
        region.stream.bind(label)
        try region.leave()
        try region.finish()
        #expect(region.islandBytes == 0)
        #expect(region.faults() == [])
    }
}
