import CStencils

/// `stencilgen --list --sizes`: what every form costs.
extension Report {
    /// Bytes that a target's tables may take in memory, and its file on disk.
    private static let memoryLimit = 1 << 20
    private static let textLimit = 4 << 20

    /// A line for each form of each uop and fusion, and totals, for each table of the set.
    package func sizes() throws(StencilGenError) -> String {
        let texts = try TableWriter(set, disassembler: disassembler).files()
        var text = ""
        for table in set.tables {
            let tables = FormTables(table, operations: set.operations)
            let name = table.target.name
            text += "\(name)\n" + (try forms(table, tables)) + "\n"
            let path = TableWriter.path(table.target, of: set.name)
            let size = texts.first { $0.path == path }?.text.utf8.count ?? 0
            let folded = table.registerForms.joined()
            let variants = folded.reduce(0) { $0 + $1.form.assignments.count }
            text += "\(name): \(tables.forms.count) forms (\(folded.count) with registers: \(variants) assignments), "
            text += "\(tables.templates.count) templates, \(tables.chunks.count) chunks of code, "
            text += "\(tables.masks.count / Int(UOP_AXIS_SIZE)) rows of masks\n"
            text += "\(name): \(tables.byteCount) bytes in memory (at most \(Self.memoryLimit)), "
            text += "\(size) bytes of generated text (at most \(Self.textLimit))\n"
            if tables.byteCount > Self.memoryLimit || size > Self.textLimit { text += "\(name): LARGER THAN IT MAY BE\n" }
            text += "\n"
        }
        return text
    }

    private func forms(_ table: GeneratedSet.Table, _ tables: FormTables) throws(StencilGenError) -> String {
        let hot = tables.templates.map { Array($0.template.bytes.prefix($0.template.hotSize)) }
        let counts = try disassembler?.instructions(of: hot, for: table.target).map(\.count) ?? []
        let titles = zip(set.operations, tables.operations).flatMap { operation, entry in
            entry.forms.map { number in operation.name + " " + (tables.forms[number].folded?.form.title ?? "(frame)") }
        }
        let width = (titles.map(\.count).max() ?? 0) + 2
        var text = pad("form", width) + "templates  hot     cold    instructions  stack  literals\n"
        for (number, title) in titles.enumerated() {
            let form = tables.forms[number]
            let end = number + 1 < tables.forms.count ? tables.forms[number + 1].firstTemplate : tables.templates.count
            let templates = form.firstTemplate..<end
            let stack = form.folded?.frameSize ?? frameSize(table, number, tables)
            text += pad(title, width) + pad("\(templates.count)", 11)
            text += pad(Self.range(templates.map { hot[$0].count }), 8)
            text += pad(Self.range(templates.map { tables.templates[$0].template.bytes.count - hot[$0].count }), 8)
            text += pad(counts.isEmpty ? "-" : Self.range(templates.map { counts[$0] }), 14)
            text += pad(stack == 0 ? "-" : "\(stack)", 7) + (form.folded.flatMap(Self.literals) ?? "-") + "\n"
        }
        return text
    }

    private func frameSize(_ table: GeneratedSet.Table, _ number: Int, _ tables: FormTables) -> Int {
        guard let operation = tables.operations.firstIndex(where: { $0.forms.contains(number) }), operation < table.forms.count
        else { return 0 }
        let index = number - tables.operations[operation].forms.lowerBound
        return index < table.forms[operation].count ? table.forms[operation][index].frameSize : 0
    }

    /// "3", "3-7".
    private static func range(_ values: [Int]) -> String {
        guard let least = values.min(), let most = values.max() else { return "-" }
        return least == most ? "\(least)" : "\(least)-\(most)"
    }

    /// "-128...127 without -1, 0".
    static func literals(_ folded: FoldedForm) -> String? {
        guard folded.form.literalInput != nil else { return nil }
        let range = folded.literals
        let excluded = (-1...6).filter { folded.excluded >> UInt8($0 + 1) & 1 != 0 }
        let whole = range.lowerBound == range.upperBound ? "\(range.lowerBound)" : "\(range.lowerBound)...\(range.upperBound)"
        return whole + (excluded.isEmpty ? "" : " without " + excluded.map(String.init).joined(separator: ", "))
    }
}
