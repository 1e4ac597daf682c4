import CStencils
import Foundation
import ObjectFiles
import StencilGenCore
import Testing

/// Objects of macOS and Windows become stencils as ELF's do.
@Suite(.enabled(if: Toolchain.found != nil, Toolchain.missing)) struct NativeStencilTests {
    /// Every uop, and every golden function, is there with holes and no branch left that nobody fills.
    @Test(arguments: StencilTarget.Case.native) func everyUopBecomesAStencil(_ one: StencilTarget.Case) throws {
        let sample = try NativeSample.of(one.target)
        let uops = try Checkout.generated.get().uops
        let expected = uops.flatMap { uop in
            Generator.forms(of: uop, one.target).map { WrapperWriter.stencilSymbol(uop, $0) }
        }
        let found = try NativeSample.stencils(sample.families).map(\.symbol)
        #expect(Set(expected).isSubset(of: found))
        #expect(expected.count > 240)
        var kinds: [String: Int] = [:]
        for stencil in try NativeSample.stencils(sample.families) {
            for hole in stencil.hot.holes + stencil.cold.holes { kinds[hole.kind.name, default: 0] += 1 }
        }
        print(
            "native \(one.target.triple): stencils \(found.count), holes: "
                + kinds.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", "))
    }

    /// The golden functions, too; or they are refused, and the error says what to do.
    @Test(arguments: NativeGolden.all) func goldenFunctionsBecomeStencils(_ golden: NativeGolden) throws {
        let file = try #require(NativeSample.of(golden.target).golden.first { $0.name == golden.set.name + ".c" })
        switch file.stencils {
        case .success(let stencils):
            #expect(Set(stencils.map(\.symbol)) == Set(golden.set.stencils) && !golden.isRefused)
        case .failure(let error):
            let remedy = golden.set.name == "data" ? "UOP_CALL" : "isa/native.h"
            #expect(golden.isRefused && error.kind == .layout && error.remedy.contains(remedy), "\(error)")
        }
    }

    /// x86 code that ELF has in a section for each block comes out alike where a function is one run: the same hot and cold
    /// instructions, but for how operands come in.
    @Test func controlFlowIsThatOfELF() throws {
        let elf = Dictionary(
            uniqueKeysWithValues: try Checkout.generated.get().first.stencils.map { ($0.symbol, $0) })
        for target in [StencilTarget.macOSX86_64, .windowsX86_64] {
            let stencils = try NativeSample.stencils(NativeSample.of(target).families)
            var (same, compared) = (0, 0)
            for stencil in stencils {
                // Called by the host, in the system's convention.
                if target.format == .coff, stencil.symbol == "uop_bridge_enter" { continue }
                guard let other = elf[stencil.symbol], !(other.hot.holes + other.cold.holes).contains(where: \.isOperand) else { continue }
                compared += 1
                if stencil.hot == other.hot, stencil.cold == other.cold { same += 1 }
                #expect(stencil.hot.bytes.isEmpty == other.hot.bytes.isEmpty)
            }
            print("native \(target.triple): of \(compared) stencils without operands \(same) are those of ELF")
            #expect(same == compared && compared > 3)
        }
    }

    // MARK: Rules

    /// What clang leaves beside the code: for unwinders, debuggers, linkers. Nothing of it is in the stencil.
    @Test(arguments: StencilTarget.Case.native) func whatUnwindersAndDebuggersNeedIsLeftOut(_ one: StencilTarget.Case) throws {
        let stencils = try Self.extract(
            "char *callee(char *); void f(char *p) { volatile char a[32]; a[0] = *p; (void)a[0]; }", one.target,
            ["-g", "-funwind-tables", "-fasynchronous-unwind-tables", "-fno-addrsig"])
        #expect(stencils.map(\.symbol) == ["f"] && stencils[0].hot.holes.isEmpty && stencils[0].cold.bytes.isEmpty)
    }

    static let refusals: [(source: String, kind: StencilGenError.Kind, words: String)] = [
        ("int counter; int f(void) { return ++counter; }", .writableData, "counter"),
        ("extern _Thread_local int local; int f(void) { return local; }", .unknownRelocation, "has no hole kind"),
        ("int g(void); int f(void) { return g() + 1; }", .undeclaredSymbol, "'g'"),
        ("__attribute__((noinline)) static int h(int a) { return a * 77; } int f(int a) { return h(a) + 1; }", .layout, "code of its own"),
    ]

    /// What breaks a rule for authors is refused as in ELF objects, with the place.
    @Test(arguments: StencilTarget.Case.native, refusals.indices)
    func brokenRulesAreRefused(_ one: StencilTarget.Case, _ row: Int) throws {
        let (source, kind, words) = Self.refusals[row]
        do throws(StencilGenError) {
            _ = try Self.extract(source, one.target, [])
            Issue.record("taken: \(source)")
        } catch {
            // COFF's thread-local data goes through an index that is a symbol like others.
            let isIndex = one.target.format == .coff && words.contains("hole kind")
            #expect(error.kind == kind || isIndex && [.undeclaredSymbol, .layout].contains(error.kind), "\(error)")
            #expect(isIndex || error.description.contains(words), "\(error)")
            #expect(!error.place.isEmpty && !error.remedy.isEmpty)
        }
    }

    /// A difference of two addresses, which Mach-O says as two relocations of one field, has no hole kind.
    @Test func differencesAreRefused() throws {
        for target in [StencilTarget.macOSX86_64, .macOSARM64] {
            let source = "int g(void) { return 2; } int f(void) { __asm__(\".quad _g - _f\"); return 1; }"
            do throws(StencilGenError) {
                _ = try Self.extract(source, target, [])
                Issue.record("taken for \(target.triple)")
            } catch {
                #expect(error.kind == .unknownRelocation && error.message.contains("RELOC_SUBTRACTOR"), "\(error)")
            }
        }
    }

    private static func extract(
        _ source: String, _ target: StencilTarget, _ more: [String]
    ) throws(StencilGenError) -> [Stencil] {
        let directory = try TemporaryDirectory()
        guard let compiler = Toolchain.found?.compiler else { return [] }
        let object = try compiler.compile(
            source, name: "source.c", flags: Compiler.stencilFlags(target) + more, includes: [], directory: directory.url)
        return try StencilExtractor(object, of: target, helpers: [], places: [:]).stencils()
    }
}

extension Stencil.Hole {
    /// Whether what the hole has comes from the step.
    var isOperand: Bool {
        switch target {
        case .operand, .operandHigh, .operandSlot, .helper, .helperSlot: true
        case .continuation, .exit, .fragment, .constant, .nothing: false
        }
    }
}
