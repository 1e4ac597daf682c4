import CStencils
import Testing
import UopRuntime
import UopTestSupport
import UopVM

/// The comparison must be able to fail: whatever is damaged in the tables, every form that it reaches is found wrong.
struct RegisterDamageTests {
    /// Something that is wrong in the tables, and which forms must be found.
    struct Damage: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let apply: @Sendable (DamagedStencils) -> Bool
        let reaches: @Sendable (RegisterSubject) -> Bool
        /// How many forms it must reach at least.
        let minimum: Int

        init(
            _ what: String, minimum: Int = 10, reaches: @escaping @Sendable (RegisterSubject) -> Bool,
            apply: @escaping @Sendable (DamagedStencils) -> Bool
        ) {
            testDescription = what
            self.reaches = reaches
            self.minimum = minimum
            self.apply = apply
        }
    }

    static let damages: [Damage] = {
        var damages = (0..<Int(UOP_MAX_AXES)).map { axis in
            Damage(
                "registers 2 and 6 have each other's masks on axis \(axis)", minimum: axis < 2 ? 10 : 0,
                reaches: { $0.isHarmless(axis) }
            ) {
                $0.exchangeMasks(ofUop: nil, axis: axis, 2, 6) > 20
            }
        }
        damages += [
            Damage("literals are one larger", reaches: { $0.literals.map { $0.range.count > 1 } ?? false }) {
                $0.shiftLiterals(ofUop: nil)
            },
            Damage(
                "exits go on",
                reaches: { subject in
                    subject.uops.contains { $0.flags.contains(.exits) } && !subject.isIndifferent && !subject.alwaysFits
                }
            ) {
                $0.ignoreExits(ofUop: nil, .registers)
            },
        ]
        #if arch(x86_64)
        damages.append(
            // Accesses without their checks would end the test.
            Damage("conditions of comparisons are inverted", reaches: { $0.isComparison }) { stencils in
                Base.catalog.uops.indices.allSatisfy { number in
                    !RegisterSubject.isComparison(Base.catalog.uops[number]) || stencils.invertConditions(ofUop: number, .registers)
                }
            })
        #endif
        return damages
    }()

    @Test(arguments: RegisterFormTests.isas, damages) func damageIsNoticed(_ isa: UopISA, _ damage: Damage) throws {
        let damaged = try #require(unsafe DamagedStencils(uop_base_stencils(), isa: isa))
        try #require(damage.apply(damaged))
        let bench = try RegisterBench(damaged.library())
        let reached = RegisterSubject.all(isa).filter(damage.reaches)
        let survivors = try reached.filter { subject in
            // The last one of a range made larger would not fit, nor the first one's negation.
            let samples = subject.samples(subject.sampledAssignments).filter { sample in
                guard let range = subject.literals?.range, range.count > 1 else { return true }
                return sample.literal != range.upperBound && sample.literal != range.lowerBound
            }
            return try bench.check(subject, samples).difference == nil
        }
        #expect(survivors.map(\.name) == [])
        #expect(reached.count >= damage.minimum)
        print("register forms, \(isa.name): \(damage.testDescription): found in \(reached.count - survivors.count) forms")
    }

    /// A copy that is not damaged makes no difference: it is the damage that the others notice.
    @Test func soundCopyIsNotNoticed() throws {
        let copy = try #require(unsafe DamagedStencils(uop_base_stencils()))
        let library = try copy.library()
        let bench = try RegisterBench(library)
        for subject in RegisterSubject.all(library.isa).enumerated().filter({ $0.offset % 10 == 0 }).map(\.element) {
            #expect(try bench.check(subject, subject.samples(subject.sampledAssignments), vectors: 2...2).difference == nil)
        }
    }
}

extension RegisterSubject {
    /// Whether it has the axis, and one template: where a mask is exchanged, its code is that of other registers of
    /// values. What several templates make of wrong masks could be anything, as a store to the stack pointer. And the
    /// index in the word of an iterator is trusted, and so is the address of an access.
    fileprivate func isHarmless(_ axis: Int) -> Bool {
        axis < axisIsFloat.count && templateCount == 1 && !inputs.contains(.RANGE) && !isAccess && !isIndifferent
    }

    /// Where it makes no difference what a register holds: the upper word that a guard of the lower one passes by,
    /// any number or-ed with -1, compared with an unsigned 0; or times 1, which never overflows.
    fileprivate var isIndifferent: Bool {
        switch (uops[0].name, literals?.range) {
        case ("_GUARD_NOS_INT", _), ("_GUARD_NOS_FLOAT", _): true
        case ("_I64_OR", -1 ... -1), ("_I64_GE_U", 0...0), ("_I64_LT_U", 0...0), ("_I64_MUL_CHECKED", 1...1): true
        default: false
        }
    }

    /// A sum or a difference with 0, which has no exit to ignore.
    fileprivate var alwaysFits: Bool {
        switch (uops[0].name, literals?.range) {
        case ("_I64_ADD_CHECKED", 0...0), ("_I64_SUB_CHECKED", 0...0): true
        default: false
        }
    }

    /// A uop that makes a truth of two values, and cannot exit.
    fileprivate static func isComparison(_ uop: UopCatalog.Uop) -> Bool {
        uop.name.wholeMatch(of: /_I64_(EQ|NE|LT_S|LE_S|GT_S|GE_S|LT_U|LE_U|GT_U|GE_U)/) != nil
    }

    fileprivate var isComparison: Bool { uops.count == 1 && Self.isComparison(uops[0]) && literals == nil }
}
