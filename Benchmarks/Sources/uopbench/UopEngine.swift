import CTwins
import Foundation
import UopRuntime
import UopVM

/// Our own engines, in this process.
final class UopEngine: Engine {
    /// What engines of one process share.
    struct Shared {
        let library: StencilLibrary
        let catalog: UopCatalog
        let folder: URL
    }

    /// A program at one size and one placement, ready to run.
    private struct Prepared {
        let loop: LoopProgram
        let execution: Execution
        /// What lies before its code; freed with it.
        let filler: CodeFiller?
    }

    private struct Key: Hashable {
        let loop: String
        let size: Int64?
        let placement: Placement
    }

    private let kind: EngineKind
    private let shared: Shared
    private var prepared: [Key: Prepared] = [:]
    /// Machines of past runs, kept so that no run finds its memory where another had it. At an unlucky place, which
    /// every run of a process got again, the interpreter took twice as long.
    private var usedMachines: [Machine] = []

    init(_ kind: EngineKind, _ shared: Shared) {
        self.kind = kind
        self.shared = shared
    }

    var name: String { kind.rawValue }
    var interval: Int { kind == .interpreter ? 4 : 1 }

    func prepare(_ loop: Loop) throws {
        for placement in Placement.all { _ = try prepared(loop, nil, placement) }
    }

    func run(_ loop: Loop, size: Int64?, placement: Placement) throws -> Sample {
        let ready = try prepared(loop, size, placement)
        // Fresh memory, as every kernel in C gets, and elsewhere than the last.
        usedMachines.append(ready.execution.machine)
        ready.execution.reset()
        let start = twin_processor_seconds()
        let result = try ready.execution.run(kind)
        let seconds = twin_processor_seconds() - start
        if let notice = result.notice { throw BenchmarkError("\(loop.name): \(notice)") }
        guard case .exit(let exit) = result.ending, ready.loop.program.exits[exit].error == nil else {
            throw BenchmarkError("\(loop.name): the \(name) did not come to the program's end: \(result.ending)")
        }
        return Sample(result: ready.loop.result(in: ready.execution.machine), seconds: seconds)
    }

    func codeSize(_ loop: Loop) throws -> (all: Int, hot: Int)? {
        guard kind == .jit else { return nil }
        let execution = try prepared(loop, nil, Placement.ofRound(0)).execution
        return (execution.codeByteCount, execution.hotCodeByteCount)
    }

    private func prepared(_ loop: Loop, _ size: Int64?, _ placement: Placement) throws -> Prepared {
        // Handlers lie where the linker has put them: the interpreter has one placement.
        let key = Key(loop: loop.name, size: size, placement: kind == .interpreter ? Placement.all[0] : placement)
        if let found = prepared[key] { return found }
        let program = try LoopProgram(loop, in: shared.folder, catalog: shared.catalog)
        let verified = try program.resized(size ?? program.size).verified(catalog: shared.catalog)
        let filler = kind == .interpreter ? nil : try CodeFiller(placement, shared)
        let execution = try Execution(verified, library: shared.library, compiler: filler?.compiler)
        try execution.prepare(kind)
        let ready = Prepared(loop: program, execution: execution, filler: filler)
        prepared[key] = ready
        return ready
    }
}

/// A compiler whose next code lies some bytes further than a fresh compiler's would: other code fills the
/// arena up to there. Only differences are known, not the address itself, but all four are tried.
final class CodeFiller {
    let compiler: JITCompiler
    private var fillers: [Execution] = []

    init(_ placement: Placement, _ shared: UopEngine.Shared) throws {
        compiler = try JITCompiler(shared.library)
        let unit = try Self.program(shared)
        for _ in 0..<placement.byteCount / CodeArena.granule {
            let filler = try Execution(unit, library: shared.library, compiler: compiler)
            try filler.prepare(.jit)
            fillers.append(filler)
        }
    }

    /// A program whose code shifts what follows by 16 bytes more than a multiple of 64.
    private static func program(_ shared: UopEngine.Shared) throws -> VerifiedProgram {
        for length in 1...64 {
            let body = String(repeating: "_LOAD_FAST x\n_I64_CONST 3\n_I64_MUL\n_STORE_FAST x\n", count: length)
            let text = "uops 1\nlocal x: i64\ntrace main\n\(body)_EXIT_TRACE\nend\n"
            let program = try Program(parsing: text, catalog: shared.catalog).verified(catalog: shared.catalog)
            let execution = try Execution(program, library: shared.library)
            try execution.prepare(.jit)
            let blocks = (execution.codeByteCount + CodeArena.granule - 1) / CodeArena.granule
            if blocks % (64 / CodeArena.granule) == 1 { return program }
        }
        throw BenchmarkError("no filler's code has a size of 16 bytes more than a multiple of 64")
    }
}
