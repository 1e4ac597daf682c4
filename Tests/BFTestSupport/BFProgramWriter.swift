import UopTestSupport

/// Writes one random program. It keeps brackets matched, and in most cases knows where the pointer is.
struct BFProgramWriter {
    var random: SeededGenerator
    /// The tape and the rules that the program is written for.
    let setting: BFCase
    private(set) var text: [UInt8] = []
    /// Where an idiom begins that should be executed.
    private(set) var marks: [(idiom: BFIdiom, position: Int)] = []
    /// Where the pointer is, from the start cell on; a guess after loops that move it.
    private(set) var pointer = 0
    /// Commands, with long runs of equal ones as one.
    private(set) var commands = 0
    /// One comment after so many commands; 0 for none.
    private let commentEvery: Int

    init(random: SeededGenerator, setting: BFCase) {
        self.random = random
        self.setting = setting
        commentEvery = self.random.pick([0, 0, 0, 2, 8, 30]) ?? 0
    }

    // MARK: Commands

    /// More equal commands than that count as one.
    private static let longRun = 20

    mutating func put(_ byte: UInt8) {
        putWithoutComments(byte, 1)
        commands += 1
        if commentEvery > 0, random.chance(commentEvery) { comment() }
    }

    mutating func put(_ fragment: String) {
        for byte in fragment.utf8 { put(byte) }
    }

    /// A fragment, or its mirror image.
    mutating func put(_ fragment: String, mirrored: Bool) {
        for byte in fragment.utf8 {
            switch byte {
            case UInt8(ascii: "<") where mirrored: put(UInt8(ascii: ">"))
            case UInt8(ascii: ">") where mirrored: put(UInt8(ascii: "<"))
            default: put(byte)
            }
        }
    }

    mutating func add(_ amount: Int) { putRun(amount < 0 ? "-" : "+", abs(amount)) }
    mutating func move(_ cells: Int) { putRun(cells < 0 ? "<" : ">", abs(cells)) }

    private mutating func putRun(_ command: Unicode.Scalar, _ count: Int) {
        let before = commands
        // The way to an end of the tape has thousands: comments between all of them would make most of the text.
        var rest = count
        while rest > Self.longRun {
            putWithoutComments(UInt8(ascii: command), Self.longRun)
            rest -= Self.longRun
        }
        for _ in 0..<rest { put(UInt8(ascii: command)) }
        if count > Self.longRun { commands = before + 1 }
    }

    private mutating func putWithoutComments(_ byte: UInt8, _ count: Int) {
        text += repeatElement(byte, count: count)
        if byte == UInt8(ascii: ">") { pointer += count }
        if byte == UInt8(ascii: "<") { pointer -= count }
    }

    /// Says that the next command belongs to this idiom.
    mutating func mark(_ idiom: BFIdiom) { marks.append((idiom, text.count)) }

    /// Bytes that are no commands.
    private mutating func comment() {
        for _ in 0...random.below(6) {
            let byte = random.chance(6) ? UInt8(random.below(256)) : random.pick(Array("\n abcxyz019#!\t\r\0".utf8)) ?? 0
            text.append("+-<>[].,".utf8.contains(byte) ? UInt8(ascii: "\n") : byte)
        }
    }

    // MARK: Pieces

    mutating func loop(_ body: (inout Self) -> Void) {
        put("[")
        let before = pointer
        body(&self)
        put("]")
        pointer = before
    }

    /// Does something at another cell, and comes back.
    mutating func at(_ offset: Int, _ body: (inout Self) -> Void) {
        let before = pointer
        move(offset)
        body(&self)
        move(before - pointer)
    }

    mutating func clear() { put(random.chance(8) ? "[+]" : "[-]") }

    mutating func set(_ value: Int) {
        clear()
        add(value)
    }

    /// A number that is not 0, from `-limit` to `limit`.
    mutating func nonzero(_ limit: Int) -> Int { (1 + random.below(limit)) * (random.chance(2) ? 1 : -1) }

    /// Different offsets that are not 0, near the pointer.
    mutating func offsets(_ count: Int, within limit: Int = 7) -> [Int] {
        var result: [Int] = []
        while result.count < count {
            let offset = nonzero(limit)
            if !result.contains(offset) { result.append(offset) }
        }
        return result
    }
}
