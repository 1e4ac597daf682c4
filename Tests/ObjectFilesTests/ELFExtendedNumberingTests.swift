import Foundation
import Testing

import ObjectFiles

/// Objects with more sections than 16 bits can number.
@Suite("Extended numbering", .timeLimit(.minutes(5)))
struct ELFExtendedNumberingTests {
    /// From .s0 on: section number n + 1 of the built object.
    static let count = 65_300

    /// An object with `count` sections of one byte and a symbol in each, as the specification has it.
    private static func large() -> ELFBuilder {
        let minimal = ELFBuilder.minimal()
        var sections = [minimal.sections[0]]
        var symbols = ELFBuilder.symbol(name: 0, info: 0, section: 0)
        var indices = ELFImage(bytes: [0, 0, 0, 0])
        for number in 0..<count {
            let index = number + 1
            sections.append(
                ELFBuilder.Section(name: ".s", type: 1, flags: 2, contents: [UInt8(truncatingIfNeeded: number)]))
            let isExtended = index >= 0xff00
            symbols += ELFBuilder.symbol(name: 1, info: 0x10, section: isExtended ? 0xffff : UInt16(index), size: 1)
            indices.append(isExtended ? UInt64(index) : 0, 4)
        }
        let next = UInt32(sections.count)
        sections += [
            ELFBuilder.Section(
                name: ".symtab", type: 2, contents: symbols, link: next + 2, info: 1, alignment: 8, entrySize: 24),
            ELFBuilder.Section(
                name: ".symtab_shndx", type: 18, contents: indices.bytes, link: next, alignment: 4, entrySize: 4),
            ELFBuilder.Section(name: ".strtab", type: 3, contents: Array("\0s\0".utf8)),
            ELFBuilder.Section(name: ".shstrtab", type: 3),
        ]
        return ELFBuilder(sections: sections, namesIndex: sections.count - 1)
    }

    @Test func aBuiltObjectIsReadInFull() throws {
        let image = Self.large().build()
        #expect(image[.header("e_shnum")] == 0)
        #expect(image[.header("e_shstrndx")] == 0xffff)
        let object = try Object(parsingELF: image.bytes, name: "large.o")
        #expect(object.sections.count == Self.count + 5)
        #expect(object.symbols.count == Self.count + 1)
        let wrong = (0..<Self.count).first { number in
            object.symbols[number + 1].section != number + 1
                || object.sections[number + 1].contents != [UInt8(truncatingIfNeeded: number)]
        }
        #expect(wrong == nil)

        var damaged = image
        let last = Field.symbol(Self.count + 1, Self.count, "st_shndx")
        damaged[last] = 0xff10
        #expect(
            throws: ObjectError(
                .badSectionIndex(field: "st_shndx", found: 0xff10, count: Self.count + 5),
                at: image.place(of: last, named: ".symtab"), in: "large.o")
        ) {
            try Object(parsingELF: damaged.bytes, name: "large.o")
        }
    }

    private typealias Field = ELFImage.Field

    @Test(.enabled(if: Toolchain.found != nil, "\(Toolchain.missing)"))
    func anAssembledObjectIsReadInFull() throws {
        let toolchain = try #require(Toolchain.found)
        let source = (0..<Self.count).map {
            ".section .s\($0),\"a\",@progbits\ns\($0): .quad s\(($0 + 1) % Self.count)\n"
        }
        let bytes = try toolchain.object(
            source.joined(), language: "assembler", flags: ["--target=x86_64-unknown-linux-gnu"])
        #expect(ELFImage(bytes: bytes)[.header("e_shnum")] == 0)
        let object = try Object(parsingELF: bytes, name: "assembled.o")
        let byName = Dictionary(
            object.sections.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        for number in 0..<Self.count {
            // Local symbols are named in relocations by their sections.
            let section = try #require(byName[".s\(number)"])
            let next = try #require(byName[".s\((number + 1) % Self.count)"])
            guard let relocation = section.relocations.first,
                object.symbols[relocation.symbol].section == next.index
            else {
                Issue.record("section .s\(number) does not lead to the next")
                break
            }
        }
    }
}
