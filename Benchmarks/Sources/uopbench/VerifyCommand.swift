import ArgumentParser
import UopVM

/// `uopbench verify`
struct VerifyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Runs every loop and every twin at a small size, and compares their results.")

    @OptionGroup var checkout: Checkout
    @OptionGroup(title: "Engines") var engines: EngineOptions

    mutating func run() throws {
        let set = try EngineSet(engines, checkout)
        for absence in set.absences { print("uopbench: \(absence)") }
        var checked: [any Engine] = set.engines
        if engines.engines.isEmpty { checked.append(UopEngine(.check, set.shared)) }
        var failures = 0
        for loop in set.loops {
            for engine in checked {
                // Each placement is code of its own, and has to be right, too.
                for placement in engine is LuaEngine ? [Placement.all[0]] : Placement.all {
                    let result = try engine.run(loop, size: loop.small, placement: placement).result
                    guard result != loop.smallResult else { continue }
                    failures += 1
                    print(
                        "\(loop.name) of size \(loop.small): \(engine.name) gave \(result); expected \(loop.smallResult)"
                    )
                }
            }
        }
        guard failures == 0 else { throw ExitCode.failure }
        print("\(set.loops.count) loops agree in \(checked.map(\.name).joined(separator: ", "))")
    }
}
