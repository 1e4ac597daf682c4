import UopRuntime
import UopVM

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// What the options ask for, with whatever machine code.
extension DebugOptions {
    /// Whether other programs are to know of code that runs.
    var showsCode: Bool { perfMap || gdb }

    /// Writes the object that was asked for, if any; returns why it could not be written.
    ///
    /// - Parameter target: what it is for; nil for this machine, as an ELF object.
    func writeObject(
        for target: CodeTarget?, _ picture: () throws(ExecutionError) -> CodePicture
    ) throws(ExecutionError) -> String? {
        guard let emitObject else { return nil }
        let picture = try picture()
        do throws(ObjectWriterError) {
            return OutputFile.replace(emitObject, with: try picture.object(as: target?.format ?? .elf))
        } catch { throw .emission(error.description) }
    }

    /// Tells other programs what code there is. What they cannot be told is no reason not to run.
    ///
    /// - Returns: what gdb knows, to be kept with the code; nil where it is not asked for.
    func show(_ picture: CodePicture) -> DebuggerEntry? {
        if perfMap, let problem = OutputFile.append(picture.perfMap, to: "/tmp/perf-\(getpid()).map") {
            printError("uopjit: warning: --perf-map: \(problem)\n")
        }
        guard gdb else { return nil }
        let entry = picture.debuggerEntry()
        if entry == nil { printError("uopjit: warning: --gdb: there is no memory for it\n") }
        return entry
    }
}
