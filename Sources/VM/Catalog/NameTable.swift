/// Names, given as bytes, and the order in which they came: a hash table without a heap object
/// per name.
///
/// The hash is keyed with a number that differs from process to process, so that no input can be
/// written whose names all collide.
package struct NameTable: Sendable {
    /// All names, one after the other.
    private var bytes: [UInt8] = []
    /// Where each name ends in `bytes`.
    private var ends: [Int] = []
    /// Open addressing, at most half full. 0 is free; otherwise the high half is the hash's, and
    /// the low half the name's index plus one.
    private var slots: [UInt64] = []

    private static let key = UInt64(truncatingIfNeeded: Hasher().finalize())
    private static let multiplier: UInt64 = 0x9E37_79B9_7F4A_7C15

    package init() {}

    /// Names so far.
    package var count: Int { ends.count }

    /// The index of a name: how many others were inserted before it.
    package func find(_ name: Span<UInt8>) -> Int? {
        guard !slots.isEmpty else { return nil }
        let slot = slots[place(of: name, hash: Self.hash(name))]
        return slot == 0 ? nil : Self.index(slot)
    }

    /// The name's index, and whether it is new.
    package mutating func insert(_ name: Span<UInt8>) -> (index: Int, isNew: Bool) {
        if (ends.count + 1) * 2 > slots.count { grow() }
        let hash = Self.hash(name)
        let place = place(of: name, hash: hash)
        if slots[place] != 0 { return (Self.index(slots[place]), false) }
        for i in name.indices { bytes.append(name[i]) }
        ends.append(bytes.count)
        slots[place] = hash & ~0xFFFF_FFFF | UInt64(ends.count)
        return (ends.count - 1, true)
    }

    /// Forgets the names and keeps the memory.
    package mutating func removeAll() {
        guard !ends.isEmpty else { return }
        bytes.removeAll(keepingCapacity: true)
        ends.removeAll(keepingCapacity: true)
        // A table that was once large must not make every small one slow.
        slots.removeAll(keepingCapacity: slots.count <= 256)
    }

    private static func index(_ slot: UInt64) -> Int { Int(slot & 0xFFFF_FFFF) - 1 }

    /// Where the name is in `slots`, or the free slot where it would go.
    private func place(of name: Span<UInt8>, hash: UInt64) -> Int {
        let mask = slots.count - 1
        var place = Int(truncatingIfNeeded: hash >> 32) & mask
        while slots[place] != 0 {
            if (slots[place] ^ hash) >> 32 == 0, isEqual(Self.index(slots[place]), name) { break }
            place = (place + 1) & mask
        }
        return place
    }

    private func isEqual(_ index: Int, _ name: Span<UInt8>) -> Bool {
        let start = index == 0 ? 0 : ends[index - 1]
        guard ends[index] - start == name.count else { return false }
        let candidate = bytes.span.extracting(start..<ends[index])
        for i in name.indices where candidate[i] != name[i] { return false }
        return true
    }

    private mutating func grow() {
        let old = slots
        slots = [UInt64](repeating: 0, count: max(16, old.count * 2))
        // The slots hold only half of the hash, which is all that a place is made of.
        let mask = slots.count - 1
        for slot in old where slot != 0 {
            var place = Int(truncatingIfNeeded: slot >> 32) & mask
            while slots[place] != 0 { place = (place + 1) & mask }
            slots[place] = slot
        }
    }

    /// Eight bytes at a time: fold the product of two words, as wyhash does.
    private static func hash(_ name: Span<UInt8>) -> UInt64 {
        // Unsafe for elements with padding, or loaded as types with invalid patterns: neither is so here.
        let raw = unsafe name.bytes
        var state = key ^ UInt64(truncatingIfNeeded: name.count)
        var offset = 0
        while offset + 8 <= raw.byteCount {
            let word = unsafe raw.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self)
            state = mix(state, word)
            offset += 8
        }
        var tail: UInt64 = 0
        while offset < raw.byteCount {
            tail = tail << 8 | UInt64(name[offset])
            offset += 1
        }
        return mix(mix(state, tail), multiplier)
    }

    private static func mix(_ state: UInt64, _ word: UInt64) -> UInt64 {
        let product = (state ^ multiplier).multipliedFullWidth(by: word ^ key)
        return product.high ^ product.low
    }
}
