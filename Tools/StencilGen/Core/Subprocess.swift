package import Foundation

/// What a finished child process left behind.
package struct ProcessResult {
    package var status: Int32
    package var output: String
    package var errors: String
}

/// Runs a program to its end, with the standard streams in files of `directory`, so that no pipe
/// can fill up.
///
/// Throws where the program cannot be started at all.
package func runProcess(
    _ executable: URL, _ arguments: [String], directory: URL
) throws(StencilGenError) -> ProcessResult {
    let process = Process()
    process.executableURL = executable
    process.arguments = arguments
    process.currentDirectoryURL = directory
    // clang's messages in the user's language would make the tests' expectations wrong.
    // glibc gives memory back to the system and takes it again while clang frees a function's and begins the next:
    // where it keeps it, clang takes a tenth less time.
    let settings = [
        "LC_ALL": "C", "MALLOC_TOP_PAD_": "67108864", "MALLOC_TRIM_THRESHOLD_": "1073741824", "MALLOC_MMAP_THRESHOLD_": "1073741824",
    ]
    process.environment = ProcessInfo.processInfo.environment.merging(settings) { $1 }
    let base = directory.appendingPathComponent(".process-\(UUID().uuidString)")
    let outputFile = base.appendingPathExtension("out")
    let errorFile = base.appendingPathExtension("err")
    defer {
        try? FileManager.default.removeItem(at: outputFile)
        try? FileManager.default.removeItem(at: errorFile)
    }
    do {
        try Data().write(to: outputFile)
        try Data().write(to: errorFile)
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = try FileHandle(forWritingTo: outputFile)
        process.standardError = try FileHandle(forWritingTo: errorFile)
        try process.run()
        process.waitUntilExit()
        return ProcessResult(
            status: process.terminationReason == .exit ? process.terminationStatus : 128 + process.terminationStatus,
            output: String(decoding: try Data(contentsOf: outputFile), as: UTF8.self),
            errors: String(decoding: try Data(contentsOf: errorFile), as: UTF8.self))
    } catch {
        throw StencilGenError(.compilation, at: executable.path, "could not be run: \(error.localizedDescription)")
    }
}

/// A folder of its own for intermediate files, removed with the value.
package final class TemporaryDirectory: Sendable {
    package let url: URL

    package init() throws(StencilGenError) {
        url = FileManager.default.temporaryDirectory.appendingPathComponent("stencilgen-\(UUID().uuidString)")
        do {
            try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        } catch {
            throw StencilGenError(.file, at: url.path, "could not be created: \(error.localizedDescription)")
        }
    }

    deinit { try? FileManager.default.removeItem(at: url) }
}

/// A text file's contents.
package func readText(_ url: URL) throws(StencilGenError) -> String {
    do {
        return try String(contentsOf: url, encoding: .utf8)
    } catch {
        throw StencilGenError(.file, at: url.path, "could not be read: \(error.localizedDescription)")
    }
}
