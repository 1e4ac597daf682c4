import CStencils
import ObjectFiles

/// What clang on macOS and Windows makes objects for. Tables are made of ELF objects only, whatever system they are for; but
/// stencils must compile there, and their objects become the same stencils.
extension StencilTarget {
    /// All such targets.
    package static let native: [StencilTarget] = [.macOSX86_64, .macOSARM64, .windowsX86_64, .windowsARM64, .windowsI686]

    /// Operands come out of slots: what Mach-O has are loads through the global offset table.
    package static let macOSX86_64 = onX86_64("x86_64-apple-macos11", .machO)
    package static let macOSARM64 = onARM64("arm64-apple-macos11", .machO)

    /// Operands are in the code.
    package static let windowsX86_64 = onX86_64("x86_64-pc-windows-msvc", .coff)
    /// Operands come out of slots, as what is imported from libraries does.
    package static let windowsARM64 = onARM64("aarch64-pc-windows-msvc", .coff)
    /// Operands are addresses of symbols, as in ELF.
    package static let windowsI686: StencilTarget = {
        var target = StencilTarget(
            isa: .I686, triple: "i686-pc-windows-msvc",
            flags: StencilTarget.i686.flags.filter { !["-fbasic-block-sections=all", "-fno-stack-clash-protection"].contains($0) }, hostMacro: "_M_IX86", page: "i686",
            branches: X86Run(jumpKind: .pcWord32, is64Bit: false))
        target.format = .coff
        target.symbolPrefix = StencilTarget.i686.symbolPrefix
        target.mayUseStack = true
        return target
    }()

    private static func onX86_64(_ triple: String, _ format: Object.Format) -> StencilTarget {
        var target = StencilTarget(
            isa: .X86_64, triple: triple, flags: ["-mno-red-zone", "-march=x86-64"], hostMacro: "__x86_64__", page: "x86_64",
            branches: X86Run(jumpKind: .pcRelative32, is64Bit: true))
        target.format = format
        target.operandPage = "isa/native.h"
        return target
    }

    private static func onARM64(_ triple: String, _ format: Object.Format) -> StencilTarget {
        var target = StencilTarget(
            isa: .AARCH64, triple: triple, flags: StencilTarget.aarch64.flags.filter { $0 != "-fno-stack-clash-protection" }, hostMacro: "__aarch64__", page: "aarch64",
            branches: StencilTarget.aarch64.branches)
        target.format = format
        target.operandPage = "isa/native.h"
        return target
    }
}
