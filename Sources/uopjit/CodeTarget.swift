import ArgumentParser
import CStencils
import UopRuntime
import UopVM

/// What machine code can be made for without being executed here: an instruction set, and the system whose format objects have.
///
/// The names of instruction sets are those of the tables, and mean ELF objects. Triples name a system, too.
struct CodeTarget: ExpressibleByArgument {
    /// A system that objects can be for.
    private struct System {
        /// How its word in a triple begins.
        let words: [String]
        /// What a triple for it ends with.
        let suffix: String
        let format: ObjectFormat
        let isas: [UopISA]
        /// Instruction sets that its own tools call otherwise.
        var names: [UopISA: String] = [:]
    }

    private static let systems = [
        System(words: ["linux"], suffix: "unknown-linux-gnu", format: .elf, isas: UopISA.all),
        System(
            words: ["macos", "darwin"], suffix: "apple-macos11", format: .machO, isas: [.X86_64, .X86_64_V3, .AARCH64],
            names: [.AARCH64: "arm64"]),
        System(words: ["windows"], suffix: "pc-windows-msvc", format: .coff, isas: [.X86_64, .X86_64_V3, .AARCH64, .I686]),
    ]

    /// What an instruction set is called in triples, usually first.
    private static func words(of isa: UopISA) -> [String] {
        switch isa {
        case .X86_64: ["x86_64", "amd64"]
        // (No triple of others has levels.)
        case .X86_64_V3: ["x86_64_v3"]
        case .AARCH64: ["aarch64", "arm64"]
        case .I686: ["i686"]
        case .RISCV64: ["riscv64"]
        case .POWERPC64LE: ["powerpc64le", "ppc64le"]
        }
    }

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
        guard words.count >= 2, let isa = UopISA.all.first(where: { Self.words(of: $0).contains(words[0]) })
        else { return nil }
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
                system.isas.map { "\(system.names[$0] ?? words(of: $0)[0])-\(system.suffix)" }
            }
    }

    /// How the system's C calls functions, where that differs.
    var convention: CallingConvention { format == .coff ? .microsoft : .standard }

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
