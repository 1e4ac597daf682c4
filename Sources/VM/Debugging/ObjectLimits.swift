/// What a format can say, at most.
struct ObjectLimits {
    let format: ObjectFormat
    var sections: Int
    var symbols: Int
    /// Of a section's name.
    var nameBytes = Int.max
    var alignment: Int
    var sectionBytes: Int
    /// Everything in the file, where offsets in it have 32 bits.
    var fileBytes: Int

    /// Says what an object has that cannot be written, before anything is.
    func check(_ object: ObjectDescription) throws(ObjectWriterError) {
        try check(object.sections.count, sections, .sections, "the object")
        try check(object.symbols.count, symbols, .symbols, "the object")
        var fileByteCount = 0
        for section in object.sections {
            try check(section.name.utf8.count, nameBytes, .nameBytes, section.name)
            try check(section.byteCount, sectionBytes, .sectionBytes, section.name)
            guard section.alignment > 0, section.alignment & (section.alignment - 1) == 0, section.alignment <= alignment else {
                throw ObjectWriterError(.alignment(section.alignment, limit: alignment), format, at: section.name)
            }
            if case .bytes(let bytes) = section.contents { fileByteCount += bytes.count + section.alignment }
        }
        for symbol in object.symbols {
            // A symbol's entry takes at most 24 bytes in any format, and its name may get an underscore.
            fileByteCount += 24 + symbol.name.utf8.count + 2
            guard let section = symbol.section else { continue }
            try checkRange(symbol.offset, symbol.byteCount, section, object, symbol.name)
        }
        for relocation in object.relocations {
            fileByteCount += 24
            try checkRange(relocation.offset, relocation.fieldSize, relocation.section, object, "a relocation")
            if case .nothing = object.sections[relocation.section].contents {
                throw ObjectWriterError(.outOfBounds, format, at: "a relocation of a section without contents")
            }
            let isKnown =
                switch relocation.target {
                case .section(let index): object.sections.indices.contains(index)
                case .symbol(let index), .tableEntry(let index): object.symbols.indices.contains(index)
                }
            guard isKnown else { throw ObjectWriterError(.outOfBounds, format, at: "a relocation's target") }
        }
        // Headers are less than 256 bytes a section.
        try check(fileByteCount + 256 * (object.sections.count + 4), fileBytes, .fileBytes, "the object")
    }

    private func check(
        _ found: Int, _ limit: Int, _ quantity: ObjectWriterError.Quantity, _ place: String
    ) throws(ObjectWriterError) {
        guard 0...limit ~= found else {
            throw ObjectWriterError(.tooLarge(quantity, found: found, limit: limit), format, at: place)
        }
    }

    private func checkRange(
        _ offset: Int, _ byteCount: Int, _ section: Int, _ object: ObjectDescription, _ name: String
    ) throws(ObjectWriterError) {
        guard object.sections.indices.contains(section), byteCount >= 0, offset >= 0,
            offset <= object.sections[section].byteCount, object.sections[section].byteCount - offset >= byteCount
        else { throw ObjectWriterError(.outOfBounds, format, at: "\(name), section \(section)+\(offset)") }
    }
}
