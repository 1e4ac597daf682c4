import CStencils
import Foundation
import ObjectFiles
import StencilGenCore
import Testing
import UopRuntime

/// Objects of every uop and of the golden files, linked by lld for macOS and Windows: the bytes that we make of them, and what is
/// refused, are the linker's.
@Suite(.enabled(if: NativeLinker.areFound, NativeLinker.missing)) struct NativeJudgeTests {
    /// Where the image begins. COFF has symbols of 32 bits, so that from above 4 GiB nothing is in reach.
    static func placements(_ target: StencilTarget) -> [UInt64] {
        switch (target.format, target.isa) {
        case (.coff, .I686): [0x40_0000, 0x7FFF_0000, 0xC000_0000]
        case (.coff, _): [0x1_0000, 0x4000_0000, 0xC000_0000, 0x1_8000_0000]
        default: [0x4000, 0x1_0000_0000, 0x1234_5600_0000, 0x7FFF_0000_0000]
        }
    }

    /// What a field is asked to hold: at, and next to, its limits.
    static func boundaries(_ kind: UopHoleKind, _ target: StencilTarget) -> [Int64] {
        let field = kind.field
        let step: Int64 = field.base == .page ? 4096 : 1 << Int64(field.aligned)
        let common: [Int64] = [0, step, -step, 0x7F8, 0x800, 0xFF8, 0x1000, 0x1234_5678, -0x1234_5678]
        if field.width == 64 { return common + [0x1234_5678_9ABC_DEF0, .min, .max & -step, step == 1 ? 3 : step / 2] }
        let half = Int64(1) << Int64(field.width - 1)
        // lld-link takes detours already near the limits, and at the very limit finds no end of adding them: there it is
        // ld64.lld, and ld.lld for ELF, who judge.
        if kind == .branch26, target.format == .coff { return common + [half / 2, -half / 2, 2 * half, -4 * half, step / 2] }
        if field.signedness == .unsigned { return common + [half, 2 * half - 1, 2 * half, -1] }
        return common + [half - step, half, -half, -half - step, step == 1 || step == 4096 ? 1 : step / 2]
    }

    /// Values of symbols in a round: each makes one of its holes hold one of the boundaries.
    static func values(_ code: JudgedCode, _ image: LinkedImage, _ round: Int, _ target: StencilTarget) -> [String: UInt64] {
        var result: [String: UInt64] = [:]
        for (number, name) in code.users.keys.sorted().enumerated() {
            let users = code.users[name] ?? []
            let (function, index) = users[(7 * round + 3 * number) % users.count]
            let hole = code.functions[function].holes[index]
            let place = (image.symbols[code.functions[function].symbol] ?? 0) &+ UInt64(hole.offset)
            let isRelaxed = if case .slot = hole.reference { true } else { false }
            let kind = isRelaxed && hole.kind != .page21 && hole.kind != .pcRelative32 ? .page21 : hole.kind
            let boundaries = boundaries(kind, target)
            let wanted = UInt64(bitPattern: boundaries[(round + number) % boundaries.count])
            var value: UInt64 =
                switch kind.field.base {
                case .nothing: wanted
                case .place: wanted &+ place
                case .page: wanted &+ (place & ~0xFFF) &+ UInt64(round * 0x1F8 & 0xFF8)
                }
            value = value &- UInt64(bitPattern: hole.addend)
            result[name] = target.format == .coff ? value & 0xFFFF_FFFF : value
        }
        return result
    }

    /// "file.o:(symbol _f+0xe): relocation BRANCH is out of range: ..."
    static func refusals(_ messages: String) -> Set<String> {
        Set(
            messages.split(separator: "\n").compactMap { line in
                guard line.contains("error:"), let start = line.range(of: "(symbol "), let end = line.range(of: "): relocation ")
                else { return nil }
                return String(line[start.upperBound..<end.lowerBound])
            })
    }

    @Test(arguments: StencilTarget.Case.native) func linkerAgrees(_ one: StencilTarget.Case) throws {
        let sample = try NativeSample.of(one.target)
        let linker = try NativeLinker(one.target)
        let code = JudgedCode(sample.files.map(\.object), one.target)
        let paths = sample.files.map(\.path)
        let entry = try #require(code.functions.first).symbol
        let rounds = 15
        var (filled, refused, links, slots) = (0, 0, 0, 0)
        var excepted: [String: Int] = [:]
        for placement in Self.placements(one.target) {
            // Values that everything takes, for the places.
            let near = Dictionary(uniqueKeysWithValues: code.users.keys.map { ($0, placement & 0xFFFF_FFFF_FFFF_F000) })
            let (layout, words) = try linker.link(paths, symbols: near, entry: entry, at: placement)
            let places = try #require(layout, "\(words)")
            for round in 0..<rounds {
                let values = Self.values(code, places, round, one.target)
                let (image, messages) = try linker.link(paths, symbols: values, entry: entry, at: placement)
                links += 1
                guard let image else {
                    refused += try Self.countRefusals(code, places, values, messages, one.target)
                    continue
                }
                let refusals = Self.refusals(messages)
                let judge = NativeJudge(
                    code, triple: one.target.triple, values: values, image: image, hasStubs: one.target.isa == .AARCH64
                ) { function, offset in
                    refusals.contains("\(function)+0x\(String(offset, radix: 16))")
                }
                #expect(judge.problems.prefix(8) == [], "placement 0x\(String(placement, radix: 16)), round \(round)")
                filled += judge.filled
                refused += judge.refused
                slots += judge.slots
                excepted.merge(judge.excepted, uniquingKeysWith: +)
            }
        }
        let holes = code.functions.reduce(0) { $0 + $1.holes.count }
        #expect(filled > holes * 10)
        let refusesNothing = ["x86_64-pc-windows-msvc", "i686-pc-windows-msvc"].contains(one.target.triple)
        #expect(refusesNothing || refused > 0)
        // An exception that never happens is none.
        let expected = NativeJudge.exceptions.filter { $0.triple == one.target.triple }.map(\.why)
        #expect(Set(excepted.keys) == Set(expected))
        print(
            "judge \(one.target.triple): stencils \(code.functions.count), placements \(Self.placements(one.target).count), "
                + "links \(links), relocations: "
                + code.relocationCounts.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", ")
                + "; filled alike \(filled), refused by both \(refused), through slots \(slots), "
                + "by exception \(excepted.values.reduce(0, +))")
    }

    /// A wrong addend, place or kind of any hole shows, else the comparison above would prove nothing: of every symbol some
    /// holes are damaged.
    @Test(arguments: StencilTarget.Case.native) func damageIsSeen(_ one: StencilTarget.Case) throws {
        let sample = try NativeSample.of(one.target)
        let code = JudgedCode(sample.files.map(\.object), one.target)
        let placement = Self.placements(one.target)[1]
        // Bits in every part of fields, within reach.
        let values = Dictionary(
            uniqueKeysWithValues: code.users.keys.sorted().enumerated().map { ($1, (placement + 0x35_5550 + UInt64($0) * 0x1_2348) & ~7) })
        let (found, messages) = try NativeLinker(one.target).link(
            sample.files.map(\.path), symbols: values, entry: try #require(code.functions.first).symbol, at: placement)
        let image = try #require(found, "\(messages)")
        func problems(_ code: JudgedCode) -> [String] {
            NativeJudge(code, triple: one.target.triple, values: values, image: image) { _, _ in false }.problems
        }
        #expect(problems(code) == [])
        var damages = 0
        for (name, users) in code.users.sorted(by: { $0.key < $1.key }) {
            for (function, index) in [users[0], users[users.count / 2]] {
                let hole = code.functions[function].holes[index]
                var damaged: [JudgedCode.Hole] = []
                for addend: Int64 in [8, -8] {
                    var other = hole
                    other.addend += hole.kind == .page21 ? addend * 512 : addend
                    damaged.append(other)
                }
                var other = hole
                other.kind = hole.kind == .absolute64 ? .pcRelative32 : .absolute64
                damaged.append(other)
                if hole.offset >= 4 {
                    other = hole
                    other.offset -= 4
                    damaged.append(other)
                }
                for other in damaged {
                    var alone = code
                    alone.functions = [code.functions[function]]
                    alone.functions[0].holes[index] = other
                    #expect(problems(alone) != [], "\(name) in \(code.functions[function].symbol): \(other)")
                    damages += 1
                }
            }
        }
        #expect(damages > 20)
        print("judge \(one.target.triple): \(damages) damages, all seen")
    }

    /// Where the linker wrote nothing: it must have complained as often as we do, where its messages name no places.
    private static func countRefusals(
        _ code: JudgedCode, _ places: LinkedImage, _ values: [String: UInt64], _ messages: String, _ target: StencilTarget
    ) throws -> Int {
        var ours = 0
        for function in code.functions {
            let base = try #require(places.symbols[function.symbol])
            for hole in function.holes where hole.kind.field.base == .nothing {
                guard case .symbol(let name) = hole.reference else { continue }
                var bytes = function.bytes
                var span = bytes.mutableSpan
                var raw = unsafe span.mutableBytes
                let value = (values[name] ?? 0) &+ UInt64(bitPattern: hole.addend)
                do throws(PatchError) {
                    try HoleEncoder().fill(hole.kind, value: value, in: &raw, at: hole.offset, runAddress: base)
                } catch {
                    #expect(error.kind == .misaligned)
                    ours += 1
                }
            }
        }
        let theirs = messages.split(separator: "\n").count { $0.contains("error: misaligned ldr/str offset") }
        #expect(ours == theirs && ours > 0, "\(target.triple): \(messages.prefix(600))")
        return ours
    }
}
