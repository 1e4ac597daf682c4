import CStencils
import UopRuntime
import UopVM

/// What passes do to the graphs of a program: whether each leaves one that keeps the rules, and what there was to do.
package final class GraphWatch {
    /// Something that a program's graphs had, or that a pass did.
    package enum Sight: String, CaseIterable, Sendable {
        case turningValues = "loops that hand values round"
        case crowdedIntegers = "loops that change more integers than there are registers"
        case crowdedFloats = "loops that change more floats than there are registers"
        case nestedTwice = "loops in loops"
        case nestedThrice = "loops in loops in loops"
        case callsInInnerLoops = "calls in inner loops"
        case sharedValues = "values that were computed before"
        case removedChecks = "checks that cannot fail"
        case relaxedSums = "sums that fit"
        case movedChecks = "checks before loops"
        case movedValues = "values before loops"
        case deadValues = "values that nobody needs"
        case fusedJumps = "comparisons that are part of jumps"

        /// Programs that must have it, of those that are watched among 100,000 traces.
        var least: Int {
            switch self {
            case .crowdedFloats, .removedChecks: 40
            case .crowdedIntegers: 120
            case .turningValues, .relaxedSums, .nestedThrice, .callsInInnerLoops: 300
            case .nestedTwice, .sharedValues, .movedChecks, .movedValues, .deadValues, .fusedJumps: 1000
            }
        }
    }

    /// Rules that were found broken.
    package private(set) var problems: [String] = []
    package private(set) var sights: Set<Sight> = []
    private let shapes: [UopShape]
    /// Of the graph that was seen last: nodes in blocks, those in loops, those that leave, and those that leave early.
    private var before = (nodes: 0, inLoops: 0, leaving: 0, early: 0)

    /// - Parameter shapes: of uops and fusions.
    init(_ shapes: [UopShape]) { self.shapes = shapes }

    func see(_ pass: PassName?, _ graph: borrowing Graph) {
        let found = graph.verify(shapes: shapes)
        if !found.isEmpty { problems.append("after \(pass?.rawValue ?? "building"): \(found)") }
        let now = count(graph)
        switch pass {
        case nil:
            seeLoops(graph)
            seeCalls(graph)
        case .commonSubexpressions: if now.nodes < before.nodes { sights.insert(.sharedValues) }
        case .redundantChecks:
            if now.nodes < before.nodes { sights.insert(.removedChecks) }
            if before.leaving - now.leaving > before.nodes - now.nodes { sights.insert(.relaxedSums) }
        case .loopInvariants:
            if now.inLoops < before.inLoops { sights.insert(.movedValues) }
            if now.early > before.early { sights.insert(.movedChecks) }
        case .deadCode: if now.nodes < before.nodes { sights.insert(.deadValues) }
        case .fusion: if now.nodes < before.nodes { sights.insert(.fusedJumps) }
        case .rotation, .unrolling: break
        }
        before = now
    }

    private func count(_ graph: borrowing Graph) -> (nodes: Int, inLoops: Int, leaving: Int, early: Int) {
        var result = (nodes: 0, inLoops: 0, leaving: 0, early: 0)
        for index in 0..<graph.nodes.count {
            let node = graph.nodes[index]
            guard node.block != Graph.absent, node.uop < Graph.Special.first else { continue }
            result.nodes += 1
            if graph.blocks[Int(node.block)].loop != Graph.absent { result.inLoops += 1 }
            guard node.exit != Graph.absent else { continue }
            result.leaving += 1
            if graph.exits[Int(node.exit)].number == Graph.absent { result.early += 1 }
        }
        return result
    }

    private func seeLoops(_ graph: borrowing Graph) {
        for index in 0..<graph.loops.count {
            if graph.loops[index].depth > 1 { sights.insert(.nestedTwice) }
            if graph.loops[index].depth > 2 { sights.insert(.nestedThrice) }
            let head = graph.blocks[Int(graph.loops[index].first)]
            let phis = head.firstPhi..<head.firstPhi + head.phiCount
            var counts = (integers: 0, floats: 0)
            for phi in phis {
                if graph.nodes[Int(phi)].valueClass == .F64 { counts.floats += 1 } else { counts.integers += 1 }
            }
            if counts.integers > Int(UOP_INTEGER_REGISTER_COUNT) { sights.insert(.crowdedIntegers) }
            if counts.floats > Int(UOP_REGISTER_COUNT) - Int(UOP_INTEGER_REGISTER_COUNT) { sights.insert(.crowdedFloats) }
            var edge = head.firstIncoming
            while edge != Graph.absent {
                let current = graph.edges[Int(edge)]
                for phi in phis where current.isBack {
                    let argument = graph.arguments[Int(current.firstArgument + phi - head.firstPhi)]
                    if argument != phi, phis.contains(argument) { sights.insert(.turningValues) }
                }
                edge = current.nextIncoming
            }
        }
    }

    private func seeCalls(_ graph: borrowing Graph) {
        for index in 0..<graph.nodes.count {
            let node = graph.nodes[index]
            guard node.uop < Graph.Special.first, node.block != Graph.absent, shapes[Int(node.uop)].flags.contains(.escapes) else {
                continue
            }
            let loop = graph.blocks[Int(node.block)].loop
            if loop != Graph.absent, graph.loops[Int(loop)].depth > 1 { sights.insert(.callsInInnerLoops) }
        }
    }
}
