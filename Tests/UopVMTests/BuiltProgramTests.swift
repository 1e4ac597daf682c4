import CStencils
import Testing

@testable import UopVM

/// Programs that no text says, as a front end might build them by mistake: none may run.
struct BuiltProgramTests {
    /// A change to a right program that makes it wrong.
    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        /// A piece of the message.
        let message: String
        let damage: @Sendable (inout Program) throws -> Void

        init(_ name: String, _ message: String, _ damage: @escaping @Sendable (inout Program) throws -> Void) {
            testDescription = name
            self.message = message
            self.damage = damage
        }
    }

    /// Statements: 0 label, 1 load, 2 guard, 3 load, 4 memory load, 5 named constant, 6 call, 7 object, 8 pop, 9 pop,
    /// 10 jump, 11 exit.
    private static let text = """
        uops 1
        local a: i64 = 1
        local o: object = None
        buffer words: i64[4] = { 1, 2 }
        buffer bytes: i8[4]
        helper one(i64)
        exit done
        trace main
        again:
            _LOAD_FAST a
            _GUARD_TRUE -> done
            _LOAD_FAST a
            _MEM_LOAD_I64 words -> side
            %x = _I64_CONST 7
            _CALL_1 one %x
            _LOAD_CONST 1.5
            _POP_TOP
            _POP_TOP
            _JUMP again
            _EXIT_TRACE -> done
        end
        trace side(i64)
            _POP_TOP
            _EXIT_TRACE
        end
        expect local a = 1
        expect buffer words[1] = 2
        expect exit done
        """

    private static let structure = "refers to something that does not exist"

    /// Puts a word where a statement's first operand is.
    private static func operand(_ statement: Int, _ word: UInt64) -> @Sendable (inout Program) -> Void {
        { program in
            let first = Int(program.traces[0].statements[statement].firstOperand)
            program.traces[0].operands[first].word = word
        }
    }

    private static func change(
        _ statement: Int, _ change: @escaping @Sendable (inout Statement) throws -> Void
    ) -> @Sendable (inout Program) throws -> Void {
        { try change(&$0.traces[0].statements[statement]) }
    }

    static let structureCases: [Case] = [
        Case("a uop beyond the catalog", structure, change(1) { $0.kind = .uop(BaseSet.catalog.uops.count) }),
        Case("a uop below it", structure, change(1) { $0.kind = .uop(-1) }),
        Case("an internal uop", structure, change(1) { $0.kind = .uop(try BaseSet.uop("_POLL_INTERRUPT")) }),
        Case("a counting uop", structure) { program in
            let count = try BaseSet.uop("_COUNT")
            program.traces[0].statements[5] = Statement(.uop(count))
            program.traces[0].statements[5].operandCount = 1
        },
        Case("a label beyond the trace's", "not every label", change(0) { $0.kind = .label(1) }),
        Case("a label below them", "not every label", change(0) { $0.kind = .label(-1) }),
        Case("a label that stands nowhere", "not every label") { $0.traces[0].labels.append("other") },
        Case("a label that stands twice", "not every label", change(11) { $0.kind = .label(0) }),
        Case("a jump to no label", structure, operand(10, 1)),
        Case("a local beyond the locals", structure, operand(1, 2)),
        Case("a local far beyond them", structure, operand(1, .max)),
        Case("a buffer beyond the buffers", structure, operand(4, 2)),
        Case("a buffer of other elements", structure, operand(4, 1)),
        Case("a helper beyond the helpers", structure, operand(6, 1)),
        Case("too few operands", structure, change(1) { $0.operandCount = 0 }),
        Case("too many operands", structure, change(1) { $0.operandCount = 2 }),
        Case("operands beyond the list", structure, change(1) { $0.firstOperand = 1000 }),
        Case("operands far beyond it", structure, change(1) { $0.firstOperand = .max }),
        Case("too few arguments", structure, change(4) { $0.argumentCount = 2 }),
        Case("too many results", structure, change(5) { $0.resultCount = 2 }),
        Case("values beyond the list", structure, change(5) { $0.firstValueUse = .max }),
        Case("a value beyond the trace's", structure) { $0.traces[0].valueUses[0].value = 1 },
        Case("a value below them", structure) { $0.traces[0].valueUses[0].value = -1 },
        Case("an exit beyond the exits", structure, change(2) { $0.exit = .exit(1) }),
        Case("an exit below them", structure, change(2) { $0.exit = .exit(-1) }),
        Case("a trace beyond the traces", structure, change(2) { $0.exit = .trace(2) }),
        Case("a trace below them", structure, change(2) { $0.exit = .trace(-1) }),
        Case("a value that is defined twice", "value '%x' is defined twice") { program in
            program.traces[0].statements[6] = program.traces[0].statements[5]
        },
        Case("an expectation of no local", "an expectation") { $0.expectations[0].kind = .local(2, 0) },
        Case("an expectation of no buffer", "an expectation") { $0.expectations[1].kind = .element(2, 0, 0) },
        Case("an expectation of no element", "an expectation") { $0.expectations[1].kind = .element(0, 4, 0) },
        Case("an expectation below the buffer", "an expectation") { $0.expectations[1].kind = .element(0, -1, 0) },
        Case("an expectation of no exit", "an expectation") { $0.expectations[2].kind = .exit(1) },
    ]

    static let declarationCases: [Case] = [
        Case("a buffer of negative size", "does not fit") { program in
            program.buffers[1].count = -1
        },
        Case("a buffer whose size overflows", "does not fit") { $0.buffers[0].count = 1 << 61 },
        Case("buffers whose sizes overflow together", "does not fit") { program in
            program.buffers[0].count = 1 << 59
            program.buffers[1].count = .max
        },
        Case("a buffer beyond the limit", "--limit-memory-bytes") { $0.buffers[1].count = Limits().memoryBytes },
        Case("more initial values than elements", "does not fit") { $0.buffers[0].count = 1 },
        Case("a tape without cells", "the tape has 0 cells") { $0.tape = TapeDeclaration(cells: 0, start: 0) },
        Case("a tape of negative size", "the tape has -5 cells") { $0.tape = TapeDeclaration(cells: -5, start: 0) },
        Case("a tape beyond the limit", "--limit-memory-bytes") { $0.tape = TapeDeclaration(cells: .max, start: 0) },
        Case("a helper with four parameters", "has 4 parameters") {
            $0.helpers[0].parameters = [.I64, .I64, .I64, .I64]
        },
        Case("a parameter of no class", "a class that no value has") { $0.helpers[0].parameters = [.PARAMETER] },
        Case("a result of no class", "a class that no value has") { $0.helpers[0].result = .A },
        Case("an entry of no class", "a class that no value has") { $0.traces[1].entry = [.B] },
        Case("a local of no class", "does not begin with a value of class") { $0.locals[0].valueClass = .A },
    ]

    /// A word, and the class of the local that is to begin with it; nil for the operand of _LOAD_CONST.
    static let wordCases: [Case] = [
        Case("a forged range iterator as a literal", "is no object literal", operand(7, ObjectWord.range(index: 0))),
        Case("a reserved word as a literal", "is no object literal", operand(7, 0xFFFA_0000_0000_0000)),
        Case("a word between None and False", "is no object literal", operand(7, 0xFFF8_0000_0000_0001)),
        Case("a NaN that is not the objects'", "is no object literal", operand(7, 0x7FF8_0000_0000_0001)),
        beginning(.OBJECT, .word(ObjectWord.range(index: 0)), "a forged range iterator in an object"),
        beginning(.RANGE, .word(ObjectWord.range(index: 0)), "a forged range iterator in a range"),
        beginning(.RANGE, .word(0), "no range"),
        beginning(.OBJECT, .word(0xFFFB_0000_0000_0000), "a reserved word"),
        beginning(.FLOAT, .word(0xFFF0_0000_0000_0001), "a NaN that is not the objects'"),
        beginning(.FLOAT, .word(ObjectWord.none), "None as a float"),
        beginning(.INT, .word(0), "a float as an int"),
        beginning(.BOOL, .word(ObjectWord.none), "None as a bool"),
        beginning(.NONE, .word(ObjectWord.false), "False as none"),
        beginning(.I64, .range(start: 0, stop: 5, step: 1), "a range in an i64"),
        beginning(.INT, .range(start: 0, stop: 5, step: 1), "a range in an int"),
        beginning(.RANGE, .range(start: 0, stop: 5, step: 0), "a range without a step"),
        beginning(.RANGE, .range(start: .min, stop: 5, step: 1), "a range that begins beyond the small integers"),
        beginning(.OBJECT, .range(start: 0, stop: 1 << 49, step: 1), "a range that ends beyond them"),
        beginning(.RANGE, .range(start: 0, stop: 5, step: .max), "a step beyond them"),
    ]

    private static func beginning(_ valueClass: UopClass, _ initial: InitialValue, _ name: String) -> Case {
        Case(name, "local 'z' does not begin with a value of class \(valueClass.name)") {
            $0.locals.append(LocalDeclaration(name: "z", valueClass: valueClass, initial: initial))
        }
    }

    @Test(arguments: structureCases + declarationCases + wordCases)
    func refused(_ row: Case) throws {
        var program = try BaseSet.program(Self.text)
        try row.damage(&program)
        let faults = BaseSet.faults(program)
        try #require(!faults.isEmpty, "it was accepted")
        #expect(faults[0].message.contains(row.message), "\(faults[0].message)")
    }

    /// Without damage it is right: the cases fail for their own reasons.
    @Test func theProgramItselfIsAccepted() throws {
        #expect(BaseSet.faults(try BaseSet.program(Self.text)) == [])
    }

    /// What looks strange, but is right.
    @Test func accepted() throws {
        var program = try BaseSet.program(Self.text)
        program.tape = TapeDeclaration(cells: 1, start: -7)
        program.buffers[1].count = 0
        program.locals += [
            LocalDeclaration(name: "f", valueClass: .F64, initial: .word(0xFFFC_0000_0000_0001)),
            LocalDeclaration(
                name: "r", valueClass: .RANGE, initial: .range(start: 1 << 49 - 1, stop: -1 << 49, step: -1)),
            LocalDeclaration(name: "t", valueClass: .OBJECT, initial: .word(ObjectWord.true)),
        ]
        #expect(BaseSet.faults(program) == [])
    }
}
