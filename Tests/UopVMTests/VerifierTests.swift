import Testing

@testable import UopVM

/// Every kind of fault, where it is reported, and in which words.
struct VerifierTests {
    /// A fault in a text: line and column, and a piece of the message and of its note.
    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let text: String
        let place: String
        let message: String
        var note: String?

        init(_ name: String, _ text: String, at place: String, _ message: String, note: String? = nil) {
            testDescription = name
            self.text = text
            self.place = place
            self.message = message
            self.note = note
        }

        /// In a trace `main` between declarations, which take the first 8 lines, and the end.
        init(_ name: String, _ body: [String], at place: String, _ message: String, note: String? = nil) {
            self.init(name, VerifierTests.text(body), at: place, message, note: note)
        }
    }

    static func text(_ body: [String]) -> String {
        """
        uops 1
        local a: i64
        local f: f64
        local o: object
        local n: int
        helper one(i64)
        helper give() -> f64
        trace main
        \(body.joined(separator: "\n"))
        end
        """
    }

    static let stackCases: [Case] = [
        Case(
            "too few words", ["_LOAD_FAST a", "_I64_ADD", "_EXIT_TRACE"], at: "10:1",
            "'_I64_ADD' takes 2 words from the stack; found 1", note: "_I64_ADD ( i64 i64 -- i64 )"),
        Case("no word", ["_POP_TOP", "_EXIT_TRACE"], at: "9:1", "'_POP_TOP' takes 1 word from the stack; found 0"),
        Case(
            "another class", ["_LOAD_FAST f", "_LOAD_FAST a", "_I64_ADD", "_EXIT_TRACE"], at: "11:1",
            "input 1 of '_I64_ADD' is i64; found f64"),
        Case(
            "an object for a known class", ["_LOAD_FAST n", "_LOAD_FAST o", "_BINARY_OP_ADD_INT", "_EXIT_TRACE"],
            at: "11:1",
            "input 2 of '_BINARY_OP_ADD_INT' is int; found object", note: "a guard makes a known class of an object"),
        Case(
            "a number for an object", ["_LOAD_FAST a", "_GUARD_TOS_INT", "_EXIT_TRACE"], at: "10:1",
            "input 1 of '_GUARD_TOS_INT' is object; found i64", note: "_BOX_INT and _BOX_FLOAT make objects"),
        Case(
            "a store of another class", ["_LOAD_FAST a", "_STORE_FAST f", "_EXIT_TRACE"], at: "10:1",
            "input 1 of '_STORE_FAST' is f64; found i64"),
        Case(
            "a store of an object where a class is known", ["_LOAD_FAST o", "_STORE_FAST n", "_EXIT_TRACE"], at: "10:1",
            "input 1 of '_STORE_FAST' is int; found object"),
        Case(
            "words without a common class",
            ["_LOAD_FAST a", "_LOAD_FAST f", "_LOAD_FAST a", "_SELECT", "_EXIT_TRACE"], at: "12:1",
            "input 2 of '_SELECT' is i64; found f64"),
        Case(
            "control runs off the end", ["_LOAD_FAST a", "_POP_TOP"], at: "10:1",
            "control runs off the end of trace 'main'"),
        Case("behind a label", ["_JUMP l", "l:"], at: "10:1", "control runs off the end of trace 'main'"),
        Case("an empty trace", [], at: "8:7", "control runs off the end of trace 'main'"),
    ]

    static let labelCases: [Case] = [
        Case(
            "a label with fewer words", ["_LOAD_FAST a", "_JUMP_IF_TRUE l", "_LOAD_FAST a", "l:", "_EXIT_TRACE"],
            at: "12:1",
            "the stack has 1 word here, but 0 words at label 'l'"),
        Case(
            "a label with other words",
            ["_LOAD_FAST f", "_LOAD_FAST a", "_JUMP_IF_TRUE l", "_POP_TOP", "_LOAD_FAST a", "l:", "_EXIT_TRACE"],
            at: "14:1",
            "the top of the stack is i64 here, but f64 at label 'l'"),
        Case(
            "a join of objects is an object",
            [
                "_LOAD_FAST n", "_LOAD_FAST a", "_JUMP_IF_TRUE l", "_POP_TOP", "_LOAD_CONST None", "l:",
                "_UNARY_NEGATIVE_INT",
                "_EXIT_TRACE",
            ], at: "15:1", "input 1 of '_UNARY_NEGATIVE_INT' is int; found object"),
        Case(
            "a back edge with more words", ["l:", "_LOAD_FAST a", "_JUMP l"], at: "11:1",
            "the stack has 1 word here, but 0 words at label 'l'"),
        Case(
            "a back edge to a label in the middle", ["_NOP", "l:", "_LOAD_FAST a", "_JUMP l"], at: "12:1",
            "the stack has 1 word here, but 0 words at label 'l'"),
        Case(
            "a back edge with a wider class",
            ["_LOAD_FAST n", "_LOAD_FAST a", "l:", "_SWAP", "_POP_TOP", "_LOAD_FAST o", "_SWAP", "_JUMP l"], at: "16:1",
            "the word 1 below the top is object here, but int at label 'l'"),
        Case(
            "a jump to the top with a word left", ["_LOAD_FAST a", "_JUMP_TO_TOP"], at: "10:1",
            "the stack has 1 word here, but 0 words at the top of the trace"),
        Case(
            "a linked trace that expects more",
            "uops 1\ntrace main\n_EXIT_TRACE -> side\nend\ntrace side(i64)\n_EXIT_TRACE\nend", at: "3:1",
            "the stack has 0 words here, but 1 word where trace 'side' begins"),
        Case(
            "a linked trace that expects another class",
            "uops 1\ntrace main\n_I64_CONST 1\n_F64_CONST 2\n_EXIT_TRACE -> side\nend\ntrace side(f64, f64)\n_EXIT_TRACE\nend",
            at: "5:1", "the word 1 below the top is i64 here, but f64 where trace 'side' begins"),
        Case(
            "an exit is before the uop",
            "uops 1\ntrace main\n_I64_CONST 1\n_BOX_INT -> side\n_EXIT_TRACE\nend\ntrace side(int)\n_EXIT_TRACE\nend",
            at: "4:1",
            "the top of the stack is i64 here, but int where trace 'side' begins"),
        Case(
            "named arguments are on the stack at an exit",
            "uops 1\ntrace main\n%x = _I64_CONST 1\n%y = _BOX_INT %x -> side\n_EXIT_TRACE\nend\ntrace side\n_EXIT_TRACE\nend",
            at: "4:6", "the stack has 1 word here, but 0 words where trace 'side' begins"),
    ]

    static let valueCases: [Case] = [
        Case(
            "used before its definition", ["_POP_TOP %x", "%x = _LOAD_FAST a", "_EXIT_TRACE"], at: "9:10",
            "value '%x' is not defined on every way to this use"),
        Case(
            "defined on one of two ways",
            ["_LOAD_FAST a", "_JUMP_IF_TRUE l", "%x = _LOAD_FAST a", "l:", "_POP_TOP %x", "_EXIT_TRACE"], at: "13:10",
            "value '%x' is not defined on every way to this use"),
        Case(
            "a way that passes by a definition",
            [
                "_LOAD_FAST a", "_JUMP_IF_TRUE other", "%x = _LOAD_FAST a", "l:", "_POP_TOP %x", "_EXIT_TRACE",
                "other:", "_JUMP l",
            ], at: "16:1",
            "this way to label 'l' passes by a named value's definition that the code there relies on"),
        Case(
            "of another class", ["%x = _LOAD_FAST f", "%y = _I64_NEG %x", "_EXIT_TRACE"], at: "10:6",
            "input 1 of '_I64_NEG' is i64; found f64"),
        Case(
            "named arguments cannot stay below",
            "uops 1\nlocal r: range = range(3)\ntrace main\n%r = _LOAD_FAST r\n_ITER_NEXT_RANGE %r\n_EXIT_TRACE\nend",
            at: "5:1",
            "'_ITER_NEXT_RANGE' leaves its inputs below its outputs"),
    ]

    static let declarationCases: [Case] = [
        Case("no trace", "uops 1\nlocal a: i64", at: "1:1", "the file has no trace"),
        Case(
            "a first trace with words", "uops 1\ntrace main(i64, f64)\n_EXIT_TRACE\nend", at: "2:7",
            "the first trace is where the run begins, with an empty stack, but 'main' expects 2 words"),
        Case(
            "no tape", ["_TAPE_ADD 1", "_EXIT_TRACE"], at: "9:1", "'_TAPE_ADD' needs a tape; the file declares none",
            note: "tape 30000"),
        Case(
            "a helper with other parameters", ["_CALL_0 one", "_EXIT_TRACE"], at: "9:9",
            "helper 'one' has 1 parameter and no result; '_CALL_0' passes 0 and takes none", note: "_CALL_1 fits"),
        Case(
            "a helper with a result", ["_CALL_0 give", "_EXIT_TRACE"], at: "9:9",
            "helper 'give' has 0 parameters and a result; '_CALL_0' passes 0 and takes none", note: "_CALL_0_VALUE fits"
        ),
        Case(
            "an argument of another class", ["_LOAD_FAST f", "_CALL_1 one", "_EXIT_TRACE"], at: "10:1",
            "input 1 of '_CALL_1' is i64; found f64"),
        Case(
            "a result of another class", ["_CALL_0_VALUE give", "_STORE_FAST a", "_EXIT_TRACE"], at: "10:1",
            "input 1 of '_STORE_FAST' is i64; found f64"),
        Case(
            "a helper that is none for the tape",
            "uops 1\ntape 5\nhelper f() -> f64\ntrace main\n_TAPE_READ f\n_EXIT_TRACE\nend",
            at: "5:12", "'_TAPE_READ' needs a helper that takes nothing and gives i64"),
    ]

    @Test(arguments: stackCases + labelCases + valueCases + declarationCases)
    func fault(_ row: Case) throws {
        let faults = BaseSet.faults(try BaseSet.program(row.text))
        let fault = try #require(faults.first)
        #expect("\(fault.location.line):\(fault.location.column)" == row.place)
        #expect(fault.message.contains(row.message), "\(fault.message)")
        if let note = row.note { #expect(fault.note?.contains(note) == true, "\(fault.note ?? "no note")") }
        #expect(faults.count == 1, "one fault is one message: \(faults)")
    }
}
