import CStencils
import Foundation
import StencilGenCore
import Synchronization
import Testing

/// What is judged of a committed table, and its judge: made once for several tests.
struct TableJudge: Sendable {
    let table: CommittedTable
    let machine: JudgedMachine
    let image: JudgedImage
    let judge: LinkerJudge
    /// Templates with a fragment that another one of the same machine has, too: that one's judgement counts.
    let sharedCount: Int

    /// Whether every template is judged with every number, in every assignment of registers: minutes. Else a sample is.
    static let judgesEverything = ProcessInfo.processInfo.environment["UOPJIT_JUDGE_EVERYTHING"] == "1"

    /// Code and holes, and nothing of where they are from.
    struct Content: Hashable {
        var machine: String
        var bytes: [UInt8]
        var holes: [CommittedTable.Hole]

        init(_ fragment: CommittedTable.Fragment, _ machine: JudgedMachine) {
            self.machine = machine.prefix
            bytes = fragment.bytes
            holes = fragment.holes
        }
    }

    private struct Choice {
        var subjects: [JudgedImage.Subject] = []
        var sharedCount = 0
    }

    /// By instruction set: every template as it is, and one variant of it with its masks. Frame forms are tried with all
    /// numbers, and so is every 16th other template; the rest with some, which differ from one to the next.
    private static let choices: [UopISA: Choice] = {
        var seen: Set<Content> = []
        var result: [UopISA: Choice] = [:]
        for table in CommittedTable.all { result[table.isa] = choice(table, &seen) }
        return result
    }()

    private static func choice(_ table: CommittedTable, _ seen: inout Set<Content>) -> Choice {
        let machine = JudgedMachine.of(table.isa)
        var choice = Choice()
        for form in table.forms {
            let isFrame = form.row.isFrame != 0
            let served = isFrame ? [:] : Dictionary(grouping: form.assignments, by: form.template)
            for number in form.templates {
                let isFull = judgesEverything || isFrame || number % 16 == 0
                let own = served[number] ?? []
                let some = judgesEverything ? own : isFrame ? [] : [own[number % own.count]]
                var isShared = false
                for assignment in [nil] + some.map(Optional.init) {
                    for fragment in table.fragments(form, template: number, assignment) {
                        // Equal code with equal holes proves nothing more.
                        guard seen.insert(Content(fragment, machine)).inserted else {
                            if assignment == nil { isShared = true }
                            continue
                        }
                        let count = fragment.filledHoles.isEmpty ? 1 : JudgedImage.Subject.numberCount(fragment)
                        let numbers =
                            count == 1 ? [0] : assignment != nil ? [number % count] : isFull ? Array(0..<count)
                            : (0..<count).filter { $0 % 9 == number % 9 }
                        choice.subjects.append(.init(fragment: fragment, numbers: numbers))
                    }
                }
                if isShared { choice.sharedCount += 1 }
            }
        }
        return choice
    }

    private final class Place: Sendable {
        let judge = Mutex<TableJudge?>(nil)
    }

    private static let places = (0..<Int(UOP_ISA_COUNT)).map { _ in Place() }

    /// The judge of an instruction set's table.
    static func of(_ isa: UopISA) throws -> TableJudge {
        try places[Int(isa.rawValue)].judge.withLock { known in
            if let known { return known }
            let made = try TableJudge(isa)
            known = made
            return made
        }
    }

    private init(_ isa: UopISA) throws {
        let choice = try #require(Self.choices[isa])
        table = try #require(CommittedTable.all.first { $0.isa == isa })
        machine = JudgedMachine.of(isa)
        image = JudgedImage(choice.subjects)
        judge = try LinkerJudge(image, machine, toolchain: try #require(Toolchain.found))
        sharedCount = choice.sharedCount
    }

    /// All fragments that are judged, for this table or for another.
    static let judgedContents = Set(
        CommittedTable.all.flatMap { table in
            (choices[table.isa]?.subjects ?? []).map { Content($0.fragment, JudgedMachine.of(table.isa)) }
        })
}
