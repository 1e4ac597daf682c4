import CStencils
import StencilGenCore
import Testing

/// Relocations that lead to a global offset table, against the table that the linker makes: our slots are words like its own.
/// What the code must hold is the distance of the word, and what the word must hold is the symbol's value.
@Suite struct GlobalTableJudgeTests {
    struct Row: Sendable, CustomTestStringConvertible {
        let isa: UopISA
        let relocation: String
        let kind: UopHoleKind
        let instruction: UInt64
        /// The relocation and kind of an instruction behind that has the rest of the distance.
        var low: (relocation: String, kind: UopHoleKind, instruction: UInt64)?

        var testDescription: String { relocation }
        var machine: JudgedMachine { .of(isa) }
    }

    static let rows = [
        // auipc a0; ld a0, (a0)
        Row(
            isa: .RISCV64, relocation: "R_RISCV_GOT_HI20", kind: .riscvPCHigh20, instruction: 0x517,
            low: ("R_RISCV_PCREL_LO12_I", .riscvPCLow12, 0x5_3503)),
        // pld r3
        Row(isa: .POWERPC64LE, relocation: "R_PPC64_GOT_PCREL34", kind: .ppcPrefixed34, instruction: 0xe460_0000_0410_0000),
    ]

    static let placement: UInt64 = 0x7654_3210_0ff8
    static let content: UInt64 = 0x0123_4567_89ab_cdef

    /// The distances that a table can be at: not within the code, and not where numbers end.
    private static func distances(_ row: Row) -> [Int64] {
        HoleKindJudgeTests.values(row.kind).filter { (64..<1 << 40).contains($0.magnitude) }
    }

    /// What the linker makes of the row where its table's word is at a distance.
    private static func judged(_ row: Row, at distance: Int64, _ toolchain: Toolchain) throws -> [JudgedHole] {
        let linker = Linker(toolchain: toolchain, target: row.machine.triple)
        let directory = try TemporaryDirectory()
        // Words of the table are at multiples of 8, so the instruction is where the distance wants it.
        let offset = Int(-distance & 7)
        let place = placement + UInt64(offset)
        let slot = place &+ UInt64(bitPattern: distance)
        var text = Linker.prologue + ".zero \(offset)\nupper:\n.8byte 0x\(String(row.instruction, radix: 16))\n"
        text += ".reloc upper, \(row.relocation), target\n"
        if let low = row.low {
            text = text.replacing(".8byte", with: ".4byte")
            text += ".4byte 0x\(String(low.instruction, radix: 16))\n.reloc upper+4, \(low.relocation), upper\n"
        }
        // Both machines have one word of their own before the first.
        let linked = try linker.link(
            [linker.assemble(text, "code", in: directory), linker.assemble(symbols: [("target", content)], in: directory)],
            at: placement, table: slot &- 8)
        #expect(linked.table.count == 2 && linked.table.last == content, "\(linked.table)")
        func hole(_ relocation: String, _ kind: UopHoleKind, _ instruction: UInt64, behind: Int) -> JudgedHole {
            let range = offset + behind..<offset + behind + Int(kind.field.size)
            return JudgedHole(
                relocation: relocation, kind: kind, instruction: instruction, value: slot &+ UInt64(behind),
                place: place + UInt64(behind), bytes: Array(linked.bytes[range]), isRefused: linked.refused.contains(offset + behind))
        }
        return [hole(row.relocation, row.kind, row.instruction, behind: 0)]
            + (row.low.map { [hole($0.relocation, $0.kind, $0.instruction, behind: 4)] } ?? [])
    }

    @Test(arguments: rows) func everySuchRelocationIsHere(_ row: Row) {
        #expect(JudgedMachine.names(row.kind).contains(row.relocation))
        #expect(!row.machine.relocations(row.kind).contains(row.relocation))
    }

    @Test(.enabled(if: Toolchain.found != nil, Toolchain.missing), arguments: rows)
    func slotsAreWordsOfTheLinkersTable(_ row: Row) throws {
        let toolchain = try #require(Toolchain.found)
        let distances = Self.distances(row)
        let holes = try distances.flatMap { try Self.judged(row, at: $0, toolchain) }
        #expect(holes.compactMap { $0.disagreement(on: row.machine) } == [])
        #expect(holes.contains { $0.isRefused } && holes.count { !$0.isRefused } > 10)
        // Whatever is wrong in the field's description shows.
        let own = holes.filter { $0.kind == row.kind }
        for (what, field) in row.kind.field.damaged {
            #expect(!own.allSatisfy { $0.agrees(field, on: row.machine) }, "\(row.kind.name): \(what)")
        }
    }
}
