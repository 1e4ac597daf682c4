public import CStencils
import UopRuntime
import UopVM

/// Damages stencils one by one, and says how soon random programs notice each.
public struct DamageReport: Sendable {
    /// By damage: the number of programs that it took; nil where none noticed.
    public private(set) var programs: [(damage: String, count: Int?)] = []

    /// What nobody noticed.
    public var survivors: [String] { programs.filter { $0.count == nil }.map(\.damage) }

    /// The largest number of programs that it took.
    public var most: Int { programs.compactMap(\.count).max() ?? 0 }

    /// Lets each input of each uop be taken from another register, each output go to another one, and each literal be
    /// 1 too large; and lets calls take arguments from the slot behind their own.
    ///
    /// Only uops whose inputs are numbers, and which make new words of them; and calls.
    ///
    /// - Parameters:
    ///   - limit: how many programs may run for each.
    ///   - every: damages only each so manieth.
    public init(
        _ original: UnsafePointer<UopStencilSet>, seed: UInt64, limit: Int, every: Int = 1
    ) throws {
        let traits = try unsafe UopTraits(StencilLibrary([original]), trustingWords: false)
        var next = 0
        for (number, uop) in traits.catalog.uops.enumerated() {
            for damage in uop.damages {
                guard let damaged = unsafe DamagedStencils(original), damage.apply(damaged, number) else { continue }
                defer { next += 1 }
                guard next % every == 0 else { continue }
                let count = try Self.programsUntilNoticed(damaged, traits, seed: seed, limit: limit)
                programs.append(("\(damage.what) of \(uop.name)", count))
            }
        }
    }

    /// How many programs run until the engines differ; nil where they do not.
    package static func programsUntilNoticed(
        _ damaged: DamagedStencils, _ traits: UopTraits, seed: UInt64, limit: Int
    ) throws -> Int? {
        programsUntilNoticed(try CheckedRun.Setup(traits, damaged), traits, seed: seed, limit: limit)
    }

    package static func programsUntilNoticed(
        _ setup: CheckedRun.Setup, _ traits: UopTraits, seed: UInt64, limit: Int
    ) -> Int? {
        firstNotice(setup, traits, seed: seed, limit: limit)?.count
    }

    /// How many programs run until something is wrong, and what; nil where nothing is.
    package static func firstNotice(
        _ setup: CheckedRun.Setup, _ traits: UopTraits, seed: UInt64, first: Int = 0, limit: Int
    ) -> (count: Int, failure: CheckedRun.Failure)? {
        let programs = RandomPrograms(traits: traits, seed: seed)
        let watching = setup.watchingGraphs
        for index in first..<first + limit {
            var item = programs[index]
            // A damaged counter may never come to its end.
            item.mode.repeatsWithoutFuel = false
            do throws(CheckedRun.Failure) {
                _ = try CheckedRun(item, index % FuzzCampaign.watchedEvery == 0 ? watching : setup)
            } catch { return (index + 1, error) }
        }
        return nil
    }
}

extension UopCatalog.Uop {
    /// Whether it makes new words of numbers.
    private var isOfNumbers: Bool {
        !inputs.isEmpty && inputs.allSatisfy { [.I64, .F64, .INT, .FLOAT].contains($0) }
            && flags.isDisjoint(with: [.internal, .moves, .guards, .escapes]) && !trustsWords
    }

    private var isCall: Bool { operands.contains(.HELPER) && !flags.contains(.tape) }

    /// What can be wrong with its code. Forms in the frame serve calls only.
    fileprivate var damages: [(what: String, apply: (DamagedStencils, Int) -> Bool)] {
        if isCall {
            return inputs.indices.map { input in
                ("argument \(input + 1)", { [operands] in $0.shiftOperand(operands.count + input, ofUop: $1) })
            }
        }
        guard isOfNumbers else { return [] }
        return inputs.indices.map { input in ("input \(input + 1)", { $0.mistake(.input(input), ofUop: $1) }) }
            + outputs.indices.map { output in ("output \(output + 1)", { $0.mistake(.output(output), ofUop: $1) }) }
            + [
                (
                    "the literal",
                    { stencils, uop in
                        stencils.operations(beginningWith: uop).reduce(false) { stencils.shiftLiterals(ofUop: $1.number) || $0 }
                    }
                )
            ]
    }
}
