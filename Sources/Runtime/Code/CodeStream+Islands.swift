import CStencils

/// Branches that do not reach their targets, and islands of jumps to which they lead instead.
///
/// A hole of a short kind is filled as soon as its target is known to be within reach. What is pending has a deadline, from
/// its kind's reach; before a step could end behind it, an island is written: a jump over it, then an entry for each target
/// whose branches have half of their reach behind them. Those that are younger wait: mostly, their target comes first.
extension CodeStream {
    /// Fills a short hole, or notes it.
    mutating func noteShort(_ fix: ShortFix) {
        // (Entries are kept by label.)
        if fix.target == .label, Int(fix.number) >= labels.count { return fail(.invalidStep(Int(fix.origin))) }
        if let place = place(of: fix), reaches(place, fix) { return store(place, in: fix) }
        islands.pending.append(fix)
        islands.regard(fix, reach: encoder.reach(fix.kind) ?? .max)
        updateRoom()
    }

    /// Has `roomEnd` follow the memory that there is, and what is pending.
    mutating func updateRoom() { roomEnd = min(code.capacity - Self.slack, islands.end) }

    /// Makes room for a step here, and for `extra` bytes: memory, and a place for an island behind it.
    ///
    /// - Parameter jumpsOver: whether what was written before goes on behind an island.
    @inline(never)
    mutating func makeRoom(_ extra: Int = 0, jumpsOver: Bool = true) {
        // First of all: then nothing here is too far away for a jump.
        if position > islands.regionLimit { fail(.tooLarge) }
        if position + extra > islands.end {
            fillKnown()
            // Not for a few bytes more: looking through all that is pending has to be worth it.
            if islands.pending.count > 0, position + extra + islands.shortestReach / 8 > islands.end {
                writeIsland(before: extra, jumpsOver: jumpsOver)
            }
        }
        if position + extra + Self.slack > code.capacity { grow(by: extra) } else { updateRoom() }
    }

    /// At the end: islands for all that is still pending, and cold fragments for the jumps to them.
    mutating func finishIslands() {
        fillKnown()
        writeIsland(before: 0, jumpsOver: false, isLast: true)
        for index in 0..<islands.toCold.count {
            let fix = islands.toCold[index]
            if let place = place(of: fix) { store(place, in: fix) } else { fail(.invalidStep(Int(fix.origin))) }
        }
    }

    /// Fills what is pending and reaches its target by now.
    private mutating func fillKnown() {
        var kept = 0
        let count = islands.pending.count
        for index in 0..<count {
            let fix = islands.pending[index]
            if let place = place(of: fix), reaches(place, fix) {
                store(place, in: fix)
            } else {
                islands.pending[kept] = fix
                kept += 1
            }
        }
        keepPending(kept)
    }

    /// Writes an island for what has half of its reach behind it, or for all.
    ///
    /// - Parameter extra: bytes that follow before there can be another island.
    private mutating func writeIsland(before extra: Int, jumpsOver: Bool, isLast: Bool = false) {
        guard let jump = islands.jump, islands.pending.count > 0 else { return }
        code.reserve(position + jump.size * (islands.pending.count + 1) + Self.slack, keeping: position)
        let horizon = position + extra + islands.reserve
        let begin = position
        // Front to back: what is written at once is more than a jump.
        if jumpsOver {
            write(jump, at: begin)
            position += jump.size
        }
        let first = position
        var kept = 0
        for index in 0..<islands.pending.count {
            let fix = islands.pending[index]
            let reach = encoder.reach(fix.kind) ?? .max
            if isLast || Int(fix.position) + reach - horizon < reach / 2 {
                store(entry(for: fix, jump), in: fix, skipsAddend: true)
            } else {
                islands.pending[kept] = fix
                kept += 1
            }
        }
        keepPending(kept)
        guard position > first else {
            position = begin
            return
        }
        if jumpsOver {
            store(
                UInt64(bitPattern: Int64(position) &+ jump.addend), jump.kind, UInt32(truncatingIfNeeded: begin + jump.holeOffset),
                UInt32(truncatingIfNeeded: origin), isPlace: true)
        }
        // The step before still needs one behind it.
        if requiredEnd == begin { requiredEnd = position }
    }

    /// Where a jump to a hole's target is that the hole reaches: one that there is, or one that is written here.
    private mutating func entry(for fix: ShortFix, _ jump: IslandJump) -> Int {
        if let known = islands.entry(for: fix), reaches(known, fix) { return known }
        let entry = position
        write(jump, at: entry)
        position += jump.size
        islands.setEntry(entry, for: fix)
        var onward = fix
        onward.addend = fix.addend &+ jump.addend
        onward.position = UInt32(truncatingIfNeeded: entry + jump.holeOffset)
        onward.kind = jump.kind
        switch fix.target {
        case .label:
            fixes.append(
                Fix(
                    addend: onward.addend, position: onward.position, label: onward.number, origin: onward.origin,
                    kind: onward.kind))
        case .coldFragment, .place:
            if let place = place(of: onward) { store(place, in: onward) } else { islands.toCold.append(onward) }
        }
        return entry
    }

    private func write(_ jump: IslandJump, at position: Int) {
        unsafe UnsafeMutableRawPointer(code.address + position).storeBytes(of: jump.bytes, as: SIMD16<UInt8>.self)
    }

    private mutating func keepPending(_ count: Int) {
        islands.dropPending(to: count)
        for index in 0..<count {
            let fix = islands.pending[index]
            islands.regard(fix, reach: encoder.reach(fix.kind) ?? .max)
        }
    }

    /// Where a hole's target is; nil where that is not known yet.
    private func place(of fix: ShortFix) -> Int? {
        let number = Int(fix.number)
        let place =
            switch fix.target {
            case .label: labels[number]
            case .coldFragment: number < cold.count ? cold[number].begin : Self.unbound
            case .place: fix.number
            }
        return place == Self.unbound ? nil : Int(place)
    }

    private func reaches(_ place: Int, _ fix: ShortFix) -> Bool {
        encoder.accepts(UInt64(bitPattern: Int64(place) &+ fix.addend &- Int64(fix.position)), fix.kind)
    }

    /// Fills a short hole, or that of a jump of an island. An entry has the addend in its own hole.
    private mutating func store(_ place: Int, in fix: ShortFix, skipsAddend: Bool = false) {
        let value = skipsAddend ? Int64(place) : Int64(place) &+ fix.addend
        store(UInt64(bitPattern: value), fix.kind, fix.position, fix.origin, isPlace: true)
    }
}
