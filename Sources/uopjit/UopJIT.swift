public import ArgumentParser
import BFFrontEnd
public import UopVM

@main
struct UopJIT: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "uopjit",
        abstract: "Runs micro-op traces and BF programs as machine code.",
        discussion: """
            A .uops file holds traces as text (docs/format.md, docs/uops.md); .b and .bf files are BF programs. Each is \
            parsed, verified, compiled by copying and patching stencils, and run. Afterwards the locals of a .uops file \
            are printed, and what it expects (its 'expect' lines) is checked.

            EXAMPLES
              uopjit Examples/fibonacci.uops             run it
              uopjit --dump code Examples/add4.uops      show the machine code, do not run
              uopjit --engine check Examples/gcd.uops    run both engines and compare them
              uopjit --time --no-expect --set n=500 Examples/gcd.uops
                                                         another n; where the time goes
              uopjit Examples/squares.bf | tail -1       a BF program
              echo '++++++++[>++++++++<-]>+.' | uopjit --format bf -
                                                         a BF program on standard input

            HELPERS
              What a .uops file may declare and call:
            \(HostHelpers.signatures.map { "  " + $0 }.joined(separator: "\n"))
              read_byte gives -1 at the end of the input; fail ends the run with a status.

            BF
              Cells wrap. The tape has \(BFOptions().cellsLeft) cells left of the first and \(BFOptions().cellsRight) from it \
            on, rounded up to whole pages; using a cell off it is an error. ',' reads a byte of standard input, '.' writes \
            the low byte of the cell. docs/bf.md has more, and what each pass does.

            EXIT STATUS
              0   done
              1   an expectation failed, or the run ended by an error or by Ctrl-C
              64  wrong usage
              65  bad input: nothing was run
              70  a fault of uopjit
              74  the output could not be written
            """,
        version: Version.text)

    @Argument(help: ArgumentHelp("Files to run in this order; '-' is standard input.", valueName: "file"))
    var files: [String]

    @OptionGroup(title: "Running")
    var running: RunOptions

    @OptionGroup(title: "BF programs")
    var bf: BFRunOptions

    @OptionGroup(title: "Debugging and profiling")
    var debugging: DebugOptions

    @OptionGroup(title: "Limits")
    var limits: LimitOptions

    mutating func validate() throws {
        if files.contains("-"), running.format == nil {
            throw ValidationError("Standard input needs --format uops or --format bf.")
        }
        if debugging.emitObject != nil, files.count > 1 {
            throw ValidationError("--emit-object: expected one file, found \(files.count).")
        }
        if running.target != nil, debugging.emitObject == nil, running.dump.isEmpty {
            throw ValidationError("--target goes with --emit-object or --dump: code for another processor is not run here.")
        }
        if running.target != nil, running.isa != nil {
            throw ValidationError("--target and --isa both say what code is made for: expected one of them.")
        }
    }

    func run() throws {
        StandardStreams.prepare()
        var status: Int32 = 0
        for file in files {
            var runner = Runner(self, file: file)
            status = max(status, runner.run())
            // Ctrl-C means all of them.
            if Interrupts.isRaised {
                status = max(status, Runner.Status.failed)
                break
            }
        }
        if status != 0 { throw ExitCode(status) }
    }
}

struct RunOptions: ParsableArguments {
    @Option(help: "interpreter, jit, or check (both, compared).")
    var engine: EngineKind = .jit

    @Option(
        help: ArgumentHelp(
            "Print instead of running: uops (the program as a .uops file), ssa (each value, and what exits see), plan (what lives where), code (machine code). Repeatable.",
            valueName: "what"))
    var dump: [DumpKind] = []

    @Option(
        help: ArgumentHelp(
            "With --dump ssa: the graph as this pass leaves it (the last time, if it runs twice), or 'none': before all passes.",
            valueName: "pass"))
    var after: GraphPoint = .last

    @Option(
        name: .customLong("no-pass"),
        help: ArgumentHelp(
            "Leave out a pass, or 'all'. For .uops files: \(PassName.allCases.map(\.rawValue).joined(separator: ", ")). For BF: \(BFPassName.allCases.map(\.rawValue).joined(separator: ", ")). Repeatable.",
            valueName: "pass"))
    var withoutPasses: [PassChoice] = []

    /// Of `withoutPasses`, those that .uops files go through.
    var disabledPasses: [PassName] {
        withoutPasses.contains(.all) ? PassName.allCases : withoutPasses.compactMap { PassName(rawValue: $0.name) }
    }

    /// Of `withoutPasses`, those that BF programs go through.
    var disabledBFPasses: [BFPassName] {
        withoutPasses.contains(.all) ? BFPassName.allCases : withoutPasses.compactMap { BFPassName(rawValue: $0.name) }
    }

    @Option(
        help: ArgumentHelp(
            "What machine code may demand of this processor. Default: all that it can.",
            valueName: "name"))
    var isa: ISAName?

    @Option(
        help: ArgumentHelp(
            "With --emit-object or --dump: make machine code for another processor, and an object for a linker: ELF, or of the triple's system. Other processors than this one need a uopjit that was built with --traits AllTargets.",
            valueName: "name or triple"))
    var target: CodeTarget?

