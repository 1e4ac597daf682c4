import CStencils
import ObjectFiles
import StencilGenCore
import UopRuntime

/// A linker's image against what our readers, hole kinds and encoder make of the same objects.
struct NativeJudge {
    /// What a linker takes and we refuse, and why it is right that we do.
    struct Exception: Sendable {
        enum Effect: Sendable {
            /// It stores the low bits, and says nothing.
            case storesLowBits
            /// It leads there by code of its own.
            case takesDetour
        }

        let triple: String
        let kind: UopHoleKind
        let reasons: Set<PatchError.Kind>
        let effect: Effect
        let why: String
    }

    static let exceptions: [Exception] = [
        Exception(
            triple: "x86_64-pc-windows-msvc", kind: .pcRelative32, reasons: [.outOfRange], effect: .storesLowBits,
            why: "lld-link checks no range of IMAGE_REL_AMD64_REL32: an image has less than 2 GiB"),
        Exception(
            triple: "aarch64-pc-windows-msvc", kind: .page21, reasons: [.outOfRange], effect: .storesLowBits,
            why: "lld-link checks no range of IMAGE_REL_ARM64_PAGEBASE_REL21, for the same reason"),
        Exception(
            triple: "aarch64-pc-windows-msvc", kind: .branch26, reasons: [.outOfRange], effect: .takesDetour,
            why: "linkers extend the range of calls; the runtime has trampolines of its own"),
        Exception(
            triple: "aarch64-pc-windows-msvc", kind: .branch26, reasons: [.misaligned], effect: .storesLowBits,
            why: "lld-link drops the low bits of a distance; a branch would lead to another instruction"),
        Exception(
            triple: "arm64-apple-macos11", kind: .branch26, reasons: [.misaligned], effect: .storesLowBits,
            why: "ld64.lld drops the low bits of a distance; a branch would lead to another instruction"),
        Exception(
            triple: "arm64-apple-macos11", kind: .page21, reasons: [.outOfRange], effect: .storesLowBits,
            why: "ld64.lld checks for 35 bits, and adrp has 33"),
    ]

    let code: JudgedCode
    let triple: String
    /// By symbol.
    let values: [String: UInt64]
    let image: LinkedImage
    /// Whether something is refused at a place in a function.
    let isRefused: (_ function: String, _ offset: Int) -> Bool
    /// Whether branches may lead to their targets over detours even where they would reach.
    var hasStubs = false

    private(set) var problems: [String] = []
    /// Holes that both filled, that both refused, and that only the linker took, by exception.
    private(set) var filled = 0, refused = 0, slots = 0
    private(set) var excepted: [String: Int] = [:]

    init(
        _ code: JudgedCode, triple: String, values: [String: UInt64], image: LinkedImage, hasStubs: Bool = false,
        isRefused: @escaping (String, Int) -> Bool
    ) {
        (self.code, self.triple, self.values, self.image, self.hasStubs) = (code, triple, values, image, hasStubs)
        self.isRefused = isRefused
        for function in code.functions { judge(function) }
    }

    private mutating func judge(_ function: JudgedCode.Function) {
        guard let base = image.symbols[function.symbol], let theirs = image.bytes(at: base, count: function.bytes.count) else {
            problems.append("\(function.symbol) is not in the image")
            return
        }
        var ours = function.bytes
        for hole in function.holes { judge(hole, of: function, at: base, &ours, theirs) }
        guard let first = ours.indices.first(where: { ours[$0] != theirs[$0] }) else { return }
        problems.append(
            "\(function.symbol)+0x\(String(first, radix: 16)) at 0x\(String(base, radix: 16)): \(ours[first]), "
                + "the linker has \(theirs[first])")
    }

