import CStencils
import Testing
import UopRuntime

/// Code for other machines: random regions, what is refused, and templates that are prepared.
@Suite(.enabled(if: hasForeignTables, foreignTablesMessage)) struct ForeignCodeTests {
    private static let isas = BranchReachTests.isas

    /// Steps of all forms, with labels near and far in both directions.
    private static func writeRandom(_ region: inout ForeignRegion, byteCount: Int, seed: UInt64) throws {
        var state = seed
        func random(_ bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % bound
        }
        let (branches, others) = (region.forms.filter(\.hasBranch), region.forms.filter { !$0.hasBranch })
        let labels = (0..<byteCount / 200).map { _ in region.stream.makeLabel() }
        var bound = 0
        /// One of a few that come next or came last, or any.
        func label() -> Int {
            random(4) == 0 ? labels[random(labels.count)] : labels[min(max(bound + random(20) - 10, 0), labels.count - 1)]
        }
        while region.stream.position < byteCount {
            if bound < labels.count, region.stream.position > bound * 200 {
                region.stream.bind(labels[bound])
                bound += 1
            }
            let isBranch = random(3) == 0
            let step = isBranch ? branches[random(branches.count)] : others[random(others.count)]
            region.append(step, target: label(), exit: label())
        }
        for label in labels[bound...] { region.stream.bind(label) }
        try region.leave()
    }

    @Test(arguments: isas, [1, 2, 3]) func randomRegionsLeadWhereTheyShould(isa: UopISA, seed: UInt64) throws {
        var region = try ForeignRegion(isa)
        try Self.writeRandom(&region, byteCount: 300_000, seed: seed)
        try region.finish()
        #expect(region.faults() == [])
    }

    /// Beyond a mebibyte, where conditional branches of AArch64 end.
    @Test func aLargeRandomRegionOfAArch64LeadsWhereItShould() throws {
        var region = try ForeignRegion(.AARCH64)
        try Self.writeRandom(&region, byteCount: 3 << 20, seed: 4)
        try region.finish()
        #expect(region.faults() == [])
    }

    // MARK: What is refused

    @Test(arguments: BranchReachTests.shorts) func aLabelThatIsNeverBoundIsRefused(short: BranchReachTests.Short) throws {
        var region = try ForeignRegion(short.isa)
        let label = region.stream.makeLabel()
        region.fill(12)
        region.append(try region.leading(by: short.kind), target: label, exit: label)
        region.fill(2 * short.reach)
        try region.leave()
        let step = region.written.firstIndex { $0.step.hasBranch } ?? -1
        #expect(throws: EmissionError.invalidStep(step)) { try region.finish() }
    }

    @Test(arguments: BranchReachTests.shorts, [1, 0x8000_0000, 0xFFFF_FFFF])
    func aLabelThatDoesNotExistIsRefused(short: BranchReachTests.Short, label: Int) throws {
        var region = try ForeignRegion(short.isa)
        _ = region.stream.makeLabel()
        region.append(try region.leading(by: short.kind), target: label, exit: label)
        try region.leave()
        #expect(throws: EmissionError.invalidStep(0)) { try region.finish() }
    }

    /// An island behind the last step is no step.
    @Test func theLastStepNeedsAnotherBehindIt() throws {
        var region = try ForeignRegion(.POWERPC64LE)
        let branch = try region.leading(by: .ppcRelative14)
        let last = try #require(
            region.forms.first { $0.coldSize == 0 && $0.holes.contains { $0.target == .continuation && $0.index == 0 } })
        var sawIsland = false
        for count in stride(from: 31_000, to: 33_000, by: 4) where !sawIsland {
            region.stream.begin()
            let label = region.stream.makeLabelHere()
            let far = region.stream.makeLabel()
            region.append(branch, target: far, exit: far)
            region.fill(to: count)
            region.append(last, target: label, exit: label)
            let step = region.written[region.written.count - 1]
            sawIsland = step.end > step.begin + step.step.hotSize
            guard sawIsland else { continue }
            #expect(throws: EmissionError.invalidStep(region.written.count - 1)) { try region.finish() }
        }
        #expect(sawIsland)
    }

    /// 32 MiB on Power.
    @Test func moreThanAJumpReachesIsTooLarge() throws {
        var region = try ForeignRegion(.POWERPC64LE)
        let label = region.stream.makeLabelHere()
        let large = try #require(region.forms.filter { !$0.hasBranch && $0.coldSize == 0 }.max { $0.hotSize < $1.hotSize })
        for step in region.forms.filter({ $0.coldSize > 0 }) { region.append(step, target: label, exit: label) }
        while region.stream.position <= 1 << 25 { region.stream.append(large.form, large.registers) }
        region.stream.append(region.library.form(of: .jump), Step.Registers(), target: label)
        #expect(throws: EmissionError.tooLarge) { try region.finish() }
    }

    // MARK: Prepared templates

    /// The first step of a form takes the general way, the second one is prepared.
    @Test(arguments: isas) func aPreparedStepIsAsItWas(isa: UopISA) throws {
        var region = try ForeignRegion(isa)
        let steps = region.forms.filter { step in
            step.coldSize == 0 && !step.hasBranch && step.holes.allSatisfy { $0.target == .operand || $0.target == .continuation }
        }
        for step in steps {
            for _ in 0..<2 { region.stream.append(step.form, step.registers, 24, 16, 8) }
        }
        try region.leave()
        let end = region.stream.position
        try region.finish()
        var position = 0
        for step in steps {
            let (first, second) = (position, position + step.hotSize)
            position = second + step.hotSize
            #expect(region.bytes[first..<second].elementsEqual(region.bytes[second..<position]), "form \(step.form)")
        }
        #expect(position + region.written[0].step.hotSize == end && steps.count > 100)
    }

    /// An offset of 70000 bytes is none of 16 bits.
    @Test func anOperandThatDoesNotFitTakesTheWideForm() throws {
        var region = try ForeignRegion(.AARCH64)
        let narrow = try #require(
            region.forms.indices.dropLast().first { index in
                let (step, next) = (region.forms[index], region.forms[index + 1])
                return next.isWide && !step.isWide && next.form == step.form + 1 && step.hotSize != next.hotSize
                    && step.coldSize == 0 && !step.hasBranch && step.holes.contains { $0.target == .operand && $0.index == 0 }
            })
        let (step, wide) = (region.forms[narrow], region.forms[narrow + 1])
        var ends: [Int] = []
        for operand in [8, 8, 70_000, 70_000, 8] {
            region.stream.append(step.form, step.registers, operand, 8, 8)
            ends.append(region.stream.position)
        }
        let sizes = [step.hotSize, step.hotSize, wide.hotSize, wide.hotSize, step.hotSize]
        #expect(ends == sizes.indices.map { sizes[...$0].reduce(0, +) })
    }
}
