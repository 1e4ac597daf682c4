public import ArgumentParser
public import BFFrontEnd

/// How BF programs are meant: `uopjit --help` lists these under a title of their own.
struct BFRunOptions: ParsableArguments {
    private static let defaults = BFOptions()

    @Option(help: ArgumentHelp("The width of a cell: 8, 16 or 32.", valueName: "bits"))
    var cellBits = defaults.cellBits

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Cells from the one where the pointer starts on, at least.", valueName: "cells"))
    var tape = defaults.cellsRight

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Cells left of the one where the pointer starts, at least.", valueName: "cells"))
    var tapeLeft = defaults.cellsLeft

    @Option(name: .customLong("eof"), help: "What ',' does to the cell at the end of the input: unchanged, zero or minus-one.")
    var endOfInput = defaults.endOfInput

    @Flag(help: "'#' is a command, which shows the cells around the pointer on standard error.")
    var debugHash = false

    @Flag(name: .customLong("emit-c"), help: "Print the program in C, as the passes leave it, instead of running it.")
    var emitsC = false

    func validate() throws {
        for (name, cells) in [("--tape", tape), ("--tape-left", tapeLeft)] where cells < 0 {
            throw ValidationError("\(name) \(cells): expected a number of cells from 0 up.")
        }
        if tape == 0, tapeLeft == 0 { throw ValidationError("--tape 0 --tape-left 0: a tape has at least one cell.") }
    }

    /// What the options say, without some passes.
    func options(without passes: [BFPassName]) -> BFOptions {
        var options = BFOptions()
        options.cellBits = cellBits
        options.cellsRight = tape
        options.cellsLeft = tapeLeft
        options.endOfInput = endOfInput
        options.hashIsDebug = debugHash
        options.disabledPasses = Set(passes)
        return options
    }
}

extension CellBits: ExpressibleByArgument {
    public init?(argument: String) {
        guard let bits = Int(argument) else { return nil }
        self.init(rawValue: bits)
    }

    public static var allValueStrings: [String] { allCases.map { "\($0.rawValue)" } }

    public var defaultValueDescription: String { "\(rawValue)" }
}

extension BFOptions.EndOfInput: ExpressibleByArgument {}
