import Foundation
import StencilGenCore
import Testing

/// The toolchain's assembler and `ld.lld`, for code in the section "judge".
struct Linker: Sendable {
    let toolchain: Toolchain
    var target = StencilTarget.x86_64.triple

    /// What assembly text begins with. A section of its own has alignment 1, so that it can be placed anywhere. It is no
    /// executable one: into those linkers put detours for branches that do not reach, where they are to refuse them.
    static let prologue = ".section judge,\"aw\",@progbits\n.globl _start\n_start:\n"

    /// What a link made of the section.
    struct Linked: Sendable {
        var bytes: [UInt8]
        /// The words of the linker's own global offset table.
        var table: [UInt64]
        /// Where in the section it refused a relocation.
        var refused: Set<Int>
    }

    /// Assembles a text in a folder; gives the object's path.
    func assemble(_ text: String, _ name: String, in directory: TemporaryDirectory) throws -> String {
        let source = directory.url.appendingPathComponent("\(name).s")
        let object = directory.url.appendingPathComponent("\(name).o")
        try Data(text.utf8).write(to: source)
        try Toolchain.run(
            toolchain.compiler.executable,
            ["--target=\(target)", "-c", source.path, "-o", object.path], in: directory)
        return object.path
    }

    /// Assembles the definitions of absolute symbols: where they are used, the assembler must not see through them.
    func assemble(symbols: [(name: String, value: UInt64)], in directory: TemporaryDirectory) throws -> String {
        var seen: Set<String> = []
        let text = symbols.filter { seen.insert($0.name).inserted }
            .map { ".globl \($0.name)\n.set \($0.name), 0x\(String($0.value, radix: 16))\n" }.joined()
        return try assemble(text, "symbols", in: directory)
    }

    /// Links objects to run at `placement`.
    ///
    /// - Parameter table: where the linker's own global offset table is to lie, if there is one.
    func link(_ objects: [String], at placement: UInt64, table: UInt64? = nil) throws -> Linked {
        // Several links may be under way at once.
        let directory = try TemporaryDirectory()
        func hexadecimal(_ number: UInt64) -> String { "0x" + String(number, radix: 16) }
        // What is out of range is a warning with --noinhibit-exec: all of it gets listed.
        let messages = try Toolchain.run(
            toolchain.lld,
            ["--noinhibit-exec", "--error-limit=0", "-no-pie", "--no-relax", "--image-base=0"]
                + ["--section-start=judge=\(hexadecimal(placement))"] + (table.map { ["--section-start=.got=\(hexadecimal($0))"] } ?? [])
                + objects + ["-o", "linked"], in: directory
        ).errors
        func contents(of section: String) throws -> [UInt8] {
            try Toolchain.run(toolchain.objcopy, ["-O", "binary", "-j", section, "linked", "linked.bin"], in: directory)
            return Array(try Data(contentsOf: directory.url.appendingPathComponent("linked.bin")))
        }
        let words = try table.map { _ in try contents(of: ".got") } ?? []
        return Linked(
            bytes: try contents(of: "judge"),
            table: stride(from: 0, to: words.count, by: 8).map { start in
                words[start..<start + 8].reversed().reduce(0) { $0 << 8 | UInt64($1) }
            }, refused: try Self.refused(messages))
    }

    /// Lines are "ld.lld: warning: image.o:(judge+0x12): relocation R_X86_64_32 out of range: ...", or "improper alignment for
    /// relocation ...".
    private static func refused(_ messages: String) throws -> Set<Int> {
        var result: Set<Int> = []
        for line in messages.split(separator: "\n") where line.contains("relocation") {
            let parts = line.split(separator: ":(judge+0x", maxSplits: 1)
            try #require(parts.count == 2 && (line.contains(" out of range: ") || line.contains("improper alignment")), "\(line)")
            result.insert(try #require(Int(parts[1].prefix { $0.isHexDigit }, radix: 16), "\(line)"))
        }
        return result
    }
}
