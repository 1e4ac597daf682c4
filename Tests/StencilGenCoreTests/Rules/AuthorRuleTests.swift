import CStencils
import Foundation
import StencilGenCore
import Testing

/// A definition that breaks a rule, and what the author is told.
struct BrokenRule: CustomTestStringConvertible, Sendable {
    let rule: String
    /// The set's file, from its second line on.
    let source: String
    let kind: StencilGenError.Kind
    /// Words that must stand in the error's place, message and remedy.
    let place: [String]
    let message: [String]
    let remedy: [String]
    var testDescription: String { rule }

    init(
        _ rule: String, _ kind: StencilGenError.Kind, place: [String], message: [String], remedy: [String], _ source: String
    ) {
        self.rule = rule
        self.kind = kind
        self.place = place
        self.message = message
        self.remedy = remedy
        self.source = source
    }

    /// How messages call the uop of most rows, and a place in its code.
    private static let uop = "Set.c:2: uop '_U'"
    private static let code = [uop, ".text.uop_narrow__U+0x"]

    static let all = code_ + data + definitions + ways + language

    private static let code_ = [
        BrokenRule(
            "thread-local variable", .unknownRelocation, place: ["Set.c:3: uop '_U'", ".text.uop_narrow__U+0x3"],
            message: ["R_X86_64_GOTTPOFF (22)", "'perThread'", "R_X86_64_64 (1)"],
            remedy: ["thread-local", "pass the value as an operand", "docs/relocations.md"],
            """
            extern _Thread_local long perThread;
            UOP(_U, IN(), OUT(I64 x), OPERANDS(), FLAGS(), "Reads a thread's own variable.") { *x = perThread; }
            """),
        BrokenRule(
            "undeclared function", .undeclaredSymbol, place: ["Set.c:3: uop '_U'", "+0x"], message: ["'callee'"],
            remedy: ["UOP_HELPER(result, callee, (parameters))", "UOP_CALL(callee)"],
            """
            extern long callee(long);
            UOP(_U, IN(I64 a), OUT(I64 x), OPERANDS(), FLAGS(ESCAPES), "Calls.") { *x = callee(a); }
            """),
        BrokenRule(
            "external variable", .undeclaredSymbol, place: ["Set.c:3: uop '_U'", "+0x"], message: ["'shared'"], remedy: ["UOP_HELPER"],
            """
            extern long shared;
            UOP(_U, IN(), OUT(I64 x), OPERANDS(), FLAGS(), "Reads.") { *x = shared; }
            """),
        BrokenRule(
            "call that clang inserts", .undeclaredSymbol, place: code, message: ["'memset'"], remedy: ["clang made", "copy single words"],
            """
            UOP(_U, IN(), OUT(), OPERANDS(), FLAGS(TAPE), "Clears.") { __builtin_memset(frame->tape, 0, 4096); }
            """),
        BrokenRule(
            "stack frame without a call", .stackFrame, place: [uop], message: ["72 bytes of stack"], remedy: ["helper"],
            """
            UOP(_U, IN(I64 a), OUT(I64 x), OPERANDS(), FLAGS(), "An array.") { volatile int64_t v[8]; v[a & 7] = a; *x = v[0]; }
            """),
    ]

