import ArgumentParser
import Foundation

/// Where the benchmark's files are, and where what it builds goes. Nothing is written outside the checkout.
struct Checkout: ParsableArguments {
    @Option(help: ArgumentHelp("The checkout of uopjit.", valueName: "folder"))
    var checkout = "."

    mutating func validate() throws {
        guard FileManager.default.fileExists(atPath: loops.appendingPathComponent("twin.h").path) else {
            throw ValidationError(
                "\(checkout) is no checkout of uopjit: it has no Benchmarks/Loops/twin.h; pass --checkout")
        }
    }

    var folder: URL { URL(fileURLWithPath: checkout, isDirectory: true) }

    /// The loops' programs and their twins.
    var loops: URL { folder.appendingPathComponent("Benchmarks/Loops", isDirectory: true) }

    /// The rivals' C sources.
    var rivals: URL { folder.appendingPathComponent("Benchmarks/Rivals", isDirectory: true) }

    /// What launches and measures other programs.
    var launcher: URL { folder.appendingPathComponent("Benchmarks/Launcher/launch.c") }

    /// A folder for what is built, made where it is missing.
    func builtFiles() throws -> URL {
        let built = folder.appendingPathComponent(".build-bench", isDirectory: true)
        try FileManager.default.createDirectory(at: built, withIntermediateDirectories: true)
        return built
    }
}
