package import CStencils
import Foundation
package import UopVM

/// A target whose code can be executed here: by qemu's emulation of its processor, or by this processor itself.
package struct EmulatedTarget: Sendable {
    package let isa: UopISA
    /// What clang is told to compile the harness.
    let compilerFlags: [String]
    /// qemu's name for it, and options; nil where this processor executes it.
    let emulator: [String]?

    package var name: String { unsafe String(cString: uop_isa_names()[Int(isa.rawValue)]!) }

    /// All that have a harness.
    package static let all: [EmulatedTarget] = [
        EmulatedTarget(isa: .AARCH64, compilerFlags: ["--target=aarch64-unknown-linux-gnu", "-march=armv8-a"], emulator: ["qemu-aarch64"]),
        EmulatedTarget(
            isa: .RISCV64,
            compilerFlags: ["--target=riscv64-unknown-linux-gnu", "-march=rv64g", "-mabi=lp64d", "-mno-relax", "-mcmodel=medany"],
            emulator: ["qemu-riscv64"]),
        // POWER10's prefixed instructions are newer than qemu's default.
        EmulatedTarget(
            isa: .POWERPC64LE, compilerFlags: ["--target=powerpc64le-unknown-linux-gnu", "-mcpu=pwr10"],
            emulator: ["qemu-ppc64le", "-cpu", "power10"]),
        EmulatedTarget(
            isa: .I686, compilerFlags: ["--target=i686-unknown-linux-gnu", "-march=pentium4", "-mfpmath=sse"],
            emulator: ["qemu-i386"]),
        EmulatedTarget(isa: .X86_64, compilerFlags: ["--target=x86_64-unknown-linux-gnu"], emulator: nil),
    ]

    /// Whether the tables are compiled in, and the tools are there.
    package var isAvailable: Bool { missing == nil }

    /// What is missing here, in words; nil where nothing is.
    package var missing: String? {
        guard unsafe uop_base_stencils().pointee.table(isa) != nil else {
            return "the tables of \(name) are not compiled in: pass --traits AllTargets"
        }
        if Tools.clang == nil { return "there is no clang with a linker" }
        if let emulator, Tools.find(emulator[0]) == nil { return "there is no \(emulator[0]): install qemu-user" }
        return nil
    }
}

extension EmulatedTarget {
    /// Runs the linker beside clang, which links for every target.
    package static func link(_ arguments: [String]) throws(ForeignProcessorError) {
        guard let linker = Tools.linker else { throw ForeignProcessorError("there is no ld.lld") }
        let process = Process()
        process.executableURL = linker
        process.arguments = arguments
        do { try process.run() } catch { throw ForeignProcessorError("\(linker.path): \(error.localizedDescription)") }
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw ForeignProcessorError("ld.lld refuses \(arguments)") }
    }
}

/// What the machine has.
enum Tools {
    /// The linker that clang uses.
    static let linker = clang.map { $0.deletingLastPathComponent().appendingPathComponent("ld.lld") }
        .flatMap { FileManager.default.isExecutableFile(atPath: $0.path) ? $0 : nil } ?? find("ld.lld-19")

    /// The clang beside `swift`, or another that is new enough: Debian's default is not.
    static let clang: URL? = {
        let besideSwift = find("swift")?.resolvingSymlinksInPath().deletingLastPathComponent().appendingPathComponent("clang")
        let named = ["clang-19", "clang-20", "clang-21"].compactMap(find)
        return ([besideSwift].compactMap(\.self) + named).first { FileManager.default.isExecutableFile(atPath: $0.path) }
    }()

    static func find(_ name: String) -> URL? {
        (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
            .map { URL(fileURLWithPath: String($0)).appendingPathComponent(name) }
            .first { FileManager.default.isExecutableFile(atPath: $0.path) }
    }
}
