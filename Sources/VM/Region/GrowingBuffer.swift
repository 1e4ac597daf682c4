/// A growing run of plain values with one owner. An array asks at every append whether it is shared;
/// lowering and planning append several times for each uop, and never share.
///
/// All of it is inlinable, and public for that reason only: generic code that other modules cannot see is not specialised for
/// them, and each element would cost tens of nanoseconds.
@safe
public struct GrowingBuffer<Element: BitwiseCopyable>: ~Copyable {
    @usableFromInline var base: UnsafeMutablePointer<Element>
    @usableFromInline var capacity: Int
    @usableFromInline let isOwner: Bool
    @usableFromInline var storedCount = 0

    @inlinable
    public var count: Int {
        @inline(__always) get { storedCount }
    }

    /// - Parameter capacity: elements that fit before memory is taken anew.
    @inlinable
    public init(capacity: Int) {
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

    @inlinable
    deinit { if isOwner { unsafe base.deallocate() } }

    @inlinable
    @inline(__always)
    public mutating func append(_ element: Element) {
        if count == capacity { grow() }
        unsafe (base + count).initialize(to: element)
        storedCount += 1
    }

    @inlinable
    @inline(__always)
    public mutating func removeLast() -> Element {
        precondition(count > 0, "nothing is left to remove")
        storedCount -= 1
        return unsafe base[count]
    }

    @inlinable
    @inline(__always)
    public mutating func removeAll() { storedCount = 0 }

    /// Drops all but the first `newCount` elements.
    @inlinable
    @inline(__always)
    public mutating func truncate(to newCount: Int) {
        precondition(UInt(bitPattern: newCount) <= UInt(bitPattern: count), "nothing is left to remove")
        storedCount = newCount
    }

    /// Becomes `newCount` times the same element.
    @inlinable
    public mutating func fill(_ newCount: Int, with element: Element) {
        if newCount > capacity {
            precondition(isOwner, "the memory lent to the buffer is too small")
            unsafe base.deallocate()
            capacity = max(newCount, 2 * capacity)
            unsafe base = .allocate(capacity: capacity)
        }
        unsafe base.update(repeating: element, count: newCount)
        storedCount = newCount
    }

    @inlinable
    @inline(__always)
    public subscript(index: Int) -> Element {
        get {
            precondition(UInt(bitPattern: index) < UInt(bitPattern: count), "index out of range")
            return unsafe base[index]
        }
        _modify {
            precondition(UInt(bitPattern: index) < UInt(bitPattern: count), "index out of range")
            yield unsafe &base[index]
        }
    }

    /// Drops all, and takes memory for as many elements as are expected if there is less: nothing has to be copied.
    @inlinable
    public mutating func removeAll(expecting newCapacity: Int) {
        storedCount = 0
        if newCapacity <= capacity { return }
        precondition(isOwner, "the memory lent to the buffer is too small")
        unsafe base.deallocate()
        capacity = newCapacity
        unsafe base = .allocate(capacity: newCapacity)
    }

    /// The elements where they are, until the next change.
    @inlinable
    public var pointer: UnsafeBufferPointer<Element> { unsafe UnsafeBufferPointer(start: base, count: count) }

    /// The elements as an array of their own.
    @inlinable
    public var array: [Element] { unsafe Array(UnsafeBufferPointer(start: base, count: count)) }

    @usableFromInline
    @inline(never)
    mutating func grow() {
        precondition(isOwner, "the memory lent to the buffer is too small")
        let larger = UnsafeMutablePointer<Element>.allocate(capacity: 2 * capacity)
        unsafe larger.update(from: base, count: count)
        unsafe base.deallocate()
        unsafe base = larger
        capacity *= 2
    }
}
