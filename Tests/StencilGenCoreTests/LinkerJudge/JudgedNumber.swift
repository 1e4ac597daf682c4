import CStencils
import StencilGenCore

/// What the hole of a copy is asked to hold.
enum JudgedNumber: Sendable, Hashable {
    /// S + A of an absolute hole; the distance S + A - P of a PC-relative one.
    case stored(Int64)
    /// S + A of a PC-relative hole: where it leads, wherever it is.
    case address(UInt64)

    /// What is at, and next to, the limits of what a kind of hole takes, and of its parts.
    static func boundaries(of kind: UopHoleKind) -> [JudgedNumber] { byKind[Int(kind.rawValue)] }

    private static let byKind = (0..<UInt8(UOP_HOLE_KIND_COUNT)).map { raw -> [JudgedNumber] in
        guard let kind = UopHoleKind(rawValue: raw) else { return [] }
        // A lower half of a distance has that of the upper half.
        let field = ([.riscvPCLow12, .riscvPCLow12Store].contains(kind) ? .riscvPCHigh20 : kind).field
        var seen: Set<JudgedNumber> = []
        // To a linker for Power a branch to 0 is one to a weak symbol that nobody defines, and never executed.
        let first: UInt64 = [.ppcRelative24, .ppcRelative14].contains(kind) ? 4 : 0
        let addresses: [UInt64] = field.base == .nothing ? [] : [first, .max, 1 << 31, 1 << 47, 0x7FFF_FF00_0000]
        return (numbers(field).map(JudgedNumber.stored) + addresses.map(JudgedNumber.address)).filter { seen.insert($0).inserted }
    }

    private static func numbers(_ field: UopHoleField) -> [Int64] {
        let pattern: Int64 = 0x1234_5678_9ABC_DEF0
        let step = Int64(1) << Int64(field.aligned)
        var numbers: [Int64] = [0, step, -step, 1, -1, .max, .min, pattern, 0x7FFF_FFFF, 0x8000_0000, -0x8000_0001, 0x1_0000_0000]
        // The range, where there is one.
        if field.signedness != .any, field.width < 64 {
            let half = Int64(1) << Int64(field.width - 1)
            let rounding: Int64 = field.rounding == 0 ? 0 : 1 << Int64(field.rounding - 1)
            let (lowest, highest) = field.signedness == .signed ? (-half - rounding, half - step - rounding) : (0, 2 * half - step)
            for limit in [lowest, highest] { numbers += [limit, limit - step, limit + step, limit - 1, limit + 1] }
            numbers += [pattern & (half - 1) & -step, -(pattern & (half - 1) & -step)]
        }
        // Where a part begins, and where it ends.
        let cuts = field.allParts.flatMap { [$0.from, $0.from + $0.bits] } + (field.rounding > 0 ? [field.rounding - 1] : [])
        for cut in cuts where cut > field.aligned && cut < 63 {
            let bit = Int64(1) << Int64(cut)
            numbers += [bit, bit - step, -bit, -bit - step]
        }
        return numbers
    }
}
