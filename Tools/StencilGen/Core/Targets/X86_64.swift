import CStencils

extension StencilTarget {
    /// x86-64: what every processor of it executes.
    package static let x86_64 = x86_64(.X86_64, "-march=x86-64")

    /// What the psABI calls x86-64-v3: three operands for shifts and floats, vectors of 32 bytes.
    package static let x86_64_v3 = x86_64(.X86_64_V3, "-march=x86-64-v3")

    private static func x86_64(_ isa: UopISA, _ processor: String) -> StencilTarget {
        var target = StencilTarget(
            isa: isa, triple: "x86_64-unknown-linux-gnu",
            flags: [
                // Small magic symbols get 32-bit relocations, large ones 64-bit ones.
                "-mcmodel=medium", "-mlarge-data-threshold=65536",
                // Every block gets its own section and every branch a relocation: layout without decoding.
                "-fbasic-block-sections=all",
                // The bytes serve systems without a red zone, too.
                "-mno-red-zone",
                "-fno-stack-clash-protection",
                processor,
            ],
            hostMacro: "__x86_64__", page: "x86_64", branches: X86Branches(jumpKind: .pcRelative32))
        target.findsLiterals = true
        return target
    }
}
