/// Something that runs BF programs, to be compared with the reference.
public struct BFEngine: Sendable {
    public let name: String
    package let run: @Sendable (BFCase) throws -> BFOutcome

    /// - Parameter run: gives what a program leaves behind. It is called only for programs that end. What it throws
    ///   counts as a difference.
    package init(_ name: String, run: @escaping @Sendable (BFCase) throws -> BFOutcome) {
        self.name = name
        self.run = run
    }

    /// What the engine does otherwise than the reference; nil where it agrees.
    package func difference(from expected: BFOutcome, on item: BFCase) -> String? {
        do {
            return try run(item).difference(from: expected)
        } catch {
            return "failed: \(error)"
        }
    }

    /// The same, for a program that may have no meaning: unmatched brackets, or no end.
    package func difference(on item: BFCase) -> String? {
        guard item.isBalanced else { return nil }
        let expected = ReferenceBF(item).outcome
        return expected.ending == .outOfSteps ? nil : difference(from: expected, on: item)
    }
}

extension BFOutcome {
    /// The first thing that is otherwise, in words.
    func difference(from expected: BFOutcome) -> String? {
        if ending != expected.ending { return "the run \(ending), expected: \(expected.ending)" }
        if output != expected.output { return "output " + Self.difference(output, expected.output) }
        guard ending == .finished, tape != expected.tape else { return nil }
        return "tape " + Self.difference(tape, expected.tape)
    }

    private static func difference<Number: Equatable>(_ found: [Number], _ expected: [Number]) -> String {
        let index = zip(found, expected).enumerated().first { $1.0 != $1.1 }?.offset
        guard let index else { return "has \(found.count) elements, expected \(expected.count)" }
        return "element \(index) is \(found[index]), expected \(expected[index])"
    }
}

extension BFOutcome.Ending: CustomStringConvertible {
    package var description: String {
        switch self {
        case .finished: "finished"
        case .offTape(let cell, let position): "used cell \(cell), which is off the tape, at byte \(position)"
        case .outOfSteps: "did not end"
        }
    }
}
