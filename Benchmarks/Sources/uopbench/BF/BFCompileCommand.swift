import ArgumentParser
import Foundation

/// `uopbench bf-compile`: what `uopbench bf` calls for a process that has compiled nothing before.
struct BFCompileCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bf-compile", abstract: "Compiles a BF program repeatedly, and prints times as JSON.", shouldDisplay: false)

    /// What it prints.
    struct Report: Codable {
        /// The first compilation, and what has to be made before it.
        var firstSeconds: Double
        /// All compilations.
        var seconds: [Double]
        var codeByteCount: Int
        /// How much more memory than before there was at once up to the end of the first.
        var peakByteCount: Int
    }

    @Argument var file: String
    @Option var copies = 1
    @Option var repetitions = 1

    func run() throws {
        let one = try Data(contentsOf: URL(fileURLWithPath: file))
        var text: [UInt8] = []
        text.reserveCapacity(one.count * copies)
        for _ in 0..<copies { text += one }
        let report = try measure(text)
        print(String(decoding: try JSONEncoder().encode(report), as: UTF8.self))
    }

    private func measure(_ text: [UInt8]) throws -> Report {
        let before = try ProcessMemory.restartPeak()
        let ((compiler, codeByteCount, first), nanoseconds) = try CompileStages.timed {
            let compiler = try BFCompiler()
            let (count, nanoseconds) = try CompileStages.timed { try compiler.compile(text) }
            return (compiler, count, nanoseconds)
        }
        let peakByteCount = max(0, try ProcessMemory.bytes("VmHWM") - before)
        var seconds = [first / 1e9]
        for _ in 1..<max(1, repetitions) {
            seconds.append(try CompileStages.timed { try compiler.compile(text) }.1 / 1e9)
        }
        return Report(
            firstSeconds: nanoseconds / 1e9, seconds: seconds, codeByteCount: codeByteCount, peakByteCount: peakByteCount)
    }

    /// The report of a fresh process.
    static func inOwnProcess(_ source: URL, copies: Int, repetitions: Int) throws -> Report {
        guard let own = Bundle.main.executableURL else { throw BenchmarkError("this program does not know where it lies") }
        let text = try Processes.output(
            of: own, ["bf-compile", source.path, "--copies", "\(copies)", "--repetitions", "\(repetitions)"])
        return try JSONDecoder().decode(Report.self, from: Data(text.utf8))
    }
}

/// What Linux tells of this process's memory.
enum ProcessMemory {
    /// Lets the peak begin anew, and gives the bytes that there are now.
    static func restartPeak() throws -> Int {
        try Data("5".utf8).write(to: URL(fileURLWithPath: "/proc/self/clear_refs"))
        return try bytes("VmRSS")
    }

    /// A line of /proc/self/status that counts kilobytes.
    static func bytes(_ name: String) throws -> Int {
        let text = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
        let words = text.split(whereSeparator: \.isNewline).first { $0.hasPrefix(name + ":") }?.split(whereSeparator: \.isWhitespace)
        guard let words, words.count == 3, let kilobytes = Int(words[1]) else {
            throw BenchmarkError("/proc/self/status has no line \(name)")
        }
        return kilobytes * 1024
    }
}
