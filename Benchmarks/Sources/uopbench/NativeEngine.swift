import CTwins
import Foundation
import UopVM

/// The C twins, compiled by clang with one set of flags, and called in this process.
final class NativeEngine: Engine {
    /// What compiling needs beside an engine's own flags.
    struct Toolchain {
        let clang: Clang
        /// `-march=...`
        let instructionSet: String
        let folder: URL
        let builtFiles: URL

        /// x86-64-v3 where the processor has it.
        static func defaultInstructionSet() -> String { twin_has_x86_64_v3() != 0 ? "x86-64-v3" : "x86-64" }
    }

    /// As near to what one uop after the other can be as clang's flags allow: no vectors, no unrolling, no
    /// instruction that counts bits in place of a loop.
    static let scalarFlags = ["-O2", "-fno-vectorize", "-fno-slp-vectorize", "-fno-unroll-loops", "-mno-popcnt"]

    /// Every twin alike. Contraction of a * b + c would change results.
    private static let commonFlags = [
        "-std=gnu23", "-ffp-contract=off", "-Wall", "-Wextra", "-Werror", "-fPIC", "-shared",
    ]

    let name: String
    let interval: Int
    private let flags: [String]
    private let toolchain: Toolchain
    private let catalog: UopCatalog
    private var kernels: [String: [Placement: OpenKernel]] = [:]
    private var programs: [String: LoopProgram] = [:]
    /// Buffers of past calls, kept so that no call finds its memory where another had it: as for our engines.
    private var usedMemory: [TwinMemory] = []

    init(_ name: String, flags: [String], interval: Int, _ toolchain: Toolchain, catalog: UopCatalog) {
        self.name = name
        self.interval = interval
        self.flags = flags
        self.toolchain = toolchain
        self.catalog = catalog
    }

    func prepare(_ loop: Loop) throws {
        for placement in Placement.all { _ = try kernel(loop, placement) }
    }

    func run(_ loop: Loop, size: Int64?, placement: Placement) throws -> Sample {
        let kernel = try kernel(loop, placement)
        let program = try program(loop)
        let memory = TwinMemory(program.program.buffers)
        usedMemory.append(memory)
        let count = size ?? program.size
        let start = twin_processor_seconds()
        let result = kernel.call(count, memory)
        let seconds = twin_processor_seconds() - start
        guard result != .min else { throw BenchmarkError("\(loop.name): the twin in C left by a check (\(name))") }
        return Sample(result: result, seconds: seconds)
    }

    func codeSize(_ loop: Loop) throws -> (all: Int, hot: Int)? {
        // The function as a whole: what its checks lead to is a few bytes at its end.
        let count = try kernel(loop, Placement.ofRound(0)).byteCount
        return (count, count)
    }

    private func program(_ loop: Loop) throws -> LoopProgram {
        if let found = programs[loop.name] { return found }
        let program = try LoopProgram(loop, in: toolchain.folder, catalog: catalog)
        programs[loop.name] = program
        return program
    }

    private func kernel(_ loop: Loop, _ placement: Placement) throws -> OpenKernel {
        if let found = kernels[loop.name]?[placement] { return found }
        let kernel = try OpenKernel(try compile(loop, placement))
        kernels[loop.name, default: [:]][placement] = kernel
        return kernel
    }

    /// The shared object of a twin; compiled only where nothing that shapes it has changed since.
    private func compile(_ loop: Loop, _ placement: Placement) throws -> URL {
        let source = toolchain.folder.appendingPathComponent(loop.name + ".c")
        let header = toolchain.folder.appendingPathComponent("twin.h")
        let arguments = Self.commonFlags + flags + [toolchain.instructionSet, "-DPLACEMENT=\(placement.byteCount)"]
        let shape = try [source, header].map { Array(try Data(contentsOf: $0)) }
        return try RivalPrograms.file(
            "\(loop.name)-\(name)-\(placement.byteCount)", "so", in: toolchain.builtFiles,
            shapedBy: shape + [Array((arguments + [toolchain.clang.version]).joined(separator: " ").utf8)]
        ) {
            _ = try Processes.output(of: toolchain.clang.executable, arguments + [source.path, "-o", $0.path])
        }
    }
}

/// A twin's shared object, open as long as this lives.
@safe
private final class OpenKernel {
    private let kernel: TwinKernel

    init(_ object: URL) throws {
        var opened = unsafe TwinKernel()
        if let problem = unsafe twin_open(object.path, &opened) {
            throw BenchmarkError("\(object.lastPathComponent): \(unsafe String(cString: problem))")
        }
        unsafe kernel = opened
    }

    deinit { unsafe twin_close(kernel) }

    /// Bytes of the function's code.
    var byteCount: Int { Int(unsafe kernel.byteCount) }

    func call(_ size: Int64, _ memory: TwinMemory) -> Int64 { unsafe twin_call(kernel, size, memory.buffers) }
}

/// Buffers for one call of a kernel, zeroed, in the order of the program's declarations.
@safe
private final class TwinMemory {
    let buffers: UnsafeMutablePointer<TwinBuffer>
    private let count: Int

    init(_ declarations: [BufferDeclaration]) {
        count = declarations.count
        unsafe buffers = .allocate(capacity: max(1, count))
        for (index, declaration) in declarations.enumerated() {
            // As a machine allocates them.
            let base = unsafe calloc(max(1, declaration.count), declaration.element.elementBytes ?? 8)
            unsafe (buffers + index).initialize(to: TwinBuffer(base: base, count: UInt64(declaration.count)))
        }
    }

    deinit {
        for index in 0..<count { unsafe free(buffers[index].base) }
        unsafe buffers.deallocate()
    }
}
