import CStencils
import Testing
import UopRuntime
import UopTestSupport
import UopVM

/// The check must be able to fail: whatever is damaged on purpose, random programs notice.
struct DamageTests {
    private static let seed: UInt64 = 4
    private static let limit = 2000

    /// Something that is wrong with one uop's machine code.
    struct Damage: CustomTestStringConvertible, Sendable {
        let uop: String
        let what: String
        let apply: @Sendable (DamagedStencils, Int) -> Bool
        var testDescription: String { "\(uop): \(what)" }

        init(_ uop: String, _ what: String, _ apply: @escaping @Sendable (DamagedStencils, Int) -> Bool) {
            self.uop = uop
            self.what = what
            self.apply = apply
        }
    }

    static let damages: [Damage] = {
        var damages = ["_I64_SUB", "_F64_SUB", "_I64_SHL", "_COMPARE_OP_LT_INT", "_I64_LT_S"].map { uop in
            Damage(uop, "its inputs are taken for each other") { $0.swapInputs(0, 1, ofUop: $1) }
        }
        damages += ["_I64_ADD", "_I64_SUB"].map { uop in
            Damage(uop, "its literal is 1 too large") { stencils, uop in
                stencils.operations(beginningWith: uop).reduce(false) { stencils.shiftLiterals(ofUop: $1.number) || $0 }
            }
        }
        damages += ["_I64_XOR", "_F64_MUL"].flatMap { uop in
            [
                Damage(uop, "its second input is another register") { $0.mistake(.input(1), ofUop: $1) },
                Damage(uop, "its output is another register") { $0.mistake(.output(0), ofUop: $1) },
            ]
        }
        damages += [
            // What assignment moves: between registers on the way into a block, from and to the frame.
            Damage("_COPY", "it copies another register") { $0.mistake(.input(0), ofUop: $1) },
            Damage("_LOAD_FAST", "it fills another register") { $0.mistake(.output(0), ofUop: $1) },
            Damage("_STORE_FAST", "it saves another register") { $0.mistake(.input(0), ofUop: $1) },
            Damage("_GUARD_TRUE", "it never exits") { stencils, uop in
                stencils.operations(endingWith: uop).reduce(false) { stencils.ignoreExits(ofUop: $1, .registers) || $0 }
            },
            // The engine keeps values in the frame where it calls.
            Damage("_CALL_2", "an argument's displacement is 8 too large") { $0.shiftOperand(2, ofUop: $1) },
            Damage("_CALL_2", "its arguments are taken for each other") { $0.swapOperands(1, 2, ofUop: $1) },
        ]
        #if arch(x86_64)
        damages += ["_JUMP_IF_TRUE", "_I64_LT_S", "_I64_ADD_CHECKED", "_POP_JUMP_IF_NONE"].map { uop in
            Damage(uop, "its condition is inverted") { stencils, uop in
                stencils.operations(endingWith: uop).reduce(false) {
                    stencils.invertConditions(ofUop: $1, .registers) || $0
                }
            }
        }
        #endif
        return damages
    }()

    @Test(arguments: damages) func damagedStencilIsNoticed(_ damage: Damage) throws {
        let damaged = try #require(unsafe DamagedStencils(uop_base_stencils()))
        let number = try #require(Base.catalog.number(of: damage.uop))
        try #require(damage.apply(damaged, number), "the uop has nothing to damage")
        let count = try DamageReport.programsUntilNoticed(damaged, Base.carefulTraits, seed: Self.seed, limit: Self.limit)
        #expect(count != nil, "\(Self.limit) programs of seed \(Self.seed) did not notice")
    }

    @Test func reversedMoveIsNoticed() throws {
        let damaged = try #require(unsafe DamagedStencils(uop_base_stencils()))
        try #require(damaged.reverseMoves())
        #expect(try DamageReport.programsUntilNoticed(damaged, Base.carefulTraits, seed: Self.seed, limit: Self.limit) != nil)
    }

    /// A copy that is not damaged makes no difference: it is the damage that the others notice.
    @Test func soundCopyIsNotNoticed() throws {
        let copy = try #require(unsafe DamagedStencils(uop_base_stencils()))
        #expect(try DamageReport.programsUntilNoticed(copy, Base.carefulTraits, seed: Self.seed, limit: 50) == nil)
    }

    /// Each value of each uop of numbers in a wrong register, each literal wrong, each argument of calls: here some, in
    /// the command all.
    @Test func everyPlaceMatters() throws {
        let report = try unsafe DamageReport(uop_base_stencils(), seed: Self.seed, limit: 2000, every: 25)
        #expect(report.programs.count >= 8)
        #expect(report.survivors == [])
    }

    // MARK: Wrong plans

    /// What compilation believes of a uop, changed.
    private func programsUntilNoticed(
        planning name: String, as change: (UopCatalog.Uop) -> UopCatalog.Uop
    ) throws -> Int? {
        let number = try #require(Base.catalog.number(of: name))
        var uops = Base.catalog.uops
        uops[number] = change(uops[number])
        var setup = CheckedRun.Setup(Base.carefulTraits)
        setup.planningCatalog = UopCatalog(uops: uops)
        return DamageReport.programsUntilNoticed(setup, Base.carefulTraits, seed: Self.seed, limit: Self.limit)
    }

    @Test func renamingThatForgetsAnExchangeIsNoticed() throws {
        let count = try programsUntilNoticed(planning: "_SWAP") { uop in
            UopCatalog.Uop(
                name: uop.name, documentation: "", inputs: uop.inputs, outputs: uop.inputs, operands: uop.operands,
                flags: uop.flags)
        }
        #expect(count != nil)
    }

    /// Words that are still in a local when it changes must be saved first: here the graph does not see that
    /// the local changes.
    @Test func storeThatSavesNothingIsNoticed() throws {
        let count = try programsUntilNoticed(planning: "_STORE_FAST") { uop in
            UopCatalog.Uop(
                name: uop.name, documentation: "", inputs: uop.inputs, outputs: uop.outputs, operands: [.LOCAL_READ],
                flags: uop.flags.subtracting(.moves))
        }
        #expect(count != nil)
    }
}
