import ArgumentParser

/// What debuggers, profilers and disassemblers get to see.
struct DebugOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Write the machine code as an ELF object with a symbol for each uop, instead of running. For one file.",
            valueName: "file.o"))
    var emitObject: String?

    @Flag(help: "Tell perf the uops' names and addresses, in /tmp/perf-<process id>.map. The file stays.")
    var perfMap = false

    @Flag(help: "Tell gdb the uops' names and addresses, and how to unwind them: 'gdb --args uopjit --gdb FILE', then 'bt'.")
    var gdb = false
}
