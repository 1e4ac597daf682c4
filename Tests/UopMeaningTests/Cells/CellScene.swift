import UopTestSupport

/// What a uop of cells finds: a tape, and where the pointer is.
struct CellScene {
    var page: [UInt8]
    var range = 0..<GuardedTape.byteCount
    var pointer: UInt64 = 0

    private static let noise: [UInt8] = {
        var random = SeededGenerator(seed: 0xCE11)
        return (0..<GuardedTape.byteCount).map { _ in UInt8(truncatingIfNeeded: random.next()) }
    }()

    /// - Parameter base: the address of the page.
    init(_ shape: CellShape, _ operands: [UInt64], base: UInt64, _ random: inout SeededGenerator) {
        page = Self.noise
        // Mostly all of the page, so that the tape's ends are where access ends.
        if random.chance(5) {
            let count = 4 * (1 + random.below(40))
            range = random.chance(2) ? 0..<count : GuardedTape.byteCount - count..<GuardedTape.byteCount
        }
        let start = shape.isScan ? scan(shape, operands, &random) : cells(shape, operands, &random)
        pointer = base &+ UInt64(bitPattern: start)
    }

    // MARK: Single cells

    /// One of the cells is at an end of the tape or somewhere on it; off it, if the uop asks. Gives the pointer's place.
    private mutating func cells(_ shape: CellShape, _ operands: [UInt64], _ random: inout SeededGenerator) -> Int64 {
        let distances = shape.distances(operands)
        let last = range.count - shape.width
        let somewhere = random.below(last / shape.width + 1) * shape.width
        let off = [-shape.width, range.count, -1 << 20, range.count + 1 << 33, range.count - (1 << 31)]
        let places = [0, last, somewhere, somewhere, somewhere]
        let place = shape.asks && random.chance(4) ? off[random.below(off.count)] : places[random.below(places.count)]
        let start = Int64(range.lowerBound + place) - distances[random.below(distances.count)]
        for distance in distances where random.chance(3) {
            let cell = start + distance
            guard cell >= range.lowerBound, cell + Int64(shape.width) <= range.upperBound else { continue }
            for byte in 0..<shape.width { page[Int(cell) + byte] = 0 }
        }
        return start
    }

    // MARK: Searches

    /// Cells on the way that are not 0, then one that is, mostly. Gives the pointer's place.
    private mutating func scan(_ shape: CellShape, _ operands: [UInt64], _ random: inout SeededGenerator) -> Int64 {
        let (stride, width) = (Int64(bitPattern: operands[0]), shape.width)
        let size = Int(abs(stride))
        let count = ScanPlan(stride, width).count
        // A plan without a step must find in its first vector.
        let isShort = shape.hasPlan && Int64(bitPattern: operands[1]) >> 32 == 0
        let most = (range.count - width) / size
        let steps = isShort
            ? random.below(count + 1)
            : [0, 1, 2, 3, count + 1, count + 2, 2 * count + 1, 2 * count + 2, most - 1, random.below(most + 1)][random.below(10)]
        let far = max(0, min(steps, most))
        let start = begin(far * size, width, goesUp: stride > 0, &random)
        // With zeros between and behind the cells on the way, or without any but the last.
        if random.chance(2) { erase() } else { fillWithOthers(width) }
        let misses = shape.asks && !isShort && random.chance(4)
        var place = start
        var step = 0
        while range.contains(place), misses || step < far {
            setNonzero(place, width, &random)
            place += Int(stride)
            step += 1
        }
        if range.contains(place) { for byte in 0..<width { page[place + byte] = 0 } }
        // Off the tape from the beginning on.
        return Int64(misses && random.chance(4) ? range.lowerBound - width : start)
    }

    /// Where a way of so many bytes begins on the tape: at its ends as often as in its midst.
    private func begin(_ way: Int, _ width: Int, goesUp: Bool, _ random: inout SeededGenerator) -> Int {
        let room = range.count - way - width
        let offset = [0, room, random.below(room / width + 1) * width][random.below(3)] / width * width
        return range.lowerBound + offset + (goesUp ? 0 : way)
    }

    private mutating func erase() { page = [UInt8](repeating: 0, count: page.count) }

    private mutating func fillWithOthers(_ width: Int) {
        // Each cell has a byte that is 0, if it has several.
        page = [UInt8](repeating: 0xA5, count: page.count)
        if width > 1 { for byte in stride(from: width - 1, to: page.count, by: width) { page[byte] = 0 } }
    }

    /// One byte of the cell is not 0.
    private mutating func setNonzero(_ place: Int, _ width: Int, _ random: inout SeededGenerator) {
        for byte in 0..<width { page[place + byte] = 0 }
        page[place + random.below(width)] = UInt8(1 + random.below(255))
    }
}
