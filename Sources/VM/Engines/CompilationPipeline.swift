import CStencils
import UopRuntime

/// Regions become machine code, stage by stage.
///
/// Keep one and use it again: the memory of all stages stays. It is one struct so that the language checks once a
/// compilation, not at each step, that nobody else is at it.
struct CompilationPipeline: ~Copyable {
    private let shapes: [UopShape]
    private let known: KnownUops
    private let evaluator: UopEvaluator
    private var order = BlockOrder()
    private var rotation = LoopRotation()
    private var unrolling = LoopUnrolling()
    private var builder: GraphBuilder
    private var commonSubexpressions = CommonSubexpressions()
    private var redundantChecks = RedundantChecks()
    private var loopInvariants = LoopInvariants()
    private var deadCode = DeadCode()
    private var fusion = Fusion()
    private var assignment: RegisterAssignment

    // Of the compilation that is under way:

    private var options = CompilationOptions()
    private var times = StageTimes()
    private var region = Region(trace: 0)
    private var number = 0
    private var graph = Graph()
    /// By region, where a listing is kept.
    private var firstColdSteps: [Int] = []

    /// Digests what is believed of the uops.
    init(_ catalog: UopCatalog, _ library: StencilLibrary) {
        shapes = catalog.shapes
        known = KnownUops(catalog)
        evaluator = UopEvaluator(library, catalog)
        builder = GraphBuilder(catalog)
        assignment = RegisterAssignment(library, catalog)
    }

    mutating func compile(
        _ set: RegionSet, _ program: VerifiedProgram, _ options: CompilationOptions, writer: inout CodeWriter,
        arena: inout CodeArena, returnAddress: UnsafeRawPointer
    ) throws(EmissionError) -> JITCode {
        self.options = options
        times = StageTimes()
        // Keeps nothing of the caller's.
        defer {
            self.options = CompilationOptions()
            region = Region(trace: 0)
        }
        assignment.plan.removeAll()
        assignment.notes = options.keepsListing ? [] : nil
        firstColdSteps = []
        assignment.forcedPoint = options.forcedPoint
        setFault(options.fault)
        var states = ExitStates()
        var mostSpills = 0
        for number in set.regions.indices {
            self.number = number
            region = set.regions[number]
            arrange()
            guard build(program, set.layout) else { throw .tooLarge }
            improve(set.exits)
            if options.keepsListing { firstColdSteps.append(assignment.plan.cold.count) }
            guard assign(set) else { throw .tooLarge }
            mostSpills = max(mostSpills, assignment.spillCount)
            states.regions.append(assignment.state(of: graph, origins: region.origins))
        }
        finish(&states)
        writer.measuresTime = options.measuresTime
        let code = try unsafe writer.write(
            assignment.plan.steps.pointer, operands: assignment.plan.operands.pointer, into: &arena)
        if options.measuresTime { times.add(writer.times) }
        return unsafe JITCode(
            code, states: states, evaluator: evaluator, set: set, listing: listing(writer), times: times,
            entryOffsets: assignment.plan.entries.array.map { writer.offset(of: Int($0)) },
            hotByteCount: writer.offset(of: assignment.plan.hotCount), spillCount: mostSpills,
            forcedPoint: options.forcedPoint, returnAddress: returnAddress)
    }

    /// Nil in all stages but where tests want it.
    private mutating func setFault(_ fault: PassFault?) {
        order.fault = fault
        rotation.fault = fault
        unrolling.fault = fault
        builder.cleanup.fault = fault
        commonSubexpressions.fault = fault
        redundantChecks.fault = fault
        loopInvariants.fault = fault
        deadCode.fault = fault
        fusion.fault = fault
        assignment.fault = fault
        assignment.live.fault = fault
    }

    // MARK: Stages

