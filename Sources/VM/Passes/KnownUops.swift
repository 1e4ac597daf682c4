import CStencils

/// What passes know of the meaning of uops, by their names in the base set. A uop that is not listed keeps its checks:
/// nothing is assumed of it.
struct KnownUops {
    enum Meaning: UInt8, BitwiseCopyable {
        case other
        case add, subtract, multiply, addChecked, subtractChecked, multiplyChecked
        /// Comparisons, signed.
        case less, lessOrEqual, greater, greaterOrEqual
        case jumpIfTrue, jumpIfFalse, guardTrue, guardFalse
        /// The check of an index, and the count that it is compared with.
        case check, size
        case and, shiftRightLogical, shiftRightArithmetic, remainder
        /// Values from 0 up to 2^8, 2^16, 2^32.
        case byte, half, word
    }

    private static let names: [String: Meaning] = [
        "_I64_ADD": .add, "_I64_SUB": .subtract, "_I64_MUL": .multiply, "_I64_ADD_CHECKED": .addChecked,
        "_I64_SUB_CHECKED": .subtractChecked, "_I64_MUL_CHECKED": .multiplyChecked, "_I64_LT_S": .less, "_I64_LE_S": .lessOrEqual, "_I64_GT_S": .greater,
        "_I64_GE_S": .greaterOrEqual, "_JUMP_IF_TRUE": .jumpIfTrue, "_JUMP_IF_FALSE": .jumpIfFalse,
        "_GUARD_TRUE": .guardTrue, "_GUARD_FALSE": .guardFalse, "_MEM_CHECK": .check, "_MEM_SIZE_I8": .size,
        "_MEM_SIZE_I16": .size, "_MEM_SIZE_I32": .size, "_MEM_SIZE_I64": .size, "_MEM_SIZE_F64": .size, "_I64_AND": .and,
        "_I64_SHR_U": .shiftRightLogical, "_I64_SHR_S": .shiftRightArithmetic, "_I64_REM_S": .remainder, "_I64_EXTEND8_U": .byte, "_I64_EXTEND16_U": .half,
        "_I64_EXTEND32_U": .word, "_MEM_READ_I8_U": .byte, "_MEM_READ_I16_U": .half, "_MEM_READ_I32_U": .word,
    ]

    /// By uop.
    private let meanings: [Meaning]
    let add: UInt16
    let subtract: UInt16
    let multiply: UInt16

    init(_ catalog: UopCatalog) {
        meanings = catalog.uops.map { Self.names[$0.name] ?? .other }
        add = UInt16(truncatingIfNeeded: catalog.uops.firstIndex { $0.name == "_I64_ADD" } ?? 0)
        subtract = UInt16(truncatingIfNeeded: catalog.uops.firstIndex { $0.name == "_I64_SUB" } ?? 0)
        multiply = UInt16(truncatingIfNeeded: catalog.uops.firstIndex { $0.name == "_I64_MUL" } ?? 0)
    }

    @inline(__always)
    subscript(uop: UInt16) -> Meaning { Int(uop) < meanings.count ? meanings[Int(uop)] : .other }
}
