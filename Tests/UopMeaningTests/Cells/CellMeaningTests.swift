import CStencils
import Testing
import UopTestSupport
import UopVM

/// Uops of cells against their references, on a tape between pages that cannot be accessed: cells next to the pointer and far
/// away, at both ends of the tape, and off it where the uop asks; searches that end in the first vectors and in later ones.
/// The whole page is compared.
@Suite(.cases(atLeast: 5))
struct CellMeaningTests {
    static let uops = CellMeaning.all.map(\.uop)

    /// Scenes for a row of operands.
    private static let sceneCount = 60

    @Test(arguments: CellMeaning.all) func meaning(_ row: CellMeaning) throws {
        let number = try #require(Base.catalog.uops.firstIndex { $0.name == row.uop })
        let uop = Base.catalog.uops[number]
        let shape = CellShape(uop)
        let bench = try CellBench()
        var ways: Set<Int> = []
        for (place, operands) in shape.operandRows.enumerated() {
            let engines = try bench.prepare(uop, number: number, operands: operands)
            #expect(engines.count == (shape.isInterpreted ? 1 : 1 + RegisterFormTests.isas.count))
            var random = SeededGenerator(seed: 0x7A9E, index: place)
            for _ in 0..<Self.sceneCount {
                let trial = CellTrial(shape, operands, base: bench.tape.base, &random)
                let expected = trial.expected(row)
                ways.insert(expected.way)
                for engine in engines {
                    let found = bench.run(engine, uop, trial.scene, trial.inputs, status: trial.status, answer: trial.answer)
                    if let difference = trial.difference(found, expected, engine) {
                        Issue.record("\(uop.name) \(hexadecimal(operands)) \(trial), \(engine): \(difference)")
                        return
                    }
                    CaseCount.add()
                }
            }
        }
        #expect(ways == Self.ways(of: uop), "a way out that no case took")
    }

    /// Every way that a uop can go: the cases must take each.
    private static func ways(of uop: UopCatalog.Uop) -> Set<Int> {
        var ways: Set = [RegisterWay.next.rawValue]
        if uop.flags.contains(.exits) { ways.insert(RegisterWay.exit.rawValue) }
        if uop.flags.contains(.jumps) { ways.insert(RegisterWay.jump.rawValue) }
        return ways
    }
}

/// A scene with inputs, and what the helper does.
private struct CellTrial: CustomStringConvertible {
    let shape: CellShape
    let operands: [UInt64]
    let base: UInt64
    let scene: CellScene
    var inputs: [UInt64]
    var status: Int64 = 0
    let answer: UInt64

    var description: String {
        "of \(hexadecimal(inputs.dropFirst() + [])), pointer \(Int64(bitPattern: inputs[0] &- base)), tape \(scene.range)"
    }

    init(_ shape: CellShape, _ operands: [UInt64], base: UInt64, _ random: inout SeededGenerator) {
        (self.shape, self.operands, self.base) = (shape, operands, base)
        let words = BoundaryValues.integers
        scene = CellScene(shape, operands, base: base, &random)
        // A value has the pointer's place in uops without a tape.
        let first = shape.uop.inputs[0] == .I64 && shape.uop.name.hasPrefix("_VALUE") ? words[random.below(words.count)] : scene.pointer
        inputs = [first] + shape.uop.inputs.dropFirst().map { _ in words[random.below(words.count)] }
        if shape.uop.operands.contains(.HELPER), random.chance(4) { status = [1, -1, .min, .max][random.below(4)] }
        answer = words[random.below(words.count)]
    }

    /// What the reference says, in the interpreter's terms.
    func expected(_ row: CellMeaning) -> CellFound {
        var run = CellRun(
            tape: CellTape(base: base, page: scene.page, range: scene.range, width: shape.width), pointer: inputs[0],
            value: inputs.count > 1 ? inputs[1] : 0, operands: operands, status: status, answer: answer)
        var found = CellFound(
            way: RegisterWay.exit.rawValue, words: inputs, page: [], missed: CellBench.untouched,
            helperStatus: Int64(bitPattern: CellBench.untouched))
        let kept = shape.uop.flags.contains(.peeks) ? inputs : []
        do throws(OffTape) {
            switch try row.reference(&run) {
            case .next(let output): (found.way, found.words) = (RegisterWay.next.rawValue, kept + (output.map { [$0] } ?? []))
            case .jump(let output): (found.way, found.words) = (RegisterWay.jump.rawValue, kept + (output.map { [$0] } ?? []))
            case .failed: break
            }
        } catch {
            // Only the interpreter says which cell it was.
            if shape.isInterpreted { found.missed = error.address }
        }
        if !run.calls.isEmpty { found.helperStatus = status }
        (found.page, found.calls) = (run.tape.page, run.calls)
        return found
    }

    /// In words, how this is not what is expected; nil where it is.
    func difference(_ found: CellFound, _ expected: CellFound, _ engine: CellEngine) -> String? {
        if found == expected { return nil }
        if let place = found.page.indices.first(where: { found.page[$0] != expected.page[$0] }) {
            return "byte \(place) is \(found.page[place]), expected \(expected.page[place])"
        }
        func text(_ end: CellFound) -> String {
            "way \(end.way), words \(hexadecimal(end.words)), missed \(hexadecimal(end.missed)), status \(end.helperStatus), "
                + "calls \(end.calls)"
        }
        return "\(text(found)); expected \(text(expected))"
    }
}
