import CStencils
import UopRuntime

/// A form as register assignment looks at it.
struct FormShape: BitwiseCopyable {
    static let none: UInt8 = 0xFF

    let axisCount: UInt8
    /// By axis: bit set where it is one of float registers.
    let floatAxes: UInt8
    /// By input: its axis, or `none` for the literal.
    let inputAxes: (UInt8, UInt8, UInt8)
    /// By output: its axis; one that an input has, too, is overwritten.
    let outputAxes: (UInt8, UInt8, UInt8)
    let literalInput: UInt8
    private let excluded: UInt8
    private let lowest: Int32
    private let highest: Int32

    init(_ form: UopForm) {
        axisCount = form.axisCount
        floatAxes = (form.axisIsFloat.0 & 1) | (form.axisIsFloat.1 & 1) << 1 | (form.axisIsFloat.2 & 1) << 2
        inputAxes = form.inputAxes
        outputAxes = form.outputAxes
        literalInput = form.literalInput
        excluded = form.excluded
        lowest = form.lowest
        highest = form.highest
    }

    /// Whether the literal's field takes a value.
    func accepts(_ word: UInt64) -> Bool {
        let value = Int64(bitPattern: word)
        guard value >= Int64(lowest), value <= Int64(highest) else { return false }
        return value < -1 || value > 6 || excluded >> UInt8(value + 1) & 1 == 0
    }

    func inputAxis(_ input: Int) -> UInt8 { input == 0 ? inputAxes.0 : input == 1 ? inputAxes.1 : inputAxes.2 }
    func outputAxis(_ output: Int) -> UInt8 { output == 0 ? outputAxes.0 : output == 1 ? outputAxes.1 : outputAxes.2 }
    func isFloat(_ axis: UInt8) -> Bool { floatAxes >> axis & 1 != 0 }
}

/// What can be emitted for a uop or a fusion: forms by number, and what assignment must know of it.
struct OperationForms: BitwiseCopyable {
    /// The form with values in the frame; -1 for fusions.
    let frame: Int32
    /// Forms with values in registers, one for each choice of classes of its variables, narrow ones only.
    let firstPlain: Int32
    let plainCount: Int16
    /// Every how many forms a plain one comes: two where there are wide ones.
    let plainStride: Int16
    let firstLiteral: Int32
    let literalCount: Int16
    let flags: UopFlags
    let inputCount: UInt8
    /// Values that it makes: none for guards.
    let outputCount: UInt8
    let operandCount: UInt8
    /// Fusions: the two uops.
    let first: UInt16
    let second: UInt16
}

/// The forms of a library's uops and fusions. Operations are numbered: uops as in the catalog, then fusions.
struct FormCatalog: ~Copyable {
    private(set) var operations = GrowingBuffer<OperationForms>(capacity: 512)
    private(set) var shapes = GrowingBuffer<FormShape>(capacity: 1024)
    let uopCount: Int
    /// By first uop: where its fusions begin in `fusions`, which is sorted by it.
    private var firstFusion: [Int32] = []
    private var fusions: [(second: UInt16, operation: UInt16)] = []

    let move: MoveForms
    /// By uop: the one that jumps where it does not; itself where there is none.
    private(set) var inverses: [UInt16] = []
    /// The uop that just jumps.
    let jump: Int

