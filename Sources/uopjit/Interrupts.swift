import UopVM

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Ctrl-C stops the run at its next back edge; a second one ends the process.
enum Interrupts {
    /// What the signal handler uses. It may only do what is safe at any instant.
    @unsafe
    private struct Shared {
        /// The word that stops the machine which runs at the moment.
        var target: UnsafeMutablePointer<Int64>?
        var wasRaised = false
        /// A descriptor that is at its end.
        var nothing: Int32 = -1
    }

    /// Behind a pointer: accesses to a variable must not overlap, and a signal comes in the middle of one.
    nonisolated(unsafe) private static let shared: UnsafeMutablePointer<Shared> = {
        let shared = UnsafeMutablePointer<Shared>.allocate(capacity: 1)
        unsafe shared.initialize(to: Shared())
        return unsafe shared
    }()

    /// From now on SIGINT stops `machine`. Call again for another machine; the last one wins.
    static func watch(_ machine: Machine) {
        unsafe shared.pointee.target = machine.interruptAddress
        if unsafe shared.pointee.nothing < 0 { unsafe shared.pointee.nothing = open("/dev/null", O_RDONLY | O_CLOEXEC) }
        // A signal that came before does not stop this machine: the check engine repeats in a second one
        // what the first did until it was stopped.
        var action = sigaction()
        let handler: @convention(c) (Int32) -> Void = { _ in
            unsafe Interrupts.shared.pointee.wasRaised = true
            unsafe Interrupts.shared.pointee.target?.pointee = .max
            // A read that waits ends with EINTR. One that is about to wait would not: it finds the end instead.
            _ = unsafe dup2(Interrupts.shared.pointee.nothing, STDIN_FILENO)
        }
        #if canImport(Darwin)
            unsafe action.__sigaction_u.__sa_handler = handler
        #else
            unsafe action.__sigaction_handler.sa_handler = handler
        #endif
        // Without SA_RESTART a read that waits for input ends, too; the second signal finds the default.
        action.sa_flags = Int32(bitPattern: UInt32(truncatingIfNeeded: SA_RESETHAND))
        unsafe sigaction(SIGINT, &action, nil)
    }

    /// The machine goes away.
    static func stopWatching() { unsafe shared.pointee.target = nil }

    /// Whether there was a SIGINT since the first `watch`.
    static var isRaised: Bool { unsafe shared.pointee.wasRaised }
}
