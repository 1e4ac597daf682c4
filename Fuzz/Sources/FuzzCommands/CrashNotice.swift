#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// Says which program was running when the process ends by a signal: then nothing else can.
///
/// The words are made before each program; a signal's handler only writes them.
package final class CrashNotice {
    private let command: String
    private let seed: UInt64
    private let seconds: UInt32

    /// - Parameters:
    ///   - command: the command that says it.
    ///   - seconds: how long one program may take before that is an error, too; 0 where programs end by themselves.
    package init(command: String, seed: UInt64, seconds: UInt32 = 0) {
        self.command = command
        self.seed = seed
        self.seconds = seconds
        for signal in [SIGSEGV, SIGBUS, SIGILL, SIGTRAP, SIGFPE, SIGABRT, SIGALRM] {
            var action = sigaction()
            unsafe action.__sigaction_handler.sa_handler = { signal in
                _ = unsafe write(STDERR_FILENO, crashText, crashTextCount)
                // No instruction is to blame for this one, so that none would end the process.
                if signal == SIGALRM { _exit(EXIT_FAILURE) }
            }
            // Back from the handler, the same instruction ends the process in the ordinary way.
            action.sa_flags = Int32(bitPattern: UInt32(SA_RESETHAND))
            unsafe sigaction(signal, &action, nil)
        }
    }

    package func update(program: Int) {
        let text =
            "\(command): crashed or hung in program \(program); --seed \(seed) --first \(program) --print-program shows it\n"
        if seconds > 0 { alarm(seconds) }
        unsafe crashTextCount = 0
        for byte in text.utf8.prefix(crashTextCapacity) {
            unsafe crashText[crashTextCount] = byte
            unsafe crashTextCount += 1
        }
    }
}

// A handler has no context: what it needs is global. Only the thread that runs programs changes it.
private let crashTextCapacity = 256
nonisolated(unsafe) private let crashText = UnsafeMutablePointer<UInt8>.allocate(capacity: crashTextCapacity)
nonisolated(unsafe) private var crashTextCount = 0
