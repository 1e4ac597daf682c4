import Foundation

/// Builds the programs in C that `uopbench` runs: rivals, which some library may be missing for, and what measures them.
struct RivalPrograms {
    let checkout: Checkout
    let clang: Clang
    let built: URL

    init(_ checkout: Checkout, clang: Clang) throws {
        self.checkout = checkout
        self.clang = clang
        built = try checkout.builtFiles()
    }

    /// A rival, built of its file in Benchmarks/Rivals.
    func build(_ name: String, compiling: [String] = [], linking: [String] = []) throws -> URL {
        try build(checkout.rivals.appendingPathComponent(name + ".c"), as: "rival-" + name, compiling, linking)
    }

    /// A rival that needs LLVM 19; nil where that is not installed.
    func buildWithLLVM(_ name: String) throws -> URL? {
        guard let config = Processes.find("llvm-config-19") else { return nil }
        func flags(_ arguments: String...) throws -> [String] {
            try Processes.output(of: config, arguments).split(whereSeparator: \.isWhitespace).map(String.init)
        }
        return try build(name, compiling: flags("--cflags"), linking: flags("--ldflags", "--libs"))
    }

    /// What is to be said where `buildWithLLVM` gives nothing.
    static let absenceOfLLVM = "no llvm-config-19 on PATH: LLVM is left out (make bench-setup)"

    /// A program built of a file.
    func build(_ source: URL, as name: String, _ compiling: [String] = [], _ linking: [String] = []) throws -> URL {
        let program = built.appendingPathComponent(name)
        _ = try Processes.output(
            of: clang.executable,
            ["-std=gnu23", "-O2", "-Wall", "-Wextra", "-Werror"] + compiling + [source.path, "-o", program.path]
                + linking)
        return program
    }

    /// A file that takes long to make: made only where nothing that shapes it has changed since.
    ///
    /// - Parameters:
    ///   - shape: all that the contents depend on.
    ///   - make: writes the file under the name that it gets.
    static func file(
        _ name: String, _ pathExtension: String, in folder: URL, shapedBy shape: [[UInt8]], make: (URL) throws -> Void
    ) throws -> URL {
        let file = folder.appendingPathComponent("\(name)-\(digest(shape)).\(pathExtension)")
        guard !FileManager.default.fileExists(atPath: file.path) else { return file }
        // Under another name first: what is interrupted leaves nothing that looks whole.
        let unfinished = file.appendingPathExtension("new")
        try make(unfinished)
        try FileManager.default.moveItem(at: unfinished, to: file)
        return file
    }

    /// FNV-1a: enough to tell versions of a file from one another.
    private static func digest(_ parts: [[UInt8]]) -> String {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in parts.joined() { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        return String(hash, radix: 16)
    }
}
