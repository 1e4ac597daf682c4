import CStencils
import UopVM

/// Uops that loops over numbers and buffers are made of, found by their metadata and by trying.
struct NumberUops: Sendable {
    /// Whether an index is below a count: pushes the truth, and jumps where it is not so.
    struct RangeTest: Sendable {
        let truth: Int
        let jump: Int
        /// Whether the count is the first input.
        let isSwapped: Bool
    }

    /// By class: operations of two numbers of the class, with a third.
    let operations: [UopClass: [Int]]
    /// Comparisons of two integers, that push an integer.
    let comparisons: [Int]
    /// What exits, and what jumps, by the truth of an integer.
    let guards: [Int]
    let jumps: [Int]
    let rangeTests: [RangeTest]
    /// Adds the second of two integers, or takes it away; some exit where the result does not fit.
    let steps: [Int]
    /// Those that add, and exit.
    let checkedSums: [Int]
    /// Products that exit where they do not fit.
    let checkedProducts: [Int]
    /// What leaves some bits of an integer, so that it is not negative: those of a mask, those above a count, the lowest.
    let masks: [Int]
    let shifts: [Int]
    let extensions: [Int]
    /// What calls the host.
    let calls: [Int]
    /// By elements of buffers: the count of a buffer; and an element read, or written.
    let sizes: [UopOperandKind: Int]
    let loads: [UopOperandKind: [Int]]
    let stores: [UopOperandKind: [Int]]

    init(_ probe: UopProbe, _ usable: [Int], showsNaNs: [[Bool]]) {
        let uops = probe.catalog.uops
        let plain = usable.filter { uops[$0].operands.isEmpty && uops[$0].flags.isDisjoint(with: [.terminator, .moves, .peeks]) }
        var operations: [UopClass: [Int]] = [:]
        for valueClass in [UopClass.I64, .F64, .INT, .FLOAT] {
            operations[valueClass] = plain.filter {
                uops[$0].inputs == [valueClass, valueClass] && uops[$0].outputs == [valueClass] && !showsNaNs[$0].contains(true)
            }
        }
        self.operations = operations
        comparisons = plain.filter {
            uops[$0].flags.contains(.truth) && uops[$0].inputs == [.I64, .I64] && uops[$0].outputs == [.I64]
        }
        guards = plain.filter { uops[$0].flags.contains(.exits) && uops[$0].inputs == [.I64] && uops[$0].outputs.isEmpty }
        jumps = usable.filter {
            uops[$0].flags.contains(.jumps) && uops[$0].operands == [.LABEL] && uops[$0].inputs == [.I64] && uops[$0].outputs.isEmpty
        }
        var rangeTests: [RangeTest] = []
        for truth in comparisons {
            for jump in jumps {
                for isSwapped in [false, true]
                where Self.isRangeTest([truth, jump], isSwapped, probe) {
                    rangeTests.append(RangeTest(truth: truth, jump: jump, isSwapped: isSwapped))
                }
            }
        }
        self.rangeTests = rangeTests
        steps = (operations[.I64] ?? []).filter { number in
            [(5, 1), (5, 3), (8, 2)].allSatisfy { (a: UInt64, b: UInt64) in
                let words = probe.run([number], on: [.init(.I64, a), .init(.I64, b)])?.words
                return words == [a + b] || words == [a - b]
            }
        }
        checkedSums = steps.filter {
            uops[$0].flags.contains(.exits) && probe.run([$0], on: [.init(.I64, 5), .init(.I64, 1)])?.words == [6]
        }
        func gives(_ number: Int, _ inputs: [UInt64], _ result: UInt64) -> Bool {
            probe.run([number], on: inputs.map { .init(.I64, $0) })?.words == [result]
        }
        let binary = operations[.I64] ?? []
        checkedProducts = binary.filter { uops[$0].flags.contains(.exits) && gives($0, [5, 3], 15) }
        masks = binary.filter { gives($0, [.max, 6], 6) && gives($0, [5, 3], 1) }
        shifts = binary.filter { gives($0, [.max, 40], (1 << 24) - 1) }
        extensions = plain.filter {
            uops[$0].inputs == [.I64] && uops[$0].outputs == [.I64] && gives($0, [0x77], 0x77) && !gives($0, [.max], .max)
        }
        calls = usable.filter { uops[$0].flags.contains(.escapes) && !uops[$0].flags.contains(.tape) }
        func ofBuffers(_ isWanted: (UopCatalog.Uop) -> Bool) -> [UopOperandKind: [Int]] {
            Dictionary(
                grouping: usable.filter { number in
                    uops[number].operands.count == 1 && UopOperandKind.bufferElements.contains(uops[number].operands[0])
                        && isWanted(uops[number])
                }, by: { uops[$0].operands[0] })
        }
        sizes = ofBuffers { $0.inputs.isEmpty && $0.outputs == [.I64] }.compactMapValues(\.first)
        loads = ofBuffers { $0.inputs == [.I64] && $0.outputs.count == 1 }
        stores = ofBuffers { $0.inputs.count == 2 && $0.inputs[0] == .I64 && $0.outputs.isEmpty }
    }

    /// Indices below the count go on, and those beyond it leave; at the count, some do this and some that.
    private static func isRangeTest(_ chain: [Int], _ isSwapped: Bool, _ probe: UopProbe) -> Bool {
        [(0, false), (3, false), (5, true), (9, true)].allSatisfy { (index: UInt64, leaves: Bool) in
            let words = isSwapped ? [4, index] : [index, 4]
            return probe.run(chain, on: words.map { .init(.I64, $0) })?.jumped == leaves
        }
    }
}
