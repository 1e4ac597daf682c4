import CStencils
import Foundation
import StencilGenCore
import Testing

/// Where the judged code is said to run.
struct Placement: CustomTestStringConvertible, Sendable {
    let name: String
    let address: UInt64
    var testDescription: String { "\(name), 0x\(String(address, radix: 16))" }

    init(_ name: String, _ address: UInt64) {
        self.name = name
        self.address = address
    }

    /// So that a boundary lies in the midst of the code, at no multiple of anything.
    private static func across(_ boundary: UInt64) -> UInt64 { boundary &- 70_003 }

    static let all: [Placement] = [
        Placement("low", 0x1_0000),
        Placement("odd", 0x1234_5677),
        Placement("across 2 GiB", across(1 << 31)),
        Placement("at 4 GiB", 1 << 32),
        Placement("across 4 GiB", across(1 << 32)),
        Placement("a byte before a page's end", 0x5555_5555_4FFF),
        Placement("where mmap places", 0x7FFF_F7D1_B000),
        Placement("high in user space", 0x7FFF_FF00_0000),
        Placement("across the end of user space", across(1 << 47)),
        Placement("across the sign of addresses", across(1 << 63)),
        Placement("the last 2 GiB", 0xFFFF_FFFF_8000_0000),
        Placement("near the last address", UInt64.max - 0x10_0000),
    ]
}

@Suite(.enabled(if: Toolchain.found != nil && CommittedTable.base != nil, Toolchain.missing))
struct LinkerJudgeTests {
    /// Whether every template is judged with every value: minutes. Else a sample is.
    private static let judgesEverything = ProcessInfo.processInfo.environment["UOPJIT_JUDGE_EVERYTHING"] == "1"

    /// Every template of both isas as it is, and one variant of it with its masks. Frame forms are tried with all
    /// values, and so is every 16th other template; the rest with some, which differ from one to the next.
    private static let subjects: [JudgedImage.Subject] = {
        struct Content: Hashable {
            var bytes: [UInt8]
            var holes: [CommittedTable.Hole]
        }
        let all = Array(JudgedImage.Vector.boundaries.indices)
        var seen: Set<Content> = []
        var subjects: [JudgedImage.Subject] = []
        for table in CommittedTable.all {
            for form in table.forms {
                let isFrame = form.row.isFrame != 0
                for number in form.templates {
                    let isFull = judgesEverything || isFrame || number % 16 == 0
                    let some = all.indices.filter { $0 % 9 == number % 9 }
                    let served = form.assignments.filter { form.template($0) == number }
                    let variant = isFrame ? [] : [Optional(served[number % served.count])]
                    for assignment in [nil] + (judgesEverything && !isFrame ? served.map(Optional.init) : variant) {
                        let vectors = assignment == nil ? (isFull ? all : some) : [number % all.count]
                        for fragment in table.fragments(form, template: number, assignment) {
                            // Equal code with equal holes proves nothing more.
                            guard seen.insert(Content(bytes: fragment.bytes, holes: fragment.holes)).inserted else { continue }
                            subjects.append(.init(fragment: fragment, vectors: fragment.holes.isEmpty ? [0] : vectors))
                        }
                    }
                }
            }
        }
        return subjects
    }()

