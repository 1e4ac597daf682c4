package import UopRuntime

/// The steps of machine code, and where they are: what dumps and debuggers are told.
package struct Listing {
    package var steps: [Step]
    package var operands: [UInt64]
    /// Steps in line; the others are out of line.
    package var hotCount: Int
    /// By step.
    package var code: [StepCode]
    /// By region: its first step in line, and its first one out of line.
    package var firstSteps: [Int]
    package var firstColdSteps: [Int]
    /// What assignment knew before each node.
    package var notes: [PlanNote]

    /// Where the fragments in line end.
    package var hotEnd: Int { code.last?.hot.upperBound ?? 0 }

    /// The region that a step is of.
    func region(of step: Int) -> Int {
        let (first, steps) = step < hotCount ? (0, firstSteps) : (hotCount, firstColdSteps)
        return max(0, (steps.firstIndex { first + $0 > step } ?? steps.count) - 1)
    }
}

/// A run of bytes with a name: a fragment of a step, or constants.
package struct CodePiece {
    /// "main._I64_ADD_3": the trace, the uop, and the step in the plan; ".cold" behind it for a cold fragment.
    package var symbol: String
    package var range: Range<Int>
    /// Nil for constants.
    package var step: Int?
    package var isCold = false
}

extension Execution {
    /// All bytes of the machine code, in their order.
    func pieces(_ code: JITCode, _ listing: Listing, _ names: StepNames) -> [CodePiece] {
        var pieces: [CodePiece] = []
        for (step, place) in listing.code.enumerated() {
            let trace = program.program.traces[regions.regions[listing.region(of: step)].trace].name
            let symbol = "\(trace).\(names.name(of: step))_\(step)"
            if !place.hot.isEmpty { pieces.append(CodePiece(symbol: symbol, range: place.hot, step: step)) }
            if !place.cold.isEmpty {
                pieces.append(CodePiece(symbol: symbol + ".cold", range: place.cold, step: step, isCold: true))
            }
        }
        pieces.sort { $0.range.lowerBound < $1.range.lowerBound }
        // What lies between fragments, and behind them, are constants.
        var all: [CodePiece] = []
        var end = 0
        func fill(to next: Int) {
            if next > end { all.append(CodePiece(symbol: "constants_\(String(end, radix: 16))", range: end..<next, step: nil)) }
        }
        for piece in pieces {
            fill(to: piece.range.lowerBound)
            all.append(piece)
            end = piece.range.upperBound
        }
        fill(to: code.byteCount)
        return all
    }
}
