import CStencils
package import UopRuntime
package import UopVM

/// What the generator knows of the uops of a catalog: from the tables, and by trying. No uop is known
/// by its name.
package struct UopTraits: Sendable {
    /// Uops the last of which jumps, and which tell whether a counter has come to its end.
    struct Test: Sendable {
        let chain: [Int]
        /// Whether the jump is taken at the end, or as long as the end is not reached.
        let jumpsAtEnd: Bool
    }

    /// How loops of a class of counter count.
    struct Counting: Sendable {
        let valueClass: UopClass
        /// Takes one: of the counter and 1; or of the range iterator, pushing its next value.
        let steps: [Int]
        let tests: [Test]
    }

    /// What a host function must look like to serve a uop.
    struct HelperShape: Hashable, Sendable {
        let parameterCount: Int
        let hasResult: Bool
        let isForTape: Bool
    }

    package let catalog: UopCatalog
    package let library: StencilLibrary
    /// Uops that do not jump and do not end a trace; stack shuffles several times.
    let plain: [Int]
    let conditionalJumps: [Int]
    /// By class: uops that push one word of it. Those without inputs are listed again on their own.
    let producers: [UopClass: [Int]]
    let leaves: [UopClass: [Int]]
    /// Uops that push a float64 whose bits are defined, even of a NaN.
    let exactProducers: [Int]
    /// By uop, then input: whether it lets see the bits of a NaN.
    package let showsNaNs: [[Bool]]
    let countings: [Counting]
    let helperShapes: [HelperShape]
    /// By class: pushes its operand, a literal.
    let literals: [UopClass: Int]
    /// By uop: words with which it does not exit, where it has one input.
    let passingWords: [[UInt64]]
    let numbers: NumberUops

    // What structure is made of.
    let load: Int
    let store: Int
    let pop: Int
    let duplicate: Int
    let jump: Int
    let jumpToTop: Int
    let leave: Int

    /// - Parameters:
    ///   - library: where the uops' handlers are; the catalog is made of it.
    ///   - trustingWords: whether programs use uops that take a word for an iterator's number without looking, or
    ///     memory, where an index is looked at once and used later. They must not in an engine that is damaged on
    ///     purpose: with a wrong word they write anywhere.
    /// - Throws: `MissingUop` where the sets lack a uop that every trace needs.
    package init(_ library: StencilLibrary, trustingWords: Bool = true) throws(MissingUop) {
        let catalog = UopCatalog(library)
        func find(_ what: String, _ matches: (UopCatalog.Uop) -> Bool) throws(MissingUop) -> Int {
            guard let number = catalog.uops.firstIndex(where: { !$0.flags.contains(.internal) && matches($0) }) else {
                throw MissingUop(what: what)
            }
            return number
        }
        load = try find("push a local") { $0.isMover([.LOCAL_READ], inputs: 0, outputs: 1) }
        store = try find("pop into a local") { $0.isMover([.LOCAL_WRITE], inputs: 1, outputs: 0) }
        pop = try find("drop a word") { $0.isMover([], inputs: 1, outputs: 0) }
        duplicate = try find("push a word again") { $0.flags.isSuperset(of: [.moves, .peeks]) && $0.inputs == $0.outputs }
        jump = try find("jump") { $0.flags.isSuperset(of: [.jumps, .terminator]) && $0.operands == [.LABEL] }
        jumpToTop = try find("jump to the top") { $0.flags.isSuperset(of: [.toTop, .terminator]) && $0.inputs.isEmpty }
        leave = try find("end the trace") { $0.flags.isSuperset(of: [.exits, .terminator]) && $0.inputs.isEmpty }
        self.catalog = catalog
        self.library = library
        let probe = UopProbe(catalog: catalog, library: library, load: load, leave: leave)
        let usable = catalog.uops.indices.filter { number in
            let uop = catalog.uops[number]
            return !uop.flags.contains(.internal) && (trustingWords || !uop.trustsWords)
        }
        literals = Dictionary(
            usable.compactMap { number in probe.literalClass(number).map { ($0, number) } },
            uniquingKeysWith: { first, _ in first })
        passingWords = catalog.uops.indices.map { usable.contains($0) ? probe.passingWords($0) : [] }
        showsNaNs = catalog.uops.indices.map { usable.contains($0) ? probe.inputsThatShowNaNs($0) : [] }
        let running = usable.filter { catalog.uops[$0].flags.isDisjoint(with: [.jumps, .terminator]) }
        plain = running + running.filter { catalog.uops[$0].flags.contains(.moves) }.flatMap { [$0, $0, $0] }
        conditionalJumps = usable.filter { number in
            let uop = catalog.uops[number]
            return uop.flags.contains(.jumps) && uop.flags.isDisjoint(with: [.terminator, .peeks]) && uop.outputs.isEmpty
        }
        let producers = Self.producers(catalog, running)
        self.producers = producers
        leaves = producers.mapValues { $0.filter { catalog.uops[$0].inputs.isEmpty } }
        exactProducers = (producers[.F64] ?? []).filter { catalog.uops[$0].makesDefinedBits }
        countings = Self.countings(probe, usable)
        helperShapes = Self.helperShapes(catalog)
        numbers = NumberUops(probe, usable, showsNaNs: showsNaNs)
    }

    /// By class: the uops that leave one word more on the stack than before, of that class.
    private static func producers(_ catalog: UopCatalog, _ uops: [Int]) -> [UopClass: [Int]] {
        var result: [UopClass: [Int]] = [:]
        for number in uops {
            let uop = catalog.uops[number]
            guard uop.outputs.count == 1, let output = uop.outputs.first, !uop.flags.contains(.peeks) else { continue }
            for valueClass in UopClass.concrete where output.isVariable || output.isAssignable(to: valueClass) {
                result[valueClass, default: []].append(number)
            }
        }
        return result
    }

    private static func countings(_ probe: UopProbe, _ uops: [Int]) -> [Counting] {
        let catalog = probe.catalog
        return [UopClass.I64, .INT, .RANGE].compactMap { valueClass in
            var tests: [Test] = []
            for jump in uops where catalog.uops[jump].operands == [.LABEL] && catalog.uops[jump].inputs.count == 1 {
                if valueClass != .RANGE, let test = probe.test([jump], valueClass) { tests.append(test) }
                for first in uops {
                    let uop = catalog.uops[first]
                    // An iterator stays where it is; a number is a copy that goes.
                    guard uop.inputs == [valueClass], uop.outputs == catalog.uops[jump].inputs,
                        uop.flags.contains(.peeks) == (valueClass == .RANGE), !uop.flags.contains(.jumps)
                    else { continue }
                    if let test = probe.test([first, jump], valueClass) { tests.append(test) }
                }
            }
            let steps = uops.filter { valueClass == .RANGE ? probe.advances($0) : probe.countsDown($0, valueClass) }
            return steps.isEmpty || tests.isEmpty ? nil : Counting(valueClass: valueClass, steps: steps, tests: tests)
        }
    }

    private static func helperShapes(_ catalog: UopCatalog) -> [HelperShape] {
        var result: [HelperShape] = []
        for uop in catalog.uops where uop.operands.contains(.HELPER) {
            let shape = uop.helperShape
            if !result.contains(shape) { result.append(shape) }
        }
        return result
    }
}