    private mutating func judge(
        _ hole: JudgedCode.Hole, of function: JudgedCode.Function, at base: UInt64, _ ours: inout [UInt8], _ theirs: [UInt8]
    ) {
        guard hole.offset + Int(hole.kind.field.size) <= ours.count else {
            problems.append("\(function.symbol)+0x\(String(hole.offset, radix: 16)): its field is not in the code")
            return
        }
        switch hole.reference {
        case .symbol(let name):
            fill(hole, hole.kind, values[name] ?? 0, function, base, &ours, theirs)
        case .slot(let name):
            if let kind = Self.relaxed(hole, &ours, theirs) {
                fill(hole, kind, values[name] ?? 0, function, base, &ours, theirs)
            } else {
                let value = values[name]
                follow(hole, of: function, at: base, &ours, theirs) { address, image in
                    image.word(at: address) == value ? nil : "its slot holds \(image.word(at: address).map(String.init) ?? "nothing")"
                }
                slots += 1
            }
        case .contents(let contents, let value):
            follow(hole, of: function, at: base, &ours, theirs) { address, image in
                // On x86 distances count from the end of the instruction, 4 bytes and up to 4 more behind the field: S + A is as
                // far before the constant, whose alignment tells how far.
                let start = value &+ hole.addend
                let step: Int64 = contents.count % 8 == 0 ? 8 : 4
                let meant = hole.kind.field.base == .place ? (start + 4 + step - 1) / step * step : start
                let expected = Array(contents[Int(meant)..<min(contents.count, Int(meant + step))])
                let found = image.bytes(at: address &+ UInt64(bitPattern: meant - start), count: expected.count)
                return found == expected ? nil : "leads to \(found ?? []), expected the constant \(expected)"
            }
        }
    }

    /// Linkers turn a load of an address into its computation where that reaches: lea for mov, add for ldr. The kind of the hole
    /// then, and our code with the same instruction; nil where the load is left.
    private static func relaxed(_ hole: JudgedCode.Hole, _ ours: inout [UInt8], _ theirs: [UInt8]) -> UopHoleKind? {
        let at = hole.offset
        switch hole.type.name {
        case "X86_64_RELOC_GOT_LOAD" where at >= 2 && ours[at - 2] == 0x8B && theirs[at - 2] == 0x8D:
            ours[at - 2] = 0x8D
            return hole.kind
        // Its other half says.
        case "ARM64_RELOC_GOT_LOAD_PAGE21":
            return isLoadBehind(at, theirs) ? nil : hole.kind
        case "ARM64_RELOC_GOT_LOAD_PAGEOFF12" where theirs[at + 3] == 0x91:
            // add with the registers of the load.
            ours[at + 1] &= 3
            ours[at + 2] = 0
            ours[at + 3] = 0x91
            return hole.kind == .pageOffset12By8 ? .pageOffset12 : hole.kind
        default: return nil
        }
    }

    /// Whether the first use of what adrp makes is a load still.
    private static func isLoadBehind(_ adrp: Int, _ theirs: [UInt8]) -> Bool {
        let register = UInt32(theirs[adrp] & 31)
        for offset in stride(from: adrp + 4, to: theirs.count, by: 4) {
            let word = theirs[offset..<offset + 4].reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
            if word >> 5 & 31 == register, word & 0xFFC0_0000 == 0xF940_0000 { return true }
            if word >> 5 & 31 == register, word & 0xFFC0_0000 == 0x9100_0000 { return false }
        }
        return false
    }

    /// Fills a hole as the runtime would, and compares who refuses it.
    private mutating func fill(
        _ hole: JudgedCode.Hole, _ kind: UopHoleKind, _ symbol: UInt64, _ function: JudgedCode.Function, _ base: UInt64,
        _ ours: inout [UInt8], _ theirs: [UInt8]
    ) {
        let value = symbol &+ UInt64(bitPattern: hole.addend)
        let range = hole.offset..<hole.offset + Int(kind.field.size)
        let isRefused = isRefused(function.symbol, hole.offset)
        let words = "\(function.symbol)+0x\(String(hole.offset, radix: 16)) \(hole.type.name), value 0x\(String(value, radix: 16))"
        if hasStubs, let detour = detour(hole, kind, base, theirs), detour == value {
            ours.replaceSubrange(range, with: theirs[range])
            filled += 1
            return
        }
        do throws(PatchError) {
            var span = ours.mutableSpan
            var raw = unsafe span.mutableBytes
            try HoleEncoder().fill(kind, value: value, in: &raw, at: hole.offset, runAddress: base)
            filled += 1
            if isRefused { problems.append("\(words): refused by the linker only") }
        } catch {
            if isRefused {
                refused += 1
            } else if let exception = exception(kind, error.kind) {
                excepted[exception.why, default: 0] += 1
                check(exception, hole, kind, value, base, ours, theirs, words)
            } else {
                problems.append("\(words): refused by us only, \(error.kind)")
            }
            ours.replaceSubrange(range, with: theirs[range])
        }
    }