    /// Stages on the region, before there is a graph.
    private mutating func arrange() {
        stage(.blockOrder) { works in
            let (inverses, jump) = (works.assignment.catalog.inverses, works.assignment.catalog.jump)
            if let ordered = works.order.ordered(works.region, shapes: works.shapes, inverses: inverses, jump: jump) {
                works.region = ordered
            }
        }
        pass(.rotation) { works in
            let (inverses, jump) = (works.assignment.catalog.inverses, works.assignment.catalog.jump)
            if let rotated = works.rotation.rotated(works.region, shapes: works.shapes, inverses: inverses, jump: jump) {
                works.region = rotated
            }
        }
        pass(.unrolling) { works in
            let inverses = works.assignment.catalog.inverses
            if let unrolled = works.unrolling.unrolled(works.region, shapes: works.shapes, inverses: inverses) {
                works.region = unrolled
            }
        }
    }

    /// - Returns: false where the graph is too large.
    private mutating func build(_ program: VerifiedProgram, _ layout: FrameLayout) -> Bool {
        let isComplete = stage(.graph) { $0.builder.build($0.region, program: program, layout: layout, into: &$0.graph) }
        if isComplete { options.observer?(nil, number, graph) }
        return isComplete
    }

    /// The passes on the graph.
    private mutating func improve(_ exits: [RegionExit]) {
        graphPass(.commonSubexpressions) { $0.commonSubexpressions.run(&$0.graph, $0.shapes) }
        graphPass(.redundantChecks) { $0.redundantChecks.run(&$0.graph, $0.known) }
        var hasMoved = false
        graphPass(.loopInvariants) { hasMoved = $0.loopInvariants.run(&$0.graph, $0.shapes) }
        // What several iterations or branches computed may be before the loop twice now.
        if hasMoved { graphPass(.commonSubexpressions) { $0.commonSubexpressions.run(&$0.graph, $0.shapes) } }
        graphPass(.deadCode) { $0.deadCode.run(&$0.graph, $0.shapes) }
        graphPass(.fusion) { $0.fusion.run(&$0.graph, $0.assignment.catalog, exits: exits) }
    }

    /// - Returns: false where the graph is too large.
    private mutating func assign(_ set: RegionSet) -> Bool {
        stage(.assignment) {
            $0.assignment.assign($0.graph, region: $0.number, exits: set.exits, layout: set.layout)
        }
    }

    /// Puts the plans of all regions together.
    private mutating func finish(_ states: inout ExitStates) {
        stage(.assignment) { $0.assignment.plan.finish() }
        states.points = assignment.plan.exits.array
        states.log = assignment.plan.log.array
    }

    // MARK: Around stages

    @inline(__always)
    private mutating func graphPass(_ name: PassName, _ body: (inout Self) -> Void) {
        if pass(name, body) { options.observer?(name, number, graph) }
    }

    /// Runs a pass, unless it is disabled; returns whether it ran.
    @discardableResult
    @inline(__always)
    private mutating func pass(_ name: PassName, _ body: (inout Self) -> Void) -> Bool {
        guard !options.disabledPasses.contains(name) else { return false }
        stage(.pass(name), body)
        return true
    }

    /// Runs a stage, and measures it if that is asked.
    @inline(__always)
    private mutating func stage<Result>(_ stage: CompilationStage, _ body: (inout Self) -> Result) -> Result {
        guard options.measuresTime else { return body(&self) }
        let begin = MonotonicClock.now
        let result = body(&self)
        times.add(stage.name, MonotonicClock.now - begin)
        return result
    }

    // MARK: For dumps

    private func listing(_ writer: borrowing CodeWriter) -> Listing? {
        guard options.keepsListing else { return nil }
        return Listing(
            steps: assignment.plan.steps.array, operands: assignment.plan.operands.array,
            hotCount: assignment.plan.hotCount,
            code: writer.codeOfSteps(),
            firstSteps: assignment.plan.entries.array.map { Int($0) }, firstColdSteps: firstColdSteps,
            notes: assignment.notes ?? [], relocations: writer.relocations)
    }
}
