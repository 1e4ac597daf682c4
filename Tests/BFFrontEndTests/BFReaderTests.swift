import BFFrontEnd
import Testing
import UopVM

/// From text to regions.
struct BFReaderTests {
    private func read(_ text: String, _ options: BFOptions = BFOptions()) throws -> [String] {
        let region = try BFReader(options).read(Array(text.utf8))
        let lines = region.listing(of: SourceText(Array(text.utf8))).split(separator: "\n")
        return lines.map { $0.split(separator: " ").joined(separator: " ") }
    }

    private func errors(_ text: String, _ limits: Limits = Limits()) -> [String] {
        do throws(InvalidInput) {
            _ = try BFReader(limits: limits).read(Array(text.utf8))
            return []
        } catch {
            return error.diagnostics.map(\.description)
        }
    }

    @Test func runsBecomeOneInstruction() throws {
        #expect(
            try read("+++>>>--<.") == [
                "1:1 add [0] += 3", "1:4 move 3", "1:7 add [0] += -2", "1:9 move -1", "1:10 write [0]",
            ])
        #expect(try read("+-><") == ["1:1 add [0] += 0"])
        #expect(try read("a+\n + b-,") == ["1:2 add [0] += 1", "2:6 read [0]"])
        #expect(try read(String(repeating: "+", count: 257)) == ["1:1 add [0] += 1"])
    }

    @Test func runsMayBeLeftAlone() throws {
        var options = BFOptions()
        options.disabledPasses = [.runs]
        #expect(try read("+-><", options).map { $0.split(separator: " ")[1] } == ["add", "add", "move", "move"])
    }

    @Test func hashIsACommandIfWanted() throws {
        var options = BFOptions()
        #expect(try read("+#+", options) == ["1:1 add [0] += 2"])
        options.hashIsDebug = true
        #expect(try read("+#+", options) == ["1:1 add [0] += 1", "1:2 debug", "1:3 add [0] += 1"])
    }

    @Test func wideCellsHaveWideAmounts() throws {
        var options = BFOptions()
        for (bits, amount) in [(CellBits.bits8, UInt32(0xFF)), (.bits16, 0xFFFF), (.bits32, 0xFFFF_FFFF)] {
            options.cellBits = bits
            #expect(try BFReader(options).read([0x2D]).instructions[0].amount == amount)
        }
    }

    @Test func loopsAreLinked() throws {
        let region = try BFReader().read(Array("[[]+[]]".utf8))
        #expect(region.instructions.array.map(\.other) == [6, 2, 1, 0, 5, 4, 0])
    }

    @Test func unmatchedBrackets() {
        #expect(
            errors("[[]\n ]]]+\n[") == [
                "2:3: error: unmatched ']' (byte 6): no loop is open here",
                "2:4: error: unmatched ']' (byte 7): no loop is open here",
                "3:1: error: unmatched '[' (byte 10): the loop is never closed",
            ])
        #expect(errors("[[][") == [
            "1:1: error: unmatched '[' (byte 0): the loop is never closed",
            "1:4: error: unmatched '[' (byte 3): the loop is never closed",
        ])
    }

    @Test(arguments: [1, 2, 7, 20])
    func errorsAreLimited(count: Int) {
        var limits = Limits()
        limits.errors = count
        for text in ["]", "[", "]]][", "][[["].map({ String(repeating: $0, count: 40) }) {
            let errors = errors(text, limits)
            #expect(errors.count == count + 1 && errors.last?.hasSuffix("more errors are left out") == true)
            #expect(errors.dropLast().allSatisfy { $0.contains("unmatched") })
        }
        #expect(errors("]]][[[[", limits).count == min(7, count + 1))
    }

    @Test func limits() {
        var limits = Limits()
        limits.uops = 5
        #expect(errors("+>+>+", limits) == [])
        #expect(errors("+>+>+\n >", limits) == ["2:2: error: the program has more than 5 uops (--limit-uops)"])
        limits.fileBytes = 3
        #expect(errors("    ", limits) == ["1:1: error: the file has 4 bytes; the limit is 3 (--limit-file-bytes)"])
    }

    @Test func anyByteMayStandInAComment() throws {
        let bytes = (0...255).map { UInt8($0) }.filter { !Array("+-<>.,[]".utf8).contains($0) }
        #expect(try BFReader().read(bytes + [0x2B] + bytes).instructions.array.map(\.position) == [UInt32(bytes.count)])
    }

    @Test func placesInTheText() {
        let text = SourceText(Array("ab\n\ncd".utf8))
        let places = text.locations(ofBytes: [5, 0, 3, 2, 99]).map { [Int($0.line), Int($0.column)] }
        #expect(places == [[3, 2], [1, 1], [2, 1], [1, 3], [3, 3]])
    }

    @Test func loopsAroundPlaces() {
        let text = SourceText(Array("+[-[>]<[<]x]+".utf8))
        let expected: [(Int, ClosedRange<Int>?)] = [
            (0, nil), (1, nil), (2, 1...11), (3, 1...11), (4, 3...5), (5, 3...5), (6, 1...11), (9, 7...9), (10, 1...11),
            (11, 1...11), (12, nil), (13, nil),
        ]
        for (offset, loop) in expected { #expect(text.loop(aroundByte: offset) == loop, "byte \(offset)") }
    }
}
