import CStencils

/// Writes a table's forms as C. Only a template's base is disassembled: masks change registers.
struct FormTableWriter {
    let tables: FormTables
    /// Rows of the holes, and how many.
    private(set) var holes = ""
    private(set) var holeCount = 0
    private let disassembler: Disassembler?
    private let target: StencilTarget
    private let row: (Stencil.Hole) -> String

    init(
        _ table: GeneratedSet.Table, operations: [Operation], disassembler: Disassembler?,
        row: @escaping (Stencil.Hole) -> String
    ) {
        tables = FormTables(table, operations: operations)
        self.disassembler = disassembler
        target = table.target
        self.row = row
    }

    /// The forms as C.
    mutating func text() throws(StencilGenError) -> String {
        try chunkText() + array("uint8_t", "variants", tables.variants.map(Int.init), perLine: 27) + formText() + templateText()
            + "static const uint8_t masks[][UOP_CHUNK] = {\n" + tables.masks.map(Self.braced).joined()
            + (tables.masks.isEmpty ? "    {0},\n" : "") + "};\n\n"
            + array("uint16_t", "maskRows", tables.maskRows, perLine: 16)
            + "static const UopHole holes[] = {\n" + holes + (holeCount == 0 ? "    {0},\n" : "") + "};\n\n"
    }

    private func array(_ type: String, _ name: String, _ values: [Int], perLine: Int) -> String {
        var text = "static const \(type) \(name)[] = {\n"
        for start in stride(from: 0, to: values.count, by: perLine) {
            text += "    " + values[start..<min(values.count, start + perLine)].map { "\($0)," }.joined() + "\n"
        }
        return text + (values.isEmpty ? "    0,\n" : "") + "};\n\n"
    }

    private static func braced(_ bytes: [UInt8]) -> String {
        "    {" + bytes.map { $0 == 0 ? "0" : "0x\(hexadecimal($0, digits: 2))" }.joined(separator: ",") + "},\n"
    }

    /// Code by chunks; the comment is the template that brought it.
    private func chunkText() throws(StencilGenError) -> String {
        var comments: [Int: String] = [:]
        var firsts: [(chunk: Int, fragment: [UInt8])] = []
        for entry in tables.templates where comments[entry.chunk] == nil {
            comments[entry.chunk] = ""
            let template = entry.template
            firsts.append((entry.chunk, Array(template.bytes.prefix(template.hotSize))))
            let cold = Array(template.bytes.dropFirst(template.hotSize))
            let hotChunks = (template.hotSize + Int(UOP_CHUNK) - 1) / Int(UOP_CHUNK)
            if !cold.isEmpty { firsts.append((entry.chunk + hotChunks, cold)) }
        }
        let listings = try disassembler?.instructions(of: firsts.map(\.fragment), for: target) ?? []
        for (first, listing) in zip(firsts, listings) { comments[first.chunk] = listing.map(\.text).joined(separator: "; ") }
        var text = "static const uint8_t chunks[][UOP_CHUNK] = {\n"
        for (index, chunk) in tables.chunks.enumerated() {
            let comment = comments[index] ?? ""
            text += comment.isEmpty ? Self.braced(chunk) : Self.braced(chunk).dropLast() + " // \(comment)\n"
        }
        return text + (tables.chunks.isEmpty ? "    {0},\n" : "") + "};\n\n"
    }

    private func formText() -> String {
        var text = "static const UopForm forms[] = {\n"
        for entry in tables.forms {
            text += "    {\(entry.firstTemplate), \(entry.variants), " + fields(of: entry) + "}, // \(entry.title)\n"
        }
        return text + (tables.forms.isEmpty ? "    {0},\n" : "") + "};\n\n"
    }

    /// What UopForm has behind the indices.
    private func fields(of entry: FormTables.FormEntry) -> String {
        func list(_ values: [Int?]) -> String {
            let padded = values + Array(repeating: nil, count: Int(UOP_MAX_AXES) - values.count)
            return "{" + padded.map { $0.map { "\($0)" } ?? "UOP_NO_AXIS" }.joined(separator: ",") + "}"
        }
        guard let folded = entry.folded else {
            return "1, 0, {0}, \(list([])), \(list([])), UOP_NO_AXIS, \(entry.isWide ? 1 : 0), 0, 0, 0"
        }
        let form = folded.form
        let floats = form.axisIsFloat.map { $0 ? 1 : 0 } + Array(repeating: 0, count: Int(UOP_MAX_AXES) - form.axisIsFloat.count)
        return "0, \(form.axisIsFloat.count), \(list(floats)), \(list(form.inputAxes)), \(list(form.outputAxes)), "
            + "\(form.literalInput.map { "\($0)" } ?? "UOP_NO_AXIS"), \(form.isWide ? 1 : 0), \(folded.excluded), "
            + "\(folded.literals.lowerBound), \(folded.literals.upperBound)"
    }

    private mutating func templateText() -> String {
        var text = "static const UopTemplate templates[] = {\n"
        for entry in tables.templates {
            let template = entry.template
            text += "    {\(entry.chunk), \(entry.maskRow), \(holeCount), \(template.hotSize), "
                + "\(template.bytes.count - template.hotSize), \(template.hotHoles.count), \(template.coldHoles.count)},\n"
            for hole in template.hotHoles + template.coldHoles { holes += row(hole) }
            holeCount += template.hotHoles.count + template.coldHoles.count
        }
        return text + (tables.templates.isEmpty ? "    {0},\n" : "") + "};\n\n"
    }
}
