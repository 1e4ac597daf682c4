/// A growing run of plain values with one owner, like `GrowingBuffer` of the VM. It is here because generic code of
/// another module is not specialised: each append and each element would cost tens of nanoseconds, and a region is
/// nothing but such buffers.
@safe
package struct TapeBuffer<Element: BitwiseCopyable>: ~Copyable {
    private var base: UnsafeMutablePointer<Element>
    private var capacity: Int
    package private(set) var count = 0

    /// - Parameter capacity: elements that fit before memory is taken anew. Memory that was never written to is only
    ///   addresses.
    package init(capacity: Int) {
        self.capacity = max(4, capacity)
        unsafe base = .allocate(capacity: self.capacity)
    }

    deinit { unsafe base.deallocate() }

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

    /// Drops all, and takes memory for as many elements as are expected if there is less: nothing has to be copied.
    package mutating func removeAll(expecting newCapacity: Int) {
        count = 0
        if newCapacity <= capacity { return }
        unsafe base.deallocate()
        capacity = newCapacity
        unsafe base = .allocate(capacity: newCapacity)
    }

    /// Drops all but the first `newCount` elements.
    @inline(__always)
    package mutating func truncate(to newCount: Int) {
        precondition(UInt(bitPattern: newCount) <= UInt(bitPattern: count), "nothing is left to remove")
        count = newCount
    }

    @inline(__always)
    package subscript(index: Int) -> Element {
        get {
            precondition(UInt(bitPattern: index) < UInt(bitPattern: count), "index out of range")
            return unsafe base[index]
        }
        _modify {
            precondition(UInt(bitPattern: index) < UInt(bitPattern: count), "index out of range")
            yield unsafe &base[index]
        }
    }

    /// The elements where they are, until the next change.
    @unsafe
    package var pointer: UnsafeBufferPointer<Element> { unsafe UnsafeBufferPointer(start: base, count: count) }

    /// The elements as an array of their own.
    package var array: [Element] { unsafe Array(UnsafeBufferPointer(start: base, count: count)) }

    @inline(never)
    private mutating func grow() {
        let larger = UnsafeMutablePointer<Element>.allocate(capacity: 2 * capacity)
        unsafe larger.update(from: base, count: count)
        unsafe base.deallocate()
        unsafe base = larger
        capacity *= 2
    }
}
