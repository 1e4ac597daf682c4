/// A growing run of plain values with one owner. An array asks at every append whether it is shared;
/// lowering and planning append several times for each uop, and never share.
@safe
package struct GrowingBuffer<Element: BitwiseCopyable>: ~Copyable {
    private var base: UnsafeMutablePointer<Element>
    private var capacity: Int
    private let isOwner: Bool
    package private(set) var count = 0

    /// - Parameter capacity: elements that fit before memory is taken anew.
    package init(capacity: Int) {
        self.capacity = max(4, capacity)
        isOwner = true
        unsafe base = .allocate(capacity: self.capacity)
    }

    /// Grows in memory of somebody else, which must be enough, and must outlive the buffer.
    @unsafe
    init(in memory: UnsafeMutableBufferPointer<Element>) {
        capacity = memory.count
        isOwner = false
        guard let address = memory.baseAddress else { preconditionFailure("a buffer was lent no memory") }
        unsafe base = address
    }

    deinit { if isOwner { unsafe base.deallocate() } }

    @inline(__always)
    package mutating func append(_ element: Element) {
        if count == capacity { grow() }
        unsafe (base + count).initialize(to: element)
        count += 1
    }

    @inline(__always)
    package mutating func removeLast() -> Element {
        precondition(count > 0, "nothing is left to remove")
        count -= 1
        return unsafe base[count]
    }

    @inline(__always)
    package mutating func removeAll() { count = 0 }

    /// Drops all but the first `newCount` elements.
    @inline(__always)
    package mutating func truncate(to newCount: Int) {
        precondition(UInt(bitPattern: newCount) <= UInt(bitPattern: count), "nothing is left to remove")
        count = newCount
    }

    /// Becomes `newCount` times the same element.
    package mutating func fill(_ newCount: Int, with element: Element) {
        if newCount > capacity {
            precondition(isOwner, "the memory lent to the buffer is too small")
            unsafe base.deallocate()
            capacity = max(newCount, 2 * capacity)
            unsafe base = .allocate(capacity: capacity)
        }
        unsafe base.update(repeating: element, count: newCount)
        count = newCount
    }

    @inline(__always)
    package subscript(index: Int) -> Element {
        get {
            precondition(UInt(bitPattern: index) < UInt(bitPattern: count), "index out of range")
            return unsafe base[index]
        }
        set {
            precondition(UInt(bitPattern: index) < UInt(bitPattern: count), "index out of range")
            unsafe base[index] = newValue
        }
    }

    /// The elements where they are, until the next change.
    package var pointer: UnsafeBufferPointer<Element> { unsafe UnsafeBufferPointer(start: base, count: count) }

    /// The elements as an array of their own.
    package var array: [Element] { unsafe Array(UnsafeBufferPointer(start: base, count: count)) }

    @inline(never)
    private mutating func grow() {
        precondition(isOwner, "the memory lent to the buffer is too small")
        let larger = UnsafeMutablePointer<Element>.allocate(capacity: 2 * capacity)
        unsafe larger.update(from: base, count: count)
        unsafe base.deallocate()
        unsafe base = larger
        capacity *= 2
    }
}
