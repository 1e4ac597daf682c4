/// A growing run of plain values in memory that is used again.
@safe
struct ScratchBuffer<Element: BitwiseCopyable>: ~Copyable {
    /// Frees the memory. A class: Embedded Swift does not find the deinit of a noncopyable struct from another module.
    @safe
    private final class Owner {
        let address: UnsafeMutablePointer<Element>

        init(capacity: Int) { unsafe address = .allocate(capacity: capacity) }

        deinit { unsafe address.deallocate() }
    }

    private var owner: Owner
    /// Until the buffer grows.
    private(set) var address: UnsafeMutablePointer<Element>
    private(set) var capacity: Int
    private(set) var count = 0

    init(capacity: Int) {
        self.capacity = max(1, capacity)
        owner = Owner(capacity: self.capacity)
        unsafe address = owner.address
    }

    @inline(__always)
    mutating func append(_ element: Element) {
        if count == capacity { reserve(2 &* capacity) }
        unsafe (address + count).initialize(to: element)
        count &+= 1
    }

    /// Drops all but the first `newCount`.
    @inline(__always)
    mutating func truncate(to newCount: Int) { count = min(count, max(0, newCount)) }

    /// Becomes `newCount` times the same element.
    mutating func fill(_ newCount: Int, with element: Element) {
        count = 0
        reserve(newCount)
        unsafe address.update(repeating: element, count: newCount)
        count = newCount
    }

    @inline(__always)
    subscript(index: Int) -> Element {
        get {
            precondition(UInt(bitPattern: index) < UInt(bitPattern: count), "index out of range")
            return unsafe address[index]
        }
        set {
            precondition(UInt(bitPattern: index) < UInt(bitPattern: count), "index out of range")
            unsafe address[index] = newValue
        }
    }

    /// Makes room for so many elements; those that are there stay.
    mutating func reserve(_ wanted: Int) { reserve(wanted, keeping: count) }

    /// The same; the first `kept` stay, whether or not they are counted.
    @inline(never)
    mutating func reserve(_ wanted: Int, keeping kept: Int) {
        guard wanted > capacity else { return }
        let larger = Owner(capacity: wanted)
        unsafe larger.address.update(from: address, count: min(kept, capacity))
        owner = larger
        unsafe address = larger.address
        capacity = wanted
    }
}
