import Foundation
import ObjectFiles
import StencilGenCore
import Testing

/// Lengths of instructions, and where control goes.
@Suite struct X86InstructionTests {
    struct Row: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let bytes: [UInt8]
        var is64Bit = true
        var role = X86Instruction.Role.other
    }

    static let rows = [
        Row(testDescription: "nop", bytes: [0x90]),
        Row(testDescription: "nop of 10 bytes", bytes: [0x66, 0x2E, 0x0F, 0x1F, 0x84, 0, 0, 0, 0, 0]),
        Row(testDescription: "mov r13, [r12 + disp8]", bytes: [0x4D, 0x8B, 0x6C, 0x24, 8]),
        Row(testDescription: "mov r13, [r12 + disp32]", bytes: [0x4D, 0x8B, 0xAC, 0x24, 0, 1, 0, 0]),
        Row(testDescription: "mov rax, [rip + disp32]", bytes: [0x48, 0x8B, 5, 0, 0, 0, 0]),
        Row(testDescription: "mov rax, [rax * 8 + disp32]", bytes: [0x48, 0x8B, 4, 0xC5, 0, 0, 0, 0]),
        Row(testDescription: "mov rax, imm32 with sign", bytes: [0x48, 0xC7, 0xC0, 0, 0, 0, 0]),
        Row(testDescription: "movabs", bytes: [0x49, 0xBD, 0, 0, 0, 0, 0, 0, 0, 0]),
        Row(testDescription: "mov ax, imm16", bytes: [0x66, 0xB8, 0, 0]),
        Row(testDescription: "test byte, imm8", bytes: [0xF6, 0xC1, 1]),
        Row(testDescription: "not byte", bytes: [0xF6, 0xD1]),
        Row(testDescription: "test word, imm16", bytes: [0x66, 0xF7, 0xC1, 1, 0]),
        Row(testDescription: "idiv", bytes: [0x48, 0xF7, 0xF9]),
        Row(testDescription: "shl imm8", bytes: [0x48, 0xC1, 0xE0, 3]),
        Row(testDescription: "cmpsd", bytes: [0xF2, 0x0F, 0xC2, 0xC1, 0]),
        Row(testDescription: "pshufd", bytes: [0x66, 0x0F, 0x70, 0xC0, 0x4E]),
        Row(testDescription: "roundsd", bytes: [0x66, 0x0F, 0x3A, 0x0B, 0xC0, 9]),
        Row(testDescription: "pshufb", bytes: [0x66, 0x0F, 0x38, 0, 0xC1]),
        Row(testDescription: "call rel32", bytes: [0xE8, 0, 0, 0, 0]),
        Row(testDescription: "inc on i686", bytes: [0x40], is64Bit: false),
        Row(testDescription: "mov eax, [moffs] on i686", bytes: [0xA1, 0, 0, 0, 0], is64Bit: false),
        Row(testDescription: "jmp rel8", bytes: [0xEB, 0x90], role: .jump(field: 1)),
        Row(testDescription: "jmp rel32", bytes: [0xE9, 0, 0, 0, 0], role: .jump(field: 1)),
        Row(testDescription: "jo rel8", bytes: [0x70, 5], role: .conditional(field: 1, condition: 0)),
        Row(testDescription: "jg rel32", bytes: [0x0F, 0x8F, 0, 0, 0, 0], role: .conditional(field: 2, condition: 15)),
        Row(testDescription: "ret", bytes: [0xC3], role: .end),
        Row(testDescription: "jmp rax", bytes: [0xFF, 0xE0], role: .end),
        Row(testDescription: "jmp [r11 + 8]", bytes: [0x41, 0xFF, 0x63, 8], role: .end),
        Row(testDescription: "call rax", bytes: [0xFF, 0xD0]),
        Row(testDescription: "ud2", bytes: [0x0F, 0x0B], role: .end),
    ]

    /// All bytes are needed, and no more are taken.
    @Test(arguments: rows) func instructionEndsWhereItEnds(_ row: Row) throws {
        let found = try #require(X86Instruction(row.bytes + [0x0F, 0x0F, 0x0F], at: 0, is64Bit: row.is64Bit))
        #expect(found.length == row.bytes.count && found.role == row.role)
        #expect(X86Instruction(row.bytes.dropLast(), at: 0, is64Bit: row.is64Bit) == nil)
        // Wherever it is.
        let moved = try #require(X86Instruction([0xC3, 0xC3] + row.bytes, at: 2, is64Bit: row.is64Bit))
        #expect(moved.length == row.bytes.count)
    }

    /// What is not known is refused, and no bytes trap.
    @Test func unknownInstructionsAreRefused() throws {
        // VEX, far jumps, a loop, 16-bit addresses.
        for bytes: [UInt8] in [[0xC5, 0xF8, 0x28, 0xC1], [0xEA, 0, 0, 0, 0, 0, 0], [0xE2, 0], [0x67, 0x8B, 7]] {
            #expect(X86Instruction(bytes + [0, 0, 0, 0], at: 0, is64Bit: true) == nil)
            #expect(throws: StencilGenError.self) { try X86Run(jumpKind: .pcRelative32, is64Bit: true).flow(in: [0x90] + bytes) }
        }
        var random = SplitMix64(state: 0x86)
        for _ in 0..<20_000 {
            let bytes = (0..<16).map { _ in UInt8(truncatingIfNeeded: random.next()) }
            guard let found = X86Instruction(bytes, at: 0, is64Bit: random.next() & 1 == 0) else { continue }
            #expect((1...15).contains(found.length))
        }
    }

    /// Every instruction that clang makes for macOS and Windows is as long as llvm-objdump says.
    @Test(.enabled(if: Toolchain.found != nil, Toolchain.missing))
    func lengthsAreTheDisassemblers() throws {
        let compiler = try #require(Toolchain.found).compiler
        let disassembler = try #require(Disassembler(beside: compiler))
        for target in [StencilTarget.macOSX86_64, .windowsX86_64, .windowsI686] {
            let functions = try NativeSample.of(target).files.flatMap { file in
                ObjectFunctions(file.object, target).all.flatMap { function in
                    function.parts.map { Array(file.object.sections[$0.section].contents[$0.range]) }
                }
            }
            let expected = try disassembler.instructions(of: functions, for: target)
            var count = 0
            for (bytes, instructions) in zip(functions, expected) {
                var offset = 0
                for instruction in instructions {
                    let found = X86Instruction(bytes, at: offset, is64Bit: target.isa == .X86_64)
                    #expect(found?.length == instruction.size, "\(instruction.text)")
                    offset += instruction.size
                    count += 1
                }
            }
            #expect(count > 2500 && expected.count(where: \.isEmpty) == 0)
            print("x86 instructions, \(target.triple): \(count), all as long as the disassembler says")
        }
    }
}
