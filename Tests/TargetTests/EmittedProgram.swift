import CStencils
import EmulationSupport
import Foundation
import ObjectFiles
import UopRuntime
import UopVM

/// A program as `uopjit --target NAME --emit-object` compiles it, and a run of what a linker makes of the object.
struct EmittedProgram {
    /// Where the command has code made to run: linkers may put it elsewhere.
    static let address: UInt64 = 0x1000_0000
    static let fuel: Int64 = 10_000

    /// Calls fmod several times, in a loop, and has constants of floats in its code.
    static let remainders = """
        uops 1
        helper show(f64)
        local left: f64 = 1000.75
        local right: f64 = 3.5
        local n: i64 = 6
        trace main
        again:
            _LOAD_FAST left
            _LOAD_FAST right
            _F64_REM
            _CALL_1 show
            _LOAD_FAST left
            _F64_CONST -1.5
            _F64_MUL
            _STORE_FAST left
            _LOAD_FAST right
            _F64_ABS
            _LOAD_FAST n
            _F64_FROM_I64_U
            _F64_ADD
            _F64_NEG
            _STORE_FAST right
            _LOAD_FAST n
            _I64_CONST 1
            _I64_SUB
            _STORE_FAST n
            _LOAD_FAST n
            _JUMP_IF_TRUE again
            _EXIT_TRACE
        end
        """

    /// What `remainders` shows.
    static var expectedRemainders: [UInt64] {
        var (left, right) = (1000.75, 3.5)
        return (0..<6).map { index in
            defer { (left, right) = (left * -1.5, -(abs(right) + Double(6 - index))) }
            return left.truncatingRemainder(dividingBy: right).bitPattern
        }
    }

    /// What helpers were called with.
    private final class Shown {
        var words: [UInt64] = []
    }

    let execution: Execution
    let picture: CodePicture
    private let shown = Shown()

    init(_ text: String, for isa: UopISA, convention: CallingConvention = .standard) throws {
        let library = try unsafe StencilLibrary([uop_base_stencils()], forObjectOf: isa, convention: convention)
        let catalog = UopCatalog(library)
        var options = Execution.Options()
        options.arena.foreignAddress = Self.address
        options.fuel = Self.fuel
        let program = try Program(parsing: text, catalog: catalog).verified(catalog: catalog)
        let shown = shown
        let helpers = program.program.helpers.map { helper in
            Helper(helper.name, helper.parameters, result: helper.result) {
                shown.words.append($0[0])
                return .done
            }
        }
        execution = try Execution(program, library: library, helpers: helpers, options: options)
        picture = try execution.picture()
    }

    /// Runs linked code from its first step on, until it leaves.
    ///
    /// - Parameters:
    ///   - segments: what is to be loaded, by address.
    ///   - base: where the code's section is.
    ///   - object: the ELF object, for offsets of symbols.
    /// - Returns: the first argument of each call of a helper.
    func run(
        _ segments: [(address: UInt64, bytes: [UInt8])], base: UInt64, object: Object, on processor: EmulatedProcessor
    ) throws -> [UInt64] {
        func offset(_ isWanted: (String) -> Bool) throws -> UInt64 {
            guard let symbol = object.symbols.first(where: { isWanted($0.name) }) else { throw ForeignProcessorError("a symbol is missing") }
            return symbol.value
        }
        for segment in segments { try processor.load(segment.bytes, at: segment.address) }
        let machine = execution.machine
        machine.fuel = Self.fuel
        let code = try execution.prepared()
        let (enter, leave) = (try offset { $0 == "uopjit_enter" }, try offset { $0 == "uopjit_return" })
        let entry = try offset { $0.hasPrefix("main.") }
        let helper = try? offset { $0 == "uopjit_helper" }
        let (image, places) = machine.foreignImage(
            for: processor, usedSpills: code.spillCount,
            exitTargets: Array(repeating: base + leave, count: code.exitPointCount), helperEntry: helper.map { base + $0 })
        shown.words = []
        let data = try processor.call(
            base + enter, frame: image.address(places.frame), code: base + entry, data: image.bytes, helper: machine.callHelper)
        machine.takeBack(data, places)
        return shown.words
    }

    /// Does something with a folder that is gone afterwards.
    static func withFolder<Result>(_ body: (URL) throws -> Result) throws -> Result {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("uop-object-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        return try body(folder)
    }
}
