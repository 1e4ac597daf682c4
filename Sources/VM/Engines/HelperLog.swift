/// Lets helpers act once for two engines: what they were called with and answered in the first run is
/// what the second run must call them with, and gets.
final class HelperLog {
    private struct Call {
        var helper: Int
        var arguments: [UInt64]
        var outcome: Helper.Outcome
    }

    private let helpers: [Helper]
    private var calls: [Call] = []
    private var replayed = 0
    /// The first call in which the second run differs.
    private(set) var problem: String?

    init(_ helpers: [Helper]) { self.helpers = helpers }

    /// Helpers that act, and note what happened.
    var recording: [Helper] {
        helpers.enumerated().map { index, helper in
            Helper(helper.name, helper.parameters, result: helper.result) { [self] arguments in
                let outcome = helper.body(arguments)
                calls.append(Call(helper: index, arguments: words(arguments), outcome: outcome))
                return outcome
            }
        }
    }

    /// Helpers that answer from the notes.
    var replaying: [Helper] {
        helpers.enumerated().map { index, helper in
            Helper(helper.name, helper.parameters, result: helper.result) { [self] arguments in
                replay(index, arguments)
            }
        }
    }

    /// Call when the second run is over: says whether it left calls out.
    func finish() {
        if problem == nil, replayed < calls.count {
            problem = "the interpreter made \(replayed) helper calls, the JIT \(calls.count)"
        }
    }

    private func replay(_ index: Int, _ arguments: Helper.Arguments) -> Helper.Outcome {
        guard replayed < calls.count, problem == nil else {
            problem = problem ?? "the interpreter calls helper '\(helpers[index].name)' once more than the JIT"
            return .failed(status: -1)
        }
        let call = calls[replayed]
        replayed += 1
        let found = words(arguments)
        let agrees = call.helper == index && zip(zip(call.arguments, found), helpers[index].parameters).allSatisfy {
            Comparison.agree($0.0, $0.1, as: $1)
        }
        if agrees { return call.outcome }
        problem = "call \(replayed) of a helper: the JIT calls '\(helpers[call.helper].name)' with \(call.arguments), "
            + "the interpreter '\(helpers[index].name)' with \(found)"
        return .failed(status: -1)
    }

    private func words(_ arguments: Helper.Arguments) -> [UInt64] { (0..<arguments.count).map { arguments[$0] } }
}
