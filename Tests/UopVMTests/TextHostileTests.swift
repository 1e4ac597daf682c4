import Testing

@testable import UopVM

/// Inputs that nobody wrote with good intent. That the process is still there afterwards is the
/// first thing these tests say; the second is that every message points into the text.
struct TextHostileTests {
    /// Parses; checks the places of all diagnostics, or that the program reads back alike.
    private func check(_ source: [UInt8], _ what: @autoclosure () -> String) throws {
        let program: Program
        do {
            program = try Program(parsing: source, catalog: TextCatalog.catalog)
        } catch {
            var lines: [Int] = []
            for line in source.split(separator: 10, omittingEmptySubsequences: false) { lines.append(line.count) }
            try #require(!error.diagnostics.isEmpty && error.diagnostics.count <= Limits().errors + 1, "\(what())")
            for diagnostic in error.diagnostics {
                let place = diagnostic.location
                try #require(place.line >= 1 && Int(place.line) <= lines.count, "\(diagnostic) in \(what())")
                let length = lines[Int(place.line) - 1]
                let column = Int(place.column)
                // One byte behind the last stands for the end of the line.
                try #require(column >= 1 && column <= length + 1, "\(diagnostic) in \(what())")
                try #require(column - 1 + Int(place.length) <= max(length, column), "\(diagnostic) in \(what())")
                try #require(!diagnostic.message.isEmpty && !diagnostic.message.utf8.contains(10), "\(what())")
                try #require(!diagnostic.message.hasSuffix("."), "\(diagnostic) in \(what())")
            }
            if source.count < 10_000 { _ = error.rendered(file: "t.uops", source: source) }
            return
        }
        try #require(try parse(print(program)) == program, "\(what())")
    }

    @Test(arguments: TextSamples.all)
    func everyPrefix(text: String) throws {
        let bytes = Array(text.utf8)
        for count in 0...bytes.count { try check(Array(bytes[..<count]), "the first \(count) bytes of \(text)") }
    }

    @Test func everyLineLeftOutOrDoubled() throws {
        for text in TextSamples.all {
            let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
            for index in lines.indices {
                var changed = lines
                changed.remove(at: index)
                try check(Array(changed.joined(separator: "\n").utf8), "without line \(index + 1) of \(text)")
                changed = lines
                changed.insert(lines[index], at: index)
                try check(Array(changed.joined(separator: "\n").utf8), "with line \(index + 1) twice of \(text)")
            }
        }
    }

