import CStencils
import UopRuntime
import UopVM

/// What executes a uop of cells.
enum CellEngine: CaseIterable, Sendable {
    case interpreter
    /// A form with values in the frame, of each level.
    case baseline, v3

    var level: UopISA? {
        switch self {
        case .interpreter: nil
        case .baseline: .X86_64
        case .v3: .X86_64_V3
        }
    }
}

/// What a uop of cells left behind.
struct CellFound: Equatable {
    var way: Int
    /// The words on the stack; of a frame form its outputs.
    var words: [UInt64]
    var page: [UInt8]
    /// The address of the cell that was off the tape; what was there before if none was.
    var missed: UInt64
    var helperStatus: Int64
    var calls: [[UInt64]] = []
}

/// Runs uops of cells, which stand in no trace: single instructions of the interpreter, and single forms.
@safe
final class CellBench {
    /// Slots of a helper's descriptor.
    static let helperSlot = RegisterFrame.registerSlot
    /// What fields of the frame hold that nothing was stored to.
    static let untouched: UInt64 = 0xABAD_1DEA_ABAD_1DEA

    let tape = GuardedTape()
    private let frame = RegisterFrame()
    private let banks: [CellEngine: CodeBank]
    private var code: [CellEngine: CodeBank.Code] = [:]
    private let instructions: UnsafeMutablePointer<UInt64>
    private let host = Host()

    /// A helper that does what it is told, and remembers its arguments.
    final class Host {
        var argumentCount = 0
        var status: Int64 = 0
        var answer: UInt64 = 0
        var calls: [[UInt64]] = []
    }

    init() throws {
        var banks: [CellEngine: CodeBank] = [:]
        for engine in CellEngine.allCases {
            guard let level = engine.level, RegisterFormTests.isas.contains(level) else { continue }
            banks[engine] = try CodeBank(unsafe StencilLibrary([uop_base_stencils()], isa: level))
        }
        self.banks = banks
        unsafe instructions = .allocate(capacity: 16)
    }

    deinit { unsafe instructions.deallocate() }

    /// Makes the uop ready with these operands; gives the engines that can run it.
    func prepare(_ uop: UopCatalog.Uop, number: Int, operands: [UInt64]) throws -> [CellEngine] {
        writeInstructions(uop, number, operands)
        for (engine, old) in code { try banks[engine]?.free(old) }
        code = [:]
        for (engine, bank) in banks {
            guard let form = bank.library.frameForm(of: number) else { continue }
            func slots(_ first: Int, _ count: Int) -> [UInt64] { (0..<count).map { RegisterFrame.offset(first + $0) } }
            let words =
                [RegisterWay.next, .jump, .exit].map { UInt64($0.rawValue) } + operands
                + slots(RegisterFrame.inputSlot, uop.inputs.count) + slots(RegisterFrame.outputSlot, uop.outputs.count)
            let step = Step(form: form, firstOperand: 3, target: 2, exit: 3)
            code[engine] = try bank.write([step] + bank.exits(0), words, entries: [0])
        }
        return CellEngine.allCases.filter { $0 == .interpreter || code[$0] != nil }
    }

    /// The instruction, then three that halt, as UopStencilSet in UopStencils.h has it.
    private func writeInstructions(_ uop: UopCatalog.Uop, _ number: Int, _ operands: [UInt64]) {
        let handler = unsafe uop_base_stencils().pointee.handlers[number]
        let immediates = zip(uop.operands, operands).filter { $0.0 != .LABEL }.map(\.1)
        let count = 1 + immediates.count + (uop.flags.contains(.exits) ? 1 : 0) + (uop.flags.contains(.jumps) ? 1 : 0)
        func halt(_ way: RegisterWay) -> UInt64 {
            unsafe UInt64(UInt(bitPattern: instructions + count + 2 * (way.rawValue - 1)))
        }
        var words = [unsafe UInt64(UInt(bitPattern: unsafeBitCast(handler, to: Int.self)))]
        if uop.flags.contains(.exits) { words.append(halt(.exit)) }
        words += immediates
        if uop.flags.contains(.jumps) { words.append(halt(.jump)) }
        let halting = unsafe UInt64(UInt(bitPattern: unsafeBitCast(uop_halt_handler(), to: Int.self)))
        for way in [RegisterWay.next, .jump, .exit] { words += [halting, UInt64(way.rawValue)] }
        unsafe instructions.initialize(from: words, count: words.count)
    }

    /// Runs what was made ready.
    ///
    /// - Parameter inputs: the pointer, and the input above it where there is one.
    func run(
        _ engine: CellEngine, _ uop: UopCatalog.Uop, _ scene: CellScene, _ inputs: [UInt64], status: Int64 = 0, answer: UInt64 = 0
    ) -> CellFound {
        frame.reset(to: .init(seed: 1, tapePosition: Self.untouched, budget: 0, floor: 0, counter: 0, remaining: 0))
        frame.setTape(tape, scene.range)
        unsafe frame.pointer.pointee.helperStatus = Int64(bitPattern: Self.untouched)
        tape.bytes = scene.page
        for (number, word) in inputs.enumerated() { frame[RegisterFrame.inputSlot + number] = word }
        tell(uop, status, answer)
        let words = engine == .interpreter ? interpret(depth: inputs.count) : execute(engine, uop, inputs)
        let state = unsafe frame.pointer
        return CellFound(
            way: frame.exit, words: words, page: tape.bytes, missed: unsafe state.pointee.tapePosition,
            helperStatus: unsafe state.pointee.helperStatus, calls: host.calls)
    }

    /// Puts the helper into the frame.
    private func tell(_ uop: UopCatalog.Uop, _ status: Int64, _ answer: UInt64) {
        host.argumentCount = uop.name.hasSuffix("_CALL") ? 2 : uop.name.hasSuffix("_WRITE") ? 1 : 0
        (host.status, host.answer, host.calls) = (status, answer, [])
        let function: UopHelperFunction = { context, arguments, result in
            let host = unsafe Unmanaged<Host>.fromOpaque(context!).takeUnretainedValue()
            host.calls.append((0..<host.argumentCount).map { unsafe arguments![$0] })
            unsafe result!.pointee = host.answer
            return host.status
        }
        for pair in 0..<2 {
            frame[Self.helperSlot + 2 * pair] = unsafe UInt64(UInt(bitPattern: unsafeBitCast(function, to: Int.self)))
            frame[Self.helperSlot + 2 * pair + 1] = unsafe UInt64(UInt(bitPattern: Unmanaged.passUnretained(host).toOpaque()))
        }
    }

    /// The words on the stack.
    private func interpret(depth: Int) -> [UInt64] {
        let stack = unsafe frame.slot(RegisterFrame.inputSlot)
        unsafe uop_interpret(frame.pointer, stack + depth, instructions)
        let count = unsafe frame.pointer.pointee.stackPointer.map { unsafe $0 - stack } ?? 0
        return (0..<count).map { frame[RegisterFrame.inputSlot + $0] }
    }

    /// The outputs where it goes on; the stack of the interpreter where it does not.
    private func execute(_ engine: CellEngine, _ uop: UopCatalog.Uop, _ inputs: [UInt64]) -> [UInt64] {
        guard let bank = banks[engine], let code = code[engine] else { return [] }
        unsafe bank.run(code.entries[0], frame)
        for (number, word) in inputs.enumerated() where frame[RegisterFrame.inputSlot + number] != word { return [Self.untouched] }
        if frame.exit == RegisterWay.exit.rawValue { return inputs }
        return (0..<uop.outputs.count).map { frame[RegisterFrame.outputSlot + $0] }
    }
}
