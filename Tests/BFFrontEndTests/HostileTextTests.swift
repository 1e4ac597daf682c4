import BFFrontEnd
import BFTestSupport
import Testing
import UopVM

/// Texts that are made to cost much.
struct HostileTextTests {
    /// How long reading and all passes take, in the best of some tries, and how many instructions are left.
    private func cost(_ text: [UInt8]) throws -> (time: Duration, count: Int) {
        var best = Duration.seconds(1_000)
        var count = 0
        for _ in 0..<3 {
            let start = ContinuousClock.now
            var region = try BFReader().read(text)
            var optimizer = TapeOptimizer()
            optimizer.run(&region)
            best = min(best, ContinuousClock.now - start)
            count = region.instructions.count
        }
        return (best, count)
    }

    private static func repeated(_ text: String, _ count: Int) -> [UInt8] {
        [UInt8]((0..<count).map { _ in text.utf8 }.joined())
    }

    private static let longBody = String(repeating: "+>", count: 200) + String(repeating: "<", count: 200)

    /// Texts of a length that grows with a number.
    static let texts: [(name: String, text: @Sendable (Int) -> [UInt8])] = [
        ("nested", { repeated("[", $0) + repeated("]", $0) }),
        ("nested behind input", { repeated(",[", $0) + repeated("]", $0) }),
        ("nested clears", { repeated(",[>[-]", $0) + repeated("<]", $0) }),
        ("nested, unbalanced", { repeated(",[>", $0) + repeated("]", $0) }),
        ("nested, balanced in unbalanced", { repeated(",[>[->+<]", $0) + repeated("<+]", $0) }),
        ("nested multiplications", { repeated("[->+>+<<", $0) + repeated("]", $0) }),
        ("long bodies", { repeated("[->" + longBody + "<]", $0 / 100) }),
        ("one long body", { Array(",[-".utf8) + repeated("+>", $0) + repeated("<", $0) + Array("]".utf8) }),
        ("straight", { repeated("+>,>-<", $0) }),
        ("additions", { repeated("+", $0) }), ("moves", { repeated(">", $0) }), ("moves back", { repeated("<", $0) }),
        ("output", { repeated(".", $0) }), ("input", { repeated(",", $0) }), ("known output", { repeated("+.", $0) }),
        ("dead loops", { repeated("[+[-]>]", $0) }),
        ("scans", { repeated(",[>>]", $0) }),
        ("products", { repeated(",[->[->+>+<<]>>[-<<+>>]<<<]", $0 / 10) }),
        ("comments", { repeated("\n", $0) }),
    ]

    @Test(.timeLimit(.minutes(5)), arguments: texts.indices)
    func timeIsLinear(index: Int) throws {
        let (name, text) = Self.texts[index]
        let small = try cost(text(5_000))
        let large = try cost(text(80_000))
        // Squares would be 256 times as long. Small times are noise.
        #expect(large.time < max(small.time, .milliseconds(1)) * 80, "\(name): \(small) \(large)")
    }

    @Test func aMillionNestedLoops() throws {
        let count = 1_000_000
        let text = Self.repeated(",[", count) + Self.repeated("]", count)
        var region = try BFReader().read(text)
        #expect(region.instructions.count == 3 * count)
        var optimizer = TapeOptimizer()
        optimizer.run(&region)
        #expect(region.instructions[1].operation == .branch && region.instructions.count == 3 * count)
        #expect(SourceText(text).loop(aroundByte: 2 * count) == 2 * count - 1...2 * count)
        // Without end, too.
        #expect(throws: InvalidInput.self) { _ = try BFReader().read(Self.repeated("[", count)) }
    }

    @Test(arguments: ["+", "-", ">", "<", ".", ",", "]", "#", "[]", "><", "+-"])
    func aMillionOfEachCommand(command: String) throws {
        let text = Self.repeated(command, 1_000_000)
        do throws(InvalidInput) {
            var region = try BFReader().read(text)
            var optimizer = TapeOptimizer()
            optimizer.run(&region)
        } catch {
            #expect(command == "]" && error.diagnostics.count == 21)
        }
    }

    /// Cells farther away than instructions can name.
    @Test func farCells() throws {
        let reach = TapeRegion.largestOffset
        for distance in [reach / 2, reach / 2 + 1, reach, reach + 1, 3 * reach] {
            let right = String(repeating: ">", count: distance)
            let left = String(repeating: "<", count: distance)
            let text = "+>+" + right + "+[-" + left + "+" + right + "]" + left + "." + right + "."
            var options = BFOptions()
            (options.cellsLeft, options.cellsRight) = (0, distance + 3)
            var region = try BFReader(options).read(Array(text.utf8))
            var optimizer = TapeOptimizer()
            optimizer.run(&region, disabled: [.constants])
            for instruction in region.instructions.array {
                #expect(abs(Int(instruction.offset)) <= reach)
            }
            let outcome = TapeMachine.run(region, options, input: [], stepLimit: 1_000)
            #expect(outcome.ending == .finished && outcome.output == [2, 0])
        }
    }
}
