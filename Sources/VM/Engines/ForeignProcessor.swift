import CStencils
import UopRuntime

/// A processor of another instruction set that executes what is compiled here: emulated, or at the other end of a pipe.
///
/// It has memory of its own. Code is loaded once; what a run may change is taken there before the run and back behind it, and
/// helpers are called here.
package protocol ForeignProcessor: AnyObject {
    /// Bytes of a pointer.
    var pointerSize: Int { get }
    /// Where code may lie, and where a run's data may.
    var codeAddresses: Range<UInt64> { get }
    var dataAddresses: Range<UInt64> { get }
    /// The C function there (`UopHelperFunction`) whose context is the number of a helper here.
    var helperFunction: UInt64 { get }
    /// The C function there that stencils call by name; nil where it has none.
    func address(of name: String) -> UInt64?
    /// Writes code, and makes it executable.
    func load(_ code: [UInt8], at address: UInt64) throws(ForeignProcessorError)
    /// Calls `function(frame, code)` with this data at the beginning of `dataAddresses`, and gives the data as it is
    /// afterwards.
    ///
    /// - Parameter helper: is handed a helper's number and three words.
    func call(
        _ function: UInt64, frame: UInt64, code: UInt64, data: [UInt8], helper: (Int, [UInt64]) -> ForeignHelperAnswer
    ) throws(ForeignProcessorError) -> [UInt8]
}

/// What a helper has done for another processor.
package struct ForeignHelperAnswer {
    /// 0, or the status with which the calling uop leaves.
    package var status: Int64
    package var result: UInt64
    /// What the frame's `floor` is from now on: a helper may stop the run.
    package var floor: Int64

    package init(status: Int64, result: UInt64, floor: Int64) {
        self.status = status
        self.result = result
        self.floor = floor
    }
}

/// The other processor does not answer, or what was to be run there does not fit.
package struct ForeignProcessorError: Error, Sendable, CustomStringConvertible {
    package let description: String

    package init(_ description: String) { self.description = description }
}

/// Data as another processor has it: runs of bytes, one behind the other, at the beginning of its data.
package struct ForeignImage {
    package private(set) var bytes: [UInt8] = []
    private let base: UInt64

    package init(for processor: any ForeignProcessor) { base = processor.dataAddresses.lowerBound }

    /// Adds bytes, and returns where they begin, from the beginning of the image.
    package mutating func append(_ more: [UInt8]) -> Int {
        bytes += [UInt8](repeating: 0, count: (16 - bytes.count % 16) % 16)
        defer { bytes += more }
        return bytes.count
    }

    /// The address there of a place in the image.
    package func address(_ offset: Int) -> UInt64 { base + UInt64(offset) }

    /// Stores a word that must be another there: an address.
    package mutating func store(_ word: UInt64, at offset: Int) {
        for byte in 0..<8 { bytes[offset + byte] = UInt8(truncatingIfNeeded: word >> UInt64(8 * byte)) }
    }

    /// Addresses as an array of pointers.
    package static func pointers(_ addresses: [UInt64], size: Int) -> [UInt8] {
        addresses.flatMap { address in (0..<size).map { UInt8(truncatingIfNeeded: address >> UInt64(8 * $0)) } }
    }
}

extension CodeArena.Options {
    /// For code that runs on another processor.
    package init(for processor: any ForeignProcessor) {
        self.init()
        foreignAddress = processor.codeAddresses.lowerBound
        mappedByteLimit = Int(processor.codeAddresses.upperBound - processor.codeAddresses.lowerBound)
    }
}

