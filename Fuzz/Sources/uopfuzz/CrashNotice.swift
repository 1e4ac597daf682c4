#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// Says which program was running when the process ends by a signal: then nothing else can.
///
/// The words are made before each program; a signal's handler only writes them.
final class CrashNotice {
    private let seed: UInt64

    init(seed: UInt64) {
        self.seed = seed
        for signal in [SIGSEGV, SIGBUS, SIGILL, SIGTRAP, SIGFPE, SIGABRT] {
            var action = sigaction()
            unsafe action.__sigaction_handler.sa_handler = { _ in
                _ = unsafe write(STDERR_FILENO, crashText, crashTextCount)
            }
            // Back from the handler, the same instruction ends the process in the ordinary way.
            action.sa_flags = Int32(bitPattern: UInt32(SA_RESETHAND))
            unsafe sigaction(signal, &action, nil)
        }
    }

    func update(program: Int) {
        let text = "uopfuzz: crashed in program \(program); --seed \(seed) --first \(program) --print-program shows it\n"
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
