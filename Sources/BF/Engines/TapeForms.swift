import CStencils
import UopRuntime

/// The forms of the uops that BF programs are made of, by what they do.
struct TapeForms {
    /// Value in a register; the pointer.
    let load: Int
    /// The pointer; value in a register, or a literal.
    let store: LiteralForms
    /// The same, adding to the cell.
    let addToCell: LiteralForms
    let subtractFromCell: Int
    let storeInput: Int
    let jumpIfZero: Int
    let jumpIfNotZero: Int
    /// Found; the pointer.
    let scanUp: Int
    let scanDown: Int
    let scanFar: Int
    let check: Int

    // Of all widths: result, left, right or a literal.
    let add: LiteralForms
    let subtract: LiteralForms
    let multiply: LiteralForms
    let constant: Int
    let copy: Int
    let loadWord: Int
    let storeWord: Int

    // Out of line, or with values in the frame.
    let pollInterrupt: Int
    let pollFuel: Int
    let jump: Int
    let leave: Int
    let exit: Int
    let callWithOne: Int
    let callWithTwo: Int
    let callForValue: Int

    /// Nil where the library has no machine code, or lacks the base set.
    init?(_ library: StencilLibrary, _ bits: CellBits) {
        guard library.hasMachineCode else { return nil }
        var isComplete = true
        func find(_ name: String) -> UopPlace? {
            let place = UopPlace(name, library)
            if place == nil { isComplete = false }
            return place
        }
        func plain(_ name: String) -> Int { find(name)?.plainForm ?? 0 }
        func frame(_ name: String) -> Int { find(name)?.frameForm ?? 0 }
        func literal(_ name: String) -> LiteralForms { LiteralForms(find(name)) }
        let cell = "_CELL\(bits.rawValue)_"
        load = plain(cell + "LOAD")
        store = literal(cell + "STORE")
        addToCell = literal(cell + "ADD")
        subtractFromCell = plain(cell + "SUBTRACT")
        storeInput = plain(cell + "STORE_INPUT")
        jumpIfZero = plain("_VALUE\(bits.rawValue)_JUMP_IF_ZERO")
        jumpIfNotZero = plain("_VALUE\(bits.rawValue)_JUMP_IF_NOT_ZERO")
        scanUp = plain(cell + "SCAN_UP")
        scanDown = plain(cell + "SCAN_DOWN")
        scanFar = plain(cell + "SCAN_FAR")
        check = plain("_CELL_CHECK")
        add = literal("_I64_ADD")
        subtract = literal("_I64_SUB")
        multiply = literal("_I64_MUL")
        constant = plain("_I64_CONST")
        copy = plain("_COPY")
        loadWord = plain("_LOAD_FAST")
        storeWord = plain("_STORE_FAST")
        pollInterrupt = plain("_POLL_INTERRUPT")
        pollFuel = plain("_POLL_FUEL")
        jump = plain("_JUMP")
        leave = plain("_EXIT_TRACE")
        exit = library.form(of: .exit)
        callWithOne = frame("_CALL_1")
        callWithTwo = frame("_CALL_2")
        callForValue = frame("_CALL_0_VALUE")
        if !isComplete { return nil }
    }
}

/// A uop's forms in its table.
struct UopPlace {
    let forms: [UopForm]
    /// The number of the first in the library.
    let first: Int
    let frameCount: Int

    init?(_ name: String, _ library: StencilLibrary) {
        var firstForm = 0
        for unsafe (set, table) in unsafe zip(library.sets, library.tables) {
            if let uop = unsafe Self.number(of: name, in: set) {
                let operation = unsafe table.pointee.operations[uop]
                let start = Int(operation.first)
                first = firstForm + start
                frameCount = Int(operation.frameCount)
                forms = (start..<start + Int(operation.count)).map { unsafe table.pointee.forms[$0] }
                return
            }
            firstForm += Int(unsafe table.pointee.formCount)
        }
        return nil
    }

    /// Uops are sorted by name.
    static func number(of name: String, in set: UnsafePointer<UopStencilSet>) -> Int? {
        var (low, high) = (0, Int(unsafe set.pointee.uopCount))
        while low < high {
            let middle = (low + high) / 2
            let order = unsafe name.withCString { unsafe uop_compare_names($0, set.pointee.uops[middle].name) }
            if order == 0 { return middle }
            if order < 0 { high = middle } else { low = middle + 1 }
        }
        return nil
    }

    var frameForm: Int? { frameCount > 0 ? first : nil }

    /// The first form with all values in integer registers.
    var plainForm: Int? {
        forms.indices.dropFirst(frameCount).first { index in
            let form = forms[index]
            let floats = form.axisIsFloat.0 | form.axisIsFloat.1 | form.axisIsFloat.2
            return form.literalInput == UInt8(UOP_NO_AXIS) && floats == 0
        }.map { first + $0 }
    }

    var literalForms: [(number: Int, form: UopForm)] {
        forms.indices.filter { forms[$0].literalInput != UInt8(UOP_NO_AXIS) }.map { (first + $0, forms[$0]) }
    }
}

/// A uop whose last input is a register, or a literal in the code.
struct LiteralForms {
    let plain: Int
    private let literals: [(number: Int, form: UopForm)]
    /// For literals of -128 ... 127: the form; 0 where there is none.
    private let short: [UInt32]

    fileprivate init(_ place: UopPlace?) {
        plain = place?.plainForm ?? 0
        let literals = place?.literalForms ?? []
        self.literals = literals
        short = (-128...127).map { value in
            UInt32(literals.first { Self.accepts($0.form, value) }?.number ?? 0)
        }
    }

    private static func accepts(_ form: UopForm, _ value: Int) -> Bool {
        guard value >= Int(form.lowest), value <= Int(form.highest) else { return false }
        return value < -1 || value > 6 || form.excluded >> UInt8(value + 1) & 1 == 0
    }

    /// The form that has this literal in its code; nil where none takes it.
    @inline(__always)
    func form(for value: Int) -> Int? {
        if value >= -128, value <= 127 {
            let number = short[value + 128]
            return number == 0 ? nil : Int(number)
        }
        return literals.first { Self.accepts($0.form, value) }?.number
    }
}
