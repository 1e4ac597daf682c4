import CStencils
import StencilGenCore
import Testing

/// Rules for uops whose accesses may fault, that only the interpreter executes, and whose operands are cells.
@Suite(.enabled(if: Toolchain.found != nil, Toolchain.missing)) struct TapeRuleTests {
    /// A set of one uop, whose definition stands in line 2 of Set.c.
    private static func set(_ uop: String) throws -> TemporarySet { try TemporarySet(["Set.c": uop]) }

    private static func refusal(_ uop: String, includesRegisters: Bool = false) throws -> StencilGenError {
        let set = try set(uop)
        return try #require(throws: StencilGenError.self) { _ = try set.generate(includesRegisters: includesRegisters) }
    }

    // MARK: FAULTS

    /// Five values at once: with values in registers, that is one more than there are registers for.
    private static func crowd(_ flags: String) -> String {
        let values = (1...5).map { "v\($0)" }
        return "UOP(_U, IN(I64 a), OUT(I64 x), OPERANDS(), FLAGS(\(flags)), \"Needs room.\") { uint64_t "
            + values.enumerated().map { "\($1) = (uint64_t)a + \($0)" }.joined(separator: ", ")
            + "; __asm__(\"\" : " + values.map { "\"+r\"(\($0))" }.joined(separator: ", ") + "); *x = (int64_t)("
            + values.joined(separator: " * 3 ^ ") + "); }"
    }

    /// A register is saved on the stack; whoever goes on behind a fault does not know.
    @Test func whatFaultsHasNoStackInRegisters() throws {
        let error = try Self.refusal(Self.crowd("FAULTS"), includesRegisters: true)
        #expect(error.kind == .stackFrame && error.place.contains("Set.c:2: uop '_U'"), "\(error)")
        #expect(error.message.contains("bytes of stack with its values in registers (ii)"), "\(error)")
        #expect(error.message.contains("FAULTS must need none") && error.remedy.contains("take the access apart"), "\(error)")
    }

    @Test func whatCannotFaultMayHaveSome() throws {
        let set = try Self.set(Self.crowd("")).generate(includesRegisters: true)
        #expect(set.first.registerForms[0].map(\.frameSize).max() == 8)
    }

    // MARK: INTERPRETED

    @Test func whatIsInterpretedHasNoForms() throws {
        let set = try Self.set(
            "UOP(_U, IN(I64 a), OUT(I64 x), OPERANDS(IMM_I64 b), FLAGS(INTERPRETED), \"Adds.\") { *x = a + b; }"
        ).generate(includesRegisters: true)
        #expect(set.first.forms == [[]] && set.first.registerForms.map(\.count) == [0])
        let handlers = try TableWriter(set, disassembler: nil).files().filter { $0.path.hasSuffix("interpreter.c") }
        #expect(handlers.contains { $0.text.contains("uop_handler__U(") })
    }

    /// What clang makes of it as machine code is nobody's affair: not even rules of machine code hold.
    @Test func whatIsInterpretedMayJumpWithOutputs() throws {
        let uop = { (flags: String) in
            "UOP(_U, IN(I64 a), OUT(I64 x), OPERANDS(LABEL to), FLAGS(\(flags)), \"Both.\") { *x = a; if (a) JUMP(); }"
        }
        let set = try Self.set(uop("JUMPS, INTERPRETED")).generate()
        #expect(set.uops.map(\.name) == ["_U"])
        let error = try Self.refusal(uop("JUMPS"))
        #expect(error.kind == .definition && error.message == "jumps and has outputs", "\(error)")
        #expect(error.remedy.contains("one uop for the value, and one that jumps"))
    }

    // MARK: Cells

    private static func cell(_ body: String) -> String {
        "UOP(_U, IN(I64 tape), OUT(I64 x), OPERANDS(CELL cell), FLAGS(), \"Uses a cell.\") { \(body) }"
    }

    private static let remedy = "Use the cell in one access only, or hide pointer and sum with UOP_OPAQUE_."

    /// As a number of its own, the symbol's address is in an unsigned field.
    @Test(arguments: ["*x = tape * (int64_t)cell;", "*x = cell == 7;", "*x = (int64_t)UOP_OPAQUE_((uint64_t)tape + cell);"])
    func cellThatIsNoDisplacement(_ body: String) throws {
        let error = try Self.refusal(Self.cell(body))
        #expect(error.kind == .layout && error.place.contains("Set.c:2: uop '_U', hot+0x"), "\(error)")
        #expect(error.message.contains("'cell' in a hole of kind absolute32;"), "\(error)")
        #expect(error.message.contains("needs absolute32Signed"), "\(error)")
        #expect(error.remedy == Self.remedy)
    }

    /// To the frame clang stores it as a signed number, but not to a register.
    @Test func cellThatIsNoDisplacementInRegisters() throws {
        let uop = Self.cell("*x = (int64_t)cell;")
        #expect(try Self.set(uop).generate().uops.count == 1)
        let error = try Self.refusal(uop, includesRegisters: true)
        #expect(error.kind == .layout && error.place.contains("Set.c:2: uop '_U' (ii), hot+0x"), "\(error)")
        #expect(error.remedy == Self.remedy)
    }

    /// The rule holds for forms with registers, too: here only these compare.
    @Test(arguments: [
        "*x = *(uint8_t *)((uint64_t)tape + cell);", "*x = (int64_t)UOP_OPAQUE_(UOP_OPAQUE_((uint64_t)tape) + cell);",
    ])
    func cellThatIsOne(_ body: String) throws {
        let set = try Self.set(Self.cell(body)).generate(includesRegisters: true)
        let frame = set.first.forms[0].flatMap { $0.hot.holes + $0.cold.holes }
        let registers = set.first.registerForms[0].filter { !$0.form.isNear }.flatMap { form in
            form.templates.flatMap { $0.hotHoles + $0.coldHoles }
        }
        for holes in [frame, registers] {
            let cells = holes.filter { $0.target == .operand(0) }
            #expect(!cells.isEmpty && cells.allSatisfy { $0.kind == .absolute32Signed })
        }
    }

    /// Every hole of a cell in the tables that are committed, where code has displacements in instructions.
    @Test func committedCellsAreDisplacements() throws {
        var count = 0
        for table in CommittedTable.all where StencilTarget.of(table.isa).findsLiterals {
            for (index, uops) in table.operations.enumerated() {
                let infos = unsafe uops.map { unsafe uop_base_stencils()!.pointee.uops[$0] }
                let kinds = unsafe infos.flatMap { unsafe [$0.operands.0, $0.operands.1].prefix(Int($0.operandCount)) }
                guard kinds.contains(.CELL) else { continue }
                for form in table.forms(ofOperation: index).map({ table.forms[$0] }) {
                    let fragments = form.templates.flatMap { table.fragments(form, template: $0) }
                    for hole in fragments.flatMap(\.holes) where hole.target == .operand && hole.index < kinds.count {
                        guard kinds[hole.index] == .CELL else { continue }
                        // A near form has a byte, which was found by comparison.
                        let isNear = form.row.isFrame == 0 && form.row.isWide == 0 && hole.kind == .absolute8Signed
                        #expect(isNear || hole.kind == .absolute32Signed, "\(form.name)")
                        count += 1
                    }
                }
            }
        }
        #expect(count > 200 || CommittedTable.all.isEmpty)
    }
}
