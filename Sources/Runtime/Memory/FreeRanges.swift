/// The free parts of one chunk: disjoint, not adjacent, by rising offset.
struct FreeRanges {
    private struct Range {
        var begin: Int
        var end: Int
    }

    private var ranges: [Range] = []
    /// No range is longer; lets full chunks be skipped without a search.
    private var longest = 0
    /// The sum of all ranges, in bytes.
    private(set) var byteCount = 0

    /// Nothing is free.
    init() {}

    /// All of `0 ..< byteCount` is free.
    init(all byteCount: Int) { give(0, byteCount) }

    /// Takes `count` bytes at a multiple of `alignment` (a power of two), and returns the offset; nil if no range has them.
    mutating func take(_ count: Int, alignment: Int) -> Int? {
        guard count <= longest else { return nil }
        // The range behind all blocks first: while it lasts there is nothing to search.
        if let begin = carve(ranges.count - 1, count, alignment) { return begin }
        var longestFound = 0
        for index in ranges.indices {
            let length = ranges[index].end - ranges[index].begin
            if length >= count, let begin = carve(index, count, alignment) { return begin }
            longestFound = max(longestFound, length)
        }
        longest = longestFound
        return nil
    }

    private mutating func carve(_ index: Int, _ count: Int, _ alignment: Int) -> Int? {
        guard index >= 0 else { return nil }
        let range = ranges[index]
        let begin = (range.begin + alignment - 1) & ~(alignment - 1)
        let end = begin + count
        guard end <= range.end else { return nil }
        switch (begin > range.begin, end < range.end) {
        case (false, true): ranges[index].begin = end
        case (true, false): ranges[index].end = begin
        case (false, false): ranges.remove(at: index)
        case (true, true):
            ranges[index].begin = end
            ranges.insert(Range(begin: range.begin, end: begin), at: index)
        }
        byteCount -= count
        return begin
    }

    /// Takes `offset ..< offset + count` back, which must not be free, and joins it with its neighbours.
    mutating func give(_ offset: Int, _ count: Int) {
        var low = 0
        var high = ranges.count
        while low < high {
            let middle = (low + high) / 2
            if ranges[middle].begin < offset { low = middle + 1 } else { high = middle }
        }
        byteCount += count
        var given = Range(begin: offset, end: offset + count)
        let joinsNext = low < ranges.count && ranges[low].begin == given.end
        let joinsPrevious = low > 0 && ranges[low - 1].end == given.begin
        if joinsNext { given.end = ranges[low].end }
        if joinsPrevious {
            ranges[low - 1].end = given.end
            given.begin = ranges[low - 1].begin
            if joinsNext { ranges.remove(at: low) }
        } else if joinsNext {
            ranges[low] = given
        } else {
            ranges.insert(given, at: low)
        }
        longest = max(longest, given.end - given.begin)
    }
}
