import CStencils

/// A hole that reaches less far than a jump does, and waits until it is known whether it reaches its target.
struct ShortFix: BitwiseCopyable {
    enum Target: UInt8, BitwiseCopyable {
        /// A label of the caller's.
        case label
        /// The cold fragment of a step, by its place in `CodeStream.cold`.
        case coldFragment
        /// A place in the code.
        case place
    }

    var addend: Int64
    var position: UInt32
    /// Which label or fragment, or which place.
    var number: UInt32
    var origin: UInt32
    var kind: UopHoleKind
    var target: Target
}

/// What islands are made of: `UOP_BRIDGE_JUMP`, which reaches as far as anything does.
struct IslandJump: BitwiseCopyable {
    let bytes: SIMD16<UInt8>
    /// Up to the end of the hole: what a stencil has behind its jump, nobody comes to.
    let size: Int
    let holeOffset: Int
    let addend: Int64
    let kind: UopHoleKind

    /// Nil where the bridge is anything but a jump: then there are no islands.
    init?(_ library: StencilLibrary) {
        let form = unsafe library.forms.base + library.form(of: .jump)
        let template = unsafe form.pointee.templates[0]
        guard template.hotHoleCount == 1, template.coldSize == 0 else { return nil }
        let hole = unsafe form.pointee.table.holes[Int(template.firstHole)]
        size = unsafe Int(hole.offset) + Int(uop_hole_fields()[Int(hole.kind.rawValue)].size)
        guard hole.target == .continuation, hole.index == 1, size <= Int(UOP_CHUNK) else { return nil }
        bytes = unsafe TemplateSource(form, template).chunk(0, Step.Registers())
        holeOffset = Int(hole.offset)
        addend = hole.addend
        kind = hole.kind
    }
}

/// The short branches of a code stream that do not reach what they lead to yet, or not any more.
///
/// What a branch may reach follows from its kind's field. An instruction set of which all branches reach as far as its jump
/// has no short kinds, and nothing is ever noted here.
struct Islands: ~Copyable {
    /// What a step may take, in bytes and in short holes, for an island to find its place behind it, and not before it.
    static let stepReserve = 256
    static let mostShortHoles = 16

    let jump: IslandJump?
    /// Kinds, as bits: those that reach less far than the jump.
    private let shortKinds: UInt64
    /// The most code that the jump reaches all of.
    let regionLimit: Int
    var pending = ScratchBuffer<ShortFix>(capacity: 16)
    /// Jumps of islands to cold fragments that are not written yet.
    var toCold = ScratchBuffer<ShortFix>(capacity: 16)
    /// Of what is pending: the last place that all of it reaches, and how far the one reaches that reaches least.
    private var deadline = Int.max
    private(set) var shortestReach = Int.max
    /// By label, and by cold fragment: the jump to it that was written last.
    private var labelEntries = ScratchBuffer<UInt32>(capacity: 16)
    private var coldEntries = ScratchBuffer<UInt32>(capacity: 16)

    init(_ library: StencilLibrary, _ encoder: HoleEncoder) {
        jump = IslandJump(library)
        let reach = jump.flatMap { encoder.reach($0.kind) }
        regionLimit = min(CodeArena.blockByteLimit, reach ?? .max)
        var kinds: UInt64 = 0
        if let reach {
            for number in 0..<UInt8(UOP_HOLE_KIND_COUNT) {
                guard let kind = UopHoleKind(rawValue: number), let own = encoder.reach(kind), own < reach else { continue }
                kinds |= 1 << UInt64(number)
            }
        }
        shortKinds = kinds
    }

    @inline(__always)
    func isShort(_ kind: UopHoleKind) -> Bool { shortKinds & (1 &<< UInt64(kind.rawValue)) != 0 }

    /// Bytes of an island's entry.
    var entrySize: Int { jump?.size ?? 0 }

    /// The last place at which a step may begin, so that an island behind it is within reach of all that is pending. (It has
    /// an entry for each at most, behind a jump over it.)
    var end: Int { pending.count == 0 ? .max : deadline - reserve }

    /// What an island takes at most, with a step before it.
    var reserve: Int { entrySize * (1 + pending.count + Self.mostShortHoles) + Self.stepReserve }

    mutating func removeAll() {
        dropPending(to: 0)
        toCold.truncate(to: 0)
        labelEntries.truncate(to: 0)
        coldEntries.truncate(to: 0)
    }

    /// Keeps the first; `count` has to be done for each of them again.
    mutating func dropPending(to newCount: Int) {
        pending.truncate(to: newCount)
        deadline = .max
        shortestReach = .max
    }

    /// Has the deadline regard a hole.
    mutating func regard(_ fix: ShortFix, reach: Int) {
        deadline = min(deadline, Int(fix.position) + reach)
        shortestReach = min(shortestReach, reach)
    }

    /// The jump to a hole's target that was written last. Those that lead behind a label are not remembered, nor are those to
    /// places, of which each has few.
    func entry(for fix: ShortFix) -> Int? {
        guard fix.addend == 0 else { return nil }
        let number = Int(fix.number)
        let entry: UInt32
        switch fix.target {
        case .label where number < labelEntries.count: entry = labelEntries[number]
        case .coldFragment where number < coldEntries.count: entry = coldEntries[number]
        default: return nil
        }
        return entry == CodeStream.unbound ? nil : Int(entry)
    }

    /// Remembers a jump for others that want to go there.
    mutating func setEntry(_ position: Int, for fix: ShortFix) {
        guard fix.addend == 0 else { return }
        let (number, entry) = (Int(fix.number), UInt32(truncatingIfNeeded: position))
        switch fix.target {
        case .label:
            while labelEntries.count <= number { labelEntries.append(CodeStream.unbound) }
            labelEntries[number] = entry
        case .coldFragment:
            while coldEntries.count <= number { coldEntries.append(CodeStream.unbound) }
            coldEntries[number] = entry
        case .place: break
        }
    }
}