extension Machine {
    /// What a run on another processor needs: memory with addresses as they are there.
    ///
    /// - Parameters:
    ///   - usedSpills: words of those that registers may be kept in which the code uses.
    ///   - exitTargets: addresses there.
    ///   - helperEntry: the bridge to helpers, where code needs one (`Bridges.helperEntry`).
    package func foreignImage(
        for processor: any ForeignProcessor, usedSpills: Int, exitTargets: [UInt64], helperEntry: UInt64? = nil
    ) -> (image: ForeignImage, places: ForeignPlaces) {
        var image = ForeignImage(for: processor)
        let frameByteCount = layout.spill(usedSpills)
        let frameBytes = unsafe Array(UnsafeRawBufferPointer(start: frame, count: frameByteCount))
        let frameOffset = image.append(frameBytes)
        let bufferOffsets = unsafe foreignMemories.map { unsafe image.append(Array($0)) }
        let targets = image.append(ForeignImage.pointers(exitTargets, size: processor.pointerSize))
        func store(_ path: PartialKeyPath<UopFrame>, _ offset: Int) {
            guard let field = unsafe MemoryLayout<UopFrame>.offset(of: path) else { return }
            image.store(image.address(offset), at: frameOffset + field)
        }
        unsafe store(\.exitTargets, targets)
        unsafe store(\.iterators, bufferOffsets[0])
        unsafe store(\.counters, bufferOffsets[1])
        for index in program.buffers.indices {
            image.store(image.address(bufferOffsets[2 + index]), at: frameOffset + layout.buffer(index))
        }
        if program.tape != nil { unsafe store(\.tape, bufferOffsets[2 + program.buffers.count]) }
        for index in program.helpers.indices {
            let descriptor = frameOffset + layout.helper(index)
            var words = [processor.helperFunction, UInt64(index), processor.helperFunction, UInt64(index)]
            if let helperEntry { (words[2], words[3]) = (helperEntry, image.address(descriptor)) }
            for (number, word) in words.enumerated() { image.store(word, at: descriptor + 8 * number) }
        }
        return (image, ForeignPlaces(frame: frameOffset, frameByteCount: frameByteCount, memories: bufferOffsets))
    }

    /// Takes over what a run on another processor has left. Addresses stay those of here.
    package func takeBack(_ bytes: [UInt8], _ places: ForeignPlaces) {
        let pointers = foreignPointers.map { unsafe ($0, UnsafeRawPointer(frame).load(fromByteOffset: $0, as: UInt64.self)) }
        unsafe UnsafeMutableRawPointer(frame).copyMemory(
            from: Array(bytes[places.frame..<places.frame + places.frameByteCount]), byteCount: places.frameByteCount)
        for (offset, word) in pointers { self[wordAt: offset] = word }
        for unsafe (memory, offset) in unsafe zip(foreignMemories, places.memories) {
            let end = offset + memory.count
            unsafe memory.copyBytes(from: bytes[offset..<end])
        }
    }

    /// Calls a helper for another processor.
    package func callHelper(_ number: Int, _ arguments: [UInt64]) -> ForeignHelperAnswer {
        guard program.helpers.indices.contains(number) else { return ForeignHelperAnswer(status: -1, result: 0, floor: .max) }
        let descriptor = unsafe (UnsafeRawPointer(frame) + layout.helper(number)).load(as: UopHelper.self)
        var result: UInt64 = 0
        let status = unsafe descriptor.function(descriptor.context, arguments, &result)
        return unsafe ForeignHelperAnswer(status: status, result: result, floor: frame.pointee.floor)
    }

    /// Offsets in the frame of words that are addresses here.
    private var foreignPointers: [Int] {
        let fields = unsafe [
            MemoryLayout<UopFrame>.offset(of: \.exitTargets), MemoryLayout<UopFrame>.offset(of: \.iterators),
            MemoryLayout<UopFrame>.offset(of: \.counters), MemoryLayout<UopFrame>.offset(of: \.tape),
            MemoryLayout<UopFrame>.offset(of: \.stackPointer),
        ].compactMap(\.self)
        return fields + program.buffers.indices.map(layout.buffer)
            + program.helpers.indices.flatMap { index in (0..<4).map { layout.helper(index) + 8 * $0 } }
    }
}

/// Where a machine's memory is in an image.
package struct ForeignPlaces {
    package var frame: Int
    package var frameByteCount: Int
    package var memories: [Int]
}
