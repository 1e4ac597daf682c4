import CStencils
import Foundation
package import UopVM

/// A process that runs code of another instruction set: the harness (Harness/harness.c has what is said over the pipe).
package final class EmulatedProcessor: ForeignProcessor {
    package let target: EmulatedTarget
    package private(set) var pointerSize = 0
    package private(set) var helperFunction: UInt64 = 0
    private var remainder: UInt64 = 0
    private var process = Process()
    private var toChild = Pipe()
    private var fromChild = Pipe()
    /// Whether it must be started anew before anything is asked of it.
    private var hasFailed = false
    private var pending: [UInt8] = []
    private var received: [UInt8] = []
    private var position = 0
    /// By address: what is loaded, so that it is not sent again.
    private var loaded: [UInt64: [UInt8]] = [:]

    // What harness.c maps.
    package let codeAddresses: Range<UInt64> = 0x1000_0000..<0x1800_0000
    package let dataAddresses: Range<UInt64> = 0x2000_0000..<0x2800_0000

    /// Starts the harness.
    package init(_ target: EmulatedTarget) throws(ForeignProcessorError) {
        self.target = target
        // A write to a process that has ended must be an error, and not end this one.
        signal(SIGPIPE, SIG_IGN)
        try start()
    }

    private func start() throws(ForeignProcessorError) {
        (process, toChild, fromChild) = (Process(), Pipe(), Pipe())
        (pending, received, position, loaded) = ([], [], 0, [:])
        let program = try Harness.program(of: target)
        if let emulator = target.emulator {
            guard let executable = Tools.find(emulator[0]) else { throw ForeignProcessorError("there is no \(emulator[0])") }
            process.executableURL = executable
            process.arguments = emulator.dropFirst() + [program.path]
            process.environment = ProcessInfo.processInfo.environment.merging(Self.wineVariables) { own, _ in own }
        } else {
            process.executableURL = program
        }
        process.standardInput = toChild
        process.standardOutput = fromChild
        do { try process.run() } catch { throw ForeignProcessorError("\(target.name): \(error.localizedDescription)") }
        // The harness keeps its answers until it is asked for more.
        pointerSize = Int(try number())
        helperFunction = try number()
        remainder = try number()
        hasFailed = false
    }

    /// What wine writes is in the package's folder of builds; what it says of itself is not wanted.
    private static let wineVariables = [
        "WINEPREFIX": URL(fileURLWithPath: #filePath).appendingPathComponent("../../../.build-wine").standardizedFileURL.path,
        "WINEDEBUG": "-all",
    ]

    deinit {
        // qemu hands SIGTERM to the program in it, which may be in endless code; and nobody has to wait.
        kill(process.processIdentifier, SIGKILL)
    }

    package func address(of name: String) -> UInt64? { name == "fmod" ? remainder : nil }

    package func load(_ code: [UInt8], at address: UInt64) throws(ForeignProcessorError) {
        if hasFailed { try start() }
        if loaded[address] == code { return }
        // What it overwrites is not there any more.
        let end = address + UInt64(code.count)
        loaded = loaded.filter { $0.key >= end || $0.key + UInt64($0.value.count) <= address }
        loaded[address] = code
        send("L", [address, UInt64(code.count)])
        pending += code
    }

    package func call(
        _ function: UInt64, frame: UInt64, code: UInt64, data: [UInt8], helper: (Int, [UInt64]) -> ForeignHelperAnswer
    ) throws(ForeignProcessorError) -> [UInt8] {
        guard data.count <= dataAddresses.count else {
            throw ForeignProcessorError("a run's data are \(data.count) bytes; at most \(dataAddresses.count) are there")
        }
        send("W", [dataAddresses.lowerBound, UInt64(data.count)])
        pending += data
        send("C", [function, frame, code])
        while true {
            switch try byte() {
            case UInt8(ascii: "H"):
                let context = try number()
                var arguments: [UInt64] = []
                for _ in 0..<3 { arguments.append(try number()) }
                let answer = helper(Int(context), arguments)
                send(nil, [UInt64(bitPattern: answer.status), answer.result, UInt64(bitPattern: answer.floor)])
            case UInt8(ascii: "D"):
                send("R", [dataAddresses.lowerBound, UInt64(data.count)])
                return try bytes(data.count)
            default: throw ForeignProcessorError("\(target.name): the harness answers what is no answer")
            }
        }
    }

    // MARK: The pipe

    private func send(_ command: Character?, _ numbers: [UInt64]) {
        if let command { pending.append(command.asciiValue ?? 0) }
        for number in numbers { pending += (0..<8).map { UInt8(truncatingIfNeeded: number >> UInt64(8 * $0)) } }
    }

    private func flush() throws(ForeignProcessorError) {
        guard !pending.isEmpty else { return }
        do { try toChild.fileHandleForWriting.write(contentsOf: Data(pending)) } catch { throw ended() }
        pending.removeAll(keepingCapacity: true)
    }

    private func bytes(_ count: Int) throws(ForeignProcessorError) -> [UInt8] {
        try flush()
        while received.count - position < count {
            let data = fromChild.fileHandleForReading.availableData
            if data.isEmpty { throw ended() }
            received.removeFirst(position)
            position = 0
            received += data
        }
        defer { position += count }
        return Array(received[position..<position + count])
    }

    private func byte() throws(ForeignProcessorError) -> UInt8 { try bytes(1)[0] }

    private func number() throws(ForeignProcessorError) -> UInt64 {
        try bytes(8).reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }

    private func ended() -> ForeignProcessorError {
        hasFailed = true
        // Its output has ended, so it ends soon.
        for _ in 0..<500 where process.isRunning { usleep(10_000) }
        if process.isRunning { return ForeignProcessorError("\(target.name): the harness has closed its output") }
        let how = process.terminationReason == .uncaughtSignal ? "by signal" : "with status"
        return ForeignProcessorError("\(target.name): the harness has ended \(how) \(process.terminationStatus)")
    }
}

/// The harness as a program of a target: compiled once for each run of the tests.
enum Harness {
    private static let programs = Locked<[String: Result<URL, ForeignProcessorError>]>([:])

    static func program(of target: EmulatedTarget) throws(ForeignProcessorError) -> URL {
        let result: Result<URL, ForeignProcessorError> = programs.withLock { programs in
            if let known = programs[target.name] { return known }
            let made: Result<URL, ForeignProcessorError>
            do throws(ForeignProcessorError) { made = .success(try compile(target)) } catch { made = .failure(error) }
            programs[target.name] = made
            return made
        }
        return try result.get()
    }

    private static func compile(_ target: EmulatedTarget) throws(ForeignProcessorError) -> URL {
        guard let clang = Tools.clang else { throw ForeignProcessorError("there is no clang to compile the harness") }
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        let source = folder.appendingPathComponent("Harness/harness.c")
        let headers = folder.appendingPathComponent("../../Sources/CStencils/include").standardizedFileURL
        // (wine goes by the ending.)
        let program = FileManager.default.temporaryDirectory
            .appendingPathComponent("uop-harness-\(ProcessInfo.processInfo.processIdentifier)-\(target.name).exe")
        let process = Process()
        let errors = Pipe()
        process.executableURL = clang
        process.arguments =
            [
                "-O2", "-std=gnu23", "-ffreestanding", "-fno-builtin", "-fno-pic", "-fno-stack-protector", "-Wall", "-Werror",
                "-nostdlib", "-fuse-ld=lld",
                // Away from the memory of code and data.
                "-Wl,--image-base=0x40000000", "-I", headers.path, source.path, "-o", program.path,
            ] + target.compilerFlags
        process.standardError = errors
        do { try process.run() } catch { throw ForeignProcessorError("\(clang.path): \(error.localizedDescription)") }
        let text = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw ForeignProcessorError("clang does not compile the harness:\n\(text)") }
        atexit_remove(program.path)
        return program
    }

    /// Programs are removed when the tests end.
    private static func atexit_remove(_ path: String) {
        leftovers.withLock { $0.append(path) }
        _ = registration
    }

    private static let leftovers = Locked<[String]>([])
    private static let registration: Void = { _ = atexit { Harness.removeLeftovers() } }()
    static func removeLeftovers() { leftovers.withLock { for path in $0 { _ = unsafe unlink(path) } } }
}

/// A value and its lock.
final class Locked<Value>: @unchecked Sendable {
    private let lock = NSLock()
    private var value: Value

    init(_ value: Value) { self.value = value }

    func withLock<Result>(_ body: (inout Value) -> Result) -> Result {
        lock.lock()
        defer { lock.unlock() }
        return body(&value)
    }
}
