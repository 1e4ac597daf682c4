import UopVM

/// The toolchain's `llvm-objdump`, for dumps only: where it is missing, they show bytes.
struct Disassembler {
    /// Names another one; empty: none is used.
    static let variable = "UOPJIT_OBJDUMP"

    private let executable: String

    /// The one that the environment names, or the one beside `swift` (another on PATH may be older than the
    /// instructions that stencils use), or the one on PATH. Nil where there is none.
    init?() {
        if let named = Subprocess.environment(Self.variable) {
            if named.isEmpty { return nil }
            if !Subprocess.isExecutable(named) {
                printError("uopjit: warning: \(Self.variable)=\(named): expected an executable file; bytes are shown\n")
                return nil
            }
            executable = named
            return
        }
        let folders = Subprocess.searchPath
        let swift = folders.map { $0 + "/swift" }.first(where: Subprocess.isExecutable)
        let besideSwift = swift.flatMap(Subprocess.resolved).map { path in
            "/" + path.split(separator: "/").dropLast().joined(separator: "/")
        }
        let candidates = ([besideSwift].compactMap(\.self) + folders).map { $0 + "/llvm-objdump" }
        guard let found = candidates.first(where: Subprocess.isExecutable) else { return nil }
        executable = found
    }

    /// The instructions of an object's code, by offset; none where the tool's answer is not understood.
    func instructions(of object: [UInt8], options: [String] = []) -> [Int: CodePicture.Instruction] {
        guard let output = Subprocess.output(of: executable, ["-d"] + options + ["-"], input: object) else { return [:] }
        return Self.parse(String(decoding: output, as: UTF8.self))
    }

    /// Lines are "      23: 0f 80 2b 01 00 00\tjo\t0x154 <main._I64_ADD_CHECKED_3.cold>", with tabs; where instructions are words,
    /// those are printed whole.
    static func parse(_ output: String) -> [Int: CodePicture.Instruction] {
        var result: [Int: CodePicture.Instruction] = [:]
        for line in output.split(separator: "\n") {
            let columns = line.split(separator: "\t", maxSplits: 1)
            guard columns.count == 2 else { continue }
            let words = columns[0].split(separator: " ")
            guard let address = words.first, address.last == ":", let offset = Int(address.dropLast(), radix: 16),
                words.dropFirst().allSatisfy({ $0.count.isMultiple(of: 2) && UInt64($0, radix: 16) != nil })
            else { continue }
            var text = columns[1].split(separator: "\t").joined(separator: " ")
            while text.last == " " { text.removeLast() }
            result[offset] = CodePicture.Instruction(byteCount: words.dropFirst().reduce(0) { $0 + $1.count / 2 }, text: text)
        }
        return result
    }
}