    private func exception(_ kind: UopHoleKind, _ reason: PatchError.Kind) -> Exception? {
        Self.exceptions.first { $0.triple == triple && $0.kind == kind && $0.reasons.contains(reason) }
    }

    /// What the linker makes of a value that we refuse is what the exception says.
    private mutating func check(
        _ exception: Exception, _ hole: JudgedCode.Hole, _ kind: UopHoleKind, _ value: UInt64, _ base: UInt64,
        _ ours: [UInt8], _ theirs: [UInt8], _ words: String
    ) {
        switch exception.effect {
        case .takesDetour:
            // What is farther away than adrp reaches, a detour misses, too: its low 33 bits are right.
            guard let detour = detour(hole, kind, base, theirs), (detour ^ value) & 0x1_FFFF_FFFF == 0 else {
                problems.append("\(words): no detour leads there")
                return
            }
        case .storesLowBits:
            var field = kind.field
            (field.signedness, field.aligned) = (.any, 0)
            let place = base &+ UInt64(hole.offset)
            let stored = field.base == .page ? (value & ~0xFFF) &- (place & ~0xFFF) : value &- place
            var bytes = Array(ours[hole.offset..<hole.offset + Int(field.size)])
            let error = unsafe bytes.withUnsafeMutableBytes { unsafe HoleEncoder.store(stored, in: field, at: $0.baseAddress!) }
            if error != nil || bytes != Array(theirs[hole.offset..<hole.offset + bytes.count]) {
                problems.append("\(words): the linker stores something else than the low bits")
            }
        }
    }

    /// Where a linked branch leads over the linker's own code; nil where it does not.
    private func detour(_ hole: JudgedCode.Hole, _ kind: UopHoleKind, _ base: UInt64, _ theirs: [UInt8]) -> UInt64? {
        guard kind.field.base == .place else { return nil }
        let field = kind.field.value(in: Array(theirs[hole.offset...]))
        let target = base &+ UInt64(hole.offset) &+ field &- UInt64(bitPattern: hole.addend)
        return image.detour(at: target).map { $0 &+ UInt64(bitPattern: hole.addend) }
    }

    /// Follows a linked hole to what it leads to, and has that looked at.
    private mutating func follow(
        _ hole: JudgedCode.Hole, of function: JudgedCode.Function, at base: UInt64, _ ours: inout [UInt8], _ theirs: [UInt8],
        _ problem: (UInt64, LinkedImage) -> String?
    ) {
        let range = hole.offset..<hole.offset + Int(hole.kind.field.size)
        let field = hole.kind.field.value(in: Array(theirs[range]))
        let place = base &+ UInt64(hole.offset)
        ours.replaceSubrange(range, with: theirs[range])
        filled += 1
        var address = field
        switch hole.kind.field.base {
        case .page: return
        // A is relative to the field, for slots to what is behind it.
        case .place:
            address = place &+ field
            if case .slot = hole.reference { address = address &- UInt64(bitPattern: hole.addend) }
        case .nothing:
            // The page is in the adrp before it that has the same target.
            guard hole.type.architecture == .aarch64 else { break }
            let high = function.holes.last {
                $0.offset < hole.offset && $0.kind == .page21 && Self.isSame($0.reference, hole.reference)
            }
            guard let high else {
                problems.append("\(function.symbol)+0x\(String(hole.offset, radix: 16)): no adrp before it has its target")
                return
            }
            let pages = high.kind.field.value(in: Array(theirs[high.offset...]))
            address = ((base &+ UInt64(high.offset)) & ~0xFFF) &+ pages &+ field
        }
        if let words = problem(address, image) {
            problems.append("\(function.symbol)+0x\(String(hole.offset, radix: 16)) \(hole.type.name): \(words)")
        }
    }

    private static func isSame(_ left: JudgedCode.Reference, _ right: JudgedCode.Reference) -> Bool {
        switch (left, right) {
        case (.symbol(let a), .symbol(let b)), (.slot(let a), .slot(let b)): a == b
        case (.contents(let a, let i), .contents(let b, let j)): a == b && i == j
        default: false
        }
    }
}
