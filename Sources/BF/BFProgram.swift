public import UopVM

/// A BF program, read and improved.
public final class BFProgram {
    public let options: BFOptions
    package let region: TapeRegion
    /// The text, for errors.
    private let source: [UInt8]
    /// What reading and groups of passes took; empty unless asked for.
    package let times: StageTimes

    /// - Throws: `InvalidInput`: unmatched brackets, or what exceeds a limit.
    public convenience init(
        _ source: [UInt8], options: BFOptions = BFOptions(), limits: Limits = Limits()
    ) throws(InvalidInput) {
        try self.init(source, options: options, limits: limits, measuresTime: false)
    }

    /// The same; if asked, it is measured what stages take.
    package convenience init(
        _ source: [UInt8], options: BFOptions, limits: Limits, measuresTime: Bool
    ) throws(InvalidInput) {
        var compiler = BFCompiler(options, limits: limits, measuresTime: measuresTime)
        var region = TapeRegion(capacity: source.count / 4, cellBits: options.cellBits)
        try compiler.read(source, into: &region)
        self.init(source, options: options, region: region, times: compiler.times)
    }

    package init(
        _ source: [UInt8], options: BFOptions, region: consuming TapeRegion, times: StageTimes = StageTimes()
    ) {
        self.source = source
        self.options = options
        self.region = region
        self.times = times
    }
}

extension BFProgram {
    /// How many instructions the passes have left.
    public var instructionCount: Int { region.instructions.count }

    /// The instructions, a line each.
    public var listing: String { region.listing(of: SourceText(source)) }

    /// The same by instruction.
    var listingLines: [String] { region.lines(of: SourceText(source)) }

    /// The program as the passes leave it, in C.
    public var textInC: String { TapeCWriter.program(region, options) }

    /// Line and column of a byte of the text.
    public func location(ofByte position: Int) -> SourceLocation { SourceText(source).location(ofByte: position) }

    /// A place in the text as errors name it: "file:line:column", and where the innermost loop around it begins.
    public func place(ofByte position: Int, in file: String) -> String {
        let text = SourceText(source)
        let location = text.location(ofByte: position)
        let place = "\(file):\(location.line):\(location.column)"
        guard let loop = text.loop(aroundByte: position) else { return place }
        let start = text.location(ofByte: loop.lowerBound)
        return place + ", loop opened at \(start.line):\(start.column)"
    }
}

extension BFOptions {
    /// Bytes of the tape, whole pages; nil where it is more than there can be.
    public var tapeByteCount: Int? { TapeMemory.byteCount(self) }
}

/// From text to regions. Keep one and use it again: the memory of the passes stays.
package struct BFCompiler: ~Copyable {
    private let options: BFOptions
    private let reader: BFReader
    private var optimizer = TapeOptimizer()
    /// What parts are read into.
    private var memory: TapeRegion

    /// - Parameter measuresTime: whether it is measured what stages take.
    package init(_ options: BFOptions, limits: Limits = Limits(), measuresTime: Bool = false) {
        self.options = options
        optimizer.clock = StageClock(isRunning: measuresTime)
        reader = BFReader(options, limits: limits)
        memory = TapeRegion(capacity: 0, cellBits: options.cellBits)
    }

    /// Instructions that are read before passes run on them: as many as fit in the processor's caches. What the passes
    /// know of a program's cells is lost from part to part, but that is little: parts begin behind loops.
    private static let partSize = 4096

    /// Makes the region of a text; what was in it before is dropped.
    package mutating func read(_ source: [UInt8], into region: inout TapeRegion) throws(InvalidInput) {
        region.instructions.removeAll()
        region.strings.removeAll()
        let disabled = options.disabledPasses
        optimizer.clock.start()
        try reader.read(source, inParts: Self.partSize, memory: &memory) { (part: inout TapeRegion, isFirst, isLast) in
            optimizer.clock.lap("read")
            optimizer.run(&part, disabled: disabled, isFirst: isFirst, isLast: isLast, appendingTo: &region)
        }
        optimizer.clock.lap("read")
    }

    /// What the stages took, if that is measured.
    var times: StageTimes { optimizer.clock.times }
}
