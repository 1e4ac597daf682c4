import CStencils

/// A table's forms as the tables have them: equal pieces stored once.
package struct FormTables {
    /// 16 bytes of code each; a template's are consecutive.
    package private(set) var chunks: [[UInt8]] = []
    /// A row of masks is `UOP_AXIS_SIZE` of them.
    package private(set) var masks: [[UInt8]] = []
    /// By template, chunk and axis: where a row begins in `masks`.
    package private(set) var maskRows: [Int] = []
    package private(set) var variants: [UInt8] = []
    package private(set) var templates: [Entry] = []
    package private(set) var forms: [FormEntry] = []
    /// By operation: its forms' numbers, and how many of them are frame forms.
    package private(set) var operations: [(forms: Range<Int>, frameCount: Int)] = []
    /// By bridge: its form's number, if there is such a bridge.
    package private(set) var bridges: [Int?] = []

    package struct Entry: Sendable {
        package var template: Template
        package var chunk: Int
        package var maskRow: Int
    }

    package struct FormEntry: Sendable {
        /// Nil for a frame form.
        package var folded: FoldedForm?
        /// The code of a frame form or bridge, as clang gave it.
        package var frame: [UInt8]?
        package var isWide: Bool
        package var firstTemplate: Int
        package var variants: Int
        /// What comments call it.
        package var title: String
    }

    private var chunkRuns: [[UInt8]: Int] = [:]
    private var rows: [[[UInt8]]: Int] = [:]
    private var rowRuns: [[Int]: Int] = [:]
    private var blocks: [[UInt8]: Int] = [:]

    package init(_ table: GeneratedSet.Table, operations: [Operation]) {
        for (index, operation) in operations.enumerated() {
            let first = forms.count
            let frame = index < table.forms.count ? table.forms[index] : []
            for (number, stencil) in frame.enumerated() { add(stencil, isWide: number > 0, "\(operation.name) (frame)") }
            for folded in table.registerForms[index] { add(folded) }
            self.operations.append((first..<forms.count, frame.count))
        }
        for bridge in table.bridges {
            guard let bridge else {
                bridges.append(nil)
                continue
            }
            bridges.append(forms.count)
            add(bridge, isWide: false, bridge.symbol)
        }
    }

    private mutating func add(_ stencil: Stencil, isWide: Bool, _ title: String) {
        appendForm(nil, isWide: isWide, variants: [0], title)
        forms[forms.count - 1].frame = stencil.hot.bytes + stencil.cold.bytes
        add(
            Template(
                bytes: stencil.hot.bytes + stencil.cold.bytes, hotSize: stencil.hot.bytes.count,
                hotHoles: stencil.hot.holes, coldHoles: stencil.cold.holes, masks: []))
    }

    private mutating func add(_ folded: FoldedForm) {
        appendForm(
            folded, isWide: folded.form.isWide, variants: folded.variants,
            "\(folded.form.operation.name) \(folded.form.title), \(folded.templates.count) templates")
        for template in folded.templates { add(template) }
    }

    private mutating func appendForm(_ folded: FoldedForm?, isWide: Bool, variants block: [UInt8], _ title: String) {
        let start = Self.index(of: block, in: &blocks, at: variants.count)
        if start == variants.count { variants += block }
        forms.append(FormEntry(folded: folded, isWide: isWide, firstTemplate: templates.count, variants: start, title: title))
    }

    private mutating func add(_ template: Template) {
        let pieces = Self.pieces(template.bytes, hotSize: template.hotSize)
        let flat = pieces.flatMap(\.self)
        let chunk = Self.index(of: flat, in: &chunkRuns, at: chunks.count)
        if chunk == chunks.count { chunks += pieces }
        var run: [Int] = []
        for piece in pieces.indices {
            for axis in template.masks {
                let row = axis.map { Self.pieces($0, hotSize: template.hotSize)[piece] }
                let index = Self.index(of: row, in: &rows, at: masks.count)
                if index == masks.count { masks += row }
                run.append(index)
            }
        }
        let maskRow = Self.index(of: run, in: &rowRuns, at: maskRows.count)
        if maskRow == maskRows.count { maskRows += run }
        templates.append(Entry(template: template, chunk: chunk, maskRow: maskRow))
    }

    private static func index<Key: Hashable>(of key: Key, in known: inout [Key: Int], at end: Int) -> Int {
        if let index = known[key] { return index }
        known[key] = end
        return end
    }

    /// Bytes in chunks, the hot fragment's and the cold one's apart.
    private static func pieces(_ bytes: [UInt8], hotSize: Int) -> [[UInt8]] {
        [Array(bytes[..<hotSize]), Array(bytes[hotSize...])].flatMap { fragment in
            stride(from: 0, to: fragment.count, by: Int(UOP_CHUNK)).map { start in
                let piece = Array(fragment[start..<min(fragment.count, start + Int(UOP_CHUNK))])
                return piece + [UInt8](repeating: 0, count: Int(UOP_CHUNK) - piece.count)
            }
        }
    }

    /// Bytes that the tables take in memory.
    package var byteCount: Int {
        Int(UOP_CHUNK) * (chunks.count + masks.count) + 2 * maskRows.count + variants.count
            + MemoryLayout<UopTemplate>.size * templates.count + MemoryLayout<UopForm>.size * forms.count
            + MemoryLayout<UopHole>.size * templates.reduce(0) { $0 + $1.template.hotHoles.count + $1.template.coldHoles.count }
    }

    /// The number of the template that serves an assignment.
    package func template(form: Int, _ assignment: [Int]) -> Int {
        forms[form].firstTemplate + Int(variants[forms[form].variants + RegisterForm.variant(assignment)])
    }

    /// The code of a variant as the runtime computes it from these tables: what the proof compares with clang's.
    package func code(form: Int, _ assignment: [Int]) -> [UInt8] {
        let template = templates[template(form: form, assignment)]
        let sizes = [template.template.hotSize, template.template.bytes.count - template.template.hotSize]
        var result: [UInt8] = []
        var chunk = template.chunk
        var row = template.maskRow
        for size in sizes {
            var left = size
            while left > 0 {
                var bytes = chunks[chunk]
                for register in assignment {
                    for index in bytes.indices { bytes[index] ^= masks[maskRows[row] + register][index] }
                    row += 1
                }
                result += bytes.prefix(left)
                left -= Int(UOP_CHUNK)
                chunk += 1
            }
        }
        return result
    }
}
