import Foundation
import Testing

import ObjectFiles

/// The linker beside the toolchain's clang.
private enum COFFLinker {
    static let found: URL? = Toolchain.found.flatMap { toolchain in
        let path = toolchain.clang.deletingLastPathComponent().appendingPathComponent("lld-link")
        return FileManager.default.isExecutableFile(atPath: path.path) ? path : nil
    }
}

/// The judge of addends is lld-link: what it stores in a field is what the formula in
/// COFFAddend.swift gives with the reader's A.
@Suite("A linked COFF object", .enabled(if: COFFLinker.found != nil, "needs lld-link beside the swift on PATH"))
struct COFFLinkedTests {
    struct Row: CustomTestStringConvertible, Sendable {
        let target: String
        /// Of the linker: what the machine needs, so that the image stays where it is told to be.
        let flags: [String]
        /// With relocations against x, and nothing else.
        let lines: String
        let types: Int
        var testDescription: String { target }
    }

    static let base: UInt64 = 0x40_0000
    /// Where x is in .data: addends carry into the next page.
    static let place: UInt64 = 0x1ff0

    @Test(arguments: [
        Row(
            target: "x86_64", flags: ["/machine:x64", "/fixed"],
            lines: """
                call x
                leaq x+8(%rip), %rax
                movl $5, x+8(%rip)
                movb $5, x-8(%rip)
                .quad x+8, x-8
                .long x+8, x@IMGREL+4
                .long x - ., x - . + 12
                .secrel32 x
                .secidx x
                """, types: 6),
        Row(
            target: "i686", flags: ["/machine:x86", "/fixed", "/safeseh:no"],
            lines: """
                call x
                movl $x+8, %eax
                movl %eax, x-8
                .long x@IMGREL+4
                .long x - ., x - . - 12
                .secrel32 x
                .secidx x
                """, types: 5),
        Row(
            target: "aarch64", flags: ["/machine:arm64"],
            lines: """
                b x
                bl x
                b.eq x
                cbnz x0, x
                tbz x0, #40, x
                adr x0, x+5
                adrp x0, x
                adrp x0, x+0x20
                add x0, x0, :lo12:x+0x25
                ldrb w1, [x0, :lo12:x+3]
                ldrsh w1, [x0, :lo12:x+0x26]
                ldr s1, [x0, :lo12:x+8]
                str x1, [x0, :lo12:x+0x20]
                ldr q1, [x0, :lo12:x+0x20]
                add x0, x0, :secrel_hi12:x
                add x0, x0, :secrel_lo12:x+5
                ldr x0, [x0, :secrel_lo12:x+8]
                .quad x+8
                .long x+8, x@IMGREL+4
                .long x - ., x - . - 12
                .secrel32 x
                .secidx x
                """, types: 16),
    ])
    func fieldsAreWhatTheFormulasGive(_ row: Row) throws {
        let toolchain = try #require(Toolchain.found)
        let linker = try #require(COFFLinker.found)
        let source = """
            .text
            .globl start, _start
            start: _start:
            \(row.lines)
            .data
            .fill \(Self.place), 1, 0
            .globl x
            x: .quad 0
            """
        let flags = ["--target=\(row.target)-pc-windows-msvc"]
        try toolchain.withObject(source, language: "assembler", flags: flags) { path in
            let object = try Object(parsingCOFF: [UInt8](Data(contentsOf: path)), name: "linked.obj")
            let output = path.deletingLastPathComponent().appendingPathComponent("linked.exe")
            _ = try toolchain.run(
                linker,
                row.flags + [
                    "/entry:start", "/subsystem:console", "/nodefaultlib", "/largeaddressaware:no",
                    "/base:0x\(String(Self.base, radix: 16))", "/out:\(output.path)", path.path,
                ])
            let image = Image([UInt8](try Data(contentsOf: output)))
            let code = try #require(image.section(".text"))
            let data = try #require(image.section(".data"))
            var types: Set<RelocationType> = []
            for relocation in object.sections[0].relocations {
                types.insert(relocation.type)
                let field = Array(code.bytes[Int(relocation.offset)...].prefix(relocation.type.fieldSize ?? 0))
                let formula = Formula(
                    symbol: Self.base + data.address + Self.place, addend: relocation.addend,
                    place: Self.base + code.address + relocation.offset, section: Self.base + data.address,
                    sectionNumber: UInt64(data.number))
                #expect(
                    formula.value(of: relocation.type, in: field) == formula.stored(relocation.type, field),
                    "\(relocation.type) + \(relocation.addend)")
            }
            #expect(types.count == row.types)
        }
    }

    /// The letters of the formulas.
    private struct Formula {
        let symbol: UInt64
        let addend: Int64
        let place: UInt64
        /// Z.
        let section: UInt64
        let sectionNumber: UInt64

        /// What the field must hold, cut to its bits.
        func value(of type: RelocationType, in field: [UInt8]) -> UInt64 {
            let target = symbol &+ UInt64(bitPattern: addend)
            let value: UInt64 =
                switch suffix(type) {
                case "ADDR64", "ADDR32", "DIR32": target
                case "ADDR32NB", "DIR32NB": target &- COFFLinkedTests.base
                case "REL32", "REL21": target &- place
                case "BRANCH26", "BRANCH19", "BRANCH14": (target &- place) >> 2
                case "SECREL": target &- section
                case "SECTION": sectionNumber &+ UInt64(bitPattern: addend)
                case "PAGEBASE_REL21": (target >> 12) &- (place >> 12)
                case "PAGEOFFSET_12A": target & 0xfff
                case "PAGEOFFSET_12L": (target & 0xfff) >> scale(field)
                case "SECREL_LOW12A": (target &- section) & 0xfff
                case "SECREL_LOW12L": ((target &- section) & 0xfff) >> scale(field)
                case "SECREL_HIGH12A": (target &- section) >> 12
                default: .max
                }
            return value & mask(type, field)
        }

        /// What the field holds.
        func stored(_ type: RelocationType, _ field: [UInt8]) -> UInt64 {
            let word = field.reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            switch suffix(type) {
            case "REL21", "PAGEBASE_REL21": return (word >> 3 & 0x1f_fffc) | (word >> 29 & 3)
            case "BRANCH19", "BRANCH14": return word >> 5 & mask(type, field)
            case "BRANCH26": return word & mask(type, field)
            case let name where name.hasSuffix("12A") || name.hasSuffix("12L"): return word >> 10 & 0xfff
            default: return word
            }
        }

        private func suffix(_ type: RelocationType) -> String {
            type.name.split(separator: "_", maxSplits: 3).last.map(String.init) ?? ""
        }

        private func mask(_ type: RelocationType, _ field: [UInt8]) -> UInt64 {
            switch suffix(type) {
            case "BRANCH26": 0x3ff_ffff
            case "BRANCH19": 0x7_ffff
            case "BRANCH14": 0x3fff
            case "REL21", "PAGEBASE_REL21": 0x1f_ffff
            case let name where name.hasSuffix("12A") || name.hasSuffix("12L"): 0xfff
            default: field.count == 8 ? .max : 1 << UInt64(8 * field.count) - 1
            }
        }

        /// The logarithm of the access's size, of the loads and stores above.
        private func scale(_ field: [UInt8]) -> UInt64 {
            field[3] == 0x3d ? 4 : UInt64(field[3] >> 6)
        }
    }

    /// As much of an executable as the test needs.
    private struct Image {
        let bytes: [UInt8]

        init(_ bytes: [UInt8]) { self.bytes = bytes }

        func section(_ name: String) -> (number: Int, address: UInt64, bytes: [UInt8])? {
            let header = word(0x3c) + 4
            let table = header + 20 + (word(header + 16) & 0xffff)
            for index in 0..<word(header + 2) & 0xffff {
                let entry = table + 40 * index
                guard bytes[entry..<entry + 8].prefix(while: { $0 != 0 }).elementsEqual(name.utf8) else { continue }
                let start = word(entry + 20)
                return (index + 1, UInt64(word(entry + 12)), Array(bytes[start..<start + word(entry + 16)]))
            }
            return nil
        }

        private func word(_ offset: Int) -> Int {
            bytes[offset..<offset + 4].reversed().reduce(0) { $0 << 8 | Int($1) }
        }
    }
}
