package import CStencils
package import UopRuntime
import UopVM

/// A copy of a stencil set's machine code that can be damaged, to see whether that is noticed. The
/// interpreter's handlers are those of the original.
///
/// Libraries point into the copy: keep it as long as they are used.
@safe
package final class DamagedStencils: @unchecked Sendable {
    // Sendable: it is changed before it is used only.
    let set: UnsafeMutablePointer<UopStencilSet>
    let table: UnsafeMutablePointer<UopStencilTable>
    private let templates: UnsafeMutablePointer<UopTemplate>
    private let holes: UnsafeMutablePointer<UopHole>
    let formRows: UnsafeMutablePointer<UopForm>
    /// Each form's own.
    let variants: UnsafeMutablePointer<UInt8>
    /// Each template's own, so that damage does not reach others that had the same code.
    private let chunks: UnsafeMutableRawPointer
    /// Each template's own, likewise.
    private let maskRows: UnsafeMutablePointer<UInt16>
    /// With room for as many again: rows are copied before they are damaged.
    private let masks: UnsafeMutableRawPointer
    private var maskCount: Int
    private let isa: UopISA
    private static let chunkSize = Int(UOP_CHUNK)

    /// Which forms of a uop are meant.
    package enum Forms {
        case frame, registers, all
    }

    /// - Parameters:
    ///   - original: a set with machine code for this host; nil is returned for one without.
    ///   - isa: whose table to copy; nil for what the processor can.
    package init?(_ original: UnsafePointer<UopStencilSet>, isa: UopISA? = nil) {
        guard let isa = unsafe isa ?? (try? StencilLibrary([original]))?.isa,
            let source = unsafe original.pointee.table(isa)
        else { return nil }
        func copy<Element>(_ source: UnsafePointer<Element>, _ count: Int) -> UnsafeMutablePointer<Element> {
            let result = UnsafeMutablePointer<Element>.allocate(capacity: max(1, count))
            unsafe result.initialize(from: source, count: count)
            return unsafe result
        }
        self.isa = isa
        let templateCount = unsafe Int(source.pointee.templateCount)
        unsafe templates = copy(source.pointee.templates, templateCount)
        unsafe holes = copy(source.pointee.holes, Int(source.pointee.holeCount))
        unsafe chunks = Self.separateChunks(source.pointee, templates, templateCount)
        unsafe maskRows = Self.separateMaskRows(source.pointee, templates)
        maskCount = unsafe Self.lastMask(source.pointee) + Int(UOP_AXIS_SIZE)
        unsafe masks = .allocate(byteCount: 2 * maskCount * Self.chunkSize, alignment: Self.chunkSize)
        unsafe masks.copyMemory(from: UnsafeRawPointer(source.pointee.masks!), byteCount: maskCount * Self.chunkSize)
        unsafe formRows = copy(source.pointee.forms, Int(source.pointee.formCount))
        unsafe variants = Self.separateVariants(source.pointee, formRows)
        unsafe table = copy(source, 1)
        unsafe table.pointee.forms = UnsafePointer(formRows)
        unsafe table.pointee.variants = UnsafePointer(variants)
        unsafe table.pointee.templates = UnsafePointer(templates)
        unsafe table.pointee.holes = UnsafePointer(holes)
        unsafe table.pointee.maskRows = UnsafePointer(maskRows)
        // These fields point to arrays of 16, whose type has no name in Swift.
        unsafe withUnsafeMutablePointer(to: &table.pointee.chunks) { [chunks] field in
            unsafe UnsafeMutableRawPointer(field).storeBytes(of: UnsafeRawPointer(chunks), as: UnsafeRawPointer.self)
        }
        unsafe withUnsafeMutablePointer(to: &table.pointee.masks) { [masks] field in
            unsafe UnsafeMutableRawPointer(field).storeBytes(of: UnsafeRawPointer(masks), as: UnsafeRawPointer.self)
        }
        unsafe set = copy(original, 1)
        let pointer = unsafe UnsafePointer(table)
        unsafe withUnsafeMutablePointer(to: &set.pointee.tables) { tables in
            let rows = unsafe UnsafeMutableRawPointer(tables).assumingMemoryBound(to: UnsafePointer<UopStencilTable>?.self)
            for other in 0..<Int(UOP_ISA_COUNT) { unsafe rows[other] = nil }
            unsafe rows[Int(isa.rawValue)] = pointer
        }
    }

    deinit {
        unsafe set.deallocate()
        unsafe table.deallocate()
        unsafe templates.deallocate()
        unsafe holes.deallocate()
        unsafe formRows.deallocate()
        unsafe variants.deallocate()
        unsafe chunks.deallocate()
        unsafe maskRows.deallocate()
        unsafe masks.deallocate()
    }

    package func library() throws(StencilSetError) -> StencilLibrary {
        try unsafe StencilLibrary([UnsafePointer(set)], isa: isa)
    }

    private static func chunkCount(_ template: UopTemplate) -> Int {
        [template.hotSize, template.coldSize].reduce(0) { $0 + (Int($1) + chunkSize - 1) / chunkSize }
    }

    /// A copy of all code in which no two templates share a chunk; the templates are told where theirs are.
    private static func separateChunks(
        _ table: UopStencilTable, _ templates: UnsafeMutablePointer<UopTemplate>, _ count: Int
    ) -> UnsafeMutableRawPointer {
        let total = (0..<count).reduce(0) { unsafe $0 + chunkCount(templates[$1]) }
        let result = UnsafeMutableRawPointer.allocate(byteCount: max(1, total) * chunkSize, alignment: chunkSize)
        var position = 0
        for index in 0..<count {
            let size = unsafe chunkCount(templates[index])
            unsafe (result + position * chunkSize).copyMemory(
                from: UnsafeRawPointer(table.chunks!) + Int(templates[index].chunk) * chunkSize, byteCount: size * chunkSize)
            unsafe templates[index].chunk = UInt32(position)
            position += size
        }
        return unsafe result
    }

    /// A copy of the rows' numbers in which no two templates share any; the templates are told where theirs are.
    private static func separateMaskRows(
        _ table: UopStencilTable, _ templates: UnsafeMutablePointer<UopTemplate>
    ) -> UnsafeMutablePointer<UInt16> {
        var rows: [UInt16] = []
        for number in unsafe 0..<Int(table.formCount) {
            let axisCount = unsafe Int(table.forms[number].axisCount)
            for template in unsafe Self.templates(of: number, table) {
                let first = unsafe Int(table.templates[template].masks)
                unsafe templates[template].masks = UInt32(rows.count)
                let count = unsafe chunkCount(table.templates[template]) * axisCount
                rows += (0..<count).map { unsafe table.maskRows[first + $0] }
            }
        }
        let result = UnsafeMutablePointer<UInt16>.allocate(capacity: max(1, rows.count))
        unsafe result.initialize(from: rows, count: rows.count)
        return unsafe result
    }

    /// A copy of the variants' templates in which no two forms share any; the forms are told where theirs are.
    private static func separateVariants(
        _ table: UopStencilTable, _ forms: UnsafeMutablePointer<UopForm>
    ) -> UnsafeMutablePointer<UInt8> {
        var variants: [UInt8] = []
        for number in unsafe 0..<Int(table.formCount) {
            let first = unsafe Int(table.forms[number].variants)
            unsafe forms[number].variants = UInt32(variants.count)
            let count = unsafe variantCount(table.forms[number])
            variants += (0..<count).map { unsafe table.variants[first + $0] }
        }
        let result = UnsafeMutablePointer<UInt8>.allocate(capacity: max(1, variants.count))
        unsafe result.initialize(from: variants, count: variants.count)
        return unsafe result
    }

    static func variantCount(_ form: UopForm) -> Int {
        (0..<Int(form.axisCount)).reduce(1) { count, _ in count * Int(UOP_AXIS_SIZE) }
    }

    /// Where the last row of masks begins.
    private static func lastMask(_ table: UopStencilTable) -> Int {
        var last = 0
        for number in unsafe 0..<Int(table.formCount) {
            let form = unsafe table.forms[number]
            for template in unsafe Self.templates(of: number, table) {
                let rows = unsafe chunkCount(table.templates[template]) * Int(form.axisCount)
                for row in 0..<rows { last = unsafe max(last, Int(table.maskRows[Int(table.templates[template].masks) + row])) }
            }
        }
        return last
    }

    private static func templates(of form: Int, _ table: UopStencilTable) -> Range<Int> {
        let isLast = unsafe form + 1 == Int(table.formCount)
        let end = unsafe isLast ? table.templateCount : table.forms[form + 1].firstTemplate
        return unsafe Int(table.forms[form].firstTemplate)..<Int(end)
    }

    // MARK: What can be damaged

    /// The forms of a uop, or all of the table: their numbers in it.
    func forms(ofUop number: Int?, _ kind: Forms) -> [Int] {
        guard let number else {
            return unsafe (0..<Int(table.pointee.formCount)).filter { form in
                let isFrame = unsafe table.pointee.forms[form].isFrame != 0
                return kind == .all || isFrame == (kind == .frame)
            }
        }
        let operation = unsafe table.pointee.operations[number]
        let forms = Int(operation.first)..<Int(operation.first) + Int(operation.count)
        switch kind {
        case .frame: return Array(forms.prefix(Int(operation.frameCount)))
        case .registers: return Array(forms.dropFirst(Int(operation.frameCount)))
        case .all: return Array(forms)
        }
    }

    private func templates(ofUop number: Int?, _ kind: Forms) -> [Int] {
        forms(ofUop: number, kind).flatMap { unsafe Self.templates(of: $0, table.pointee).map { $0 } }
    }

    /// The holes of a template: their places in the table.
    private func holes(ofTemplate number: Int) -> [Int] {
        let template = unsafe templates[number]
        let count = Int(template.hotHoleCount) + Int(template.coldHoleCount)
        return Array(Int(template.firstHole)..<Int(template.firstHole) + count)
    }

    private func holes(ofUop number: Int?, _ kind: Forms = .all) -> [Int] {
        templates(ofUop: number, kind).flatMap(holes)
    }

    /// Lets a uop read or write an operand so many bytes away from its place, or as a larger literal. Gives whether
    /// the uop has such an operand in its code.
    ///
    /// - Parameter index: immediates first, then inputs, then outputs.
    package func shiftOperand(_ index: Int, ofUop number: Int, by bytes: Int64 = 8) -> Bool {
        let found = holes(ofUop: number, .frame).filter {
            unsafe holes[$0].target == .operand && Int(holes[$0].index) == index
        }
        for hole in found { unsafe holes[hole].addend += bytes }
        return !found.isEmpty
    }

    /// Lets a uop take two operands for each other.
    package func swapOperands(_ a: Int, _ b: Int, ofUop number: Int) -> Bool {
        swapOperands(a, b, holes(ofUop: number, .frame))
    }

    /// Lets moves between places go the wrong way.
    package func reverseMoves() -> Bool {
        guard let bridges = unsafe table.pointee.bridges else { return false }
        let form = unsafe Int(bridges[Int(UopBridge.move.rawValue)])
        return swapOperands(0, 1, unsafe Self.templates(of: form, table.pointee).flatMap(holes))
    }

    private func swapOperands(_ a: Int, _ b: Int, _ places: [Int]) -> Bool {
        var count = 0
        for place in places where unsafe holes[place].target == .operand {
            let index = Int(unsafe holes[place].index)
            guard index == a || index == b else { continue }
            unsafe holes[place].index = UInt16(index == a ? b : a)
            count += 1
        }
        return count > 1
    }

    /// Lets a uop (or every one) go on where it should exit.
    package func ignoreExits(ofUop number: Int?, _ kind: Forms = .all) -> Bool {
        let found = holes(ofUop: number, kind).filter { unsafe holes[$0].target == .exit }
        for hole in found {
            unsafe holes[hole].target = .continuation
            unsafe holes[hole].index = 0
        }
        return !found.isEmpty
    }

    /// Makes the literals in the code one larger, in all forms of a uop (or of every one) that have one.
    package func shiftLiterals(ofUop number: Int?) -> Bool {
        var found: Set<Int> = []
        let operations = number.map { $0...$0 } ?? 0...operationCount - 1
        for operation in operations {
            // Behind the immediates.
            let first = immediateCount(operation)
            for form in forms(ofUop: operation, .registers)
            where unsafe table.pointee.forms[form].literalInput != UInt8(UOP_NO_AXIS) {
                let places = unsafe Self.templates(of: form, table.pointee).flatMap(holes)
                found.formUnion(places.filter { unsafe holes[$0].target == .operand && holes[$0].index >= first })
            }
        }
        for hole in found { unsafe holes[hole].addend += 1 }
        return !found.isEmpty
    }

    /// Gives each of two registers the other's masks, for an axis of all forms of a uop (or of every one). Gives how
    /// many rows changed.
    package func exchangeMasks(ofUop number: Int?, axis: Int, _ a: Int, _ b: Int) -> Int {
        exchangeMasks(forms(ofUop: number, .registers).map { ($0, axis) }, [(a, b)])
    }

    /// The same for axes of forms, with several pairs of registers.
    func exchangeMasks(_ axes: [(form: Int, axis: Int)], _ pairs: [(Int, Int)]) -> Int {
        var copies: [UInt16: UInt16] = [:]
        var count = 0
        for (form, axis) in axes {
            let axisCount = unsafe Int(table.pointee.forms[form].axisCount)
            guard axis < axisCount else { continue }
            for template in unsafe Self.templates(of: form, table.pointee) {
                for chunk in unsafe 0..<Self.chunkCount(templates[template]) {
                    let place = unsafe Int(templates[template].masks) + chunk * axisCount + axis
                    let row = unsafe maskRows[place]
                    if copies[row] == nil {
                        let copy = copyOfMasks(Int(row))
                        copies[row] = copy
                        count += pairs.reduce(false) { exchange(Int(copy) + $1.0, Int(copy) + $1.1) || $0 } ? 1 : 0
                    }
                    unsafe maskRows[place] = copies[row]!
                }
            }
        }
        return count
    }

    /// A copy of a row of masks, behind all others.
    private func copyOfMasks(_ row: Int) -> UInt16 {
        let size = Int(UOP_AXIS_SIZE)
        precondition(maskCount + size <= UInt16.max, "masks are numbers of 16 bits")
        unsafe (masks + maskCount * Self.chunkSize).copyMemory(
            from: masks + row * Self.chunkSize, byteCount: size * Self.chunkSize)
        maskCount += size
        return UInt16(maskCount - size)
    }

    /// Whether that made a difference.
    private func exchange(_ a: Int, _ b: Int) -> Bool {
        let first = unsafe (masks + a * Self.chunkSize).assumingMemoryBound(to: UInt8.self)
        let second = unsafe (masks + b * Self.chunkSize).assumingMemoryBound(to: UInt8.self)
        let isChange = (0..<Self.chunkSize).contains { unsafe first[$0] != second[$0] }
        for byte in 0..<Self.chunkSize { unsafe swap(&first[byte], &second[byte]) }
        return isChange
    }

    #if arch(x86_64)
    /// Inverts the conditions of a uop (or of every one): the lowest bit of a conditional jump's or setcc's second byte.
    package func invertConditions(ofUop number: Int?, _ kind: Forms = .all) -> Bool {
        var count = 0
        for template in templates(ofUop: number, kind) {
            let row = unsafe templates[template]
            let bytes = unsafe (chunks + Int(row.chunk) * Self.chunkSize).assumingMemoryBound(to: UInt8.self)
            let cold = (Int(row.hotSize) + Self.chunkSize - 1) / Self.chunkSize * Self.chunkSize
            for fragment in [0..<Int(row.hotSize), cold..<cold + Int(row.coldSize)] {
                for index in fragment.dropFirst() {
                    let isCondition = unsafe bytes[index - 1] == 0x0F && [0x80, 0x90].contains(bytes[index] & 0xF0)
                    guard isCondition else { continue }
                    unsafe bytes[index] ^= 1
                    count += 1
                }
            }
        }
        return count > 0
    }
    #endif
}
