import CStencils
import Foundation
import StencilGenCore
import Testing

/// `ld.lld` in the place of the runtime's encoder: the image's bytes with a relocation for each hole,
/// against absolute symbols.
struct LinkerJudge: Sendable {
    private let image: JudgedImage
    private let toolchain: Toolchain
    private let directory: TemporaryDirectory

    private static let target = ["--target=\(GeneratedSet.target)"]

    /// Assembles the image once; it is linked for each placement.
    init(_ image: JudgedImage, toolchain: Toolchain) throws {
        self.image = image
        self.toolchain = toolchain
        directory = try TemporaryDirectory()
        // A section of its own has alignment 1, so that it can be placed anywhere.
        var text = ".section judge,\"ax\",@progbits\n.globl _start\n_start:\n"
        for start in stride(from: 0, to: image.bytes.count, by: 64) {
            text += ".byte " + image.bytes[start..<min(start + 64, image.bytes.count)].map(String.init).joined(separator: ",")
            text += "\n"
        }
        for (index, one) in image.cases.enumerated() {
            let names = Self.relocationNames(one.kind)
            text += ".reloc \(one.offset), \(names[index % names.count]), \(Self.symbol(index))+\(one.addend)\n"
        }
        try assemble(text, "image", in: directory)
    }

    /// The ELF names of a hole kind, from the contract's own words: "R_X86_64_PC32 (2), R_X86_64_PLT32 (4)".
    static func relocationNames(_ kind: UopHoleKind) -> [String] {
        let words = unsafe String(cString: uop_hole_kind_texts()[Int(kind.rawValue)].elf)
        return words.split(separator: ", ").map { String($0.prefix { $0 != " " }) }
    }

    /// The symbol that a case's hole leads to; without a number, what they all begin with.
    private static func symbol(_ index: Int?) -> String { "case_" + (index.map(String.init) ?? "") }

    private func assemble(_ text: String, _ name: String, in directory: TemporaryDirectory) throws {
        let source = directory.url.appendingPathComponent("\(name).s")
        try text.write(to: source, atomically: false, encoding: .utf8)
        try Toolchain.run(
            toolchain.compiler.executable,
            Self.target + ["-c", source.path, "-o", directory.url.appendingPathComponent("\(name).o").path], in: directory)
    }

    /// Links the image to run at `placement`.
    func link(at placement: UInt64) throws -> JudgedImage.Outcome {
        // Several placements may be linked at once.
        let work = try TemporaryDirectory()
        var symbols = ""
        for (index, one) in image.cases.enumerated() {
            let name = Self.symbol(index)
            symbols += ".globl \(name)\n.set \(name), 0x\(String(one.symbolValue(placement), radix: 16))\n"
        }
        try assemble(symbols, "symbols", in: work)
        let address = "0x\(String(placement, radix: 16))"
        // What is out of range is a warning with --noinhibit-exec: all of it gets listed.
        let result = try Toolchain.run(
            toolchain.lld,
            [
                "--noinhibit-exec", "--error-limit=0", "-no-pie", "--no-relax", "--image-base=0",
                "--section-start=judge=\(address)", directory.url.appendingPathComponent("image.o").path, "symbols.o",
                "-o", "linked",
            ], in: work)
        try Toolchain.run(toolchain.objcopy, ["-O", "binary", "-j", "judge", "linked", "linked.bin"], in: work)
        let bytes = Array(try Data(contentsOf: work.url.appendingPathComponent("linked.bin")))
        return JudgedImage.Outcome(bytes: bytes, refused: try Self.refused(result.errors))
    }

    /// Lines are "... relocation R_X86_64_32 out of range: 4294967296 is not in [0, 4294967295]; references 'case_7'".
    private static func refused(_ messages: String) throws -> Set<Int> {
        var result: Set<Int> = []
        for line in messages.split(separator: "\n") where line.contains(": relocation ") {
            let parts = line.split(separator: "; references '\(Self.symbol(nil))", maxSplits: 1)
            try #require(parts.count == 2 && parts[0].contains(" out of range: "), "\(line)")
            result.insert(try #require(Int(parts[1].prefix { $0.isNumber }), "\(line)"))
        }
        return result
    }
}
