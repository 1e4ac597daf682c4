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
        var compiler = BFCompiler(options, limits: limits)
        let region = try compiler.region(of: source, measuresTime: measuresTime)
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

    package init(_ options: BFOptions, limits: Limits = Limits()) {
        self.options = options
        reader = BFReader(options, limits: limits)
    }

    package mutating func region(of source: [UInt8], measuresTime: Bool = false) throws(InvalidInput) -> TapeRegion {
        optimizer.clock = StageClock(isRunning: measuresTime)
        var region = try reader.read(source)
        optimizer.clock.lap("read")
        optimizer.run(&region, disabled: options.disabledPasses)
        return region
    }

    /// What the stages of the last region took, if it was asked.
    var times: StageTimes { optimizer.clock.times }
}
