import Foundation

/// The Lua twins, each run in a process of its own, which measures itself.
final class LuaEngine: Engine {
    let name: String
    var interval: Int { isInterpreter ? 4 : 1 }
    private let isInterpreter: Bool
    private let executable: URL
    private let arguments: [String]
    private let folder: URL
    private let sizes: (Loop) throws -> Int64

    /// - Parameters:
    ///   - arguments: what stands before the script, such as `-joff`.
    ///   - sizes: a loop's own size, which scripts do not know.
    init(
        _ name: String, executable: URL, arguments: [String], isInterpreter: Bool, folder: URL,
        sizes: @escaping (Loop) throws -> Int64
    ) {
        self.name = name
        self.isInterpreter = isInterpreter
        self.executable = executable
        self.arguments = arguments
        self.folder = folder
        self.sizes = sizes
    }

    /// LuaJIT's interpreter allocates every int64_t: it takes minutes for what is no measure of interpreting.
    func takesPart(in loop: Loop) -> Bool { !(isInterpreter && loop.wrapsAt64Bits) }

    func run(_ loop: Loop, size: Int64?, placement: Placement) throws -> Sample {
        let script = folder.appendingPathComponent(loop.name + ".lua").path
        let count = try size ?? sizes(loop)
        let words = try Processes.output(of: executable, arguments + [script, "\(count)"])
            .split(whereSeparator: \.isWhitespace)
        guard words.count == 2, let result = Int64(words[0]), let seconds = Double(words[1]) else {
            throw BenchmarkError("\(script): expected a result and seconds; found '\(words.joined(separator: " "))'")
        }
        return Sample(result: result, seconds: seconds)
    }
}
