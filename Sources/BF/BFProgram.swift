public import UopVM

/// A BF program, read and improved.
public final class BFProgram {
    public let options: BFOptions
    package let region: TapeRegion
    /// The text, for errors.
    private let source: [UInt8]

    /// - Throws: `InvalidInput`: unmatched brackets, or what exceeds a limit.
    public convenience init(
        _ source: [UInt8], options: BFOptions = BFOptions(), limits: Limits = Limits()
    ) throws(InvalidInput) {
        var compiler = BFCompiler(options, limits: limits)
        try self.init(source, options: options, region: compiler.region(of: source))
    }

    package init(_ source: [UInt8], options: BFOptions, region: consuming TapeRegion) {
        self.source = source
        self.options = options
        self.region = region
    }
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

    package mutating func region(of source: [UInt8]) throws(InvalidInput) -> TapeRegion {
        var region = try reader.read(source)
        optimizer.run(&region, disabled: options.disabledPasses)
        return region
    }
}
