/// Makes machine code of BF programs, in this process.
protocol BFCompiler {
    /// Compiles a program from its text to sealed code, and gives all of it back.
    ///
    /// - Returns: how many bytes of code there were.
    func compile(_ text: [UInt8]) throws -> Int
}

/// The one place where `uopbench` learns how BF is compiled.
enum BFCompilers {
    /// A compiler that is ready: what is made once for all programs is made here.
    ///
    /// - Throws: `BenchmarkError` as long as there is none.
    static func make() throws -> any BFCompiler {
        // PLACE OF THE COMPILER: return one that calls the BF front end and the code writer. Until then nothing is
        // measured, and tables say "not available yet".
        throw BenchmarkError("not available yet")
    }
}
