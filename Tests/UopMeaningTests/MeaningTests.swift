import CStencils
import Testing
import UopVM

/// Every uop against its reference at all combinations of boundary values, in every engine. Two
/// engines that are made from one C body can be wrong together, so that comparing them is not enough.
@Suite(.cases(atLeast: 800_000))
struct MeaningTests {
    @Test(arguments: Meaning.all)
    func meaning(_ row: Meaning) throws {
        let uop = try #require(Base.catalog.uops.first { $0.name == row.uop })
        for operands in row.operands {
            let trial = try UopTrial(uop, operands: operands)
            for inputs in Meaning.inputs(of: uop) {
                let expected = row.reference(inputs + operands)
                for engine in Engine.allCases {
                    let found = trial.run(inputs, engine)
                    if let difference = found.difference(from: expected, inputs: inputs, of: uop) {
                        let case_ = "\(uop.name) \(hexadecimal(operands)) of \(hexadecimal(inputs)), \(engine)"
                        Issue.record("\(case_): \(difference)")
                        return
                    }
                    CaseCount.add()
                }
            }
        }
    }

    /// The flag COMMUTES is on just those uops of two machine integers whose inputs may change places.
    @Test func operandsChangePlacesWhereTheFlagSaysSo() throws {
        var count = 0
        for row in Meaning.all {
            let uop = try #require(Base.catalog.uops.first { $0.name == row.uop })
            guard uop.inputs == [.I64, .I64], uop.operands.isEmpty, uop.flags.contains(.pure) else {
                #expect(!uop.flags.contains(.commutes), "\(uop.name)")
                continue
            }
            let differs = Meaning.inputs(of: uop).contains { row.reference($0) != row.reference([$0[1], $0[0]]) }
            #expect(uop.flags.contains(.commutes) != differs, "\(uop.name)")
            if uop.flags.contains(.commutes) { count += 1 }
        }
        #expect(count >= 15)
    }

    /// No two rows of a uop: the second would hide that another has none.
    @Test func oneRowForEachUop() {
        #expect(Set(Meaning.all.map(\.uop)).count == Meaning.all.count)
    }
}

/// A uop alone in a trace, between loads of its inputs and stores of its outputs.
private struct UopTrial {
    let trial: Trial
    private let uop: UopCatalog.Uop
    private let inputCount: Int
    private let outputCount: Int

    /// What outputs hold that nothing was stored to.
    static let untouched: UInt64 = 0xDEAD_BEEF_DEAD_BEEF

    /// What a run left behind.
    struct Found {
        var ending: Ending
        var hasJumped: Bool
        var outputs: [UInt64]
        var inputs: [UInt64]
    }

    init(_ uop: UopCatalog.Uop, operands: [UInt64]) throws {
        self.uop = uop
        inputCount = uop.inputs.count
        outputCount = uop.outputs.count + (uop.flags.contains(.peeks) ? uop.inputs.count : 0)
        trial = try Trial(Self.program(uop, operands: operands))
    }

    /// Exit 0 is behind the uop, exit 1 its own, exit 2 where its jump leads.
    private static func program(_ uop: UopCatalog.Uop, operands: [UInt64]) throws -> Program {
        func concrete(_ valueClass: UopClass) -> UopClass { UopClass.concrete.contains(valueClass) ? valueClass : .I64 }
        let inputs = uop.inputs.map(concrete)
        let outputs = (uop.flags.contains(.peeks) ? inputs : []) + uop.outputs.map(concrete)
        var text = "uops 1\n"
        for (index, name) in inputs.map(\.name).enumerated() { text += "local in\(index): \(name)\(initial(name))\n" }
        for (index, name) in outputs.map(\.name).enumerated() { text += "local out\(index): \(name)\(initial(name))\n" }
        text += "exit done\nexit left\nexit jumped\ntrace main\n"
        for index in inputs.indices { text += "_LOAD_FAST in\(index)\n" }
        // Operand words are put in afterwards: not all have a literal.
        let literals = uop.operands.map { $0 == .LABEL ? "target" : "0" }
        text += ([uop.name] + literals).joined(separator: " ") + (uop.flags.contains(.exits) ? " -> left\n" : "\n")
        if !uop.flags.contains(.terminator) {
            for index in outputs.indices.reversed() { text += "_STORE_FAST out\(index)\n" }
            text += "_EXIT_TRACE -> done\n"
        }
        if uop.flags.contains(.jumps) { text += "target:\n_EXIT_TRACE -> jumped\n" }
        var program = try Program(parsing: text + "end\n", catalog: Base.catalog)
        let statement = program.traces[0].statements[inputs.count]
        if !operands.isEmpty {
            for (index, word) in operands.enumerated() {
                program.traces[0].operands[Int(statement.firstOperand) + index].word = word
            }
        }
        return program
    }

    /// Iterators have no zero.
    private static func initial(_ className: String) -> String { className == "range" ? " = range(1)" : "" }

    func run(_ inputs: [UInt64], _ engine: Engine) -> Found {
        for (index, word) in inputs.enumerated() { trial.machine.setLocal(index, to: word) }
        for index in 0..<outputCount { trial.machine.setLocal(inputCount + index, to: Self.untouched) }
        let ending = trial.run(engine)
        return Found(
            ending: ending, hasJumped: ending.exit == 2,
            outputs: (0..<outputCount).map { trial.machine.local(inputCount + $0) },
            inputs: (0..<inputCount).map { trial.machine.local($0) })
    }
}

extension UopTrial.Found {
    /// In words, how this is not what a reference says; nil where it is.
    fileprivate func difference(from expected: Outcome, inputs given: [UInt64], of uop: UopCatalog.Uop) -> String? {
        guard inputs == given else { return "the inputs' locals changed to \(hexadecimal(inputs))" }
        switch expected {
        case .exit:
            guard ending.exit == 1 || uop.flags.contains(.terminator), ending.uop == uop.name else {
                return "expected its exit, found \(ending) with \(hexadecimal(outputs))"
            }
            guard ending.stack == given else { return "the stack at the exit is \(hexadecimal(ending.stack))" }
        case .jump:
            guard hasJumped, ending.stack.isEmpty else { return "expected a jump, found \(ending)" }
        case .next(let words):
            guard ending.exit == 0, ending.stack.isEmpty else { return "expected \(expected), found \(ending)" }
            guard words.count == outputs.count, zip(words, outputs).allSatisfy({ $0.matches($1) }) else {
                return "expected \(expected), found \(hexadecimal(outputs))"
            }
            return nil
        }
        return outputs.allSatisfy { $0 == UopTrial.untouched } ? nil : "outputs were stored: \(hexadecimal(outputs))"
    }
}
