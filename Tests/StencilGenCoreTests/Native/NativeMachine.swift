#if arch(x86_64)
import CRuntimeTestSupport
import CStencils
import StencilGenCore
import Testing
import UopRuntime

/// Runs uops of the committed tables, and their stencils out of objects of another system, in the same frame.
struct NativeMachine: ~Copyable {
    private let library: StencilLibrary
    private var writer: CodeWriter
    private var arena: CodeArena
    private let bridges: Bridges
    private let frame = NativeFrame()
    private let numbers: [String: Int]
    private let foreign: MemorySet
    private let isMicrosoft: Bool

    /// - Parameter uops: those whose stencils are in the sample.
    init(_ sample: NativeSample, _ uops: [Definition]) throws {
        let foreign = try Self.set(sample, uops)
        let base = unsafe try #require(uop_base_stencils())
        let library = unsafe try StencilLibrary([base, foreign.pointer], isa: .X86_64)
        var writer = try CodeWriter(library)
        var arena = CodeArena()
        bridges = try Bridges(library, writer: &writer, arena: &arena)
        self.foreign = foreign
        self.library = library
        self.writer = writer
        self.arena = arena
        isMicrosoft = sample.target.format == .coff
        var numbers: [String: Int] = [:]
        for (index, name) in CommittedTable.uopNames.enumerated() { numbers[name] = index }
        for index in unsafe 0..<Int(foreign.pointer.pointee.uopCount) {
            numbers[unsafe String(cString: foreign.pointer.pointee.uops[index].name)] = CommittedTable.uopNames.count + index
        }
        self.numbers = numbers
    }

    /// "NAME.foreign" for each uop, and "enter.foreign".
    private static func set(_ sample: NativeSample, _ uops: [Definition]) throws -> MemorySet {
        let found = Dictionary(
            try NativeSample.stencils(sample.families).map { ($0.symbol, $0) }, uniquingKeysWith: { first, _ in first })
        var stencils: [Stencil] = []
        var rows: [MemorySet.Uop] = []
        for uop in uops {
            let forms = try Generator.forms(of: uop, sample.target).map { form in
                try #require(found[WrapperWriter.stencilSymbol(uop, form)])
            }
            rows.append(.init(name: "\(uop.name).foreign", firstForm: stencils.count, formCount: forms.count))
            stencils += forms
        }
        rows.append(.init(name: "enter.foreign", firstForm: stencils.count, formCount: 1))
        stencils.append(try #require(found["uop_bridge_enter"]))
        let fmod = unsafe sample.target.format == .coff ? UInt(bitPattern: test_microsoft_fmod()) : nil
        return MemorySet(name: "foreign", stencils: stencils, uops: rows, helper: fmod)
    }

    struct Outcome: Equatable {
        var way: UInt64
        var memory: [UInt64]
    }

    /// What a uop does of the committed table, or out of the other system's object: which of three exits it leaves by (behind it,
    /// at its jump's target, at its exit), and what it leaves in memory.
    ///
    /// - Parameter entersByForeignBridge: whether the other system's own bridge leads into the code.
    mutating func run(
        _ uop: Definition, isForeign: Bool, number: Int, entersByForeignBridge: Bool = false
    ) throws -> Outcome {
        let helper = unsafe isForeign && isMicrosoft ? UInt(bitPattern: test_microsoft_helper()) : Self.systemsHelper
        let trial = NativeFrame.Trial(uop: uop, number: number, helper: UInt64(helper))
        let form = try #require(library.frameForm(of: self.number(of: uop.name + (isForeign ? ".foreign" : ""))))
        let operands = trial.operands
        let exit = library.form(of: .exit)
        let steps =
            [Step(form: form, firstOperand: 0, target: 2, exit: 3)]
            + (0..<3).map { Step(form: exit, firstOperand: operands.count + $0) }
        let code = try writer.write(steps, operands: operands + [1, 2, 3], into: &arena)
        unsafe frame.reset(to: trial, exitTarget: bridges.returnAddress)
        if entersByForeignBridge {
            let bridge = try #require(library.frameForm(of: self.number(of: "enter.foreign")))
            let entrance = try writer.write([Step(form: bridge, firstOperand: 0)], operands: [], into: &arena)
            #expect(unsafe test_microsoft_enter(entrance.runAddress, frame.pointer, code.runAddress) == 1)
            try arena.free(entrance)
        } else {
            unsafe bridges.enter(code.runAddress, frame: frame.pointer)
        }
        try arena.free(code)
        return unsafe Outcome(way: frame.pointer.pointee.exitIndex, memory: frame.snapshot())
    }

    private func number(of name: String) throws -> Int { try #require(numbers[name], "\(name)") }

    private static var systemsHelper: UInt {
        typealias Helper = @convention(c) (UnsafeMutableRawPointer?, UnsafePointer<UInt64>?, UnsafeMutablePointer<UInt64>?) -> Int64
        let function: Helper = unsafe test_helper
        return unsafe unsafeBitCast(function, to: UInt.self)
    }
}
#endif
