import ArgumentParser
import CStencils
import Foundation
import UopRuntime
import UopVM

/// Which engines take part, and how their code is made.
struct EngineOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The clang of the twins; the one beside swift if nothing is said.", valueName: "path"))
    var clang: String?

    @Option(help: ArgumentHelp("What -march= gets; x86-64-v3 where the processor has it.", valueName: "level"))
    var isa: String?

    @Option(
        name: .customLong("engine"), parsing: .singleValue,
        help: ArgumentHelp("Only this engine; may be repeated.", valueName: "name"))
    var engines: [String] = []

    @Option(
        name: .customLong("loop"), parsing: .singleValue,
        help: ArgumentHelp("Only this loop; may be repeated.", valueName: "name"))
    var loops: [String] = []
}

/// The engines that this machine has, and what is to be said of them.
struct EngineSet {
    /// Columns of tables, in their order.
    enum Name {
        static let jit = EngineKind.jit.rawValue
        static let interpreter = EngineKind.interpreter.rawValue
        static let unoptimised = "clang-O0"
        static let optimised = "clang-O2"
        /// What all others are compared with.
        static let scalar = "clang-O2-scalar"
        static let unchecked = "clang-O2-unchecked"
        static let luajit = "luajit"
        static let luajitInterpreter = "luajit-interpreter"

        static let all = [
            jit, interpreter, unoptimised, optimised, scalar, unchecked, luajit, luajitInterpreter,
        ]
    }

    let engines: [any Engine]
    let loops: [Loop]
    let shared: UopEngine.Shared
    /// Of the tools that take part: name and version.
    let versions: [String: String]
    let instructionSet: String
    /// Engines that are absent, and how to get them.
    let absences: [String]

    /// - Parameter wanted: the engines' names where the options name none.
    init(_ options: EngineOptions, _ checkout: Checkout, wanted: [String] = Name.all) throws {
        let wanted = options.engines.isEmpty ? wanted : options.engines
        if let unknown = wanted.first(where: { !Name.all.contains($0) }) {
            throw BenchmarkError("there is no engine '\(unknown)'; there are \(Name.all.joined(separator: ", "))")
        }
        loops = try Loop.named(options.loops)
        let library = try unsafe StencilLibrary([uop_base_stencils()])
        shared = UopEngine.Shared(library: library, catalog: UopCatalog(library), folder: checkout.loops)
        instructionSet = options.isa ?? NativeEngine.Toolchain.defaultInstructionSet()
        var engines: [any Engine] = [UopEngine(.jit, shared), UopEngine(.interpreter, shared)]
        var versions: [String: String] = [:]
        var absences: [String] = []
        if wanted.contains(where: { $0.hasPrefix("clang") }) {
            let toolchain = NativeEngine.Toolchain(
                clang: try Clang(given: options.clang), instructionSet: "-march=\(instructionSet)",
                folder: checkout.loops, builtFiles: try checkout.builtFiles())
            versions["clang"] = toolchain.clang.version
            engines += Self.native(toolchain, catalog: shared.catalog)
        }
        if wanted.contains(where: { $0.hasPrefix("luajit") }) {
            if let luajit = Processes.find("luajit") {
                versions["luajit"] = Processes.firstLine(of: luajit, ["-v"]).map {
                    String($0.prefix { $0 != "-" }).trimmingCharacters(in: .whitespaces)
                }
                engines += Self.lua(luajit, shared)
            } else {
                absences.append("no luajit on PATH: it is left out (make bench-setup)")
            }
        }
        self.engines = engines.filter { wanted.contains($0.name) }
        self.versions = versions
        self.absences = absences
    }

    /// clang's columns. Code that is not optimised hardly depends on its place, and takes long.
    private static func native(_ toolchain: NativeEngine.Toolchain, catalog: UopCatalog) -> [any Engine] {
        func engine(_ name: String, _ flags: [String], interval: Int = 1) -> any Engine {
            NativeEngine(name, flags: flags, interval: interval, toolchain, catalog: catalog)
        }
        return [
            engine(Name.unoptimised, ["-O0"], interval: 2), engine(Name.optimised, ["-O2"]),
            engine(Name.scalar, NativeEngine.scalarFlags),
            engine(Name.unchecked, NativeEngine.scalarFlags + ["-DUNCHECKED"]),
        ]
    }

    /// LuaJIT's columns: its compiler, and its interpreter alone.
    private static func lua(_ executable: URL, _ shared: UopEngine.Shared) -> [any Engine] {
        func engine(_ name: String, _ arguments: [String], isInterpreter: Bool) -> any Engine {
            LuaEngine(
                name, executable: executable, arguments: arguments, isInterpreter: isInterpreter, folder: shared.folder
            ) {
                try LoopProgram($0, in: shared.folder, catalog: shared.catalog).size
            }
        }
        return [
            engine(Name.luajit, [], isInterpreter: false),
            engine(Name.luajitInterpreter, ["-joff"], isInterpreter: true),
        ]
    }
}
