import CStencils
public import UopRuntime

/// Makes machine code of regions. One compiler's code shares an arena; several compilers work at the
/// same time, each in its thread.
@safe
public final class JITCompiler {
    package let library: StencilLibrary
    private var arena: CodeArena
    private var writer: CodeWriter
    private let bridges: Bridges

    /// Places the bridges: this is where a system that refuses executable memory is noticed.
    public init(_ library: StencilLibrary, options: CodeArena.Options = .init()) throws(EmissionError) {
        self.library = library
        var arena = CodeArena(options: options)
        var writer = try CodeWriter(library)
        bridges = try Bridges(library, writer: &writer, arena: &arena)
        self.arena = arena
        self.writer = writer
    }

    /// What the arena holds at the moment.
    public var accounting: CodeArena.Accounting { arena.accounting }

    /// Emits a plan.
    package func compile(_ plan: Plan, _ set: RegionSet) throws(EmissionError) -> JITCode {
        let code = try writer.write(plan.steps, operands: plan.operands, into: &arena)
        return unsafe JITCode(
            code, plan: plan, set: set, offsets: writer.offsets, exitBridge: library.number(of: .exit),
            returnAddress: bridges.returnAddress)
    }

    /// Gives code's memory back. Nothing may be running in it.
    package func release(_ code: JITCode) throws(MemoryError) {
        if let sealed = code.code.take() { try arena.free(sealed) }
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

/// A program's machine code, with the data that says where its exits lead.
@safe
package final class JITCode {
    fileprivate var code: SealedCode?
    package let plan: Plan
    package let layout: FrameLayout
    /// Where each step begins, and where the last one ends.
    package let offsets: [UInt32]
    package let byteCount: Int
    /// The step code of an exit's own code.
    package let exitBridge: Int
    fileprivate let exitTargets: UnsafeMutablePointer<UnsafeRawPointer?>
    private let exitCount: Int

    fileprivate init(
        _ code: consuming SealedCode, plan: Plan, set: RegionSet, offsets: [UInt32], exitBridge: Int,
        returnAddress: UnsafeRawPointer
    ) {
        self.exitBridge = exitBridge
        self.plan = plan
        self.offsets = offsets
        layout = set.layout
        byteCount = code.byteCount
        exitCount = set.exits.count
        unsafe exitTargets = .allocate(capacity: max(1, exitCount))
        for (number, exit) in set.exits.enumerated() {
            var target = unsafe returnAddress
            if case .trace(let trace) = exit.target {
                unsafe target = code.runAddress + Int(offsets[plan.entries[trace]])
            }
            unsafe (exitTargets + number).initialize(to: target)
        }
        self.code = consume code
    }

    deinit { unsafe exitTargets.deallocate() }

    fileprivate func entry(of region: Int) -> UnsafeRawPointer? {
        switch code {
        case .some(let sealed): unsafe sealed.runAddress + Int(offsets[plan.entries[region]])
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
