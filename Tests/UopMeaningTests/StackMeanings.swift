import UopVM

extension Meaning {
    /// Stack.c, without the uops of locals (LocalTests.swift).
    static let stack: [Meaning] = [
        Meaning("_LOAD_CONST", operands: BoundaryValues.literals.map { [$0] }) { .output(.word($0[0])) },
        Meaning("_I64_CONST", operands: BoundaryValues.integers.map { [$0] }) { .output(.word($0[0])) },
        Meaning("_F64_CONST", operands: BoundaryValues.floats.map { [$0.bitPattern] }) { .output(.word($0[0])) },
        Meaning("_POP_TOP") { _ in .next([]) },
        Meaning("_DUP") { .next([.word($0[0]), .word($0[0])]) },
        Meaning("_OVER") { .next([.word($0[0]), .word($0[1]), .word($0[0])]) },
        Meaning("_SWAP") { .next([.word($0[1]), .word($0[0])]) },
        Meaning("_ROT_3") { .next([.word($0[2]), .word($0[0]), .word($0[1])]) },
        Meaning("_SELECT") { .output(.word($0[2] != 0 ? $0[0] : $0[1])) },
    ]

    /// Control.c, as far as a row can say it; the rest is in ControlTests.swift.
    static let control: [Meaning] = [
        Meaning("_NOP") { _ in .next([]) },
        Meaning("_JUMP") { _ in .jump },
        .jumping("_JUMP_IF_TRUE") { $0[0] != 0 },
        .jumping("_JUMP_IF_FALSE") { $0[0] == 0 },
        .guardingPop("_GUARD_TRUE") { $0[0] != 0 },
        .guardingPop("_GUARD_FALSE") { $0[0] == 0 },
        Meaning("_EXIT_TRACE") { _ in .exit },
    ]

    /// Every uop whose meaning is a function of inputs and literals.
    static let all: [Meaning] = integers + floats + objects + stack + control
}
