#if arch(x86_64)
import CStencils
import StencilGenCore
import Testing
import UopRuntime

/// Runs single uops between three exits: behind it, at its jump's target, and at its exit.
struct TwinMachine: ~Copyable {
    enum Way: UInt64 {
        case next = 1, jump, exit
    }

    private let numbers: [String: Int]
    private let library: StencilLibrary
    private var writer: CodeWriter
    private var arena: CodeArena
    private let bridges: Bridges
    private let frame = TestFrame()

    /// The base set has the bridges, so it must be among the sets.
    init(_ sets: [UnsafePointer<UopStencilSet>]) throws {
        // Sets in memory are of this isa.
        let library = unsafe try StencilLibrary(sets, isa: .X86_64)
        var writer = try CodeWriter(library)
        var arena = CodeArena()
        bridges = try Bridges(library, writer: &writer, arena: &arena)
        self.library = library
        self.writer = writer
        self.arena = arena
        var numbers: [String: Int] = [:]
        var first = 0
        for unsafe set in unsafe sets {
            for index in 0..<(unsafe Int(set.pointee.uopCount)) {
                numbers[unsafe String(cString: set.pointee.uops[index].name)] = first + index
            }
            unsafe first += Int(set.pointee.uopCount)
        }
        self.numbers = numbers
    }

    /// What running a uop left behind.
    struct Outcome: Equatable {
        var way: UInt64
        var memory: [UInt64]
    }

    /// Emits `name` with `operands` (immediates, input slots, output slots), and runs it from every state.
    /// Throws what CodeWriter throws.
    mutating func run(
        _ name: String, operands: [UInt64], states: [TestFrame.State]
    ) throws(EmissionError) -> (byteCount: Int, outcomes: [Outcome]) {
        guard let number = numbers[name], let form = library.frameForm(of: number) else { throw .invalidStep(0) }
        let exit = library.form(of: .exit)
        let steps =
            [Step(form: form, firstOperand: 0, target: 2, exit: 3)]
            + (0..<3).map { Step(form: exit, firstOperand: operands.count + $0) }
        let words = operands + [Way.next, .jump, .exit].map(\.rawValue)
        let code = try writer.write(steps, operands: words, into: &arena)
        let byteCount = code.byteCount
        var outcomes: [Outcome] = []
        for state in states {
            unsafe frame.reset(to: state, exitTarget: bridges.returnAddress)
            unsafe bridges.enter(code.runAddress, frame: frame.pointer)
            outcomes.append(Outcome(way: frame.exitIndex, memory: frame.snapshot()))
        }
        do throws(MemoryError) { try arena.free(code) } catch { throw .memory(error) }
        return (byteCount, outcomes)
    }
}
#endif
