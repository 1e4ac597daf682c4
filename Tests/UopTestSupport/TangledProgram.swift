/// Programs whose jumps lead anywhere: loops that overlap, that are entered in the middle, or backwards.
/// People do not write such programs, and `RandomPrograms` does not, either.
package struct TangledProgram {
    private var random: SeededGenerator
    private let labels: Int
    /// Words that stay on the stack all the time.
    private let depth: Int
    package private(set) var text = ""

    package init(seed: UInt64, index: Int) {
        random = SeededGenerator(seed: seed, index: index)
        labels = 2 + random.below(random.chance(4) ? 16 : 7)
        depth = random.below(3)
        write()
    }

    private mutating func anyLocal() -> String { random.pick(["a", "b", "c", "d"]) ?? "a" }

    private mutating func write() {
        text = "uops 1\nlocal a: i64 = 5\nlocal b: i64 = 9\nlocal c: i64 = 2\nlocal d: i64 = 1\nexit done\ntrace main\n"
        for _ in 0..<depth { text += "    _LOAD_FAST \(anyLocal())\n" }
        if random.chance(2) { text += "    _JUMP l\(random.below(labels))\n" }
        // Labels behind which a value is named.
        let names = random.chance(2) ? (0..<labels).filter { _ in random.chance(4) } : []
        for label in 0..<labels {
            text += "l\(label):\n"
            for _ in 0..<random.below(4) { writeAssignment() }
            if depth > 0, random.chance(3) { text += "    _LOAD_FAST \(anyLocal())\n    _I64_XOR\n" }
            if depth > 1, random.chance(3) { text += "    _SWAP\n" }
            if names.contains(label) { text += "    %v\(label) = _LOAD_FAST \(anyLocal())\n" }
            if random.chance(4), let name = random.pick(names) { text += "    _STORE_FAST \(anyLocal()) %v\(name)\n" }
            if random.chance(3) {
                text += "    _LOAD_FAST \(anyLocal())\n    _I64_CONST 63\n    _I64_AND\n    _GUARD_TRUE -> done\n"
            }
            writeJump()
        }
        text += "    _EXIT_TRACE -> done\nend\n"
    }

    private mutating func writeAssignment() {
        let operation = random.pick(["_I64_ADD", "_I64_SUB", "_I64_XOR"]) ?? "_I64_ADD"
        text += "    _LOAD_FAST \(anyLocal())\n"
        if random.chance(4) {
            text += "    _STORE_FAST \(anyLocal())\n"
        } else {
            text += random.chance(3) ? "    _I64_CONST \(random.below(4))\n" : "    _LOAD_FAST \(anyLocal())\n"
            text += "    \(operation)\n    _STORE_FAST \(anyLocal())\n"
        }
    }

    private mutating func writeJump() {
        switch random.below(10) {
        case 0..<6:
            text += "    _LOAD_FAST \(anyLocal())\n    _I64_CONST \(1 + random.below(7))\n    _I64_AND\n"
            text += "    \(random.chance(2) ? "_JUMP_IF_TRUE" : "_JUMP_IF_FALSE") l\(random.below(labels))\n"
        case 6, 7: text += "    _JUMP l\(random.below(labels))\n"
        case 8 where depth == 0: text += "    _JUMP_TO_TOP\n"
        default: break
        }
    }
}
