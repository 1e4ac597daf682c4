import Testing

/// How BF programs are run: an engine, with all passes or without any.
struct BFVariant: CustomTestStringConvertible, Sendable {
    var engine: String
    var hasPasses = true

    var options: [String] { ["--engine", engine] + (hasPasses ? [] : ["--no-pass", "all"]) }
    var testDescription: String { hasPasses ? engine : engine + " without passes" }

    static let all =
        engines.map { BFVariant(engine: $0) } + ["interpreter", "jit"].map { BFVariant(engine: $0, hasPasses: false) }
    /// Those that run a program once.
    static let single = all.filter { $0.engine != "check" }
}

extension Command.Result {
    /// The errors, with the file's name where its path was, which is new for each run.
    func errors(naming name: String) -> String {
        errors.replacing(#/[^ (\n]*\/(?<name>[^ \/:\n]+)/#) { $0.name == name ? $0.name : $0.0 }
    }
}
