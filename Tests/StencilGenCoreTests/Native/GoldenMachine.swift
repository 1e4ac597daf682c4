#if arch(x86_64)
import CRuntimeTestSupport
import CStencils
import StencilGenCore
import UopRuntime

/// Runs one stencil of a golden file: mapped by hand, every hole filled by its kind and target, nothing else of the runtime.
struct GoldenMachine {
    /// By operand.
    static let operands: [UInt64] = [16, 40, 0x1234_5678_9ABC_DEF0]

    /// What comes back: the ways out put their number there.
    private static func wayOut(_ number: UInt8) -> [UInt8] { [0xB8, number, 0, 0, 0, 0xC3] }

    private var bytes: [UInt8] = []
    private var constants: [Stencil.Constant: Int] = [:]
    private let starts: [Int]
    private let exit: Int
    private let stencil: Stencil
    private let helper: UInt64

    /// - Parameter helper: the address of the one that there is.
    init(_ stencil: Stencil, helper: UInt64) {
        self.stencil = stencil
        self.helper = helper
        bytes = stencil.hot.bytes
        // The next uop follows.
        bytes += Self.wayOut(1)
        exit = bytes.count
        bytes += Self.wayOut(2)
        starts = [0, bytes.count]
        bytes += stencil.cold.bytes
    }

    /// Where new data of this size lies.
    private mutating func add(_ data: [UInt8], alignment: Int) -> Int {
        bytes += [UInt8](repeating: 0, count: (alignment - bytes.count % alignment) % alignment) + data
        return bytes.count - data.count
    }

    private mutating func slot(_ word: UInt64) -> Int {
        add((0..<8).map { UInt8(truncatingIfNeeded: word >> (8 * $0)) }, alignment: 8)
    }

    /// What a hole leads to, and whether that is a place in this code.
    private mutating func destination(_ target: Stencil.Target) -> (value: UInt64, isPlace: Bool) {
        switch target {
        case .operand(let number): return (Self.operands[number], false)
        // Power's alone.
        case .nothing: return (0, false)
        case .operandHigh(let number): return (Self.operands[number] >> 32, false)
        case .helper: return (helper, false)
        case .continuation: return (UInt64(stencil.hot.bytes.count), true)
        case .exit: return (UInt64(exit), true)
        case .fragment(let number): return (UInt64(starts[number]), true)
        case .operandSlot(let number): return (UInt64(slot(Self.operands[number])), true)
        case .helperSlot: return (UInt64(slot(helper)), true)
        case .constant(let constant):
            let place = constants[constant] ?? add(constant.bytes, alignment: constant.alignment)
            constants[constant] = place
            return (UInt64(place), true)
        }
    }

    /// Runs it with words in the first registers (frame, a, b, x); gives them back, and the way out.
    mutating func run(_ registers: [UInt64], in arena: inout CodeArena) throws -> (way: Int32, registers: [UInt64]) {
        var fills: [(offset: Int, kind: UopHoleKind, value: UInt64, isPlace: Bool)] = []
        for (number, fragment) in [stencil.hot, stencil.cold].enumerated() {
            for hole in fragment.holes {
                let (value, isPlace) = destination(hole.target)
                fills.append((starts[number] + hole.offset, hole.kind, value &+ UInt64(bitPattern: hole.addend), isPlace))
            }
        }
        var block = try arena.allocate(byteCount: bytes.count, alignment: 64)
        let base = block.runAddress
        for fill in fills {
            var span = bytes.mutableSpan
            var raw = unsafe span.mutableBytes
            try HoleEncoder().fill(
                fill.kind, value: fill.value &+ (fill.isPlace ? base : 0), in: &raw, at: fill.offset, runAddress: base)
        }
        let memory = unsafe try block.beginWrite()
        for (index, byte) in bytes.enumerated() { unsafe memory.storeBytes(of: byte, toByteOffset: index, as: UInt8.self) }
        block.endWrite()
        let code = try arena.seal(block, byteCount: bytes.count)
        var words = registers
        let way = unsafe words.withUnsafeMutableBufferPointer { unsafe test_run_golden(code.runAddress, $0.baseAddress!) }
        try arena.free(code)
        return (way, words)
    }
}
#endif
