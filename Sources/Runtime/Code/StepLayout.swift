import CStencils

/// Each step's template, and where its fragments begin. Memory that is used again.
@safe
struct StepLayout: ~Copyable {
    @safe
    struct Row {
        var template: UnsafePointer<UopTemplate>
        var form: UnsafePointer<EmissionForm>
        var offset: UInt32
        /// Of the cold fragment; only known once it is written, and 0 where there is none.
        var cold: UInt32
    }

    /// Frees the rows. A class: Embedded Swift does not find the deinit of a noncopyable struct from another module.
    @safe
    private final class Owner {
        let rows: UnsafeMutablePointer<Row>

        init(capacity: Int) { unsafe rows = .allocate(capacity: capacity) }

        deinit { unsafe rows.deallocate() }
    }

    private var owner: Owner
    /// As long as nothing is appended.
    private(set) var rows: UnsafeMutablePointer<Row>
    private var capacity = 64
    private(set) var count = 0
    private var endOffset = 0

    init() {
        owner = Owner(capacity: capacity)
        unsafe rows = owner.rows
    }

    /// Forgets what there was, and makes room for so many steps.
    mutating func begin(capacity wanted: Int) {
        count = 0
        guard wanted > capacity else { return }
        capacity = wanted
        owner = Owner(capacity: wanted)
        unsafe rows = owner.rows
    }

    /// At most as many as `begin` was told.
    @inline(__always)
    mutating func append(offset: Int, template: UnsafePointer<UopTemplate>, form: UnsafePointer<EmissionForm>) {
        precondition(count < capacity, "more steps than the layout was made for")
        unsafe (rows + count).initialize(
            to: Row(template: template, form: form, offset: UInt32(truncatingIfNeeded: offset), cold: 0))
        count += 1
    }

    /// Notes where the cold fragment of a step is.
    mutating func setCold(_ offset: Int, of step: Int) {
        precondition(UInt(bitPattern: step) < UInt(bitPattern: count), "there is no such step")
        unsafe rows[step].cold = UInt32(truncatingIfNeeded: offset)
    }

    mutating func end(offset: Int) { endOffset = offset }

    @inline(__always)
    func offset(of step: Int) -> Int {
        if UInt(bitPattern: step) < UInt(bitPattern: count) { return unsafe Int(rows[step].offset) }
        precondition(step == count, "there is no such step")
        return endOffset
    }

    @inline(__always)
    func row(of step: Int) -> Row {
        precondition(UInt(bitPattern: step) < UInt(bitPattern: count), "there is no such step")
        return unsafe rows[step]
    }
}
