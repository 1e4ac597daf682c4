import CStencils
import Foundation
import ObjectFiles
import StencilGenCore
import Testing
import UopRuntime

/// What lld cannot judge: COFF's values of 64 bits, and what is in the slots of Mach-O.
@Suite(.enabled(if: Toolchain.found != nil && JITLink.tool != nil, JITLink.missing)) struct JITLinkJudgeTests {
    private static let values: [UInt64] = [
        0, 1, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF, 0x1_0000_0000, 0x1234_5678_9ABC_DEF0, .max, 1 << 63, (1 << 63) - 1, 0x123,
        0xFFFF_FFFF_8000_0000, 0xFFFF_FFFF_7FFF_FFFF,
    ]

    /// Objects of one format, on disk as long as this lives.
    struct Subject: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let target: StencilTarget
        let hasFamilies: Bool

        func files() throws -> (files: [(object: Object, path: String)], directory: TemporaryDirectory?) {
            guard target.format == .elf else {
                let sample = try NativeSample.of(target)
                return ((hasFamilies ? sample.files : sample.golden).map { ($0.object, $0.path) }, nil)
            }
            let directory = try TemporaryDirectory()
            let compiler = try #require(Toolchain.found).compiler
            func compile(_ name: String, _ text: String, _ flags: [String]) throws -> (Object, String) {
                // A section for each block would leave most without a symbol.
                let object = try compiler.compile(
                    text, name: name, flags: flags.filter { $0 != "-fbasic-block-sections=all" },
                    includes: [Checkout.base.source, Checkout.headers], directory: directory.url)
                return (object, directory.url.appendingPathComponent(name + ".o").path)
            }
            var result = try PlainGoldenSet.all.map { try compile("\($0.name).c", String(contentsOf: $0.source, encoding: .utf8), $0.flags) }
            let uops = try Checkout.generated.get().uops
            result += try Set(uops.map(\.file)).sorted().map { file in
                let wrappers = uops.filter { $0.file == file }.flatMap { uop in
                    Generator.forms(of: uop, target).map { WrapperWriter.stencil(uop, $0) }
                }
                return try compile(
                    "stencils.\(file)", WrapperWriter.stencilFile(including: file, stencils: wrappers, for: target),
                    Compiler.stencilFlags(target))
            }
            return (result.map { ($0.0, $0.1) }, directory)
        }
    }

    static let words = [
        Subject(testDescription: "x86_64-unknown-linux-gnu", target: .x86_64, hasFamilies: true),
        // llvm-jitlink 19 knows no IMAGE_REL_AMD64_ADDR32, with which the uops' offsets come in, and no COFF for other machines.
        Subject(testDescription: "x86_64-pc-windows-msvc", target: .windowsX86_64, hasFamilies: false),
    ]

    /// The values of symbols: those that only have holes of 64 bits get any, others what their holes take; branches are near.
    private static func symbols(_ code: JudgedCode, _ round: Int, _ placement: UInt64) -> [String: UInt64] {
        var result: [String: UInt64] = [:]
        for (number, name) in code.users.keys.sorted().enumerated() {
            let kinds = (code.users[name] ?? []).map { code.functions[$0.function].holes[$0.hole].kind }
            let value = values[(round + 5 * number) % values.count]
            if kinds.allSatisfy({ $0 == .absolute64 }) {
                result[name] = value
            } else if kinds.allSatisfy({ $0.field.base == .nothing }) {
                result[name] = value & 0x7FFF_F000 + UInt64(round)
            } else {
                result[name] = placement + 0x100
            }
        }
        return result
    }

    /// Every number that a hole holds, as our encoder stores it, is what the linker has there.
    @Test(arguments: words) func numbersAreTheLinkers(_ subject: Subject) throws {
        let (files, directory) = try subject.files()
        defer { _ = directory }
        var counts: [String: Int] = [:]
        var stencils = 0
        for (object, path) in files {
            let code = JudgedCode([object], subject.target)
            stencils += code.functions.count
            var round = 0
            for placement in JITLink.placements {
                for _ in 0..<3 {
                    let found = try Self.judge(code, path, round, placement)
                    if round == 0 { counts.merge(found, uniquingKeysWith: +) }
                    round += 1
                }
            }
        }
        #expect((counts["R_X86_64_64"] ?? counts["IMAGE_REL_AMD64_ADDR64"] ?? 0) > 5)
        print(
            "judge \(subject.testDescription) (llvm-jitlink): stencils \(stencils), placements \(JITLink.placements.count), relocations: "
                + counts.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", "))
    }

    /// Has an object linked, and looks at the numbers in it. Returns how many there are, by relocation.
    private static func judge(_ code: JudgedCode, _ path: String, _ round: Int, _ placement: UInt64) throws -> [String: Int] {
        let symbols = symbols(code, round, placement)
        var counts: [String: Int] = [:]
        var checks: [String] = []
        for function in code.functions {
            for hole in function.holes {
                guard case .symbol(let name) = hole.reference, hole.kind.field.base == .nothing else { continue }
                let stored = String(try stored(hole, symbols[name] ?? 0, function), radix: 16)
                checks.append("# jitlink-check: *{\(hole.kind.field.size)}(\(function.symbol) + \(hole.offset)) = 0x\(stored)")
                counts[hole.type.name, default: 0] += 1
            }
        }
        guard let first = checks.first, let entry = code.functions.first?.symbol else { return [:] }
        let folder = try TemporaryDirectory()
        func link(_ checks: [String]) throws -> (status: Int, output: String) {
            try checks.map { $0 + "\n" }.joined()
                .write(to: folder.url.appendingPathComponent("checks"), atomically: false, encoding: .utf8)
            return try JITLink.link(path, symbols: symbols, entry: entry, at: placement, ["-check", "checks"], in: folder)
        }
        let result = try link(checks)
        #expect(result.status == 0, "\(path), round \(round): \(result.output.prefix(400))")
        // Another number is seen.
        if round == 0 { #expect(try link([first + "1"]).status != 0) }
        return counts
    }

    private static func stored(_ hole: JudgedCode.Hole, _ symbol: UInt64, _ function: JudgedCode.Function) throws -> UInt64 {
        var bytes = function.bytes
        var span = bytes.mutableSpan
        var raw = unsafe span.mutableBytes
        try HoleEncoder().fill(
            hole.kind, value: symbol &+ UInt64(bitPattern: hole.addend), in: &raw, at: hole.offset, runAddress: 0)
        return bytes[hole.offset..<hole.offset + Int(hole.kind.field.size)].reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// All of Mach-O's code, with slots that hold 64 bits.
    @Test(arguments: [StencilTarget.macOSX86_64, .macOSARM64].map(StencilTarget.Case.init))
    func slotsHoldWhatTheyShould(_ one: StencilTarget.Case) throws {
        var (stencils, filled, slots) = (0, 0, 0)
        var counts: [String: Int] = [:]
        for file in try NativeSample.of(one.target).files {
            let code = JudgedCode([file.object], one.target)
            // Some families have no machine code.
            guard let entry = code.functions.first?.symbol else { continue }
            stencils += code.functions.count
            counts.merge(code.relocationCounts, uniquingKeysWith: +)
            for (round, placement) in JITLink.placements.enumerated() {
                var symbols: [String: UInt64] = [:]
                for (number, name) in code.users.keys.sorted().enumerated() {
                    let isOperand = name.contains("UOP_OPERAND") || name.contains("UOP_HELPER")
                    symbols[name] = isOperand ? Self.values[(3 * round + 5 * number) % Self.values.count] : placement + 0x3F_0000
                }
                let folder = try TemporaryDirectory()
                let (status, listing) = try JITLink.link(
                    file.path, symbols: symbols, entry: entry, at: placement, ["-show-relocated-section-contents"],
                    in: folder)
                try #require(status == 0, "\(file.name): \(listing.prefix(400))")
                let sections = JITLink.sections(listing)
                let text = try #require(sections.first { $0.name == "__TEXT,__text" })
                let section = try #require(file.object.sections.first { $0.name == "__TEXT,__text" })
                let places = file.object.symbols.filter { $0.section == section.index && $0.kind != .section }
                let image = LinkedImage(
                    stretches: sections.filter { !$0.bytes.isEmpty }.map { ($0.address, $0.bytes) },
                    symbols: Dictionary(places.map { ($0.name, text.address + $0.value) }, uniquingKeysWith: { first, _ in first }))
                let judge = NativeJudge(
                    code, triple: one.target.triple, values: symbols, image: image, hasStubs: true
                ) { _, _ in false }
                #expect(judge.problems.prefix(8) == [], "\(file.name), placement 0x\(String(placement, radix: 16))")
                filled += judge.filled
                slots += judge.slots
            }
        }
        #expect(slots > 1000)
        print(
            "judge \(one.target.triple) (llvm-jitlink): stencils \(stencils), placements \(JITLink.placements.count), relocations: "
                + counts.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", ")
                + "; filled alike \(filled), through slots \(slots)")
    }
}
