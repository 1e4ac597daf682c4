import Foundation

/// Something that runs BF programs, each in a process of its own.
struct BFEngine {
    /// Columns of tables, in their order.
    enum Name {
        static let jit = "jit"
        static let interpreter = "interpreter"
        /// What all others are compared with.
        static let compiled = "clang-O2"
        static let plainLoop = "plain-loop"
        static let llvm0 = "llvm-O0"
        static let llvm3 = "llvm-O3"
        /// A start of uopjit that does nothing: what no program can take less than.
        static let start = "start"

        static let all = [jit, interpreter, compiled, plainLoop, llvm0, llvm3, start]
        /// Without those that take minutes.
        static let quick = [jit, interpreter, compiled, llvm0, start]
    }

    let name: String
    /// It takes part in one of so many rounds: more where its runs take long.
    var interval = 1
    /// Whether what it writes is that of the program.
    var writesOutput = true
    /// How it runs a program; what has to be compiled before is compiled by the first call.
    let call: (BFProgram) throws -> CommandLineCall

    init(
        _ name: String, interval: Int = 1, writesOutput: Bool = true, call: @escaping (BFProgram) throws -> CommandLineCall
    ) {
        self.name = name
        self.interval = interval
        self.writesOutput = writesOutput
        self.call = call
    }

    /// A program that gets its arguments, and the BF program's file behind them.
    static func running(_ executable: URL, _ arguments: [String] = [], name: String, interval: Int = 1) -> BFEngine {
        BFEngine(name, interval: interval) {
            CommandLineCall(executable: executable, arguments: arguments + [$0.source.path], input: $0.input)
        }
    }
}

/// The engines that this machine has.
struct BFEngineSet {
    private(set) var engines: [BFEngine] = []
    /// Engines that are absent, and how to get them.
    private(set) var absences: [String] = []
    /// Of the tools that take part: name and version.
    private(set) var versions: [String: String] = [:]
    let launcher: Launcher
    private let programs: RivalPrograms

    /// - Parameter wanted: the engines' names where the options name none.
    init(_ options: BFBenchmarkOptions, wanted: [String]) throws {
        let wanted = options.engines.isEmpty ? wanted : options.engines
        if let unknown = wanted.first(where: { !BFEngine.Name.all.contains($0) }) {
            throw BenchmarkError("there is no engine '\(unknown)'; there are \(BFEngine.Name.all.joined(separator: ", "))")
        }
        programs = try RivalPrograms(options.checkout, clang: Clang(given: options.clang))
        launcher = try Launcher(programs)
        versions["clang"] = programs.clang.version
        func isWanted(_ names: String...) -> Bool { wanted.contains(where: names.contains) }
        if isWanted(BFEngine.Name.jit, BFEngine.Name.interpreter, BFEngine.Name.start) {
            addOurs(try options.uopjitProgram())
        }
        if isWanted(BFEngine.Name.compiled) { addCompiled(options.translatorScript) }
        if isWanted(BFEngine.Name.plainLoop) {
            engines.append(.running(try programs.build("bf-loop"), name: BFEngine.Name.plainLoop, interval: 4))
        }
        if isWanted(BFEngine.Name.llvm0, BFEngine.Name.llvm3) { try addLLVM() }
        engines = engines.filter { wanted.contains($0.name) }
    }

    private mutating func addOurs(_ uopjit: URL) {
        versions["uopjit"] = Processes.firstLine(of: uopjit, ["--version"])
        engines += [
            .running(uopjit, name: BFEngine.Name.jit),
            .running(uopjit, ["--engine", "interpreter"], name: BFEngine.Name.interpreter, interval: 4),
            BFEngine(BFEngine.Name.start, writesOutput: false) { _ in
                CommandLineCall(executable: uopjit, arguments: ["--version"])
            },
        ]
    }

    private mutating func addCompiled(_ translator: URL?) {
        guard let translator, let python = Processes.find("python3") else {
            absences.append("\(BFEngine.Name.compiled) needs python3 on PATH, and a translator of BF to C (--translator): it is left out")
            return
        }
        let twins = BFTwins(translator: translator, python: python, programs: programs)
        engines.append(
            BFEngine(BFEngine.Name.compiled) {
                CommandLineCall(executable: try twins.executable($0), arguments: [], input: $0.input)
            })
    }

    private mutating func addLLVM() throws {
        guard let program = try programs.buildWithLLVM("bf-llvm") else {
            absences.append(RivalPrograms.absenceOfLLVM)
            return
        }
        // Optimising hanoi takes it a minute.
        for (level, name, interval) in [("0", BFEngine.Name.llvm0, 2), ("3", BFEngine.Name.llvm3, 4)] {
            engines.append(.running(program, [level], name: name, interval: interval))
        }
        versions["llvm"] = "LLVM \(Processes.find("llvm-config-19").flatMap { Processes.firstLine(of: $0, ["--version"]) } ?? "19")"
    }
}

/// BF programs as C, compiled by clang -O2.
struct BFTwins {
    let translator: URL
    let python: URL
    let programs: RivalPrograms

    /// A program's executable, made where it is not yet there.
    func executable(_ program: BFProgram) throws -> URL {
        let clang = programs.clang
        let shape = try [translator, program.source].map { Array(try Data(contentsOf: $0)) }
        return try RivalPrograms.file(
            program.name, "bf-twin", in: programs.built, shapedBy: shape + [Array(clang.version.utf8)]
        ) { executable in
            let source = programs.built.appendingPathComponent(program.name + "-bf.c")
            try Processes.output(of: python, [translator.path, program.source.path])
                .write(to: source, atomically: true, encoding: .utf8)
            _ = try Processes.output(of: clang.executable, ["-O2", "-w", source.path, "-o", executable.path])
        }
    }
}
