import Foundation
import Testing

import ObjectFiles

/// An object to be damaged in every way.
struct Victim: CustomTestStringConvertible, Sendable {
    let testDescription: String
    let bytes: [UInt8]
    var parse: Parse = elf
    var mutations: @Sendable ([UInt8]) -> FieldMutations = { FieldMutations($0, entries: 5) }

    /// A reader: takes a file and what errors call it.
    typealias Parse = @Sendable ([UInt8], String) throws(ObjectError) -> Object
    static let elf: Parse = { bytes, name throws(ObjectError) in try Object(parsingELF: bytes, name: name) }

    /// The hand-built objects, and clang's where there is a clang.
    static let all: [Victim] = {
        var victims: [Victim] = []
        for target in ELFTarget.all {
            let name = target.testDescription
            victims.append(
                Victim(testDescription: "minimal, \(name)", bytes: ELFBuilder.minimal(target).build().bytes))
            // Extended numbering is the class's.
            if target.architecture == .x86_64 || target.is32Bit {
                victims.append(
                    Victim(testDescription: "extended, \(name)", bytes: ELFBuilder.minimalExtended(target).build().bytes))
            }
            let flags = target.architecture == .x86_64 ? Sample.stencilFlags : target.clang + ["-ffreestanding", "-O2"]
            if let bytes = try? Toolchain.found?.object(Sample.source, flags: flags) {
                victims.append(Victim(testDescription: "compiled, \(name)", bytes: bytes))
            }
        }
        victims += machO
        return victims + COFFVictims.all
    }()
}

@Suite("Hostile inputs", .timeLimit(.minutes(5)))
struct ELFSweepTests {
    /// No proper prefix of an object is one: what the file header leads to comes last, in COFF the names.
    @Test(arguments: Victim.all)
    func truncatedAtEveryByte(_ victim: Victim) {
        var outcomes = Outcomes(parse: victim.parse)
        for count in victim.bytes.indices {
            outcomes.read(Array(victim.bytes.prefix(count)), "the first \(count) bytes")
        }
        print("truncated, \(victim.testDescription): \(outcomes)")
        #expect(outcomes.failure == nil)
        #expect(outcomes.parsed == 0)
        #expect(outcomes.count == victim.bytes.count && outcomes.count > 500)
    }

    @Test(arguments: Victim.all)
    func everyFieldAtItsExtremes(_ victim: Victim) {
        let mutations = victim.mutations(victim.bytes)
        var outcomes = Outcomes(parse: victim.parse)
        for spot in mutations.spots {
            for value in mutations.extremes(of: spot) {
                var image = mutations.image
                image.store(value, at: spot.offset, size: spot.size)
                outcomes.read(image.bytes, "\(spot.name) = 0x\(String(value, radix: 16))")
            }
        }
        print("extremes, \(victim.testDescription): \(outcomes)")
        #expect(outcomes.failure == nil)
        #expect(outcomes.count > 1000)
        #expect(outcomes.refused > 500)
    }

    @Test(arguments: Victim.all)
    func twoFieldsAtOnce(_ victim: Victim) {
        let seed = Self.seed
        var generator = SeededGenerator(seed: seed)
        let mutations = victim.mutations(victim.bytes)
        var outcomes = Outcomes(parse: victim.parse)
        for _ in 0..<3000 {
            var image = mutations.image
            var words: [String] = []
            for spot in [
                mutations.spots.randomElement(using: &generator), mutations.spots.randomElement(using: &generator),
            ] {
                guard let spot, let value = mutations.extremes(of: spot).randomElement(using: &generator) else {
                    continue
                }
                image.store(value, at: spot.offset, size: spot.size)
                words.append("\(spot.name) = 0x\(String(value, radix: 16))")
            }
            outcomes.read(image.bytes, words.joined(separator: ", "))
        }
        print("pairs, \(victim.testDescription), seed \(seed): \(outcomes)")
        #expect(outcomes.failure == nil, "seed \(seed)")
        #expect(outcomes.count == 3000)
    }

    @Test(arguments: Victim.all)
    func randomBytes(_ victim: Victim) {
        let seed = Self.seed
        var generator = SeededGenerator(seed: seed)
        var outcomes = Outcomes(parse: victim.parse)
        for _ in 0..<1500 {
            var bytes = victim.bytes
            for _ in 0..<Int.random(in: 1...8, using: &generator) {
                let index = Int.random(in: bytes.indices, using: &generator)
                bytes[index] = UInt8.random(in: .min ... .max, using: &generator)
            }
            outcomes.read(bytes, "random bytes")
        }
        print("bytes, \(victim.testDescription), seed \(seed): \(outcomes)")
        #expect(outcomes.failure == nil, "seed \(seed)")
        #expect(outcomes.count == 1500)
    }

    /// New at each run; OBJECTFILES_SEED repeats one.
    private static var seed: UInt64 {
        ProcessInfo.processInfo.environment["OBJECTFILES_SEED"].flatMap(UInt64.init) ?? .random(in: .min ... .max)
    }
}
