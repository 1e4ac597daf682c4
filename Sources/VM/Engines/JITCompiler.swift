import CStencils
public import UopRuntime

/// Makes machine code of regions. One compiler's code shares an arena; several compilers work at the
/// same time, each in its thread.
@safe
public final class JITCompiler {
    package let library: StencilLibrary
    private var works: Works
    /// The catalog that the works have digested.
    private var catalogMark: UInt64 = 0
    private let bridges: Bridges
    /// What executes the code; nil for this process.
    private let processor: (any ForeignProcessor)?
    /// Whether the code can be entered in this process: it is for this processor, and lies where it is executable.
    private let isExecutable: Bool

    /// The bridges as a block of their own, where code is for another machine.
    var foreignBridges: CodePicture.Block? { isExecutable ? nil : bridges.block }

    /// Places the bridges: this is where a system that refuses executable memory is noticed.
    public convenience init(_ library: StencilLibrary, options: CodeArena.Options = .init()) throws(EmissionError) {
        // (What a linker is to fill must not be entered, whatever it is for.)
        guard library.isExecutable && !library.isLinked || options.foreignAddress != nil else { throw .noMachineCode }
        try self.init(library, options: options, processor: nil)
    }

    /// The same for code that another processor executes.
    package convenience init(_ library: StencilLibrary, on processor: any ForeignProcessor) throws(EmissionError) {
        guard !library.isLinked else { throw .noMachineCode }
        try self.init(library, options: CodeArena.Options(for: processor), processor: processor)
    }

    private init(
        _ library: StencilLibrary, options: CodeArena.Options, processor: (any ForeignProcessor)?
    ) throws(EmissionError) {
        self.library = library
        self.processor = processor
        isExecutable = library.isExecutable && options.foreignAddress == nil
        var arena = CodeArena(options: options)
        var writer = try CodeWriter(library)
        bridges = try Bridges(library, writer: &writer, arena: &arena)
        works = Works(writer: writer, arena: arena)
    }

    /// The bridges' code, for debuggers and profilers.
    var bridgeSymbols: [CodeSymbol] { bridges.symbols }

    /// What the arena holds at the moment.
    public var accounting: CodeArena.Accounting { works.arena.accounting }

    /// Makes machine code of regions.
    ///
    /// - Parameters:
    ///   - program: the program that the regions are of.
    ///   - catalog: what is believed of the uops that the regions name.
    ///   - options: passes and what dumps and tests want.
    package func compile(
        _ set: RegionSet, of program: VerifiedProgram, catalog: UopCatalog, options: CompilationOptions = .init()
    ) throws(EmissionError) -> JITCode {
        if catalogMark != catalog.mark {
            works.pipeline = CompilationPipeline(catalog, library)
            catalogMark = catalog.mark
        }
        return unsafe try works.compile(set, program, options, returnAddress: bridges.returnAddress)
    }

    /// Gives code's memory back. Nothing may be running in it.
    package func release(_ code: JITCode) throws(MemoryError) {
        code.debuggerEntry = nil
        if let sealed = code.code.take() { try works.arena.free(sealed) }
    }

    /// Runs a region's code from its entry until an exit that leads back.
    ///
    /// - Returns: where it ended. Every variable is in its own word of the frame, and so is the stack.
    ///
    /// - Throws: where another processor executes it, and fails.
    package func run(_ code: JITCode, _ machine: Machine, region: Int) throws(ForeignProcessorError) -> JITEnd {
        guard let entry = unsafe code.entry(of: region) else { preconditionFailure("code runs after its release") }
        if let processor {
            try run(code, UInt64(UInt(bitPattern: entry)), machine, on: processor)
        } else {
            guard isExecutable else {
                throw ForeignProcessorError("there is no processor here for code of \(library.isa.name) that is made for another machine")
            }
            unsafe machine.frame.pointee.exitTargets = UnsafePointer(code.exitTargets)
            if let bridge = unsafe bridges.helperEntry { unsafe machine.callHelpers(across: bridge) }
            unsafe bridges.enter(entry, frame: machine.frame, isVisible: code.debuggerEntry != nil)
        }
        let point = Int(unsafe machine.frame.pointee.exitIndex)
        let depth = code.exits.restore(machine, point: point, layout: code.layout, evaluator: code.evaluator)
        return JITEnd(
            point: point, exit: code.exits.exitNumber(of: point), region: code.exits.region(of: point),
            instruction: code.exits.instruction(of: point), depth: depth)
    }
}

