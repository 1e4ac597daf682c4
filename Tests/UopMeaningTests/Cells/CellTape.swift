/// An address that is no cell's of the tape.
struct OffTape: Error {
    var address: UInt64
}

/// A tape as references see it.
struct CellTape {
    /// The address of the page's first byte.
    let base: UInt64
    var page: [UInt8]
    /// The bytes of the page that are the tape; nobody may change the others.
    let range: Range<Int>
    /// Bytes of a cell.
    let width: Int

    func place(_ address: UInt64) throws(OffTape) -> Int {
        let offset = address &- base
        guard offset < UInt64(page.count), range.contains(Int(offset)) else { throw OffTape(address: address) }
        return Int(offset)
    }

    func load(_ address: UInt64) throws(OffTape) -> UInt64 {
        let place = try place(address)
        return (0..<width).reversed().reduce(0) { $0 << 8 | UInt64(page[place + $1]) }
    }

    /// Stores the low bits.
    mutating func store(_ address: UInt64, _ value: UInt64) throws(OffTape) {
        let place = try place(address)
        for byte in 0..<width { page[place + byte] = UInt8(truncatingIfNeeded: value >> UInt64(8 * byte)) }
    }
}

/// What a reference works on.
struct CellRun {
    var tape: CellTape
    let pointer: UInt64
    /// The input above the pointer; 0 where there is none.
    let value: UInt64
    let operands: [UInt64]
    /// What a helper does.
    var status: Int64 = 0
    var answer: UInt64 = 0
    /// What helpers were called with.
    var calls: [[UInt64]] = []

    /// The address of the cell that the first operand names.
    var cell: UInt64 { pointer &+ operands[0] }
    /// Of two cells in the first operand: that which is changed, in the low half.
    var changed: UInt64 { pointer &+ UInt64(bitPattern: Int64(Int32(truncatingIfNeeded: operands[0]))) }
    /// And the factor, in the high half.
    var factor: UInt64 { pointer &+ UInt64(bitPattern: Int64(bitPattern: operands[0]) >> 32) }

    /// Changes the cell at an address.
    mutating func change(_ address: UInt64, _ meaning: (UInt64) -> UInt64) throws(OffTape) -> CellOutcome {
        try tape.store(address, meaning(tape.load(address)))
        return .next(nil)
    }

    /// The first cell that is 0.
    func search() throws(OffTape) -> CellOutcome {
        var at = pointer
        while try tape.load(at) != 0 { at &+= operands[0] }
        return .next(at)
    }

    /// A helper's status ends the uop where it is not 0.
    mutating func call(_ arguments: [UInt64]) -> Bool {
        calls.append(arguments)
        return status == 0
    }
}

/// What a uop of cells does but to the tape; a cell off the tape is thrown.
enum CellOutcome {
    /// It goes on, with an output where it has one.
    case next(UInt64?)
    case jump(UInt64?)
    /// It leaves because a helper failed.
    case failed

    static func jumping(_ jumps: Bool, _ output: UInt64? = nil) -> CellOutcome { jumps ? .jump(output) : .next(output) }
}
