import CStencils
import UopVM

/// Makes a program that shows a failure smaller, as long as it still shows one.
///
/// A candidate counts only if the verifier accepts it and the engines still fail on it: so no candidate needs
/// to be right, and most are not.
struct Shrinker {
    private let setup: CheckedRun.Setup
    private var best: RandomPrograms.Item
    private var failure: CheckedRun.Failure?
    /// Candidates that may still be tried.
    private var tries = 20_000
    private var catalog: UopCatalog { setup.catalog }

    init(_ item: RandomPrograms.Item, _ setup: CheckedRun.Setup) {
        best = item
        self.setup = setup
    }

    /// The smallest program found, and how it fails.
    mutating func run(_ failure: CheckedRun.Failure) -> (RandomPrograms.Item, CheckedRun.Failure) {
        // A program that the verifier refuses says what is wrong with the generator as it is.
        if case .refused = failure { return (best, failure) }
        self.failure = failure
        var before = Int.max
        while size < before, tries > 0 {
            before = size
            removeTraces()
            removeStatements()
            simplifyStatements()
            removeDeclarations()
        }
        simplifyMode()
        return (best, self.failure ?? failure)
    }

    private var size: Int {
        best.program.traces.reduce(0) { $0 + 2 + $1.statements.count } + best.program.locals.count
            + best.program.buffers.count + best.program.helpers.count + best.program.exits.count
    }

    /// Takes the candidate over where it still fails in the engines.
    private mutating func accept(_ program: Program, _ mode: RunMode? = nil) -> Bool {
        guard tries > 0 else { return false }
        tries -= 1
        let item = RandomPrograms.Item(program: program, mode: mode ?? best.mode)
        do throws(CheckedRun.Failure) {
            _ = try CheckedRun(item, setup)
            return false
        } catch {
            if case .refused = error { return false }
            (best, failure) = (item, error)
            return true
        }
    }

    private mutating func accept(_ change: (inout EditableProgram) -> Void) -> Bool {
        var editable = EditableProgram(best.program)
        change(&editable)
        return accept(editable.program(catalog))
    }

    // MARK: Passes

    private mutating func removeTraces() {
        for index in (1..<max(1, best.program.traces.count)).reversed() { _ = accept { $0.removeTrace(index) } }
        // The first trace may only be a way to the second one.
        while best.program.traces.count > 1, best.program.traces[1].entry.isEmpty, accept({ $0.removeTrace(0) }) {}
    }

    /// Runs of statements, long ones first.
    private mutating func removeStatements() {
        for trace in best.program.traces.indices {
            var length = best.program.traces[trace].statements.count / 2
            while length > 0 {
                var start = 0
                while start + length <= best.program.traces[trace].statements.count {
                    let removed = accept { $0.traces[trace].lines.removeSubrange(start..<start + length) }
                    if !removed { start += 1 }
                }
                length = length > 8 ? length / 2 : length - 1
            }
        }
    }

    /// Statements in place of others that do less: drop the inputs, push locals.
    private mutating func simplifyStatements() {
        guard let pop = catalog.uops.firstIndex(where: { $0.isMover([], inputs: 1, outputs: 0) }),
            let load = catalog.uops.firstIndex(where: { $0.isMover([.LOCAL_READ], inputs: 0, outputs: 1) })
        else { return }
        func line(_ uop: Int, _ operands: [UInt64] = []) -> EditableProgram.Line {
            .init(kind: .uop(uop), exit: .implicit, operands: operands, results: [], arguments: [])
        }
        for trace in best.program.traces.indices {
            var index = 0
            while index < best.program.traces[trace].statements.count {
                let statement = best.program.traces[trace].statements[index]
                defer { index += 1 }
                if statement.exit != .implicit { _ = accept { $0.traces[trace].lines[index].exit = .implicit } }
                guard case .uop(let number) = statement.kind, number != pop, number != load else { continue }
                let uop = catalog.uops[number]
                var lines = uop.flags.contains(.peeks) || statement.argumentCount > 0 ? [] : uop.inputs.map { _ in line(pop) }
                for output in statement.resultCount > 0 ? [] : uop.outputs {
                    let local = best.program.locals.firstIndex { $0.valueClass.isAssignable(to: output) }
                    if let local { lines.append(line(load, [UInt64(local)])) }
                }
                _ = accept { $0.traces[trace].lines.replaceSubrange(index...index, with: lines) }
            }
        }
    }

    private mutating func simplifyMode() {
        for change: (inout RunMode) -> Void in [
            { $0.countsInCheck = false }, { $0.repeatsWithoutFuel = false }, { $0.keepsMoves = false },
        ] {
            var mode = best.mode
            change(&mode)
            if mode != best.mode { _ = accept(best.program, mode) }
        }
        for fuel in [0, 1, 2, 5, 10, 20, 50, 100] as [Int64] where fuel < best.mode.fuel {
            var mode = best.mode
            mode.fuel = fuel
            if accept(best.program, mode) { return }
        }
    }

    // MARK: Declarations

    private mutating func removeDeclarations() {
        removeUnused([.LOCAL_READ, .LOCAL_WRITE], count: best.program.locals.count) { $0.locals.remove(at: $1) }
        removeUnused(UopOperandKind.bufferElements, count: best.program.buffers.count) { $0.buffers.remove(at: $1) }
        removeUnused([.HELPER], count: best.program.helpers.count) { $0.helpers.remove(at: $1) }
        if best.program.tape != nil { _ = accept { $0.declarations.tape = nil } }
        removeUnusedExits()
    }

    /// Declarations that no operand names.
    private mutating func removeUnused(
        _ kinds: [UopOperandKind], count: Int, _ remove: (inout Program, Int) -> Void
    ) {
        for index in (0..<count).reversed() {
            let catalog = catalog
            guard !EditableProgram(best.program).uses(of: kinds, catalog).contains(index) else { continue }
            _ = accept { program in
                remove(&program.declarations, index)
                program.renumber(kinds, catalog) { $0 > UInt64(index) ? $0 - 1 : $0 }
            }
        }
    }

    private mutating func removeUnusedExits() {
        for index in best.program.exits.indices.reversed() {
            let isUsed = best.program.traces.contains { $0.statements.contains { $0.exit == .exit(index) } }
            guard !isUsed else { continue }
            _ = accept { program in
                program.declarations.exits.remove(at: index)
                for trace in program.traces.indices {
                    for line in program.traces[trace].lines.indices {
                        guard case .exit(let other) = program.traces[trace].lines[line].exit, other > index else { continue }
                        program.traces[trace].lines[line].exit = .exit(other - 1)
                    }
                }
            }
        }
    }
}