    @Test func mutations() throws {
        let seed: UInt64 = 1_618_033
        Swift.print("seed \(seed)")
        var random = SeededGenerator(seed: seed)
        let samples = TextSamples.all.map { Array($0.utf8) }
        let likely = Array("\n\r\t \"'#%=:->(){}[],\\x0159_.eEpn".utf8)
        for round in 0..<20_000 {
            var bytes = samples[Int.random(in: 0..<samples.count, using: &random)]
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let at = Int.random(in: 0..<max(bytes.count, 1), using: &random)
                let byte =
                    Bool.random(using: &random)
                    ? likely.randomElement(using: &random)! : UInt8.random(in: 0...255, using: &random)
                switch Int.random(in: 0..<5, using: &random) {
                case 0: bytes[at] = byte
                case 1: bytes.insert(byte, at: at)
                case 2: bytes.remove(at: at)
                case 3: bytes[at] ^= 1 << UInt8.random(in: 0..<8, using: &random)
                default:
                    let end = min(bytes.count, at + Int.random(in: 1...20, using: &random))
                    let target = Int.random(in: 0...bytes.count, using: &random)
                    bytes.insert(contentsOf: Array(bytes[at..<end]), at: target)
                }
            }
            try check(bytes, "round \(round) of seed \(seed): \(bytes)")
        }
    }

    @Test func garbage() throws {
        let seed: UInt64 = 577_215
        Swift.print("seed \(seed)")
        var random = SeededGenerator(seed: seed)
        for round in 0..<3000 {
            let count = Int.random(in: 0...300, using: &random)
            var bytes = round % 2 == 0 ? [] : Array("uops 1\n".utf8) + (round % 4 == 1 ? Array("trace t\n".utf8) : [])
            for _ in 0..<count { bytes.append(UInt8.random(in: 0...255, using: &random)) }
            try check(bytes, "round \(round) of seed \(seed)")
        }
    }

    /// Words of the language in an order that means nothing.
    @Test func wordSalad() throws {
        let seed: UInt64 = 693_147
        Swift.print("seed \(seed)")
        var random = SeededGenerator(seed: seed)
        var words = [
            "\n", "\n", "uops", "local", "buffer", "tape", "helper", "exit", "trace", "end", "expect", "error",
        ]
        words += [
            "start", "output", "range(", "a", "b", ":", "=", "->", "(", ")", "[", "]", "{", "}", ",", "i64", "i8",
        ]
        words += [
            "object", "1", "-1", "0x10", "1.5", "inf", "nan", "nan(", "None", "True", "'c'", "\"s\"", "%v", "#", "\"",
        ]
        words += TextCatalog.catalog.uops.map(\.name)
        for round in 0..<3000 {
            var text = "uops 1\n"
            for _ in 0..<Int.random(in: 0...60, using: &random) { text += words.randomElement(using: &random)! + " " }
            try check(Array(text.utf8), "round \(round) of seed \(seed): \(text)")
        }
    }

    @Test func giants() throws {
        let many = 200_000
        func long(_ text: String) -> String { String(repeating: text, count: many) }
        let texts = [
            "uops \(long("1"))", "uops 1\nlocal \(long("a")): i64", "uops 1\n\(long("a"))", "uops 1\n\(long("("))",
            "uops 1 #\(long("#"))", "uops 1\(long("\n"))", "uops 1\(long(" "))", "uops 1\n\(long("\r"))",
            "uops 1\nlocal a: i64 = \(long("9"))", "uops 1\nlocal a: i64 = -\(long("9"))",
            "uops 1\nlocal a: i64 = 0x\(long("f"))",
            "uops 1\nlocal a: i64 = \(long("0"))", "uops 1\nlocal a: i64 = \(long("0_"))0",
            "uops 1\nlocal a: f64 = \(long("9"))", "uops 1\nlocal a: f64 = 0.\(long("0"))1",
            "uops 1\nlocal a: f64 = 1.\(long("3"))",
            "uops 1\nlocal a: f64 = 1e\(long("9"))", "uops 1\nlocal a: f64 = 1e-\(long("9"))",
            "uops 1\nlocal a: f64 = 0x\(long("f"))p-\(long("9"))",
            "uops 1\nlocal a: f64 = \(long("9"))e-\(many - 1)", "uops 1\nlocal a: f64 = \(long("-"))1",
            "uops 1\nlocal a: range = range(\(long("1,")))", "uops 1\nhelper h(\(long("i64,")))",
            "uops 1\ntrace t(\(long("i64,")))\nend",
            "uops 1\nbuffer b: i64[\(many)] = {\(long("1,"))1}", "uops 1\nbuffer b: i8[\(many)] = \"\(long("x"))\"",
            "uops 1\nexit e error \"\(long("\\"))\"", "uops 1\nexit e error \"\(long("é"))\"",
            "uops 1\nexit e error \(long("\""))",
            "uops 1\nexit e error '\(long("'"))", "uops 1\ntrace t\n\(long("%v "))",
            "uops 1\ntrace t\n\(long("%v "))= _NOP\nend",
            "uops 1\ntrace t\n_I64_ADD \(long("%v "))\nend", "uops 1\ntrace t\n\(long("x:\n"))end",
            "uops 1\n\(long("end\n"))",
            "uops 1\n\(long("trace t\n"))", "uops 1\ntrace t\n\(long("_NOP\n"))end",
            "uops 1\ntrace t\n_NOP \(long("-> "))\nend",
        ]
        for text in texts { try check(Array(text.utf8), text.prefix(60) + "...") }
    }

    @Test func manyNames() throws {
        var text = "uops 1\n"
        for i in 0..<9_000 { text += "local name_\(i): i64\n" }
        text += "trace main\n"
        for i in 0..<20_000 { text += "_JUMP label_\(i)\n" }
        for i in (0..<20_000).reversed() { text += "label_\(i):\n_LOAD_FAST name_\(i % 9_000)\n" }
        let program = try parse(text + "end")
        #expect(program.locals.count == 9_000 && program.traces[0].labels.count == 20_000)
        #expect(try parse(print(program)) == program)
        // And names that are near to many others, but are none of them.
        let wrong = (0..<30).map { "_LOAD_FAST nmae_\($0)\n_JUMP lable_\($0)\n" }.joined()
        try check(Array((text + wrong + "end").utf8), "many names")
    }
}