extension JITCompiler {
    private func run(
        _ code: JITCode, _ entry: UInt64, _ machine: Machine, on processor: any ForeignProcessor
    ) throws(ForeignProcessorError) {
        try processor.load(bridges.bytes, at: unsafe UInt64(UInt(bitPattern: bridges.enterAddress)))
        try processor.load(code.bytes, at: code.runAddress)
        let (image, places) = machine.foreignImage(
            for: processor, usedSpills: code.spillCount, exitTargets: code.exitTargetAddresses, helperEntry: bridges.foreignHelperEntry)
        let bytes = try processor.call(
            unsafe UInt64(UInt(bitPattern: bridges.enterAddress)), frame: image.address(places.frame), code: entry,
            data: image.bytes, helper: machine.callHelper)
        machine.takeBack(bytes, places)
    }
}

/// What compiling changes, in one place.
private struct Works: ~Copyable {
    var writer: CodeWriter
    var arena: CodeArena
    /// For the catalog that was used last.
    var pipeline: CompilationPipeline?

    init(writer: consuming CodeWriter, arena: consuming CodeArena) {
        self.writer = writer
        self.arena = arena
    }

    mutating func compile(
        _ set: RegionSet, _ program: VerifiedProgram, _ options: CompilationOptions, returnAddress: UnsafeRawPointer
    ) throws(EmissionError) -> JITCode {
        guard let code = unsafe try pipeline?.compile(
            set, program, options, writer: &writer, arena: &arena, returnAddress: returnAddress)
        else { throw .noMachineCode }
        return code
    }
}

/// Where machine code has ended.
package struct JITEnd: Sendable {
    /// Which of the places where code may leave.
    package let point: Int
    /// The exit in `RegionSet.exits`; nil where only machine code leaves: a check that was made early has failed.
    package let exit: Int?
    /// Where the interpreter would go on: the instruction is as not executed.
    package let region: Int
    package let instruction: Int
    /// Words on the stack.
    package let depth: Int
}

/// A program's machine code, with the data that says where its exits lead.
@safe
package final class JITCode {
    fileprivate var code: SealedCode?
    let exits: ExitStates
    fileprivate let evaluator: UopEvaluator
    package let layout: FrameLayout
    /// By region: where its first step begins.
    package let entryOffsets: [Int]
    /// Nil unless asked for.
    package let listing: Listing?
    /// Empty unless asked for.
    package let times: StageTimes
    /// Nil unless a debugger is to see the code.
    var debuggerEntry: DebuggerEntry?
    package let byteCount: Int
    /// Of it, what lies in the way of control: the rest is for exits and rare cases.
    package let hotByteCount: Int
    /// Values that are kept in the frame for want of registers, in the region that has the most.
    package let spillCount: Int
    fileprivate let exitTargets: UnsafeMutablePointer<UnsafeRawPointer?>

    init(
        _ code: consuming SealedCode, states: ExitStates, evaluator: UopEvaluator, set: RegionSet, listing: Listing?,
        times: StageTimes, entryOffsets: [Int], hotByteCount: Int, spillCount: Int, forcedPoint: Int?,
        returnAddress: UnsafeRawPointer
    ) {
        self.spillCount = spillCount
        exits = states
        self.evaluator = evaluator
        self.listing = listing
        self.times = times
        self.entryOffsets = entryOffsets
        layout = set.layout
        byteCount = code.byteCount
        self.hotByteCount = hotByteCount
        unsafe exitTargets = .allocate(capacity: max(1, states.points.count))
        for point in states.points.indices {
            var target = unsafe returnAddress
            if let number = states.exitNumber(of: point), point != forcedPoint, case .trace(let trace) = set.exits[number].target {
                unsafe target = code.runAddress + entryOffsets[trace]
            }
            unsafe (exitTargets + point).initialize(to: target)
        }
        self.code = consume code
    }

    deinit { unsafe exitTargets.deallocate() }

    fileprivate func entry(of region: Int) -> UnsafeRawPointer? {
        switch code {
        case .some(let sealed): unsafe sealed.runAddress + entryOffsets[region]
        case .none: nil
        }
    }

    /// Places where code may leave. An exit of the program has several where its uop was repeated, and none where it
    /// cannot be taken.
    package var exitPointCount: Int { exits.points.count }

    /// The number of a point's exit in `RegionSet.exits`, for dumps; nil where only machine code leaves.
    func exitNumber(of point: Int) -> Int? { exits.exitNumber(of: point) }

    /// By exit point: where it leads.
    fileprivate var exitTargetAddresses: [UInt64] {
        exits.points.indices.map { unsafe UInt64(UInt(bitPattern: exitTargets[$0])) }
    }

    /// The machine code, for dumps.
    package var bytes: [UInt8] {
        switch code {
        case .some(let sealed): sealed.bytes
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