/// The sets lack a uop that every trace needs.
package struct MissingUop: Error, CustomStringConvertible {
    let what: String
    package var description: String { "no uop of the stencil sets can \(what): the generator needs one" }
}

extension UopClass {
    /// Whether it stands for a class that a use of the uop says.
    var isVariable: Bool { [.A, .B, .C, .RESULT, .PARAMETER].contains(self) }
}

extension UopCatalog.Uop {
    /// Whether the bits of a float64 that it pushes are defined, even of a NaN: they come from literals
    /// and integers, not from computing with floats.
    var makesDefinedBits: Bool {
        outputs == [.F64] && flags.contains(.pure) && inputs.allSatisfy { $0 == .I64 }
            && operands.allSatisfy { [.IMM_I64, .IMM_F64, .IMM_OBJECT].contains($0) }
    }

    /// Whether it does harm where a word is not what it was made as.
    var trustsWords: Bool {
        inputs.contains(.RANGE) || flags.contains(.tape) || operands.contains(where: UopOperandKind.bufferElements.contains)
    }

    /// Whether it moves words only, with these operands and counts, and takes its inputs.
    func isMover(_ kinds: [UopOperandKind], inputs: Int, outputs: Int) -> Bool {
        flags.contains(.moves) && !flags.contains(.peeks) && operands == kinds && self.inputs.count == inputs
            && self.outputs.count == outputs
    }

    /// The helper that it calls.
    var helperShape: UopTraits.HelperShape {
        UopTraits.HelperShape(
            parameterCount: inputs.count { $0 == .PARAMETER }, hasResult: outputs.contains(.RESULT),
            isForTape: flags.contains(.tape))
    }
}