    private static let judge = Result {
        let image = JudgedImage(subjects)
        return (image, try LinkerJudge(image, toolchain: try #require(Toolchain.found)))
    }

    /// Every hole of every committed template, by our encoder and by the linker: the same bytes, and
    /// the same refusals.
    @Test(arguments: Placement.all) func linkerAgrees(_ placement: Placement) throws {
        let (image, judge) = try Self.judge.get()
        let theirs = try judge.link(at: placement.address)
        let ours = image.patched(at: placement.address)
        #expect(image.disagreements(ours, theirs) == [])
        #expect(image.holeCount > 0 && image.cases.count > 2 * image.holeCount)
        // A judge that refuses nothing, or all, has not looked.
        #expect(!theirs.refused.isEmpty && theirs.refused.count < image.cases.count)
        print(
            "linker judge, \(placement.testDescription): \(Self.subjects.count) fragments, \(image.holeCount) holes, "
                + "\(image.cases.count) values, \(theirs.refused.count) refused by both")
    }

    /// No template is left out, whatever is a sample.
    @Test func everyTemplateIsJudged() {
        struct Content: Hashable {
            var bytes: [UInt8]
            var holes: [CommittedTable.Hole]
        }
        let judged = Set(Self.subjects.map { Content(bytes: $0.fragment.bytes, holes: $0.fragment.holes) })
        var templates = 0
        for table in CommittedTable.all {
            for form in table.forms {
                for number in form.templates {
                    let fragments = table.fragments(form, template: number)
                    #expect(fragments.allSatisfy { judged.contains(Content(bytes: $0.bytes, holes: $0.holes)) }, "\(form.name)")
                    templates += 1
                }
            }
        }
        #expect(templates == CommittedTable.all.reduce(0) { $0 + $1.templateCount } && templates > 1000)
    }

    /// The kinds that this machine has.
    private static let kinds = (0..<UInt8(UOP_HOLE_KIND_COUNT)).compactMap(UopHoleKind.init).filter {
        !LinkerJudge.relocationNames($0).isEmpty
    }

    /// The kinds that the committed stencils use are all that this machine has, so that none goes unjudged; those of others are
    /// `HoleKindJudgeTests`'.
    @Test func everyKindIsJudged() throws {
        let kinds = Set(try Self.judge.get().0.cases.map(\.kind))
        #expect(kinds == Set(Self.kinds))
    }

    /// A wrong addend, place or kind of any hole that is tried with all values shows: else the comparison above
    /// would prove nothing.
    @Test func everyMutationOfEveryHoleIsSeen() throws {
        let (image, judge) = try Self.judge.get()
        let placement = Placement.all[1].address
        let theirs = try judge.link(at: placement)
        var mutations = 0
        let byHole = Dictionary(grouping: image.cases.indices) { image.cases[$0].hole }
        let full = byHole.filter { $0.value.count == JudgedImage.Vector.boundaries.count }
        let places = Dictionary(image.cases.map { ($0.offset, $0.kind) }) { first, _ in first }
        for (_, copies) in full {
            let first = image.cases[copies[0]]
            // A byte before it that is a hole, too, has the same value: a literal behind a displacement.
            let hasTwinBefore = first.kind == .absolute8Signed && places[first.offset - 1] == first.kind
            #expect(!copies.contains { Self.differs(image.cases[$0], image.cases[$0], $0, theirs, placement) })
            for mutate in Self.mutations(of: first.kind, movesPlace: !hasTwinBefore) {
                let isSeen = copies.contains { index in
                    var mutant = image.cases[index]
                    mutate(&mutant)
                    return Self.differs(mutant, image.cases[index], index, theirs, placement)
                }
                #expect(isSeen, "\(first.name)")
                mutations += 1
            }
        }
        #expect(full.count > 200 && mutations >= 5 * full.count)
        print("linker judge: \(mutations) mutations of \(full.count) holes, all seen")
    }

    private static func mutations(of kind: UopHoleKind, movesPlace: Bool) -> [(inout JudgedImage.Case) -> Void] {
        let others = kinds.filter { $0 != kind }
        return [{ $0.addend += 1 }, { $0.addend -= 1 }] + (movesPlace ? [{ $0.offset -= 1 }] : [])
            + others.map { other in { $0.kind = other } }
    }

    /// Whether filling a hole by `mutant`'s data leaves something else than the linker left.
    private static func differs(
        _ mutant: JudgedImage.Case, _ original: JudgedImage.Case, _ index: Int, _ theirs: JudgedImage.Outcome,
        _ placement: UInt64
    ) -> Bool {
        // The linker's bytes, filled again, must stay as they are.
        var window = mutant
        let start = max(0, original.offset - 8)
        window.offset -= start
        var bytes = Array(theirs.bytes[start..<min(theirs.bytes.count, original.offset + 16)])
        let before = bytes
        var reference = original
        reference.offset -= start
        let isFilled = JudgedImage.fill(window, placement &+ UInt64(start), &bytes, as: reference)
        return isFilled == theirs.refused.contains(index) || bytes != before
    }
}
