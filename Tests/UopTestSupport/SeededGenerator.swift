/// A splitmix64 generator: the same numbers for the same seed, on every host.
public struct SeededGenerator: RandomNumberGenerator, Sendable {
    private var state: UInt64

    public init(seed: UInt64) { state = seed }

    /// A generator for one of many things that are made of one seed: neighbours have nothing in common.
    package init(seed: UInt64, index: Int) {
        var first = SeededGenerator(seed: seed)
        self.init(seed: first.next() ^ UInt64(index) &* 0xD129_0BD6_6FDB_1A4F)
        _ = next()
    }

    public mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    /// A number from 0 to `count - 1`. The tiny bias of one multiplication does no harm here.
    package mutating func below(_ count: Int) -> Int { Int(next().multipliedFullWidth(by: UInt64(count)).high) }

    /// True once in `oneIn`, on average.
    package mutating func chance(_ oneIn: Int) -> Bool { below(oneIn) == 0 }

    /// True `percent` times in a hundred, on average.
    package mutating func percent(_ percent: Int) -> Bool { below(100) < percent }

    /// One of the elements; nil where there are none.
    package mutating func pick<Element>(_ elements: some RandomAccessCollection<Element>) -> Element? {
        guard !elements.isEmpty else { return nil }
        return elements[elements.index(elements.startIndex, offsetBy: below(elements.count))]
    }
}
