import ArgumentParser
import CStencils
import UopRuntime
import UopVM

/// What machine code can be made for without being executed here: an instruction set, and the system whose format objects have.
///
/// The names of instruction sets are those of the tables, and mean ELF objects. Triples name a system, too.
struct CodeTarget: ExpressibleByArgument {
    /// A system by the beginning of its word in a triple, with what a triple for it is made of.
    private struct System {
        let words: [String]
        let suffix: String
        let format: ObjectFormat
        let isas: [UopISA]
    }

    /// An instruction set by its words in triples, the first one to be shown; and what some systems call it.
    private static let architectures: [(isa: UopISA, words: [String])] = [
        (.X86_64, ["x86_64", "amd64"]), (.AARCH64, ["aarch64", "arm64"]), (.I686, ["i686"]), (.RISCV64, ["riscv64"]),
        (.POWERPC64LE, ["powerpc64le", "ppc64le"]),
    ]

    private static let systems = [
        System(words: ["linux"], suffix: "unknown-linux-gnu", format: .elf, isas: architectures.map { $0.isa }),
        System(words: ["macos", "darwin"], suffix: "apple-macos11", format: .machO, isas: [.X86_64, .AARCH64]),
        System(words: ["windows"], suffix: "pc-windows-msvc", format: .coff, isas: [.X86_64, .AARCH64, .I686]),
    ]

    /// As it was given.
    let name: String
    let isa: UopISA
    let format: ObjectFormat

    init?(argument: String) {
        name = argument
        if let isa = UopISA.all.first(where: { $0.name == argument }) {
            (self.isa, format) = (isa, .elf)
            return
        }
        let words = argument.split(separator: "-", omittingEmptySubsequences: false).map(String.init)
        guard words.count >= 2, let isa = Self.architectures.first(where: { $0.words.contains(words[0]) })?.isa else { return nil }
        let system = Self.systems.first { system in
            words.dropFirst().contains { word in system.words.contains { word.hasPrefix($0) } }
        }
        guard let system, system.isas.contains(isa) else { return nil }
        (self.isa, format) = (isa, system.format)
    }

    /// All names of instruction sets, and a triple for each that a system runs on.
    static var allValueStrings: [String] {
        UopISA.all.map(\.name)
            + systems.flatMap { system in
                architectures.filter { system.isas.contains($0.isa) }.map { row in
                    // Apple's own tools say arm64.
                    let word = system.format == .machO ? row.words.last { $0 != "amd64" } : row.words.first
                    return "\(word ?? "")-\(system.suffix)"
                }
            }
    }

    /// Where code for another machine is made to run; a linker may put it at any page.
    static let codeAddress: UInt64 = 0x1000_0000
}

/// An instruction set by its name in the tables: what machine code may demand of this processor.
struct ISAName: ExpressibleByArgument {
    let isa: UopISA

    init?(argument: String) {
        guard let isa = UopISA.all.first(where: { $0.name == argument }) else { return nil }
        self.isa = isa
    }

    static var allValueStrings: [String] { UopISA.all.map(\.name) }
}
