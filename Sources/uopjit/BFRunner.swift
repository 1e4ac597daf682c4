import ArgumentParser
import BFFrontEnd
import UopRuntime
import UopVM

/// One BF program: read, improved, then dumped or run.
struct BFRunner {
    let options: RunOptions
    let limits: Limits
    let displayName: String
    let source: [UInt8]
    let library: StencilLibrary

    func run(_ clock: inout Stopwatch) throws(InvalidInput) -> Int32 {
        let program = try BFProgram(source, options: BFOptions(), limits: limits)
        clock.lap("parse")
        let output = OutputStream(captures: false)
        let input = InputStream()
        let streams = BFStreams(
            read: {
                switch input.next(willWait: output.flush) {
                case .byte(let byte): .byte(byte)
                case .end: .end
                case .interrupted: .interrupted
                }
            }, write: output.write)
        do {
            let execution = try BFExecution(program, library: library, streams: streams, fuel: options.fuel)
            execution.willRun = Interrupts.watch
            try execution.prepare(options.engine)
            clock.lap("compile")
            let result = try execution.run(options.engine)
            Interrupts.stopWatching()
            clock.lapOfRun("run")
            output.flush()
            if options.time { printError(clock.text) }
            if result.ending == .finished { return Runner.Status.done }
            printError("\(result)\n")
            return Runner.Status.failed
        } catch {
            output.flush()
            printError("uopjit: error: \(displayName): \(error)\n")
            return Runner.Status.ourFault
        }
    }
}