    private static let data = [
        BrokenRule(
            "writable variable", .writableData, place: ["Set.c:3: uop '_U'", ".text.uop_narrow__U+0x3"],
            message: ["'counter'", ".bss"], remedy: ["state in the frame"],
            """
            static long counter;
            UOP(_U, IN(), OUT(I64 x), OPERANDS(), FLAGS(), "Counts.") { *x = counter++; }
            """),
        BrokenRule(
            "thread-local definition", .unknownRelocation, place: ["Set.c:3: uop '_U'", "+0x"], message: ["R_X86_64_TPOFF32"],
            remedy: ["thread-local"],
            """
            static _Thread_local long perThread;
            UOP(_U, IN(I64 a), OUT(I64 x), OPERANDS(), FLAGS(), "Keeps.") { *x = perThread; perThread = a; }
            """),
        BrokenRule(
            "writable variable that no uop uses", .writableData, place: ["Set.c"], message: [".data", "'unused'"],
            remedy: ["state in the frame"],
            """
            long unused = 7;
            UOP(_U, IN(), OUT(), OPERANDS(), FLAGS(), "Nothing.") { }
            """),
        BrokenRule(
            "constant table that is indexed", .layout, place: ["Set.c:3: uop '_U'", "+0x"],
            message: ["R_X86_64_32S", "cannot reach"], remedy: ["Index neither constant tables nor strings"],
            """
            static const long table[] = {2, 3, 5, 7};
            UOP(_U, IN(I64 a), OUT(I64 x), OPERANDS(), FLAGS(), "Picks.") { *x = table[a & 3]; }
            """),
        BrokenRule(
            "string that is indexed", .layout, place: [uop, "+0x"], message: ["R_X86_64_32S", "cannot reach"],
            remedy: ["Index neither constant tables nor strings"],
            """
            UOP(_U, IN(I64 a), OUT(I64 x), OPERANDS(), FLAGS(), "Picks.") { *x = "prime"[a & 3]; }
            """),
        BrokenRule(
            "function that is not inlined", .layout, place: ["Set.c:3: uop '_U'", "+0x"], message: ["code of its own", "apart"],
            remedy: ["static inline"],
            """
            static __attribute__((noinline)) long apart(long a) { return a * 3; }
            UOP(_U, IN(I64 a), OUT(I64 x), OPERANDS(), FLAGS(ESCAPES), "Calls.") { *x = apart(a); }
            """),
        BrokenRule(
            "table of addresses", .writableData, place: ["Set.c:3: uop '_U'", "+0x"], message: [".rodata", "without relocations"],
            remedy: ["tables of addresses"],
            """
            static const char *const names[] = {"a", "b", "c", "d"};
            UOP(_U, IN(I64 a), OUT(I64 x), OPERANDS(), FLAGS(), "Picks.") { *x = (int64_t)(uintptr_t)names[a & 3]; }
            """),
    ]

    private static let definitions = [
        BrokenRule(
            "guard with another number of outputs", .definition, place: [uop], message: ["GUARD", "1 inputs and 0 outputs"],
            remedy: ["A guard's outputs are its inputs"],
            """
            UOP(_U, IN(I64 a), OUT(), OPERANDS(), FLAGS(GUARD, EXITS), "Guards.") { if (a) EXIT(); }
            """),
        BrokenRule(
            "constant of two operands", .definition, place: [uop], message: ["CONSTANT", "1 outputs and 2 operands"],
            remedy: ["one operand"],
            """
            UOP(_U, IN(), OUT(I64 x), OPERANDS(IMM_I64 a, IMM_I64 b), FLAGS(CONSTANT), "Which?") { *x = a + b; }
            """),
        BrokenRule(
            "label without JUMPS", .definition, place: [uop], message: ["1 LABEL", "no flag JUMPS"], remedy: ["one label"],
            """
            UOP(_U, IN(), OUT(), OPERANDS(LABEL target), FLAGS(), "Nowhere.") { }
            """),
        BrokenRule(
            "JUMPS without label", .definition, place: [uop], message: ["0 LABEL", "flag JUMPS"], remedy: ["one label"],
            """
            UOP(_U, IN(), OUT(), OPERANDS(), FLAGS(JUMPS), "Nowhere.") { JUMP(); }
            """),
        BrokenRule(
            "jump with outputs", .definition, place: [uop], message: ["jumps and has outputs"], remedy: ["must not depend on the way"],
            """
            UOP(_U, IN(I64 a), OUT(I64 x), OPERANDS(LABEL target), FLAGS(JUMPS), "Both.") { *x = a; if (a) JUMP(); }
            """),
        BrokenRule(
            "no description", .definition, place: [uop], message: ["has no description"], remedy: ["docs/uops.md"],
            """
            UOP(_U, IN(), OUT(), OPERANDS(), FLAGS(), "") { }
            """),
        BrokenRule(
            "name that the handler needs itself", .definition, place: [uop], message: ["'code'"], remedy: ["Rename"],
            """
            UOP(_U, IN(I64 code), OUT(I64 x), OPERANDS(), FLAGS(), "Takes code.") { *x = code; }
            """),
        BrokenRule(
            "definition over several lines", .definition, place: [uop], message: ["has no description"], remedy: ["docs/uops.md"],
            """
            UOP(_U, IN(), OUT(), OPERANDS(),
                FLAGS(),
                "") { }
            """),
    ]

