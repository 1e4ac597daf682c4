import ArgumentParser
import Foundation

/// What takes part in the BF benchmark, and where it lies.
struct BFBenchmarkOptions: ParsableArguments {
    @OptionGroup var checkout: Checkout

    @Option(
        help: ArgumentHelp(
            "The BF programs: NAME.b, NAME.out, and NAME.in where one reads. Default: ../shared/corpus/bf from the checkout.",
            valueName: "folder"))
    var corpus: String?

    @Option(
        help: ArgumentHelp(
            "What translates BF to C. Default: ../shared/tools/bf2c.py from the checkout.", valueName: "script"))
    var translator: String?

    @Option(
        help: ArgumentHelp("The uopjit to measure; the checkout's own, which is built first, if nothing is said.", valueName: "path"))
    var uopjit: String?

    @Option(help: ArgumentHelp("The clang of the rivals; the one beside swift if nothing is said.", valueName: "path"))
    var clang: String?

    @Option(
        name: .customLong("engine"), parsing: .singleValue,
        help: ArgumentHelp("Only this engine; may be repeated.", valueName: "name"))
    var engines: [String] = []

    @Option(
        name: .customLong("program"), parsing: .singleValue,
        help: ArgumentHelp("Only this program; may be repeated.", valueName: "name"))
    var programs: [String] = []

    var corpusFolder: URL { url(corpus, or: "../shared/corpus/bf") }

    /// The script that makes C of BF; nil where it is absent.
    var translatorScript: URL? {
        let script = url(translator, or: "../shared/tools/bf2c.py")
        return FileManager.default.fileExists(atPath: script.path) ? script : nil
    }

    private func url(_ given: String?, or standard: String) -> URL {
        given.map { URL(fileURLWithPath: $0) } ?? checkout.folder.appendingPathComponent(standard).standardizedFileURL
    }

    /// The release build of uopjit: built anew where something has changed, so that no stale one is measured.
    func uopjitProgram() throws -> URL {
        if let uopjit { return URL(fileURLWithPath: uopjit) }
        guard let swift = Processes.find("swift") else {
            throw BenchmarkError("no swift on PATH to build uopjit with; name a built one with --uopjit")
        }
        let release = ["build", "-c", "release", "--product", "uopjit", "--package-path", checkout.folder.path]
        _ = try Processes.output(of: swift, release)
        let folder = Processes.firstLine(of: swift, release + ["--show-bin-path"])
        guard let folder else { throw BenchmarkError("swift build does not tell where uopjit lies; name it with --uopjit") }
        return URL(fileURLWithPath: folder).appendingPathComponent("uopjit")
    }
}
