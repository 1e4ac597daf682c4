public import CStencils

/// A function of the host that traces call: its name and signature, and what it does.
public struct Helper {
    /// What a call passes: one word a parameter, as its class stores it.
    @safe
    public struct Arguments {
        private let words: UnsafePointer<UInt64>
        public let count: Int

        init(words: UnsafePointer<UInt64>, count: Int) {
            unsafe self.words = words
            self.count = count
        }

        public subscript(index: Int) -> UInt64 {
            precondition(index >= 0 && index < count, "a helper asked for an argument that its signature lacks")
            return unsafe words[index]
        }
    }

    /// How a call ended.
    public enum Outcome {
        /// The trace goes on.
        case done
        /// The trace goes on with this result.
        case value(UInt64)
        /// The calling uop exits. The status is not 0.
        case failed(status: Int64)
    }

    public let name: String
    /// At most three, of concrete classes.
    public let parameters: [UopClass]
    public let result: UopClass?
    let body: (Arguments) -> Outcome

    public init(
        _ name: String, _ parameters: [UopClass] = [], result: UopClass? = nil,
        body: @escaping (Arguments) -> Outcome
    ) {
        self.name = name
        self.parameters = parameters
        self.result = result
        self.body = body
    }
}

/// A helper as machine code calls it: a context for the C function.
final class HelperBox {
    let helper: Helper

    init(_ helper: Helper) { self.helper = helper }

    /// The C function of every helper; the context is the box.
    static let function: UopHelperFunction = { context, arguments, result in
        guard let context = unsafe context, let arguments = unsafe arguments else { return -1 }
        let box = unsafe Unmanaged<HelperBox>.fromOpaque(context).takeUnretainedValue()
        let outcome = unsafe box.helper.body(.init(words: arguments, count: max(1, box.helper.parameters.count)))
        switch outcome {
        case .done: return 0
        case .value(let word):
            unsafe result?.pointee = word
            return 0
        case .failed(let status): return status == 0 ? -1 : status
        }
    }
}
