import CStencils
import StencilGenCore
import Testing

/// `ld.lld` in the place of the runtime's encoder: the image's bytes with a relocation for each hole,
/// against absolute symbols.
struct LinkerJudge: Sendable {
    private let image: JudgedImage
    private let linker: Linker
    /// Has the object.
    private let directory: TemporaryDirectory
    private let object: String

    /// Assembles the image once; it is linked for each placement.
    init(_ image: JudgedImage, toolchain: Toolchain) throws {
        self.image = image
        linker = Linker(toolchain: toolchain)
        directory = try TemporaryDirectory()
        var text = Linker.prologue
        for start in stride(from: 0, to: image.bytes.count, by: 64) {
            text += ".byte " + image.bytes[start..<min(start + 64, image.bytes.count)].map(String.init).joined(separator: ",")
            text += "\n"
        }
        for (index, one) in image.cases.enumerated() {
            let names = Self.relocationNames(one.kind)
            text += ".reloc \(one.offset), \(names[index % names.count]), \(Self.symbol(index))+\(one.addend)\n"
        }
        object = try linker.assemble(text, "image", in: directory)
    }

    /// The ELF names of a hole kind on a machine, from the contract's own words: "R_X86_64_PC32 (2), R_X86_64_PLT32 (4)".
    static func relocationNames(_ kind: UopHoleKind, machine: String = "R_X86_64_") -> [String] {
        let words = unsafe String(cString: uop_hole_kind_texts()[Int(kind.rawValue)].elf)
        return words.split(separator: ", ").map { String($0.prefix { $0 != " " }) }.filter { $0.hasPrefix(machine) }
    }

    /// The symbol that a case's hole leads to; without a number, what they all begin with.
    private static func symbol(_ index: Int?) -> String { "case_" + (index.map(String.init) ?? "") }

    /// Links the image to run at `placement`.
    func link(at placement: UInt64) throws -> JudgedImage.Outcome {
        let symbols = image.cases.enumerated().map { (Self.symbol($0), $1.symbolValue(placement)) }
        let (bytes, messages) = try linker.link(object, symbols: symbols, at: placement)
        var refused = try Self.refused(messages)
        // The psABI does not say whether R_X86_64_8 is signed, and the linker takes both; the instructions of these
        // holes extend the sign.
        for (index, one) in image.cases.enumerated() where one.kind == .absolute8Signed {
            if (128...255).contains(one.symbolValue(placement) &+ UInt64(bitPattern: one.addend)) { refused.insert(index) }
        }
        return JudgedImage.Outcome(bytes: bytes, refused: refused)
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
