#if arch(x86_64)
import CStencils
import StencilGenCore
import Testing

/// A uop with some shape of control flow, and what it does.
struct ShapedUop: CustomTestStringConvertible, Sendable {
    let name: String
    /// Its parameters, flags and body.
    let source: String
    /// The way that it leaves, and its output if it has one and is written.
    let meaning: @Sendable ([Int64]) -> (way: TwinMachine.Way, output: Int64?)
    var testDescription: String { name }

    /// Keeps clang from turning branches into conditional moves.
    static let prologue = "#define KEEP(x) __asm__ volatile(\"\" : \"+r\"(x))\n"

    static let all = [
        ShapedUop(
            name: "_DIAMOND",
            source: """
                UOP(_DIAMOND, IN(I64 a, I64 b), OUT(I64 x), OPERANDS(), FLAGS(), "Two ways that meet.")
                {
                    int64_t r = a;
                    if (a < b) { r ^= 3; KEEP(r); } else { r ^= b; KEEP(r); }
                    *x = r;
                }
                """
        ) { (.next, $0[0] ^ ($0[0] < $0[1] ? 3 : $0[1])) },
        ShapedUop(
            name: "_LOOP",
            source: """
                UOP(_LOOP, IN(I64 a), OUT(I64 x), OPERANDS(), FLAGS(), "Counts one bits.")
                {
                    int64_t n = 0;
                    for (uint64_t rest = (uint64_t)a; rest != 0; rest &= rest - 1) { n++; KEEP(n); }
                    *x = n;
                }
                """
        ) { (.next, Int64($0[0].nonzeroBitCount)) },
        ShapedUop(
            name: "_LOOP_IN_LOOP",
            source: """
                UOP(_LOOP_IN_LOOP, IN(I64 a, I64 b), OUT(I64 x), OPERANDS(), FLAGS(), "A product by counting.")
                {
                    int64_t n = 0;
                    for (int64_t i = 0; i < (a & 15); i++) {
                        KEEP(i);
                        for (int64_t j = 0; j < (b & 7); j++) { n++; KEEP(n); KEEP(j); }
                    }
                    *x = n;
                }
                """
        ) { (.next, ($0[0] & 15) * ($0[1] & 7)) },
        ShapedUop(
            name: "_EARLY_EXIT",
            source: """
                UOP(_EARLY_EXIT, IN(I64 a, I64 b), OUT(I64 x), OPERANDS(), FLAGS(EXITS), "Leaves at the first of three tests.")
                {
                    if (RARELY(a == b)) EXIT();
                    int64_t r = a; KEEP(r);
                    if (RARELY(r < 0)) EXIT();
                    r += 5; KEEP(r);
                    if (RARELY(r > b)) EXIT();
                    *x = r;
                }
                """
        ) { $0[0] == $0[1] || $0[0] < 0 || $0[0] &+ 5 > $0[1] ? (.exit, nil) : (.next, $0[0] &+ 5) },
        ShapedUop(
            name: "_LIKELY_EXIT",
            source: """
                UOP(_LIKELY_EXIT, IN(I64 a), OUT(I64 x), OPERANDS(), FLAGS(EXITS), "The exit is the likelier side.")
                {
                    if (__builtin_expect(a != 0, 1)) EXIT();
                    *x = 7;
                }
                """
        ) { $0[0] != 0 ? (.exit, nil) : (.next, 7) },
        ShapedUop(
            name: "_THREE_WAYS",
            source: """
                UOP(_THREE_WAYS, IN(I64 a, I64 b), OUT(), OPERANDS(LABEL to), FLAGS(EXITS, JUMPS), "Goes on, jumps or leaves.")
                {
                    if (RARELY(a == 0)) EXIT();
                    if (a < b) JUMP();
                }
                """
        ) { ($0[0] == 0 ? .exit : $0[0] < $0[1] ? .jump : .next, nil) },
        ShapedUop(
            name: "_NEVER_ON",
            source: """
                UOP(_NEVER_ON, IN(I64 a, I64 b), OUT(), OPERANDS(LABEL to), FLAGS(EXITS, JUMPS, TERMINATOR), "Jumps or leaves.")
                {
                    if (a < b) JUMP();
                    EXIT();
                }
                """
        ) { ($0[0] < $0[1] ? .jump : .exit, nil) },
        ShapedUop(
            name: "_COLD_WORK",
            source: """
                UOP(_COLD_WORK, IN(I64 a, I64 b), OUT(I64 x), OPERANDS(), FLAGS(), "Rare work that comes back.")
                {
                    int64_t r = a;
                    if (RARELY(a > b)) { for (int i = 0; i < 3; i++) { r = r * 5 + 1; KEEP(r); } }
                    *x = r;
                }
                """
        ) { (.next, $0[0] > $0[1] ? (0..<3).reduce($0[0]) { r, _ in r &* 5 &+ 1 } : $0[0]) },
        ShapedUop(
            name: "_SWITCH",
            source: """
                UOP(_SWITCH, IN(I64 a), OUT(I64 x), OPERANDS(), FLAGS(EXITS), "Many cases, no table.")
                {
                    int64_t r = a;
                    switch (a & 7) {
                    case 0: r = 11; KEEP(r); break;
                    case 1: r += 9; KEEP(r); break;
                    case 2: r ^= 77; KEEP(r); break;
                    case 3: EXIT();
                    case 4: r = -r; KEEP(r); break;
                    case 5: r *= 3; KEEP(r); break;
                    default: r = 0; KEEP(r); break;
                    }
                    *x = r;
                }
                """
        ) {
            let a = $0[0]
            return a & 7 == 3 ? (.exit, nil) : (.next, [11, a &+ 9, a ^ 77, 0, 0 &- a, a &* 3, 0, 0][Int(a & 7)])
        },
        ShapedUop(
            name: "_CONSTANTS",
            source: """
                UOP(_CONSTANTS, IN(I64 a), OUT(I64 x), OPERANDS(), FLAGS(), "Numbers of 4, 8 and 16 bytes beside the code.")
                {
                    double wide = (double)(a & 1023) * 0.25;
                    float narrow = (float)(a & 255) * 0.5f;
                    double sign = -wide;
                    KEEP(sign);
                    *x = (int64_t)wide + (int64_t)narrow + (int64_t)sign;
                }
                """.replacing("KEEP(sign)", with: "__asm__(\"\" : \"+x\"(sign))")
        ) {
            let wide = Double($0[0] & 1023) * 0.25
            return (.next, Int64(wide) + Int64(Float($0[0] & 255) * 0.5) + Int64(-wide))
        },
    ]
}

