import CStencils
import Foundation
import UopVM

/// One of the loops that engines are compared on: a program, and its twins in C and Lua.
struct Loop {
    /// What the files are called, without their extensions.
    let name: String
    /// A size at which every engine is done at once, for `uopbench verify`.
    let small: Int64
    /// What the loop's local `result` is then.
    let smallResult: Int64

    /// Whether its Lua twin works with int64_t, which Lua itself does not have.
    let wrapsAt64Bits: Bool

    init(_ name: String, small: Int64, gives smallResult: Int64, wrapsAt64Bits: Bool = false) {
        self.name = name
        self.small = small
        self.smallResult = smallResult
        self.wrapsAt64Bits = wrapsAt64Bits
    }

    /// From plain integers over memory and floats to branches that nobody can predict.
    static let all = [
        Loop("fibonacci-wrapping", small: 1_000, gives: 817_770_325_994_397_771, wrapsAt64Bits: true),
        Loop("fibonacci-checked", small: 100, gives: 27_762),
        Loop("collatz", small: 1_000, gives: 59_431),
        Loop("gcd", small: 60, gives: 10_160),
        Loop("xorshift", small: 1_000, gives: 5_079_135_381_539_380_722, wrapsAt64Bits: true),
        Loop("sieve", small: 2, gives: 19_184),
        Loop("histogram", small: 2, gives: 16_689_242),
        Loop("prefix-sum", small: 10, gives: 1_462_300),
        Loop("dot", small: 20, gives: 4_684_890_387_740_817_702),
        Loop("horner", small: 1_000, gives: 4_674_388_894_869_797_739),
        Loop("mandelbrot", small: 12, gives: 80),
        Loop("matrix", small: 2, gives: 4_663_280_601_560_776_704),
        Loop("insertion-sort", small: 20, gives: 54_486_520),
        Loop("bit-count", small: 1_000, gives: 16_079),
    ]

    /// The loops of these names, in the order of `all`; all of them where none is named.
    static func named(_ names: [String]) throws -> [Loop] {
        for name in names where !all.contains(where: { $0.name == name }) {
            throw BenchmarkError("there is no loop '\(name)'; there are \(all.map(\.name).joined(separator: ", "))")
        }
        return names.isEmpty ? all : all.filter { names.contains($0.name) }
    }
}

/// The program of a loop as its file says it.
struct LoopProgram {
    let program: Program
    private let sizeLocal: Int
    private let resultLocal: Int

    /// - Throws: `BenchmarkError` where the file is not what harness and twins rely on.
    init(_ loop: Loop, in folder: URL, catalog: UopCatalog) throws {
        let file = loop.name + ".uops"
        let source = Array(try Data(contentsOf: folder.appendingPathComponent(file)))
        do throws(InvalidInput) {
            program = try Program(parsing: source, catalog: catalog)
        } catch { throw BenchmarkError(error.rendered(file: file, source: source)) }
        guard let size = program.locals.firstIndex(where: { $0.name == "n" }),
            let result = program.locals.firstIndex(where: { $0.name == "result" })
        else { throw BenchmarkError("\(file): a loop has a local 'n', its size, and a local 'result'") }
        (sizeLocal, resultLocal) = (size, result)
    }

    /// The size that the file begins with.
    var size: Int64 {
        guard case .word(let word) = program.locals[sizeLocal].initial else { return 0 }
        return Int64(bitPattern: word)
    }

    /// What the file expects of its local `result` at its own size.
    var expectedResult: Int64? {
        for expectation in program.expectations {
            if case .local(resultLocal, let word) = expectation.kind { return Int64(bitPattern: word) }
        }
        return nil
    }

    /// The program beginning with another size.
    func resized(_ size: Int64) -> Program {
        var resized = program
        resized.locals[sizeLocal].initial = .word(UInt64(bitPattern: size))
        return resized
    }

    /// What the loop computed.
    func result(in machine: Machine) -> Int64 { Int64(bitPattern: machine.local(resultLocal)) }
}
