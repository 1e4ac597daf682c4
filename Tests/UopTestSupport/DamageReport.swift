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

    /// Lets each input of each uop be read from the slot behind its own.
    ///
    /// Only uops whose inputs are numbers, and which make new words of them: others could take a word for the
    /// number of an iterator, and then anything may happen.
    ///
    /// - Parameters:
    ///   - limit: how many programs may run for each.
    ///   - every: damages only each so manieth.
    public init(
        _ original: UnsafePointer<UopStencilSet>, seed: UInt64, limit: Int, every: Int = 1
    ) throws {
        let traits = try unsafe UopTraits(StencilLibrary([original]), trustingWords: false)
        var next = 0
        for (number, uop) in traits.catalog.uops.enumerated() where uop.isOfNumbers {
            for input in uop.inputs.indices {
                defer { next += 1 }
                guard next % every == 0, let damaged = unsafe DamagedStencils(original),
                    damaged.shiftOperand(uop.operands.count + input, ofUop: number)
                else { continue }
                let count = try Self.programsUntilNoticed(damaged, traits, seed: seed, limit: limit)
                programs.append(("input \(input + 1) of \(uop.name)", count))
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
        let programs = RandomPrograms(traits: traits, seed: seed)
        for index in 0..<limit {
            do throws(CheckedRun.Failure) {
                _ = try CheckedRun(programs[index], setup)
            } catch { return index + 1 }
        }
        return nil
    }
}

extension UopCatalog.Uop {
    /// Whether it makes new words of numbers.
    fileprivate var isOfNumbers: Bool {
        !inputs.isEmpty && inputs.allSatisfy { [.I64, .F64, .INT, .FLOAT].contains($0) }
            && flags.isDisjoint(with: [.internal, .moves, .guards, .escapes])
    }
}