@Suite(.enabled(if: Toolchain.found != nil && CommittedTable.base != nil, Toolchain.missing))
struct LayoutTests {
    private static let set = Result {
        try TemporarySet(["Shapes.c": ShapedUop.prologue + ShapedUop.all.map(\.source).joined(separator: "\n")]).generate()
    }

    /// Laid out, placed and patched, the blocks do what the C says.
    @Test(arguments: ShapedUop.all) func shapeDoesWhatItSays(_ shape: ShapedUop) throws {
        let set = try Self.set.get()
        let index = try #require(set.uops.firstIndex { $0.name == shape.name })
        let memory = MemorySet(
            name: "shapes", stencils: set.first.forms[index], uops: [.init(name: shape.name, firstForm: 0, formCount: 1)])
        var machine = unsafe try TwinMachine([memory.pointer, try #require(uop_base_stencils())])
        var random = SplitMix64(state: 0x10_5EED)
        let some: [UInt64] = [0, 1, 2, 3, 5, 6, 0xFF, .max, .max - 2, 1 << 63, (1 << 63) - 1] + (0..<20).map { _ in random.next() }
        let states = some.flatMap { a in
            [a, 0, 1, random.next()].map { TestFrame.State(inputs: [a, $0], tapePosition: 0, counterIndex: 0, seed: a ^ $0) }
        }
        // Labels are operands, too.
        let labels = [UInt64](repeating: 0, count: set.uops[index].operands.count)
        let slots = set.uops[index].inputs.indices.map { $0 } + [2]
        let (_, outcomes) = try machine.run(shape.name, operands: labels + slots.map(TestFrame.offset), states: states)
        var ways: Set<UInt64> = []
        for (state, outcome) in zip(states, outcomes) {
            let expected = shape.meaning(state.inputs.map(Int64.init(bitPattern:)))
            #expect(outcome.way == expected.way.rawValue, "\(state)")
            if let output = expected.output {
                let stored = outcome.memory[Int(TestFrame.offset(slot: 2)) / 8]
                #expect(Int64(bitPattern: stored) == output, "\(state)")
            }
            ways.insert(outcome.way)
        }
        // The states reach every way out.
        #expect(ways.contains(TwinMachine.Way.exit.rawValue) == set.uops[index].has(UOP_FLAG_EXITS))
        #expect(ways.contains(TwinMachine.Way.jump.rawValue) == set.uops[index].has(UOP_FLAG_JUMPS))
    }

    /// A test with an exit is one conditional branch, whichever side clang thinks likelier.
    @Test(arguments: ["_EARLY_EXIT", "_LIKELY_EXIT", "_THREE_WAYS", "_NEVER_ON"])
    func exitsAreConditionalBranches(_ name: String) throws {
        let set = try Self.set.get()
        let index = try #require(set.uops.firstIndex { $0.name == name })
        let stencil = set.first.forms[index][0]
        let branches = stencil.hot.holes.filter { $0.kind == .pcRelative32 }
        #expect(stencil.cold.bytes.isEmpty)
        #expect(!branches.isEmpty)
        for hole in branches {
            let isConditional = stencil.hot.bytes[hole.offset - 2] == 0x0F && stencil.hot.bytes[hole.offset - 1] & 0xF0 == 0x80
            let isLast = hole.offset + 4 == stencil.hot.bytes.count
            // Only a uop that never goes on ends with a jump.
            #expect(isConditional || isLast && set.uops[index].has(UOP_FLAG_TERMINATOR))
        }
        #expect(!branches.contains { $0.target == .continuation(0) })
    }

    /// What holds for every stencil: this package's own, and the shapes.
    @Test func everyFragmentIsClosed() throws {
        let sets = [try Checkout.generated.get(), try Self.set.get()]
        for set in sets {
            for (uop, forms) in zip(set.uops, set.first.forms) {
                for stencil in forms { check(stencil, of: uop) }
            }
        }
    }

    private func check(_ stencil: Stencil, of uop: Definition) {
        let fragments = [stencil.hot, stencil.cold]
        for (number, fragment) in fragments.enumerated() {
            var end = 0
            for hole in fragment.holes.sorted(by: { $0.offset < $1.offset }) {
                #expect(hole.offset >= end && hole.offset + Int(hole.kind.field.size) <= fragment.bytes.count, "\(stencil.symbol)")
                end = hole.offset + Int(hole.kind.field.size)
                guard case .fragment(let other) = hole.target else { continue }
                // Inside a fragment everything is resolved; into the other one, it leads to an instruction of it.
                #expect(other == 1 - number, "\(stencil.symbol)")
                #expect((0..<fragments[other].bytes.count).contains(Int(hole.addend) + 4), "\(stencil.symbol)")
            }
        }
        // The hot fragment falls through to what follows, the cold one never does.
        let last = stencil.hot.holes.last { $0.offset + 4 == stencil.hot.bytes.count }
        #expect(last?.target != .continuation(0), "\(stencil.symbol)")
        if !stencil.cold.bytes.isEmpty {
            #expect(stencil.cold.bytes.dropLast(4).last == 0xE9, "\(stencil.symbol)")
        }
        if uop.has(UOP_FLAG_TERMINATOR) {
            #expect(stencil.hot.bytes.dropLast(4).last == 0xE9, "\(stencil.symbol)")
        }
    }
}
#endif