    init(_ library: StencilLibrary, _ catalog: UopCatalog) {
        var operations = GrowingBuffer<OperationForms>(capacity: 512)
        var shapes = GrowingBuffer<FormShape>(capacity: 1024)
        var pairs: [(first: UInt16, second: UInt16)] = []
        for unsafe table in unsafe library.tables {
            for form in 0..<Int(unsafe table.pointee.formCount) { unsafe shapes.append(FormShape(table.pointee.forms[form])) }
        }
        var uop = 0
        var firstForm = 0
        for unsafe (set, table) in unsafe zip(library.sets, library.tables) {
            for index in 0..<Int(unsafe set.pointee.uopCount) {
                let shape = catalog.shapes[uop]
                let forms = unsafe table.pointee.operations[index]
                operations.append(
                    unsafe Self.operation(
                        forms, table, firstForm, flags: shape.flags, inputs: shape.inputCount,
                        outputs: shape.flags.contains(.guards) ? 0 : shape.outputCount, operands: shape.operandCount))
                uop += 1
            }
            firstForm += Int(unsafe table.pointee.formCount)
        }
        var firstUop = 0
        firstForm = 0
        for unsafe (set, table) in unsafe zip(library.sets, library.tables) {
            for index in 0..<Int(unsafe table.pointee.fusionCount) {
                let fusion = unsafe table.pointee.fusions[index]
                let (first, second) = (firstUop + Int(fusion.first), firstUop + Int(fusion.second))
                let (a, b) = (catalog.shapes[first], catalog.shapes[second])
                operations.append(
                    unsafe Self.operation(
                        table.pointee.operations[Int(set.pointee.uopCount) + index], table, firstForm,
                        flags: a.flags.union(b.flags), inputs: a.inputCount + b.inputCount - 1,
                        outputs: b.flags.contains(.guards) ? 0 : b.outputCount, operands: a.operandCount + b.operandCount,
                        first: first, second: second))
                pairs.append((UInt16(truncatingIfNeeded: first), UInt16(truncatingIfNeeded: second)))
            }
            firstUop += Int(unsafe set.pointee.uopCount)
            firstForm += Int(unsafe table.pointee.formCount)
        }
        let uopCount = catalog.uops.count
        var firstFusion = Array(repeating: Int32(0), count: uopCount + 1)
        let sorted = pairs.indices.sorted { pairs[$0].first < pairs[$1].first }
        for index in sorted { firstFusion[Int(pairs[index].first) + 1] += 1 }
        for index in 0..<uopCount { firstFusion[index + 1] += firstFusion[index] }
        fusions = sorted.map { (pairs[$0].second, UInt16(truncatingIfNeeded: uopCount + $0)) }
        self.firstFusion = firstFusion
        inverses = Self.inverses(library)
        let jump = catalog.uops.indices.first { catalog.shapes[$0].isJump && catalog.uops[$0].operands == [.LABEL] }
        self.jump = jump ?? 0
        self.uopCount = uopCount
        move = MoveForms(operations, shapes, catalog, library, jump: jump)
        self.operations = operations
        self.shapes = shapes
    }

    private static func operation(
        _ forms: UopForms, _ table: UnsafePointer<UopStencilTable>, _ firstForm: Int, flags: UopFlags, inputs: Int,
        outputs: Int, operands: Int, first: Int = 0, second: Int = 0
    ) -> OperationForms {
        let start = Int(forms.first)
        var plain = 0
        var literals = 0
        var isWide = false
        for index in Int(forms.frameCount)..<Int(forms.count) {
            let form = unsafe table.pointee.forms[start + index]
            if form.literalInput != UInt8(UOP_NO_AXIS) {
                literals += 1
            } else if form.isWide != 0 {
                isWide = true
            } else {
                plain += 1
            }
        }
        let firstPlain = firstForm + start + Int(forms.frameCount)
        return OperationForms(
            frame: forms.frameCount == 0 ? -1 : Int32(firstForm + start), firstPlain: Int32(firstPlain), plainCount: Int16(plain),
            plainStride: isWide ? 2 : 1, firstLiteral: Int32(firstForm + start + Int(forms.count) - literals),
            literalCount: Int16(literals), flags: flags, inputCount: UInt8(inputs), outputCount: UInt8(outputs),
            operandCount: UInt8(operands), first: UInt16(truncatingIfNeeded: first), second: UInt16(truncatingIfNeeded: second))
    }

    /// The operation that jumps where this one does not, of uops and of fusions that end in one; nil where there is none.
    func inverse(of operation: UInt16) -> UInt16? {
        if Int(operation) < uopCount {
            let inverse = inverses[Int(operation)]
            return inverse == operation ? nil : inverse
        }
        let forms = operations[Int(operation)]
        let inverse = inverses[Int(forms.second)]
        return inverse == forms.second ? nil : fusion(Int(forms.first), Int(inverse))
    }

