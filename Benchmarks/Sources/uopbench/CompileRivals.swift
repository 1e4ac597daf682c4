import Foundation

/// Compilers that make code of the same loops: LLVM by its C interface, and libtcc. Each is a small program in
/// C (Benchmarks/Rivals), built where its library is installed.
struct CompileRivals {
    /// What a rival needed for one loop.
    struct Row {
        /// What it read, in its own unit: instructions of IR, or bytes of text.
        var inputCount: Int
        var nanoseconds: Double
    }

    /// A rival's column: rows by the loop's name, and one by `together`, all functions in one file.
    struct Column {
        var title: String
        /// What inputs are counted in.
        var unit: String
        var rows: [String: Row]
    }

    /// The name of the file that has all loops.
    static let together = "together"

    private let programs: RivalPrograms
    private(set) var columns: [Column] = []
    /// What is not installed.
    private(set) var absences: [String] = []

    init(_ checkout: Checkout, clang: Clang) throws {
        programs = try RivalPrograms(checkout, clang: clang)
        try writeTogether()
        try measureLLVM()
        try measureTCC()
    }

    private var files: [String] { Loop.all.map(\.name) + [Self.together] }

    /// All twins as one file of C, in which every kernel has a name of its own.
    private func writeTogether() throws {
        var text = ""
        for loop in Loop.all {
            let name = loop.name.replacingOccurrences(of: "-", with: "_")
            text += """
                #define kernel kernel_\(name)
                #define memory memory_\(name)
                #include "\(loop.name).c"
                #undef kernel
                #undef memory

                """
        }
        try text.write(to: programs.built.appendingPathComponent(Self.together + ".c"), atomically: true, encoding: .utf8)
    }

    private func source(_ name: String) -> URL {
        (name == Self.together ? programs.built : programs.checkout.loops).appendingPathComponent(name + ".c")
    }

    // MARK: LLVM

    private mutating func measureLLVM() throws {
        guard let program = try programs.buildWithLLVM("llvm") else {
            absences.append(RivalPrograms.absenceOfLLVM)
            return
        }
        // Bitcode by LLVM's own clang is readable for certain; that by a later one often is, too.
        let frontEnd = Processes.find("clang-19") ?? programs.clang.executable
        let inputs = try files.map { name in
            let bitcode = programs.built.appendingPathComponent(name + ".bc").path
            _ = try Processes.output(
                of: frontEnd,
                // Without the attribute that says "do not optimise", or the pipeline of -O2 would do nothing.
                [
                    "-std=gnu2x", "-O0", "-Xclang", "-disable-O0-optnone", "-ffp-contract=off", "-fPIC", "-emit-llvm",
                    "-c",
                ]
                    + ["-I", programs.checkout.loops.path, source(name).path, "-o", bitcode])
            return bitcode
        }
        for (level, rounds) in [(0, 50), (2, 10)] {
            let output = try Processes.output(of: program, ["\(level)", "\(rounds)"] + inputs)
            columns.append(Column(title: "LLVM 19 -O\(level)", unit: "IR", rows: rows(output)))
        }
    }

    // MARK: libtcc

    private mutating func measureTCC() throws {
        let program: URL
        do {
            program = try programs.build("tcc", linking: ["-ltcc", "-ldl"])
        } catch {
            absences.append("no libtcc for Benchmarks/Rivals/tcc.c: it is left out (make bench-setup)")
            return
        }
        let inputs = try files.map { name in
            let text = programs.built.appendingPathComponent(name + ".i").path
            _ = try Processes.output(
                of: programs.clang.executable,
                // tcc has no arithmetic that tells of overflow: it gets the twins without checks.
                ["-std=gnu99", "-DUNCHECKED", "-E", "-P", "-I", programs.checkout.loops.path, source(name).path, "-o", text])
            return text
        }
        columns.append(
            Column(title: "libtcc", unit: "byte", rows: rows(try Processes.output(of: program, ["200"] + inputs))))
    }

    // MARK: Both

    /// By the name of the file, without folder and extension.
    private func rows(_ output: String) -> [String: Row] {
        var rows: [String: Row] = [:]
        for line in output.split(whereSeparator: \.isNewline) {
            let words = line.split(separator: " ").map(String.init)
            guard words.count == 3, let count = Int(words[1]), let nanoseconds = Double(words[2]) else { continue }
            let name = URL(fileURLWithPath: words[0]).deletingPathExtension().lastPathComponent
            rows[name] = Row(inputCount: count, nanoseconds: nanoseconds)
        }
        return rows
    }
}
