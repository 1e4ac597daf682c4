import CStencils
import StencilGenCore
import Testing

@Suite(.enabled(if: Toolchain.found != nil && CommittedTable.base != nil, Toolchain.missing))
struct LinkerJudgeTests {
    /// Every hole of every committed template, by our encoder and by the linker: the same bytes, and
    /// the same refusals.
    @Test(arguments: CommittedTable.all.map(\.isa)) func linkerAgrees(_ isa: UopISA) throws {
        let subject = try TableJudge.of(isa)
        let (image, machine) = (subject.image, subject.machine)
        let placements = machine.placements(byteCount: image.bytes.count)
        var (refusedCount, differenceCount) = (0, 0)
        var lenient = machine.leniencies.map { _ in 0 }
        for placement in placements {
            let theirs = try subject.judge.link(at: placement.address)
            let ours = image.patched(at: placement.address)
            let differences = image.disagreements(ours, theirs.outcome)
            #expect(differences == [], "\(placement)")
            differenceCount += differences.count
            // A judge that refuses nothing, or all, has not looked.
            #expect(!theirs.outcome.refused.isEmpty && theirs.outcome.refused.count < image.cases.count)
            refusedCount += ours.refused.count
            for (index, count) in theirs.lenient.enumerated() { lenient[index] += count }
        }
        #expect(image.holeCount > 0 && image.cases.count > 2 * image.holeCount)
        // An exception that nothing needs has no place in the list.
        #expect(lenient.allSatisfy { $0 > 0 }, "\(lenient)")
        print(
            "judge \(isa.name): templates \(subject.table.templateCount), placements \(placements.count), "
                + "relocations: \(image.counts(times: placements.count)); \(subject.sharedCount) templates with code that others have, too, "
                + "\(refusedCount) values refused by both (\(lenient.reduce(0, +)) by exception), \(differenceCount) differences")
    }

    /// No template is left out, whatever is a sample.
    @Test(arguments: CommittedTable.all.map(\.isa)) func everyTemplateIsJudged(_ isa: UopISA) throws {
        let table = try #require(CommittedTable.all.first { $0.isa == isa })
        let machine = JudgedMachine.of(isa)
        var templates = 0
        for form in table.forms {
            for number in form.templates {
                let fragments = table.fragments(form, template: number)
                #expect(fragments.allSatisfy { TableJudge.judgedContents.contains(.init($0, machine)) }, "\(form.name)")
                templates += 1
            }
        }
        #expect(templates == table.templateCount && templates > 1000)
    }

    /// All kinds that a machine has are judged: those of committed stencils here, and every one by `HoleKindJudgeTests`.
    @Test(arguments: CommittedTable.all.map(\.isa)) func everyKindIsJudged(_ isa: UopISA) throws {
        let subject = try TableJudge.of(isa)
        let rows = HoleKindJudgeTests.machines.filter { $0.machine.prefix == subject.machine.prefix }.flatMap(\.rows)
        #expect(Set(rows.map(\.kind)) == Set(subject.machine.kinds))
        #expect(Set(subject.image.cases.map(\.kind)).isSubset(of: rows.map(\.kind)))
    }

    /// A wrong addend, place or kind of any hole that is tried with all numbers shows: else the comparison above
    /// would prove nothing.
    @Test(arguments: CommittedTable.all.map(\.isa)) func everyMutationOfEveryHoleIsSeen(_ isa: UopISA) throws {
        let subject = try TableJudge.of(isa)
        let image = subject.image
        let placement = subject.machine.placements(byteCount: image.bytes.count)[1].address
        let theirs = try subject.judge.link(at: placement).outcome
        var mutations = 0
        let full = Dictionary(grouping: image.cases.indices) { image.cases[$0].hole }.values.filter { copies in
            let one = image.subjects[image.cases[copies[0]].subject]
            return copies.count > 1 && copies.count == JudgedImage.Subject.numberCount(one.fragment)
        }
        let pairs = Set(image.cases.compactMap { one in one.kind == .riscvPCLow12 && one.upper?.offset == one.offset - 4 ? one.offset - 4 : nil })
        for copies in full {
            let first = image.cases[copies[0]]
            #expect(!copies.contains { Self.differs(image.cases[$0], image.cases[$0], $0, theirs, placement) }, "\(image.name(copies[0]))")
            var others = subject.machine.kinds.filter { $0 != first.kind }
            // The two instructions of an address are what a call's two are.
            if pairs.contains(first.offset) { others.removeAll { $0 == .riscvCall } }
            for mutate in Self.mutations(to: others) {
                let isSeen = copies.contains { index in
                    var mutant = image.cases[index]
                    mutate(&mutant)
                    return Self.differs(mutant, image.cases[index], index, theirs, placement)
                }
                #expect(isSeen, "\(image.name(copies[0]))")
                mutations += 1
            }
        }
        #expect(full.count > 100 && mutations >= 5 * full.count)
        print("judge \(isa.name): \(mutations) mutations of \(full.count) holes, all seen")
    }

    private static func mutations(to others: [UopHoleKind]) -> [(inout JudgedImage.Case) -> Void] {
        [{ $0.addend += 1 }, { $0.addend -= 1 }, { $0.offset -= 1 }] + others.map { other in { $0.kind = other } }
    }

    /// Whether filling a hole by `mutant`'s data leaves something else than the linker left.
    private static func differs(
        _ mutant: JudgedImage.Case, _ original: JudgedImage.Case, _ index: Int, _ theirs: JudgedImage.Outcome,
        _ placement: UInt64
    ) -> Bool {
        let start = max(0, original.offset - 8)
        let linked = Array(theirs.bytes[start..<min(theirs.bytes.count, original.offset + 16)])
        // The linker's bytes, with the field's bits wrong, must become right again.
        var bytes = linked
        let field = original.kind.field
        for part in field.allParts {
            for bit in Int(part.to)..<Int(part.to) + Int(part.bits) { bytes[original.offset - start + bit / 8] ^= 1 << UInt8(bit % 8) }
        }
        var (window, reference) = (mutant, original)
        window.offset -= start
        reference.offset -= start
        if let upper = reference.upper { reference.upper = (upper.offset - start, upper.addend) }
        let isFilled = JudgedImage.fill(window, placement &+ UInt64(start), &bytes, as: reference)
        return isFilled ? theirs.refused.contains(index) || bytes != linked : !theirs.refused.contains(index)
    }
}
