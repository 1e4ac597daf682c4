import CStencils
import Testing

@testable import UopVM

/// Uops for tests of the text: at least one of each kind of operand, number of inputs and outputs,
/// and flag that the text knows. They need no stencils.
enum TextCatalog {
    static let catalog = UopCatalog(uops: [
        uop("_LOAD_FAST", [], [.A], [.LOCAL_READ], .moves),
        uop("_STORE_FAST", [.A], [], [.LOCAL_WRITE], .moves),
        uop("_COPY_FAST", [], [], [.LOCAL_READ, .LOCAL_WRITE], .moves),
        uop("_I64_CONST", [], [.I64], [.IMM_I64], .pure),
        uop("_F64_CONST", [], [.F64], [.IMM_F64], .pure),
        uop("_LOAD_CONST", [], [.OBJECT], [.IMM_OBJECT], .pure),
        uop("_I64_ADD", [.I64, .I64], [.I64], [], .pure),
        uop("_I64_ADD_MUL", [.I64, .I64, .I64], [.I64], [], .pure),
        uop("_I64_ADD_CONST", [.I64], [.I64], [.IMM_I64], .pure),
        uop("_GUARD_TRUE", [.I64], [], [], .exits),
        uop("_GUARD_BOTH_INT", [.OBJECT, .OBJECT], [.INT, .INT], [], [.exits, .guards]),
        uop("_JUMP", [], [], [.LABEL], [.jumps, .terminator]),
        uop("_JUMP_TO_TOP", [], [], [], [.jumps, .terminator, .toTop]),
        uop("_POP_JUMP_IF_TRUE", [.I64], [], [.LABEL], .jumps),
        uop("_EXIT_TRACE", [], [], [], [.exits, .terminator]),
        uop("_MEM_LOAD_I8", [.I64], [.I64], [.BUFFER_I8], .exits),
        uop("_MEM_LOAD_I16", [.I64], [.I64], [.BUFFER_I16], .exits),
        uop("_MEM_LOAD_I32", [.I64], [.I64], [.BUFFER_I32], .exits),
        uop("_MEM_STORE_I64", [.I64, .I64], [], [.BUFFER_I64], .exits),
        uop("_MEM_LOAD_F64", [.I64], [.F64], [.BUFFER_F64], .exits),
        uop("_CALL_1", [.PARAMETER], [], [.HELPER], [.exits, .escapes]),
        uop("_SET_IP", [], [], [.IMM_INDEX], []),
        uop("_SWAP", [.A, .B], [.B, .A], [], .moves),
        uop("_NOP", [], [], [], []),
        uop("_SPILL", [.A], [], [], .internal),
    ])

    private static func uop(
        _ name: String, _ inputs: [UopClass], _ outputs: [UopClass], _ operands: [UopOperandKind], _ flags: UopFlags
    ) -> UopCatalog.Uop {
        UopCatalog.Uop(
            name: name, documentation: "", inputs: inputs, outputs: outputs, operands: operands, flags: flags)
    }
}

/// Parses with the tests' catalog.
func parse(_ text: String, limits: Limits = Limits()) throws(InvalidInput) -> Program {
    try Program(parsing: text, catalog: TextCatalog.catalog, limits: limits)
}

/// What is wrong with a text; nothing where it is right.
func diagnostics(of source: [UInt8], limits: Limits = Limits()) -> [Diagnostic] {
    do {
        _ = try Program(parsing: source, catalog: TextCatalog.catalog, limits: limits)
        return []
    } catch {
        return error.diagnostics
    }
}

func diagnostics(of text: String, limits: Limits = Limits()) -> [Diagnostic] {
    diagnostics(of: Array(text.utf8), limits: limits)
}

func print(_ program: Program) -> String { program.text(catalog: TextCatalog.catalog) }

/// The number of a uop of the tests' catalog.
func uop(_ name: String) throws -> Int { try #require(TextCatalog.catalog.number(of: name)) }

/// A splitmix64 generator: the same numbers for the same seed, on every host.
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64
    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}

/// Texts that between them use everything the format has.
enum TextSamples {
    static let all = [everything, fibonacci, sieve, values]

    static let everything = #"""
        uops 1                                  # version line
        local a: i64 = 0
        local it: object = range(0, 30, 1)
        local o: object = 1.5
        local f: f64 = nan(0x7ff8000000000001)
        buffer flags: i8[1000] = "text\0\x01"
        buffer words: i64[4] = { 1, -2, 0xffff_ffff_ffff_ffff, 'c' }
        tape 30000 start 100
        helper print_i64(i64)
        helper hypotenuse(f64, f64) -> f64
        exit done
        exit overflow error "the sum does not fit: Ω \"50 bits\""

        trace main
            _LOAD_FAST a
            _STORE_FAST a
            _I64_CONST 42
            _GUARD_TRUE -> overflow
        again:
            _POP_JUMP_IF_TRUE again
            _F64_CONST -0x1.8p-3
            _LOAD_CONST None
            _SET_IP 17
            _GUARD_TRUE -> side
            _MEM_LOAD_I8 flags -> overflow
            _CALL_1 print_i64
            _EXIT_TRACE -> done
        end

        trace side(i64, object)
            %x = _I64_ADD %y %y
            %q %r = _SWAP %x %x
            %y = _I64_CONST -1
            _EXIT_TRACE -> main
        end

        expect local a = 832040
        expect local f = nan
        expect buffer flags[3] = 0x74
        expect exit done
        expect output "Hello\n\xff"
        """#

    static let fibonacci = """
        uops 1
        local a: i64
        local b: i64 = 1
        local i: i64 = 90
        exit done
        trace main
        top:
            _LOAD_FAST a
            _LOAD_FAST b
            _SWAP
            _STORE_FAST a
            _LOAD_FAST a
            _I64_ADD
            _STORE_FAST b
            _LOAD_FAST i
            _I64_ADD_CONST -1
            _STORE_FAST i
            _LOAD_FAST i
            _POP_JUMP_IF_TRUE top
            _EXIT_TRACE -> done
        end
        expect exit done
        """

    static let sieve =
        "uops 1\r\nbuffer b: i16[3] = {1,2}\r\nbuffer d: f64[2] = {1.5}\r\ntrace t\r\n_MEM_LOAD_I16 b\r\nend\r\n"

    static let values = """
        uops 1
        local n: int = -5 # comment with "quotes" and Ünicode
        local t: bool = True
        trace main
            %a = _I64_CONST 'x'
            %b = _I64_CONST 0b1010
            %sum = _I64_ADD %a %b
            _GUARD_TRUE %sum -> main
            _JUMP_TO_TOP
        end
        """
}