    private static func inverses(_ library: StencilLibrary) -> [UInt16] {
        var result: [UInt16] = []
        for unsafe set in unsafe library.sets {
            let first = result.count
            for index in 0..<Int(unsafe set.pointee.uopCount) {
                unsafe result.append(UInt16(truncatingIfNeeded: first + Int(set.pointee.uops[index].inverse)))
            }
        }
        return result
    }

    /// The operation that two uops become, or nil.
    func fusion(_ first: Int, _ second: Int) -> UInt16? {
        for index in Int(firstFusion[first])..<Int(firstFusion[first + 1]) where Int(fusions[index].second) == second {
            return fusions[index].operation
        }
        return nil
    }
}

/// Forms that only move words, which assignment inserts.
struct MoveForms: BitwiseCopyable {
    /// Register to register; word of the frame to register; register to word of the frame; literal to register.
    private let copies: (Int32, Int32)
    private let loads: (Int32, Int32)
    private let stores: (Int32, Int32)
    private let constants: (Int32, Int32)
    /// Word of the frame to word of the frame.
    let frameToFrame: Int32
    let exit: Int32
    let jump: Int32

    func copy(isFloat: Bool) -> Int32 { isFloat ? copies.1 : copies.0 }
    func load(isFloat: Bool) -> Int32 { isFloat ? loads.1 : loads.0 }
    func store(isFloat: Bool) -> Int32 { isFloat ? stores.1 : stores.0 }
    func constant(isFloat: Bool) -> Int32 { isFloat ? constants.1 : constants.0 }

    fileprivate init(
        _ operations: borrowing GrowingBuffer<OperationForms>, _ shapes: borrowing GrowingBuffer<FormShape>,
        _ catalog: UopCatalog, _ library: StencilLibrary, jump: Int?
    ) {
        // As the tables say: what is believed of the uops may be something else.
        var flags: [UopFlags] = []
        for unsafe set in unsafe library.sets {
            for index in 0..<Int(unsafe set.pointee.uopCount) {
                unsafe flags.append(UopFlags(rawValue: set.pointee.uops[index].flags))
            }
        }
        /// The form of the first uop that is as wanted, with its first axis of a class; -1 where the library lacks it:
        /// then there is no base set, and lowering has refused.
        func form(_ isFloat: Bool, _ isWanted: (UopCatalog.Uop, UopFlags) -> Bool) -> Int32 {
            guard let uop = catalog.uops.indices.first(where: { isWanted(catalog.uops[$0], flags[$0]) }) else { return -1 }
            let forms = operations[uop]
            for index in 0..<Int32(forms.plainCount) {
                let number = forms.firstPlain + index * Int32(forms.plainStride)
                if shapes[Int(number)].isFloat(0) == isFloat { return number }
            }
            return -1
        }
        func pair(_ isWanted: (UopCatalog.Uop, UopFlags) -> Bool) -> (Int32, Int32) { (form(false, isWanted), form(true, isWanted)) }
        copies = pair { $1.contains([.moves, .internal]) && $0.inputs.count == 1 && $0.outputs.count == 1 && $0.operands.isEmpty }
        loads = pair { $1.contains(.moves) && $0.inputs.isEmpty && $0.operands == [.LOCAL_READ] }
        stores = pair { $1.contains(.moves) && $0.outputs.isEmpty && $0.operands == [.LOCAL_WRITE] }
        constants = (
            form(false) { $1.contains(.constant) && $0.operands == [.IMM_I64] },
            form(true) { $1.contains(.constant) && $0.operands == [.IMM_F64] }
        )
        frameToFrame = Int32(library.form(of: .move))
        exit = Int32(library.form(of: .exit))
        self.jump = jump.map { operations[$0].firstPlain } ?? -1
    }
}
