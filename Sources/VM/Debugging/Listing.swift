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
    /// What a linker has to fill in the code.
    package var relocations: [CodeRelocation]

    /// The region that a step is of.
    func region(of step: Int) -> Int {
        let (first, steps) = step < hotCount ? (0, firstSteps) : (hotCount, firstColdSteps)
        return max(0, (steps.firstIndex { first + $0 > step } ?? steps.count) - 1)
    }
}
