import ArgumentParser

/// What debuggers, profilers and disassemblers get to see.
struct DebugOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Write the machine code as an object with a symbol for each uop or BF instruction, instead of running: ELF, or what --target says. For one file.",
            valueName: "file.o"))
    var emitObject: String?

    @Flag(help: "Tell perf the names of uops or BF instructions and their addresses, in /tmp/perf-<process id>.map. The file stays.")
    var perfMap = false

    @Flag(help: "Tell gdb what code there is, by name, and how to unwind it: 'gdb --args uopjit --gdb FILE', then 'bt'.")
    var gdb = false
}
