import CStencils
package import UopVM

/// The host functions of random programs. What one does follows from its name and the number of the
/// call, so that a file alone says everything that a run depends on.
package struct FuzzHelpers {
    let program: Program
    /// What a helper calls that asks for the run to be stopped.
    let interrupt: () -> Void

    package init(program: Program, interrupt: @escaping () -> Void) {
        self.program = program
        self.interrupt = interrupt
    }

    package var all: [Helper] { program.helpers.map(helper) }

    private func helper(_ declaration: HelperDeclaration) -> Helper {
        var random = SeededGenerator(seed: Self.hash(declaration.name))
        // Some never fail: their callers' code goes on.
        let fails = random.chance(3)
        let interrupts = random.chance(6)
        let iterators = program.locals.count { if case .range = $0.initial { true } else { false } }
        return Helper(declaration.name, declaration.parameters, result: declaration.result) { _ in
            if interrupts, random.chance(12) { interrupt() }
            if fails, random.chance(6) { return .failed(status: Int64(1 + random.below(5))) }
            guard let result = declaration.result else { return .done }
            guard result == .RANGE else { return .value(random.word(of: result)) }
            return iterators > 0 ? .value(ObjectWord.range(index: random.below(iterators))) : .failed(status: 9)
        }
    }

    /// FNV-1a: the same on every host and in every run.
    private static func hash(_ name: String) -> UInt64 {
        name.utf8.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    }
}
