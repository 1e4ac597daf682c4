import BFFrontEnd
import CStencils
import UopRuntime
import UopVM

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// A BF program on a tape of its own, and what it writes.
final class TestRun {
    private(set) var output: [UInt8] = []
    /// What is done beside, for each byte that it writes.
    var onWrite: (UInt8) -> Void = { _ in }
    private var made: BFExecution?

    init(_ text: String, cells: Int = 1, options: BFOptions = BFOptions()) throws {
        var options = options
        options.cellsLeft = 0
        options.cellsRight = cells
        let library = try unsafe StencilLibrary([uop_base_stencils()])
        let program = try BFProgram(Array(text.utf8), options: options)
        let streams = BFStreams(write: { [unowned self] byte in
            output.append(byte)
            onWrite(byte)
        })
        made = try BFExecution(program, library: library, streams: streams)
    }

    /// Runs it from its beginning, on a tape of zeros.
    func run(_ engine: EngineKind = .jit) throws -> BFResult {
        guard let made else { preconditionFailure("the execution is made at once") }
        try made.reset()
        output = []
        return try made.run(engine)
    }

    /// Runs a program to the end of its tape; whether that was told as it should be.
    static func leavesTape(pages: Int = 1) -> Bool {
        do {
            let run = try TestRun("+[>+]", cells: pages * pageByteCount)
            for _ in 0..<3 where try run.run().ending != .offTape(cell: pages * pageByteCount) { return false }
            return true
        } catch { return false }
    }
}

/// Bytes of a page, and cells.
let pageByteCount = Int(getpagesize())
