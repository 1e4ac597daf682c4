import UopVM

/// A BF program, read and improved.
public final class BFProgram {
    public let options: BFOptions
    package let region: TapeRegion

    package init(_ region: consuming TapeRegion, options: BFOptions) {
        self.region = region
        self.options = options
    }
}
