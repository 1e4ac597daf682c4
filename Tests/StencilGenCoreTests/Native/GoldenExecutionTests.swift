#if arch(x86_64)
import CRuntimeTestSupport
import Foundation
import StencilGenCore
import Testing
import UopRuntime

/// The golden functions out of objects for macOS and Windows do what they do out of ELF's.
@Suite(.enabled(if: Toolchain.found != nil, Toolchain.missing)) struct GoldenExecutionTests {
    /// Memory that stencils use: a frame, and what it points to.
    private static let wordCount = 32

    struct Outcome: Equatable {
        var way: Int32
        /// Without the addresses in them.
        var registers: [UInt64]
        var memory: [UInt64]
    }

    private static func elf(_ set: PlainGoldenSet) throws -> [Stencil] {
        let directory = try TemporaryDirectory()
        let object = try #require(Toolchain.found).compiler.compile(
            try String(contentsOf: set.source, encoding: .utf8), name: "\(set.name).c",
            flags: set.flags + NativeGolden.renames + ["-fbasic-block-sections=all"], includes: [], directory: directory.url)
        return try StencilExtractor(object, of: .x86_64, helpers: ["fmod"], places: [:]).stencils()
    }

    private static func run(_ stencil: Stencil, _ row: [UInt64], helper: UInt64, _ arena: inout CodeArena) throws -> Outcome {
        let memory = UnsafeMutablePointer<UInt64>.allocate(capacity: wordCount)
        defer { unsafe memory.deallocate() }
        for index in 0..<wordCount { unsafe memory[index] = UInt64(index) &* 0x9E37_79B9_7F4A_7C15 }
        let base = UInt64(UInt(bitPattern: memory))
        // An object, immortal or not, that locals name; LOAD_FAST's stack behind it.
        let isTalk = stencil.symbol == "LOAD_FAST"
        if isTalk {
            unsafe memory[9 + 16] = base + 8 * 28
            unsafe memory[28] = row[0]
        }
        var machine = GoldenMachine(stencil, helper: helper)
        let result = try machine.run([base, isTalk ? base + 8 * 30 : row[0], row[1], row[2]], in: &arena)
        let relative = { (word: UInt64) in word &- base < UInt64(8 * wordCount) ? word &- base : word }
        return Outcome(
            way: result.way, registers: result.registers.map(relative),
            memory: (0..<wordCount).map { unsafe relative(memory[$0]) })
    }

    private static let rows: [[UInt64]] = [
        [0, 0, 0x3FF0_0000_0000_0000], [1, 2, 0xC008_0000_0000_0000], [0xFFFF_FFFF, 0xFFFF_FFFF, 0x7FF0_0000_0000_0000],
        [.max >> 1, 1, 0x10], [1 << 63, .max, 0x4024_0000_0000_0000], [7, 7, 0x3FE0_0000_0000_0000],
    ]

    @Test(arguments: [StencilTarget.macOSX86_64, .windowsX86_64].map(StencilTarget.Case.init), PlainGoldenSet.all)
    func goldenFunctionsDoWhatELFsDo(_ one: StencilTarget.Case, _ set: PlainGoldenSet) throws {
        let expected = Dictionary(uniqueKeysWithValues: try Self.elf(set).map { ($0.symbol, $0) })
        let file = try #require(NativeSample.of(one.target).golden.first { $0.name == set.name + ".c" })
        let ours = unsafe UInt64(UInt(bitPattern: test_halve()))
        let theirs = unsafe one.target.format == .coff ? UInt64(UInt(bitPattern: test_microsoft_halve())) : ours
        var arena = CodeArena()
        var ways: Set<Int32> = []
        for stencil in try file.stencils.get() {
            let other = try #require(expected[stencil.symbol])
            var outcomes: [Outcome] = []
            for row in Self.rows {
                let found = try Self.run(stencil, row, helper: theirs, &arena)
                #expect(try found == Self.run(other, row, helper: ours, &arena), "\(stencil.symbol), \(row)")
                ways.insert(found.way)
                outcomes.append(found)
            }
            #expect(outcomes.contains { $0 != outcomes[0] }, "\(stencil.symbol) does nothing")
        }
        #expect(ways == (set.name == "control" ? [1, 2] : [1]))
    }
}
#endif
