import ObjectFiles

/// What the reader guarantees about every object that it gives, checked the slow way.
func brokenPromise(of object: Object) -> String? {
    for (index, section) in object.sections.enumerated() {
        if section.index != index { return "section \(index) has index \(section.index)" }
        let expected = section.flags.contains(.zeroFilled) ? 0 : section.size
        if UInt64(section.contents.count) != expected { return "section \(index) has \(section.contents.count) bytes" }
        if section.alignment.nonzeroBitCount != 1 { return "section \(index) has alignment \(section.alignment)" }
        if section.flags.contains(.mergeable), section.entrySize == 0 || section.size % section.entrySize != 0 {
            return "section \(index) has entries of \(section.entrySize) bytes"
        }
        for relocation in section.relocations {
            let size = UInt64(relocation.type.fieldSize ?? 1)
            let room = UInt64(section.contents.count)
            if relocation.offset > room || size > room - relocation.offset {
                return "section \(index) has a relocation at \(relocation.offset)"
            }
            if !object.symbols.indices.contains(relocation.symbol) {
                return "section \(index) has a relocation against symbol \(relocation.symbol)"
            }
        }
    }
    for (index, symbol) in object.symbols.enumerated() {
        guard let number = symbol.section else { continue }
        guard object.sections.indices.contains(number) else { return "symbol \(index) is in section \(number)" }
        let size = object.sections[number].size
        if symbol.value > size || symbol.size > size - symbol.value {
            return "symbol \(index) is at \(symbol.value) of section \(number)"
        }
    }
    return nil
}

/// What became of many inputs.
struct Outcomes: CustomStringConvertible {
    /// The reader that is tried.
    var parse: Victim.Parse = Victim.elf
    var parsed = 0
    var refused = 0
    /// The first input that the reader dealt with wrongly.
    var failure: String?

    var count: Int { parsed + refused }
    var description: String { "\(count) hostile inputs: \(refused) refused, \(parsed) read" }

    /// Reads an input: it must be refused with a place in the file, or give a sound object.
    mutating func read(_ bytes: [UInt8], _ what: @autoclosure () -> String) {
        do throws(ObjectError) {
            let object = try parse(bytes, "hostile.o")
            parsed += 1
            if failure == nil, let broken = brokenPromise(of: object) { failure = "\(what()): \(broken)" }
        } catch {
            refused += 1
            let words = error.description
            if failure == nil, error.place.offset < 0 || error.place.offset > max(bytes.count, 64) {
                failure = "\(what()): an error at \(error.place)"
            }
            if failure == nil, words.isEmpty || error.object != "hostile.o" { failure = "\(what()): \(words)" }
        }
    }
}

/// Every field of an object's structures, with the values to try in it.
struct FieldMutations {
    struct Spot {
        let name: String
        let offset: Int
        let size: Int
        /// What the sound object has there.
        let value: UInt64
    }

    /// The sound object; of its methods only `store` is for other formats too.
    let image: ELFImage
    let spots: [Spot]

    /// Fields of any object.
    init(bytes: [UInt8], spots: [Spot]) {
        image = ELFImage(bytes: bytes)
        self.spots = spots
    }

    /// The fields of the file header, all section headers, and the first `entries` entries of each
    /// table of symbols or relocations.
    init(_ bytes: [UInt8], entries: Int) {
        let image = ELFImage(bytes: bytes)
        var fields = image.layouts.header.fields.map { ELFImage.Field.header($0.name) }
        let isExtended = image[.header("e_shnum")] == 0
        let count = Int(isExtended ? image[.section(0, "sh_size")] : image[.header("e_shnum")])
        for section in 0..<count {
            fields += image.layouts.section.fields.map { .section(section, $0.name) }
            let type = image[.section(section, "sh_type")]
            func rows(_ structure: ELFLayouts.Structure, _ field: (Int, String) -> ELFImage.Field) -> [ELFImage.Field] {
                let rows = min(entries, Int(image[.section(section, "sh_size")]) / structure.size)
                return (0..<rows).flatMap { row in structure.fields.map { field(row, $0.name) } }
            }
            switch type {
            case 2: fields += rows(image.layouts.symbol) { .symbol(section, $0, $1) }
            case 4: fields += rows(image.layouts.rela) { .relocation(section, $0, $1) }
            case 9: fields += rows(image.layouts.rel) { .relocation(section, $0, $1) }
            default: break
            }
        }
        self.image = image
        spots = fields.map { field in
            let (offset, size) = image.location(of: field)
            return Spot(name: field.description, offset: offset, size: size, value: image[field])
        }
    }

    /// The ends of a field's range, signed and unsigned, the neighbours of what it holds, and
    /// the neighbours of the file's size.
    func extremes(of spot: Spot) -> [UInt64] {
        let bits = UInt64(8 * spot.size)
        let maximum = bits == 64 ? UInt64.max : (1 << bits) - 1
        let sign: UInt64 = 1 << (bits - 1)
        let fileSize = UInt64(image.bytes.count)
        let values: Set<UInt64> = [
            0, 1, maximum, maximum - 1, sign, sign - 1, sign + 1, (spot.value &+ 1) & maximum,
            (spot.value &- 1) & maximum,
            fileSize & maximum, (fileSize - 1) & maximum, (fileSize + 1) & maximum, (0 &- spot.value) & maximum,
        ]
        return values.subtracting([spot.value]).sorted()
    }
}

/// SplitMix64: a test that fails prints its seed, and the seed gives the same inputs again.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var word = state
        word = (word ^ (word >> 30)) &* 0xbf58_476d_1ce4_e5b9
        word = (word ^ (word >> 27)) &* 0x94d0_49bb_1331_11eb
        return word ^ (word >> 31)
    }
}