    private static let ways = [
        BrokenRule(
            "EXIT without EXITS", .definition, place: code, message: ["EXIT() without the flag EXITS"], remedy: ["Add EXITS"],
            """
            UOP(_U, IN(I64 a), OUT(), OPERANDS(), FLAGS(), "Leaves.") { if (a) EXIT(); }
            """),
        BrokenRule(
            "JUMP without JUMPS", .definition, place: code, message: ["JUMP() without the flag JUMPS"], remedy: ["Add JUMPS"],
            """
            UOP(_U, IN(I64 a), OUT(), OPERANDS(), FLAGS(EXITS), "Goes.") { if (a) JUMP(); EXIT(); }
            """),
        BrokenRule(
            "terminator that goes on", .definition, place: code, message: ["TERMINATOR whose body may return"], remedy: ["EXIT() or JUMP()"],
            """
            UOP(_U, IN(I64 a), OUT(), OPERANDS(), FLAGS(EXITS, TERMINATOR), "Ends, mostly.") { if (a) EXIT(); }
            """),
        BrokenRule(
            "output that is not written", .definition, place: code, message: ["without having written an output"], remedy: ["Write every output"],
            """
            UOP(_U, IN(I64 a), OUT(I64 x), OPERANDS(), FLAGS(), "Writes, mostly.") { if (a) *x = a; }
            """),
        BrokenRule(
            "float output that is not written", .definition, place: code, message: ["without having written an output"],
            remedy: ["Write every output"],
            """
            UOP(_U, IN(F64 a), OUT(F64 x), OPERANDS(), FLAGS(), "Never writes.") { }
            """),
    ]

    private static let language = [
        BrokenRule(
            "no C", .compilation, place: ["Set.c"], message: ["Set.c:2:", "expected expression"], remedy: ["Mend"],
            """
            UOP(_U, IN(), OUT(), OPERANDS(), FLAGS(), "Nothing.") { return +; }
            """),
        BrokenRule(
            "warning", .compilation, place: ["Set.c"], message: ["Set.c:2:", "unused variable"], remedy: ["Mend"],
            """
            UOP(_U, IN(), OUT(), OPERANDS(), FLAGS(), "Nothing.") { int unused; }
            """),
        BrokenRule(
            "too many inputs", .compilation, place: ["Set.c"], message: ["Set.c:2:", "excess elements"], remedy: ["Mend"],
            """
            UOP(_U, IN(I64 a, I64 b, I64 c, I64 d), OUT(I64 x), OPERANDS(), FLAGS(), "Four.") { *x = a + b + c + d; }
            """),
        BrokenRule(
            "unknown class", .compilation, place: ["Set.c"], message: ["Set.c:2:", "UOP_TYPE_I65"], remedy: ["Mend"],
            """
            UOP(_U, IN(I65 a), OUT(), OPERANDS(), FLAGS(), "One bit more.") { }
            """),
        BrokenRule(
            "one name twice in a file", .compilation, place: ["Set.c"], message: ["Set.c:3:", "redefinition of 'uop_body__U'"],
            remedy: ["Mend"],
            """
            UOP(_U, IN(), OUT(), OPERANDS(), FLAGS(), "First.") { }
            UOP(_U, IN(), OUT(), OPERANDS(), FLAGS(), "Second.") { }
            """),
    ]
}

