import Foundation

/// What a linker for macOS or Windows wrote, as far as judging needs it: bytes by address, and symbols.
struct LinkedImage: Sendable {
    /// Bytes that begin at an address.
    private(set) var stretches: [(address: UInt64, bytes: [UInt8])] = []
    var symbols: [String: UInt64] = [:]

    init(stretches: [(address: UInt64, bytes: [UInt8])], symbols: [String: UInt64]) {
        self.stretches = stretches
        self.symbols = symbols
    }

    /// The bytes at an address; nil where the image has not as many.
    func bytes(at address: UInt64, count: Int) -> [UInt8]? {
        for (start, bytes) in stretches where address >= start && address - start <= UInt64(bytes.count) {
            let offset = Int(address - start)
            if bytes.count - offset >= count { return Array(bytes[offset..<offset + count]) }
        }
        return nil
    }

    func word(at address: UInt64, size: Int = 8) -> UInt64? {
        bytes(at: address, count: size)?.reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// Where a detour leads that begins at an address: what linkers write where a branch does not reach.
    func detour(at address: UInt64) -> UInt64? {
        // x86-64: jmp [rip + distance].
        if let code = bytes(at: address, count: 6), code[0] == 0xFF, code[1] == 0x25, let distance = word(at: address + 2, size: 4) {
            return word(at: address &+ 6 &+ UInt64(bitPattern: Int64(Int32(truncatingIfNeeded: distance))))
        }
        // AArch64: adrp x16; add or ldr x16; br x16.
        guard let first = word(at: address, size: 4), let second = word(at: address + 4, size: 4),
            word(at: address + 8, size: 4) == 0xD61F_0200, first & 0x9F00_001F == 0x9000_0010
        else { return nil }
        let pages = Int64(truncatingIfNeeded: (first >> 3 & 0x1F_FFFC | first >> 29 & 3) << 43) >> 31
        let page = (address & ~0xFFF) &+ UInt64(bitPattern: pages)
        if second & 0xFFC0_03FF == 0x9100_0210 { return page &+ second >> 10 & 0xFFF }
        if second & 0xFFC0_03FF == 0xF940_0210 { return word(at: page &+ (second >> 10 & 0xFFF) * 8) }
        return nil
    }
}

extension LinkedImage {
    /// Numbers of a file, little endian. What they say was written by a linker that this test ran: it is not checked.
    private struct File {
        let bytes: [UInt8]

        func number(_ offset: Int, _ size: Int) -> Int {
            Int(truncatingIfNeeded: bytes[offset..<offset + size].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) })
        }

        func text(_ offset: Int, limit: Int = .max) -> String {
            String(decoding: bytes[offset...].prefix(limit).prefix { $0 != 0 }, as: UTF8.self)
        }
    }

    /// A Mach-O image of 64 bits (mach-o/loader.h, mach-o/nlist.h).
    init(machO bytes: [UInt8]) {
        let file = File(bytes: bytes)
        var place = 32
        for _ in 0..<file.number(16, 4) {
            switch file.number(place, 4) {
            case 0x19:
                let (address, offset, size) = (file.number(place + 24, 8), file.number(place + 40, 8), file.number(place + 48, 8))
                stretches.append((UInt64(bitPattern: Int64(address)), Array(bytes[offset..<offset + size])))
            case 2:
                let (table, count, names) = (file.number(place + 8, 4), file.number(place + 12, 4), file.number(place + 16, 4))
                for entry in (0..<count).map({ table + 16 * $0 }) where file.number(entry + 4, 1) & 0xE == 0xE {
                    symbols[file.text(names + file.number(entry, 4))] = UInt64(bitPattern: Int64(file.number(entry + 8, 8)))
                }
            default: break
            }
            place += file.number(place + 4, 4)
        }
    }

    /// A PE image with a table of symbols, as lld-link writes it with /debug:symtab (PE Format).
    init(pe bytes: [UInt8]) {
        let file = File(bytes: bytes)
        let header = file.number(0x3C, 4) + 4
        let optional = header + 20
        let isPlus = file.number(optional, 2) == 0x20B
        let base = UInt64(bitPattern: Int64(file.number(optional + (isPlus ? 24 : 28), isPlus ? 8 : 4)))
        var addresses: [UInt64] = []
        for index in 0..<file.number(header + 2, 2) {
            let section = optional + file.number(header + 16, 2) + 40 * index
            addresses.append(base + UInt64(file.number(section + 12, 4)))
            let (offset, size) = (file.number(section + 20, 4), min(file.number(section + 8, 4), file.number(section + 16, 4)))
            stretches.append((addresses[index], Array(bytes[offset..<offset + size])))
        }
        let (table, count) = (file.number(header + 8, 4), file.number(header + 12, 4))
        var index = 0
        while index < count {
            let entry = table + 18 * index
            let name =
                file.number(entry, 4) == 0 ? file.text(table + 18 * count + file.number(entry + 4, 4)) : file.text(entry, limit: 8)
            let section = file.number(entry + 12, 2)
            if section > 0, section <= addresses.count { symbols[name] = addresses[section - 1] + UInt64(file.number(entry + 8, 4)) }
            index += 1 + file.number(entry + 17, 1)
        }
    }
}
