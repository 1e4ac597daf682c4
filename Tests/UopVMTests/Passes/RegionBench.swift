import Testing
import UopRuntime

@testable import UopVM

/// One region, and the passes that put its instructions in another order.
struct RegionBench {
    private let region: Region
    private let forms = RegionBench.jumps
    private static let jumps: (inverses: [UInt16], jump: Int) = {
        let forms = FormCatalog(BaseSet.library, BaseSet.catalog)
        return (forms.inverses, forms.jump)
    }()

    /// The region of the first trace.
    init(_ body: String, countsFuel: Bool = false) throws {
        var options = LoweringOptions()
        options.countsFuel = countsFuel
        region = try BaseSet.program(PassBench.text(body)).verified(catalog: BaseSet.catalog).regions(options).regions[0]
    }

    /// The region with its loops rotated; nil where nothing is to be done.
    func rotated() -> String? {
        var pass = LoopRotation()
        return pass.rotated(region, shapes: BaseSet.catalog.shapes, inverses: forms.inverses, jump: forms.jump).map(Self.text(of:))
    }

    /// The region with its loops rotated and then unrolled; nil where nothing is to be unrolled.
    func unrolled() -> String? { unrolledRegion().map(Self.text(of:)) }

    func unrolledRegion() -> Region? {
        var rotation = LoopRotation()
        var pass = LoopUnrolling()
        let shapes = BaseSet.catalog.shapes
        let rotated = rotation.rotated(region, shapes: shapes, inverses: forms.inverses, jump: forms.jump)
        return pass.unrolled(rotated ?? region, shapes: shapes, inverses: forms.inverses)
    }

    /// The region with its blocks in order; nil where they are.
    func ordered() -> String? {
        var pass = BlockOrder()
        return pass.ordered(region, shapes: BaseSet.catalog.shapes, inverses: forms.inverses, jump: forms.jump).map(Self.text(of:))
    }

    /// Both passes, one after the other.
    func orderedAndRotated() -> String? {
        var order = BlockOrder()
        var rotation = LoopRotation()
        let shapes = BaseSet.catalog.shapes
        let first = order.ordered(region, shapes: shapes, inverses: forms.inverses, jump: forms.jump) ?? region
        return rotation.rotated(first, shapes: shapes, inverses: forms.inverses, jump: forms.jump).map(Self.text(of:))
    }

    /// Runs of instructions between targets of jumps, a line each: the first one's number, names without the underscore,
    /// and where jumps lead. What only moves words is left out.
    ///
    ///     0: I64_CONST
    ///     2: I64_LT_S JUMP_IF_FALSE>9
    private static func text(of region: Region) -> String {
        var lines: [String] = []
        var words: [String] = []
        for (index, instruction) in region.instructions.enumerated() {
            if index == 0 || instruction.isTarget {
                if !words.isEmpty { lines.append(words.joined(separator: " ")) }
                words = ["\(index):"]
            }
            let uop = BaseSet.catalog.uops[Int(instruction.uop)]
            guard !uop.flags.contains(.moves), !uop.flags.contains(.constant) else { continue }
            words.append(uop.name.dropFirst() + (instruction.target == Region.absent ? "" : ">\(instruction.target)"))
        }
        lines.append(words.joined(separator: " "))
        return lines.joined(separator: "\n")
    }
}
