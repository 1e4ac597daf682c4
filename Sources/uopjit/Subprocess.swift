#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Other programs: where they are, and what they answer.
enum Subprocess {
    /// The value of an environment variable; nil where it is not set.
    static func environment(_ name: String) -> String? {
        guard let value = unsafe getenv(name) else { return nil }
        return unsafe String(cString: value)
    }

    /// The folders of PATH.
    static var searchPath: [String] { (environment("PATH") ?? "").split(separator: ":").map(String.init) }

    static func isExecutable(_ path: String) -> Bool { unsafe access(path, X_OK) == 0 }

    /// A path without links; nil where there is nothing.
    static func resolved(_ path: String) -> String? {
        guard let real = unsafe realpath(path, nil) else { return nil }
        defer { unsafe free(real) }
        return unsafe String(cString: real)
    }

    /// What a program writes to its standard output, given bytes as its standard input; nil where it cannot be run or
    /// fails. Its errors are dropped. No file with a name is made.
    static func output(of executable: String, _ arguments: [String], input: [UInt8]) -> [UInt8]? {
        guard let inputFile = unsafe tmpfile(), let outputFile = unsafe tmpfile() else { return nil }
        defer {
            unsafe fclose(inputFile)
            unsafe fclose(outputFile)
        }
        let (inputDescriptor, outputDescriptor) = unsafe (fileno(inputFile), fileno(outputFile))
        guard writeAll(input, to: inputDescriptor), lseek(inputDescriptor, 0, SEEK_SET) == 0 else { return nil }
        guard let status = run(executable, arguments, inputDescriptor, outputDescriptor), status == 0,
            lseek(outputDescriptor, 0, SEEK_SET) == 0
        else { return nil }
        return readAll(outputDescriptor)
    }

    /// Runs a program to its end; returns its status, or nil where there is none.
    private static func run(_ executable: String, _ arguments: [String], _ input: Int32, _ output: Int32) -> Int32? {
        #if canImport(Darwin)
            var actions: posix_spawn_file_actions_t?
        #else
            var actions = unsafe posix_spawn_file_actions_t()
        #endif
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        unsafe posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO)
        unsafe posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO)
        unsafe posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0)
        var words: [UnsafeMutablePointer<CChar>?] = unsafe ([executable] + arguments).map { unsafe strdup($0) } + [nil]
        defer { for unsafe word in unsafe words { unsafe free(word) } }
        var process: pid_t = 0
        guard unsafe posix_spawn(&process, executable, &actions, nil, &words, environ) == 0 else { return nil }
        var status: Int32 = 0
        while unsafe waitpid(process, &status, 0) < 0 {
            if errno != EINTR { return nil }
        }
        // The low bits are the signal that ended it.
        return status & 0x7F == 0 ? status >> 8 & 0xFF : nil
    }

    private static func readAll(_ descriptor: Int32) -> [UInt8]? {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = unsafe read(descriptor, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            if count < 0 { return nil }
            if count == 0 { return bytes }
            bytes += buffer[..<count]
        }
    }
}
