import CStencils
package import Foundation

/// Stencils as bytes of a file. Numbers have 8 bytes, least significant first; whatever has a length has that before it.
package struct StencilArchive {
    package private(set) var data = Data()

    package init(_ stencils: [Stencil]) {
        add(stencils.count)
        for stencil in stencils {
            add(Array(stencil.symbol.utf8))
            add(stencil.frameSize)
            add(stencil.hot)
            add(stencil.cold)
        }
        add(Int(bitPattern: UInt(Self.checksum(data))))
    }

    private static func checksum(_ data: Data) -> UInt64 {
        var hash = FNV1a()
        hash.add(data)
        return hash.value
    }

    private mutating func add(_ number: Int) {
        for byte in 0..<8 { data.append(UInt8(truncatingIfNeeded: number >> (8 * byte))) }
    }

    private mutating func add(_ bytes: [UInt8]) {
        add(bytes.count)
        data.append(contentsOf: bytes)
    }

    private mutating func add(_ fragment: Stencil.Fragment) {
        add(fragment.bytes)
        add(fragment.holes.count)
        for hole in fragment.holes {
            add(hole.offset)
            add(Int(hole.kind.rawValue))
            add(Int(hole.addend))
            switch hole.target {
            case .operand(let number): add(0, number)
            case .continuation(let number): add(1, number)
            case .exit: add(2, 0)
            case .fragment(let number): add(3, number)
            case .helper(let name): add(4, 0, Array(name.utf8))
            case .constant(let constant): add(5, constant.alignment, constant.bytes)
            case .operandHigh(let number): add(6, number)
            case .operandSlot(let number): add(7, number)
            case .helperSlot(let name): add(8, 0, Array(name.utf8))
            case .nothing: add(9, 0)
            }
        }
    }

    private mutating func add(_ target: Int, _ number: Int, _ bytes: [UInt8] = []) {
        add(target)
        add(number)
        add(bytes)
    }

    // MARK: Reading

    /// Nil where the bytes are not what was written: then the stencils are compiled again.
    package static func stencils(in data: Data) -> [Stencil]? {
        var reader = Reader(bytes: [UInt8](data))
        guard data.count >= 8, reader.endsWith(checksum(data.prefix(data.count - 8))) else { return nil }
        return try? reader.stencils()
    }

    private struct Damaged: Error {}

    private struct Reader {
        let bytes: [UInt8]
        private var position = 0

        init(bytes: [UInt8]) { self.bytes = bytes }

        func endsWith(_ checksum: UInt64) -> Bool {
            bytes.suffix(8).reversed().reduce(0) { $0 << 8 | UInt64($1) } == checksum
        }

        mutating func stencils() throws -> [Stencil] {
            try list { reader in
                let symbol = String(decoding: try reader.run(), as: UTF8.self)
                let frameSize = try reader.number()
                return Stencil(symbol: symbol, hot: try reader.fragment(), cold: try reader.fragment(), frameSize: frameSize)
            }
        }

        private mutating func number() throws -> Int {
            guard bytes.count - position >= 8 else { throw Damaged() }
            defer { position += 8 }
            return (0..<8).reversed().reduce(0) { $0 << 8 | Int(bytes[position + $1]) }
        }

        private mutating func run() throws -> [UInt8] {
            let count = try number()
            guard count >= 0, bytes.count - position >= count else { throw Damaged() }
            defer { position += count }
            return Array(bytes[position..<position + count])
        }

        private mutating func list<Element>(_ element: (inout Reader) throws -> Element) throws -> [Element] {
            let count = try number()
            guard (0...bytes.count).contains(count) else { throw Damaged() }
            return try (0..<count).map { _ in try element(&self) }
        }

        private mutating func fragment() throws -> Stencil.Fragment {
            Stencil.Fragment(bytes: try run(), holes: try list { try $0.hole() })
        }

        private mutating func hole() throws -> Stencil.Hole {
            let offset = try number()
            guard let kind = UopHoleKind(rawValue: UInt8(truncatingIfNeeded: try number())) else { throw Damaged() }
            let addend = try number()
            let (target, number, bytes) = (try number(), try number(), try run())
            let targets: [Stencil.Target] = [
                .operand(number), .continuation(number), .exit, .fragment(number), .helper(String(decoding: bytes, as: UTF8.self)),
                .constant(Stencil.Constant(bytes: bytes, alignment: number)), .operandHigh(number), .operandSlot(number),
                .helperSlot(String(decoding: bytes, as: UTF8.self)), .nothing,
            ]
            guard targets.indices.contains(target) else { throw Damaged() }
            return Stencil.Hole(offset: offset, kind: kind, target: targets[target], addend: Int64(addend))
        }
    }
}
