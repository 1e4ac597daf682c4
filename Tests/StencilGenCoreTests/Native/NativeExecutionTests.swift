#if arch(x86_64)
import CStencils
import StencilGenCore
import Testing

/// Code out of objects for macOS and Windows does what that of the committed tables does.
@Suite(.enabled(if: Toolchain.found != nil && CommittedTable.base != nil, Toolchain.missing))
struct NativeExecutionTests {
    static let targets = [StencilTarget.macOSX86_64, .windowsX86_64].map(StencilTarget.Case.init)

    /// Every uop that has machine code.
    private static func uops() throws -> [Definition] {
        try Checkout.generated.get().uops.filter { !$0.has(UOP_FLAG_INTERPRETED) }
    }

    @Test(arguments: targets) func everyUopDoesWhatTheTablesDo(_ one: StencilTarget.Case) throws {
        let uops = try Self.uops()
        var machine = try NativeMachine(try NativeSample.of(one.target), uops)
        var runs = 0
        var ways: [UInt64: Int] = [:]
        var changing: Set<String> = []
        for uop in uops {
            var first: [UInt64]?
            for number in 0..<30 {
                let ours = try machine.run(uop, isForeign: false, number: number)
                let theirs = try machine.run(uop, isForeign: true, number: number)
                #expect(ours == theirs, "\(uop.name), trial \(number)")
                ways[ours.way, default: 0] += 1
                runs += 1
                if let first, first != ours.memory { changing.insert(uop.name) }
                first = first ?? ours.memory
            }
        }
        // All three ways are taken, and no other.
        #expect(Set(ways.keys) == [1, 2, 3])
        #expect(uops.count > 200 && changing.count == uops.count)
        print(
            "native execution, \(one.target.triple): \(uops.count) uops, \(runs) runs as in the tables, "
                + ways.sorted { $0.key < $1.key }.map { "way \($0.key) \($0.value)" }.joined(separator: ", "))
    }

    /// The way in that clang for Windows makes takes its arguments as Windows passes them, and gives back what it must.
    @Test func bridgeOfWindowsLeadsIntoCode() throws {
        let uops = try Self.uops().filter { ["_I64_ADD", "_CALL_3_VALUE", "_F64_REM", "_I64_ADD_CHECKED"].contains($0.name) }
        var machine = try NativeMachine(try NativeSample.of(.windowsX86_64), uops)
        for uop in uops {
            for number in 0..<20 {
                let ours = try machine.run(uop, isForeign: false, number: number)
                let theirs = try machine.run(uop, isForeign: true, number: number, entersByForeignBridge: true)
                #expect(ours == theirs, "\(uop.name), trial \(number)")
            }
        }
        #expect(uops.count >= 3)
    }

    /// The comparison sees another operand, and another input.
    @Test func differencesAreSeen() throws {
        let uops = try Self.uops().filter { ["_CALL_1_VALUE", "_I64_CONST"].contains($0.name) }
        var machine = try NativeMachine(try NativeSample.of(.windowsX86_64), uops)
        for uop in uops {
            let ours = try machine.run(uop, isForeign: false, number: 1)
            #expect(try machine.run(uop, isForeign: true, number: 2) != ours, "\(uop.name)")
        }
    }
}
#endif
