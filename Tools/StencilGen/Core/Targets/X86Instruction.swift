/// How long an x86 instruction is, and whether control goes on behind it: of all that clang makes for processors without
/// VEX, and nil for the rest. Intel SDM, volume 2, 2.1 (formats) and A.3 (opcode maps).
package struct X86Instruction: Sendable, Equatable {
    package enum Role: Sendable, Equatable {
        case other
        /// A direct jump, and where its field begins.
        case jump(field: Int)
        /// A conditional one, and the number of its condition.
        case conditional(field: Int, condition: UInt8)
        /// A return, an indirect jump, a trap.
        case end
    }

    package var length: Int
    package var role = Role.other

    /// What follows an opcode, by a letter for each:
    ///
    ///     .  nothing              m  a ModRM byte
    ///     b  a byte               B  ModRM, a byte
    ///     z  a word of 4 bytes, or of 2 behind the prefix 66     Z  ModRM, the same
    ///     w  2 bytes              v  z, but 8 bytes behind REX.W
    ///     j  a distance of 1 byte J  a distance of 4 bytes
    ///     t  ModRM, and a byte where its number is 0 or 1        T  ModRM, and z there
    ///     o  an address of 8 bytes (4 on i686)
    ///     ?  not known here: prefixes are taken off before
    private static let oneByte = Array(
        """
        mmmmbz??mmmmbz??mmmmbz??mmmmbz??mmmmbz??mmmmbz??mmmmbz??mmmmbz??\
        ................................???m????zZbB....jjjjjjjjjjjjjjjj\
        BZ?Bmmmmmmmmmmmm..........?.....oooo....bz......bbbbbbbbvvvvvvvv\
        BBw.??BZ?.w..b?.mmmm???.mmmmmmmm????bbbbJJ?j....?.??..tT......mm
        """.utf8)

    /// The same for opcodes behind 0F.
    private static let twoBytes = Array(
        """
        mmmm?..?..?.?m??mmmmmmmmmmmmmmmmmmmm????mmmmmmmm........?.??????\
        mmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmBBBBmmm.mm??mmmm\
        JJJJJJJJJJJJJJJJmmmmmmmmmmmmmmmm...mBm??...mBmmmmmmmmmmmm?Bmmmmm\
        mmBmBBBm........mmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmm
        """.utf8)

    private let bytes: [UInt8]
    private var position: Int
    private let is64Bit: Bool
    /// Whether the prefix 66 makes words of 2 bytes, and REX.W some of 8.
    private var isShort = false
    private var isLong = false

    /// The instruction that begins at `start`.
    package init?(_ bytes: [UInt8], at start: Int, is64Bit: Bool) {
        length = 0
        self.bytes = bytes
        self.is64Bit = is64Bit
        position = start
        readPrefixes()
        guard let opcode = next() else { return nil }
        let isRead = opcode == 0x0F ? readLong() : read(opcode)
        guard isRead, position <= bytes.count, position - start <= 15 else { return nil }
        length = position - start
    }

    package static func == (left: X86Instruction, right: X86Instruction) -> Bool {
        left.length == right.length && left.role == right.role
    }

    private mutating func next() -> UInt8? {
        guard position < bytes.count else { return nil }
        position += 1
        return bytes[position - 1]
    }

    private mutating func readPrefixes() {
        while position < bytes.count {
            switch bytes[position] {
            case 0x66: isShort = true
            // Segments, lock, repetitions; they belong to the opcode, too, and change no lengths.
            case 0x2E, 0x36, 0x3E, 0x26, 0x64, 0x65, 0xF0, 0xF2, 0xF3: break
            default:
                if is64Bit, bytes[position] & 0xF0 == 0x40 {
                    isLong = bytes[position] & 8 != 0
                    position += 1
                }
                return
            }
            position += 1
        }
    }

    /// What follows an opcode of one byte.
    private mutating func read(_ opcode: UInt8) -> Bool {
        // inc and dec of i686 where x86-64 has its prefixes; arpl there is not clang's.
        let letter = Self.oneByte[Int(opcode)]
        guard readOperands(letter, opcode) else { return false }
        switch opcode {
        case 0xC3, 0xC2, 0xCC, 0xF4: role = .end
        case 0xE9: role = .jump(field: position - 4)
        case 0xEB: role = .jump(field: position - 1)
        case 0x70...0x7F: role = .conditional(field: position - 1, condition: opcode & 15)
        default: break
        }
        return true
    }

    /// What follows 0F.
    private mutating func readLong() -> Bool {
        guard let opcode = next() else { return false }
        switch opcode {
        case 0x38: return next() != nil && readModRM() != nil
        case 0x3A:
            guard next() != nil, readModRM() != nil else { return false }
            position += 1
            return true
        default:
            guard readOperands(Self.twoBytes[Int(opcode)], opcode) else { return false }
            if opcode == 0x0B { role = .end }
            if opcode & 0xF0 == 0x80 { role = .conditional(field: position - 4, condition: opcode & 15) }
            return true
        }
    }

    private mutating func readOperands(_ letter: UInt8, _ opcode: UInt8) -> Bool {
        let word = isShort ? 2 : 4
        switch letter {
        case UInt8(ascii: "."): break
        case UInt8(ascii: "b"), UInt8(ascii: "j"): position += 1
        case UInt8(ascii: "w"): position += 2
        case UInt8(ascii: "z"): position += word
        case UInt8(ascii: "v"): position += isLong ? 8 : word
        case UInt8(ascii: "J"): position += 4
        case UInt8(ascii: "o"): position += is64Bit ? 8 : 4
        default:
            guard letter != UInt8(ascii: "?"), let modRM = readModRM() else { return false }
            let number = modRM >> 3 & 7
            switch letter {
            case UInt8(ascii: "B"): position += 1
            case UInt8(ascii: "Z"): position += word
            case UInt8(ascii: "t"): position += number < 2 ? 1 : 0
            case UInt8(ascii: "T"): position += number < 2 ? word : 0
            default: break
            }
            // Indirect jumps: FF /4.
            if opcode == 0xFF, number == 4, letter == UInt8(ascii: "m") { role = .end }
        }
        return true
    }

    /// A ModRM byte, and the SIB byte and displacement that it asks for.
    private mutating func readModRM() -> UInt8? {
        guard let modRM = next() else { return nil }
        let (mode, register) = (modRM >> 6, modRM & 7)
        if mode == 3 { return modRM }
        var base = register
        if register == 4 {
            guard let sib = next() else { return nil }
            base = sib & 7
        }
        switch mode {
        case 0: position += base == 5 ? 4 : 0
        case 1: position += 1
        default: position += 4
        }
        return modRM
    }
}
