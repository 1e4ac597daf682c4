import CStencils
import Foundation

/// The toolchain's `llvm-objdump`, for comments only: nothing depends on what it prints.
package struct Disassembler {
    /// One instruction: how many bytes, and how it reads.
    package struct Instruction: Sendable, Equatable {
        package var size: Int
        package var text: String
    }

    private let compiler: Compiler
    private let executable: URL

    /// Nil where there is no llvm-objdump beside the compiler or on PATH.
    package init?(beside compiler: Compiler) {
        let folders =
            [compiler.executable.resolvingSymlinksInPath().deletingLastPathComponent()]
            + (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").map {
                URL(fileURLWithPath: String($0))
            }
        let found = folders.lazy.map { $0.appendingPathComponent("llvm-objdump") }.first {
            FileManager.default.isExecutableFile(atPath: $0.path)
        }
        guard let found else { return nil }
        self.compiler = compiler
        self.executable = found
    }

    /// The instructions of each run of code; an empty list where the tool's answer is not understood.
    package func instructions(of fragments: [[UInt8]], for target: StencilTarget) throws(StencilGenError) -> [[Instruction]] {
        let directory = try TemporaryDirectory()
        var source = ".text\n"
        for (index, bytes) in fragments.enumerated() {
            source += "fragment\(index):\n"
            if !bytes.isEmpty { source += Self.directive(bytes, target) }
        }
        let sourceFile = directory.url.appendingPathComponent("fragments.s")
        let objectFile = directory.url.appendingPathComponent("fragments.o")
        do {
            try source.write(to: sourceFile, atomically: false, encoding: .utf8)
        } catch {
            throw StencilGenError(.file, at: sourceFile.path, "could not be written: \(error.localizedDescription)")
        }
        let processor = target.flags.filter { $0.hasPrefix("-march=") || $0.hasPrefix("-mcpu=") }
        let assembled = try runProcess(
            compiler.executable, ["--target=\(target.triple)"] + processor + ["-c", sourceFile.path, "-o", objectFile.path], directory: directory.url)
        let dump = try runProcess(
            executable, ["-d"] + processor.filter { $0.hasPrefix("-mcpu=") }.map { "-" + $0 } + [objectFile.path], directory: directory.url)
        guard assembled.status == 0, dump.status == 0 else { return fragments.map { _ in [] } }
        return Self.parse(dump.output, sizes: fragments.map(\.count))
    }

    /// Bytes of code. Assemblers for AArch64 mark what .byte makes as data, which is not disassembled.
    private static func directive(_ bytes: [UInt8], _ target: StencilTarget) -> String {
        guard target.isa == .AARCH64 else { return ".byte " + bytes.map(String.init).joined(separator: ",") + "\n" }
        let words = stride(from: 0, to: bytes.count, by: 4).map { start in
            bytes[start..<min(start + 4, bytes.count)].reversed().reduce(0 as UInt32) { $0 << 8 | UInt32($1) }
        }
        return ".inst " + words.map(String.init).joined(separator: ",") + "\n"
    }

    /// Lines are "  10: 0f 80 00 00 00 00  \tjo\t0x16 <fragment3+0x16>" (or with words: "  10: d65f03c0  \tret"), between
    /// lines "<fragment3>:".
    private static func parse(_ output: String, sizes: [Int]) -> [[Instruction]] {
        var result: [[Instruction]] = sizes.map { _ in [] }
        var current: Int?
        for line in output.split(separator: "\n") {
            if let label = line.range(of: "<fragment"), line.hasSuffix(">:") {
                current = Int(line[label.upperBound...].dropLast(2))
            } else if let fragment = current, let colon = line.firstIndex(of: ":"), let tab = line.firstIndex(of: "\t") {
                let bytes = line[line.index(after: colon)..<tab].split(separator: " ")
                var text = line[line.index(after: tab)...].replacingOccurrences(of: "\t", with: " ")
                // Branch targets are relocated anyway; their label is our own.
                if let label = text.range(of: " <fragment") { text = String(text[..<label.lowerBound]) }
                for mark in ["# ", "// "] { if let comment = text.range(of: mark) { text = String(text[..<comment.lowerBound]) } }
                while text.hasSuffix(" ") { text.removeLast() }
                result[fragment].append(Instruction(size: bytes.reduce(0) { $0 + $1.count } / 2, text: text))
            }
        }
        for index in result.indices where result[index].reduce(0, { $0 + $1.size }) != sizes[index] {
            result[index] = []
        }
        return result
    }
}
