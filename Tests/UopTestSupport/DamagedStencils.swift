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
    private let set: UnsafeMutablePointer<UopStencilSet>
    private let table: UnsafeMutablePointer<UopStencilTable>
    private let templates: UnsafeMutablePointer<UopTemplate>
    private let holes: UnsafeMutablePointer<UopHole>
    /// Each template's own, so that damage does not reach others that had the same code.
    private let chunks: UnsafeMutableRawPointer
    private let masks: UnsafeMutableRawPointer
    private let level: UopLevel
    private static let chunkSize = Int(UOP_CHUNK)

    /// Which forms of a uop are meant.
    package enum Forms {
        case frame, registers, all
    }

    /// - Parameters:
    ///   - original: a set with machine code for this host; nil is returned for one without.
    ///   - level: the level to copy; nil for what the processor can.
    package init?(_ original: UnsafePointer<UopStencilSet>, level: UopLevel? = nil) {
        guard let level = unsafe level ?? (try? StencilLibrary([original]))?.level,
            let source = unsafe original.pointee.table(Int(level.rawValue))
        else { return nil }
        func copy<Element>(_ source: UnsafePointer<Element>, _ count: Int) -> UnsafeMutablePointer<Element> {
            let result = UnsafeMutablePointer<Element>.allocate(capacity: max(1, count))
            unsafe result.initialize(from: source, count: count)
            return unsafe result
        }
        self.level = level
        let templateCount = unsafe Int(source.pointee.templateCount)
        unsafe templates = copy(source.pointee.templates, templateCount)
        unsafe holes = copy(source.pointee.holes, Int(source.pointee.holeCount))
        unsafe chunks = Self.separateChunks(source.pointee, templates, templateCount)
        let maskBytes = unsafe (Self.lastMask(source.pointee) + Int(UOP_AXIS_SIZE)) * Self.chunkSize
        unsafe masks = .allocate(byteCount: maskBytes, alignment: Self.chunkSize)
        unsafe masks.copyMemory(from: UnsafeRawPointer(source.pointee.masks!), byteCount: maskBytes)
        unsafe table = copy(source, 1)
        unsafe table.pointee.templates = UnsafePointer(templates)
        unsafe table.pointee.holes = UnsafePointer(holes)
        // These fields point to arrays of 16, whose type has no name in Swift.
        unsafe withUnsafeMutablePointer(to: &table.pointee.chunks) { [chunks] field in
            unsafe UnsafeMutableRawPointer(field).storeBytes(of: UnsafeRawPointer(chunks), as: UnsafeRawPointer.self)
        }
        unsafe withUnsafeMutablePointer(to: &table.pointee.masks) { [masks] field in
            unsafe UnsafeMutableRawPointer(field).storeBytes(of: UnsafeRawPointer(masks), as: UnsafeRawPointer.self)
        }
        unsafe set = copy(original, 1)
        let pointer = unsafe UnsafePointer(table)
        unsafe set.pointee.tables = level == .BASELINE ? (pointer, nil) : (nil, pointer)
    }

    deinit {
        unsafe set.deallocate()
        unsafe table.deallocate()
        unsafe templates.deallocate()
        unsafe holes.deallocate()
        unsafe chunks.deallocate()
        unsafe masks.deallocate()
    }

    package func library() throws(StencilSetError) -> StencilLibrary {
        try unsafe StencilLibrary([UnsafePointer(set)], level: level)
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

    /// The templates of a uop's forms: their numbers in the table.
    private func templates(ofUop number: Int, _ kind: Forms) -> [Int] {
        let operation = unsafe table.pointee.operations[number]
        let forms = Int(operation.first)..<Int(operation.first) + Int(operation.count)
        let chosen =
            switch kind {
            case .frame: forms.prefix(Int(operation.frameCount))
            case .registers: forms.dropFirst(Int(operation.frameCount))
            case .all: forms
            }
        return chosen.flatMap { unsafe Self.templates(of: $0, table.pointee).map { $0 } }
    }

    /// The holes of a template: their places in the table.
    private func holes(ofTemplate number: Int) -> [Int] {
        let template = unsafe templates[number]
        let count = Int(template.hotHoleCount) + Int(template.coldHoleCount)
        return Array(Int(template.firstHole)..<Int(template.firstHole) + count)
    }

    private func holes(ofUop number: Int, _ kind: Forms = .all) -> [Int] {
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

    /// Lets a uop go on where it should exit.
    package func ignoreExits(ofUop number: Int) -> Bool {
        let found = holes(ofUop: number).filter { unsafe holes[$0].target == .exit }
        for hole in found {
            unsafe holes[hole].target = .continuation
            unsafe holes[hole].index = 0
        }
        return !found.isEmpty
    }

    /// Changes the literals of a uop's forms with a literal in the code: what is stored is one more.
    package func shiftLiterals(ofUop number: Int) -> Bool {
        let operation = unsafe table.pointee.operations[number]
        var count = 0
        for form in Int(operation.first)..<Int(operation.first) + Int(operation.count) {
            guard unsafe table.pointee.forms[form].literalInput != UInt8(UOP_NO_AXIS) else { continue }
            for hole in unsafe Self.templates(of: form, table.pointee).flatMap(holes)
            where unsafe holes[hole].kind == .absolute8Signed || holes[hole].kind == .absolute32Signed {
                unsafe holes[hole].addend += 1
                count += 1
            }
        }
        return count > 0
    }

    /// Flips the lowest bit of the masks for a register, in all rows of an axis that a uop's register forms use.
    /// Rows are shared: other uops are damaged alike. Gives how many masks changed.
    package func damageMasks(ofUop number: Int, axis: Int, register: Int) -> Int {
        let operation = unsafe table.pointee.operations[number]
        var places: Set<Int> = []
        for form in Int(operation.first) + Int(operation.frameCount)..<Int(operation.first) + Int(operation.count) {
            let row = unsafe table.pointee.forms[form]
            guard axis < Int(row.axisCount) else { continue }
            for template in unsafe Self.templates(of: form, table.pointee) {
                for chunk in unsafe 0..<Self.chunkCount(templates[template]) {
                    let place = unsafe Int(templates[template].masks) + chunk * Int(row.axisCount) + axis
                    places.insert(unsafe (Int(table.pointee.maskRows[place]) + register) * Self.chunkSize)
                }
            }
        }
        var count = 0
        for place in places {
            // The first byte that the mask changes; an empty mask is of a register that changes nothing here.
            let bytes = unsafe (masks + place).assumingMemoryBound(to: UInt8.self)
            guard let byte = (0..<Self.chunkSize).first(where: { unsafe bytes[$0] != 0 }) else { continue }
            unsafe bytes[byte] ^= UInt8(1) << UInt8(bytes[byte].trailingZeroBitCount)
            count += 1
        }
        return count
    }

    #if arch(x86_64)
    /// Inverts the conditions of a uop: the lowest bit of a conditional jump's or setcc's second byte.
    package func invertConditions(ofUop number: Int) -> Bool {
        var count = 0
        for template in templates(ofUop: number, .all) {
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