@Suite(.enabled(if: Toolchain.found != nil, Toolchain.missing)) struct AuthorRuleTests {
    @Test(arguments: BrokenRule.all) func brokenRuleIsAnError(_ row: BrokenRule) throws {
        let error = try TemporarySet(["Set.c": row.source]).refusal()
        #expect(error.kind == row.kind, "\(error)")
        for words in row.place { #expect(error.place.contains(words), "\(error)") }
        for words in row.message { #expect(error.message.contains(words), "\(error)") }
        for words in row.remedy { #expect(error.remedy.contains(words), "\(error)") }
        #expect(!row.place.isEmpty && !row.message.isEmpty && !row.remedy.isEmpty)
    }

    /// What is next to the rules is allowed: each of these has no error, and the holes that it should.
    @Test func whatIsAllowed() throws {
        let set = try TemporarySet([
            "Set.c": """
            UOP_HELPER(double, fmod, (double, double))
            UOP(_CONSTANT, IN(F64 a), OUT(F64 x), OPERANDS(), FLAGS(PURE), "Uses a constant.") { *x = a * 0.5; }
            UOP(_KNOWN, IN(), OUT(I64 x), OPERANDS(), FLAGS(PURE), "A string that is known.") { *x = "prime"[3]; }
            UOP(_CALL, IN(F64 a), OUT(F64 x), OPERANDS(), FLAGS(PURE), "Calls a declared helper.") { *x = UOP_CALL(fmod)(a, 2); }
            UOP(_GUARD, IN(I64 a), OUT(I64 same), OPERANDS(), FLAGS(GUARD, EXITS), "Writes no output.") { if (a) EXIT(); }
            UOP(_WAYS, IN(I64 a), OUT(I64 x), OPERANDS(), FLAGS(EXITS), "Writes on every way but the exit.") { if (a) EXIT(); *x = 1; }
            UOP(_END, IN(I64 a), OUT(), OPERANDS(LABEL to), FLAGS(EXITS, JUMPS, TERMINATOR), "Never goes on.") { if (a) JUMP(); EXIT(); }
            """
        ]).generate()
        let targets = Dictionary(
            uniqueKeysWithValues: zip(set.uops, set.first.forms).map { uop, forms in
                (uop.name, forms[0].hot.holes.map(\.target) + forms[0].cold.holes.map(\.target))
            })
        let constants = { (name: String) -> [[UInt8]] in
            (targets[name] ?? []).compactMap { if case .constant(let constant) = $0 { constant.bytes } else { nil } }
        }
        #expect(constants("_CONSTANT") == [[0, 0, 0, 0, 0, 0, 0xE0, 0x3F]])
        #expect(targets["_KNOWN"] == [.operand(0)])
        #expect(targets["_CALL"]?.contains(.helper("fmod")) == true)
        #expect(targets["_GUARD"] == [.operand(0), .exit])
        #expect(targets["_WAYS"]?.contains(.exit) == true)
        #expect(targets["_END"]?.contains(.continuation(1)) == true && targets["_END"]?.contains(.continuation(0)) == false)
    }

    @Test func oneNameInTwoFiles() throws {
        let uop = "UOP(_U, IN(), OUT(), OPERANDS(), FLAGS(), \"Nothing.\") { }"
        let error = try TemporarySet(["A.c": uop, "B.c": "\n" + uop]).refusal()
        #expect(error.kind == .definition && error.place == "B.c:3: uop '_U'")
        #expect(error.message == "is defined in A.c:2, too" && error.remedy == "Rename one.")
    }

    @Test func setWithoutFiles() throws {
        let error = try TemporarySet(["README.txt": ""]).refusal()
        #expect(error.kind == .file && error.message == "has no C files" && !error.remedy.isEmpty)
    }

    /// A header of another version of the contract.
    @Test func anotherContract() throws {
        let headers = try TemporaryDirectory()
        try Checkout.copyHeaders(to: headers.url)
        let contract = headers.url.appendingPathComponent("UopStencils.h")
        try String(contentsOf: contract, encoding: .utf8)
            .replacing("#define UOP_ABI_VERSION \(UOP_ABI_VERSION)u", with: "#define UOP_ABI_VERSION 999u")
            .write(to: contract, atomically: true, encoding: .utf8)
        let error = try TemporarySet(
            ["Set.c": "UOP(_U, IN(), OUT(), OPERANDS(), FLAGS(), \"Nothing.\") { }"], headers: headers.url
        ).refusal()
        #expect(error.kind == .definition && error.place == "Set.c:2: uop '_U'" && error.message.contains("ABI version 999"))
    }
}