    @Option(help: "uops or bf. Default: by the file's name.")
    var format: InputFormat?

    @Flag(help: "Tell on standard error how long each stage took, passes of the compiler too, and how much machine code there is.")
    var time = false

    @Flag(help: "Count how often each statement is executed, and print the program with the counts.")
    var profile = false

    @Flag(help: "Do not print the locals at the end.")
    var quiet = false

    @Flag(name: .customLong("no-expect"), help: "Do not check what the file expects: for runs with --set.")
    var ignoresExpectations = false

    @Option(
        name: .customLong("set"),
        help: ArgumentHelp("Begin with this value in a local. Repeatable.", valueName: "local=value"))
    var settings: [String] = []

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "How often control may come to a jump back, or enter a linked trace, before the run is stopped with status 1.",
            valueName: "n"))
    var fuel: Int64?

    func validate() throws {
        if let fuel, fuel < 0 { throw ValidationError("--fuel \(fuel): expected a number from 0 up.") }
        if case .pass(let pass) = after, disabledPasses.contains(pass) {
            throw ValidationError("--after \(pass.rawValue): --no-pass leaves it out.")
        }
        if after != .last, !dump.contains(.ssa) { throw ValidationError("--after needs --dump ssa.") }
        for setting in settings where !setting.dropFirst().contains("=") {
            throw ValidationError("--set '\(setting)': expected local=value.")
        }
    }
}

extension EngineKind: ExpressibleByArgument {}

/// A pass by its name, whatever files go through it, or all of them.
struct PassChoice: Equatable, ExpressibleByArgument {
    static let all = PassChoice(name: "all")

    let name: String

    private init(name: String) { self.name = name }

    init?(argument: String) {
        guard Self.allValueStrings.contains(argument) else { return nil }
        name = argument
    }

    static var allValueStrings: [String] {
        ["all"] + PassName.allCases.map(\.rawValue) + BFPassName.allCases.map(\.rawValue)
    }
}

/// When `--dump ssa` looks at graphs.
enum GraphPoint: Equatable, ExpressibleByArgument {
    case none
    case pass(PassName)
    case last

    init?(argument: String) {
        switch argument {
        case "none": self = .none
        case "last": self = .last
        default:
            guard let pass = PassName(rawValue: argument) else { return nil }
            self = .pass(pass)
        }
    }

    static var allValueStrings: [String] { ["none"] + PassName.allCases.map(\.rawValue) + ["last"] }

    var defaultValueDescription: String { "last" }
}

enum DumpKind: String, CaseIterable, ExpressibleByArgument {
    case uops, ssa, plan, code
}

enum InputFormat: String, CaseIterable, ExpressibleByArgument {
    case uops, bf

    /// What a file's name says of its contents.
    init?(fileName: String) {
        if fileName.hasSuffix(".uops") {
            self = .uops
        } else if fileName.hasSuffix(".b") || fileName.hasSuffix(".bf") {
            self = .bf
        } else {
            return nil
        }
    }
}

struct LimitOptions: ParsableArguments {
    private static let defaults = Limits()

    @Option(help: ArgumentHelp("Bytes of an input file.", valueName: "n")) var limitFileBytes = defaults.fileBytes
    @Option(help: ArgumentHelp("Uops of a file.", valueName: "n")) var limitUops = defaults.uops
    @Option(help: ArgumentHelp("Traces of a file.", valueName: "n")) var limitTraces = defaults.traces
    @Option(help: ArgumentHelp("Locals of a file.", valueName: "n")) var limitLocals = defaults.locals
    @Option(help: ArgumentHelp("Labels of a file.", valueName: "n")) var limitLabels = defaults.labels
    @Option(help: ArgumentHelp("Named values of a trace.", valueName: "n")) var limitValues = defaults.values
    @Option(help: ArgumentHelp("Words on the operand stack.", valueName: "n")) var limitStack = defaults.stack
    @Option(help: ArgumentHelp("Bytes of buffers and tape.", valueName: "n")) var limitMemoryBytes = defaults
        .memoryBytes
    @Option(help: ArgumentHelp("Errors that are reported.", valueName: "n")) var limitErrors = defaults.errors

    var limits: Limits {
        var limits = Limits()
        limits.fileBytes = limitFileBytes
        limits.uops = limitUops
        limits.traces = limitTraces
        limits.locals = limitLocals
        limits.labels = limitLabels
        limits.values = limitValues
        limits.stack = limitStack
        limits.memoryBytes = limitMemoryBytes
        limits.errors = limitErrors
        return limits
    }

    func validate() throws {
        let all = [
            limitFileBytes, limitUops, limitTraces, limitLocals, limitLabels, limitValues, limitStack, limitMemoryBytes,
            limitErrors,
        ]
        guard all.allSatisfy({ $0 > 0 }) else { throw ValidationError("A limit is a number from 1 up.") }
    }
}

enum Version {
    static let text = "uopjit 0.1.0"
}
