import CStencils
public import UopRuntime

/// Makes machine code of regions. One compiler's code shares an arena; several compilers work at the
/// same time, each in its thread.
@safe
public final class JITCompiler {
    package let library: StencilLibrary
    private var works: Works
    private let bridges: Bridges

    /// Places the bridges: this is where a system that refuses executable memory is noticed.
    public init(_ library: StencilLibrary, options: CodeArena.Options = .init()) throws(EmissionError) {
        self.library = library
        var arena = CodeArena(options: options)
        var writer = try CodeWriter(library)
        bridges = try Bridges(library, writer: &writer, arena: &arena)
        works = Works(planner: Planner(library), writer: writer, arena: arena)
    }

    /// What the arena holds at the moment.
    public var accounting: CodeArena.Accounting { works.arena.accounting }

    /// Plans and emits regions.
    ///
    /// - Parameters:
    ///   - catalog: the catalog that the regions' uops are numbered by.
    ///   - listing: whether the code keeps its steps and where they are, for dumps.
    package func compile(
        _ set: RegionSet, catalog: UopCatalog, listing: Bool = false
    ) throws(EmissionError) -> JITCode {
        unsafe try works.compile(
            set, catalog: catalog, listing: listing, exitBridge: library.form(of: .exit),
            returnAddress: bridges.returnAddress, library: library)
    }

    /// Gives code's memory back. Nothing may be running in it.
    package func release(_ code: JITCode) throws(MemoryError) {
        if let sealed = code.code.take() { try works.arena.free(sealed) }
    }

    /// Runs a region's code from its entry until an exit that leads back.
    ///
    /// - Returns: the exit's number, and the words on the stack as its snapshot says.
    package func run(_ code: JITCode, _ machine: Machine, region: Int) -> (exit: Int, stack: [UInt64]) {
        guard let entry = unsafe code.entry(of: region) else { preconditionFailure("code runs after its release") }
        unsafe machine.frame.pointee.exitTargets = UnsafePointer(code.exitTargets)
        unsafe bridges.enter(entry, frame: machine.frame)
        let exit = Int(unsafe machine.frame.pointee.exitIndex)
        return (exit, code.plan.places(at: exit, layout: code.layout).map { machine[wordAt: $0] })
    }
}

/// What compiling changes, in one place: the language checks once a compilation, not at each step,
/// that nobody else is at it.
private struct Works: ~Copyable {
    var planner: Planner
    var writer: CodeWriter
    var arena: CodeArena

    init(planner: consuming Planner, writer: consuming CodeWriter, arena: consuming CodeArena) {
        self.planner = planner
        self.writer = writer
        self.arena = arena
    }

    mutating func compile(
        _ set: RegionSet, catalog: UopCatalog, listing: Bool, exitBridge: Int, returnAddress: UnsafeRawPointer,
        library: StencilLibrary
    ) throws(EmissionError) -> JITCode {
        var code: SealedCode?
        let plan = try unsafe planner.plan(set, catalog: catalog, listing: listing) { (steps, operands) throws(EmissionError) in
            code = try unsafe writer.write(steps, operands: operands, into: &arena)
        }
        guard let sealed = code.take() else { throw .noMachineCode }
        return unsafe JITCode(
            sealed, plan: plan, set: set, entryOffsets: plan.entries.map { writer.offset(of: $0) },
            offsets: listing ? (0...plan.steps.count).map { writer.offset(of: $0) } : [],
            exitBridge: exitBridge, returnAddress: returnAddress, library: library)
    }
}

/// A program's machine code, with the data that says where its exits lead.
@safe
package final class JITCode {
    fileprivate var code: SealedCode?
    package let plan: Plan
    package let layout: FrameLayout
    /// By region: where its first step begins.
    private let entryOffsets: [Int]
    /// Where each step begins, and where the last one ends; empty unless asked for.
    package let offsets: [Int]
    package let byteCount: Int
    /// The form of an exit's own code.
    package let exitBridge: Int
    private let library: StencilLibrary
    fileprivate let exitTargets: UnsafeMutablePointer<UnsafeRawPointer?>
    private let exitCount: Int

    fileprivate init(
        _ code: consuming SealedCode, plan: Plan, set: RegionSet, entryOffsets: [Int], offsets: [Int], exitBridge: Int,
        returnAddress: UnsafeRawPointer, library: StencilLibrary
    ) {
        self.exitBridge = exitBridge
        self.library = library
        self.plan = plan
        self.entryOffsets = entryOffsets
        self.offsets = offsets
        layout = set.layout
        byteCount = code.byteCount
        exitCount = set.exits.count
        unsafe exitTargets = .allocate(capacity: max(1, exitCount))
        for (number, exit) in set.exits.enumerated() {
            var target = unsafe returnAddress
            if case .trace(let trace) = exit.target {
                unsafe target = code.runAddress + entryOffsets[trace]
            }
            unsafe (exitTargets + number).initialize(to: target)
        }
        self.code = consume code
    }

    deinit { unsafe exitTargets.deallocate() }

    /// The uop whose frame form has this number; nil for bridges.
    package func uop(ofForm form: Int) -> Int? { (0..<library.uopCount).first { library.frameForm(of: $0) == form } }

    fileprivate func entry(of region: Int) -> UnsafeRawPointer? {
        switch code {
        case .some(let sealed): unsafe sealed.runAddress + entryOffsets[region]
        case .none: nil
        }
    }

    /// The machine code, for dumps.
    package var bytes: [UInt8] {
        switch code {
        case .some(let sealed): unsafe Array(UnsafeRawBufferPointer(start: sealed.runAddress, count: byteCount))
        case .none: []
        }
    }

    /// Where the first byte runs, for dumps; 0 after release.
    package var runAddress: UInt64 {
        switch code {
        case .some(let sealed): unsafe UInt64(UInt(bitPattern: sealed.runAddress))
        case .none: 0
        }
    }
}
