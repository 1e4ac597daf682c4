import Foundation
import StencilGenCore
import Testing

/// The toolchain's assembler and `ld.lld`, for code in the section "judge".
struct Linker: Sendable {
    let toolchain: Toolchain
    var target = StencilTarget.x86_64.triple

    /// What assembly text begins with. A section of its own has alignment 1, so that it can be placed anywhere.
    static let prologue = ".section judge,\"ax\",@progbits\n.globl _start\n_start:\n"

    /// Assembles a text in a folder; gives the object's path.
    func assemble(_ text: String, _ name: String, in directory: TemporaryDirectory) throws -> String {
        let source = directory.url.appendingPathComponent("\(name).s")
        let object = directory.url.appendingPathComponent("\(name).o")
        try text.write(to: source, atomically: false, encoding: .utf8)
        try Toolchain.run(
            toolchain.compiler.executable,
            ["--target=\(target)", "-c", source.path, "-o", object.path], in: directory)
        return object.path
    }

    /// Links an object with absolute symbols to run at `placement`; gives the section's bytes, and
    /// what the linker had to say.
    func link(
        _ object: String, symbols: [(name: String, value: UInt64)], at placement: UInt64
    ) throws -> (bytes: [UInt8], messages: String) {
        // Several links may be under way at once.
        let directory = try TemporaryDirectory()
        let text = symbols.map { ".globl \($0.name)\n.set \($0.name), 0x\(String($0.value, radix: 16))\n" }.joined()
        let definitions = try assemble(text, "symbols", in: directory)
        // What is out of range is a warning with --noinhibit-exec: all of it gets listed.
        let result = try Toolchain.run(
            toolchain.lld,
            [
                "--noinhibit-exec", "--error-limit=0", "-no-pie", "--no-relax", "--image-base=0",
                "--section-start=judge=0x\(String(placement, radix: 16))", object, definitions, "-o", "linked",
            ], in: directory)
        try Toolchain.run(toolchain.objcopy, ["-O", "binary", "-j", "judge", "linked", "linked.bin"], in: directory)
        return (Array(try Data(contentsOf: directory.url.appendingPathComponent("linked.bin"))), result.errors)
    }
}
