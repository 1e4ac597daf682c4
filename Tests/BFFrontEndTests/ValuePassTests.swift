import BFFrontEnd
import Testing

/// `PassTests` for the passes that follow the values of cells.
struct ValuePassTests {
    typealias Row = PassTests.Row

    static let branches: [Row] = [
        Row(
            "cleared at the end", "[>+<[-]]",
            [
                "1:1 branch [0]",
                "1:3 add [1] += 1",
                "1:5 set [0] = 0",
                "1:8 endBranch [0]",
            ]),
        Row("nothing but a clear", "[[-]]", ["1:1 set [0] = 0"]),
        Row(
            "cleared, then moved", "[.[-]>]",
            [
                "1:1 loop [0]",
                "1:2 write [0]",
                "1:3 set [0] = 0",
                "1:7 move 1",
                "1:7 end [0]",
            ]),
        Row(
            "moved, then cleared", "[>[-]]",
            [
                "1:1 branch [0]",
                "1:3 set [1] = 0",
                "1:6 move 1",
                "1:6 endBranch [0]",
            ]),
        Row(
            "ends with a scan", "[>[>]]",
            [
                "1:1 branch [0]",
                "1:3 move 1",
                "1:3 loop [0]",
                "1:5 move 1",
                "1:5 end [0]",
                "1:6 endBranch [0]",
            ]),
        Row(
            "ends with branches", "[.>[.[-]]]",
            [
                "1:1 branch [0]",
                "1:2 write [0]",
                "1:4 branch [1]",
                "1:5 write [1]",
                "1:6 set [1] = 0",
                "1:9 endBranch [1]",
                "1:10 move 1",
                "1:10 endBranch [0]",
            ]),
        Row(
            "chained", "[-[.[-]]]",
            [
                "1:1 branch [0]",
                "1:2 add [0] += -1",
                "1:3 branch [0]",
                "1:4 write [0]",
                "1:5 set [0] = 0",
                "1:8 endBranch [0]",
                "1:9 endBranch [0]",
            ]),
        Row("changed after that", "[[-]+]", ["1:1 loop [0]", "1:2 set [0] = 0", "1:5 add [0] += 1", "1:6 end [0]"]),
        Row(
            "multiplications need no branch", "[[->+<]]",
            [
                "1:1 touch [0]",
                "1:2 touch [0]",
                "1:5 multiply [1] += [0] * 1",
                "1:2 set [0] = 0",
            ]),
        Row(
            "of another cell they do", "[>[-<+>]<[->>+<<]]",
            [
                "1:1 branch [0]",
                "1:3 touch [1]",
                "1:6 multiply [0] += [1] * 1",
                "1:3 set [1] = 0",
                "1:10 touch [0]",
                "1:14 multiply [2] += [0] * 1",
                "1:10 set [0] = 0",
                "1:18 endBranch [0]",
            ]),
    ]

    @Test(arguments: branches)
    func passBranches(row: Row) throws {
        #expect(try PassTests.listing(row.text, [.runs, .offsets, .clear, .multiply, .branches]) == row.listing)
    }

    static let scans: [Row] = [
        Row("one", "[>]", ["1:1 scan 1"]),
        Row("a stride", "[<<<]", ["1:1 scan -3"]),
        Row("not only moves", "[>+<]", ["1:1 loop [0]", "1:3 add [1] += 1", "1:5 end [0]"]),
        Row("no move", "[><]", ["1:1 loop [0]", "1:4 end [0]"]),
        Row("two", "[>]>[>]", ["1:1 scan 1", "1:5 move 1", "1:5 scan 1"]),
    ]

    @Test(arguments: scans)
    func passScans(row: Row) throws {
        #expect(try PassTests.listing(row.text, [.runs, .offsets, .scans]) == row.listing)
    }

    static let constants: [Row] = [
        Row("the tape begins with zeros", "+++>++<-", ["1:1 set [0] = 2", "1:5 set [1] = 2"]),
        Row("stores behind input", ">,<,[-]+>+<+>-", ["1:2 read [1]", "1:4 read [0]", "1:5 set [0] = 2"]),
        Row("a dead loop", "[this is dead].", ["1:15 write [0]"]),
        Row(
            "a known factor", "+[->+<]>[.]",
            [
                "1:1 set [0] = 0",
                "1:5 set [1] = 1",
                "1:9 loop [1]",
                "1:10 write [1]",
                "1:11 end [1]",
            ]),
        Row("a first use stays", ">+-<", ["1:2 touch [1]"]),
        Row("in its place", ",>+-.", ["1:1 read [0]", "1:3 write [1]"]),
        Row(
            "after a loop", "+[.-]+",
            [
                "1:1 set [0] = 1",
                "1:2 loop [0]",
                "1:3 write [0]",
                "1:4 add [0] += -1",
                "1:5 end [0]",
                "1:6 set [0] = 1",
            ]),
        Row(
            "cells that a loop leaves alone", "+>,[<.>-]<+",
            [
                "1:1 set [0] = 1",
                "1:3 read [1]",
                "1:4 loop [1]",
                "1:6 write [0]",
                "1:8 add [1] += -1",
                "1:9 end [1]",
                "1:11 set [0] = 2",
            ]),
        Row(
            "cells that a loop changes", "+>,[<+>-]<+",
            [
                "1:1 set [0] = 1",
                "1:3 read [1]",
                "1:6 multiply [0] += [1] * 1",
                "1:4 set [1] = 0",
                "1:11 add [0] += 1",
            ]),
        Row(
            "what one iteration proves may not have run", ",[>.<-]>+-",
            [
                "1:1 read [0]",
                "1:2 loop [0]",
                "1:4 write [1]",
                "1:6 add [0] += -1",
                "1:7 end [0]",
                "1:9 touch [1]",
            ]),
        Row("a touch that is proven", ",[>+<-]", ["1:1 read [0]", "1:4 multiply [1] += [0] * 1", "1:2 set [0] = 0"]),
        Row(
            "unbalanced: nothing is known", "+>,[>]<+",
            [
                "1:1 set [0] = 1",
                "1:3 read [1]",
                "1:4 move 1",
                "1:4 loop [0]",
                "1:6 move 1",
                "1:6 end [0]",
                "1:8 add [-1] += 1",
            ]),
    ]

    @Test(arguments: constants)
    func passConstants(row: Row) throws {
        #expect(try PassTests.listing(row.text, [.runs, .offsets, .clear, .multiply, .constants]) == row.listing)
    }

    static let output: [Row] = [
        Row(
            "joined over stores to proven cells", "+++++.>+++.<-.",
            [
                "1:1 set [0] = 4",
                "1:6 print \"\\x05\"",
                "1:8 set [1] = 3",
                "1:11 print \"\\x03\\x04\"",
            ]),
        Row(
            "not over what may be an error", "+.>.<.",
            [
                "1:1 set [0] = 1",
                "1:2 print \"\\x01\"",
                "1:4 touch [1]",
                "1:4 print \"\\x00\\x01\"",
            ]),
        Row(
            "not over input", "+.,.[-]+.",
            [
                "1:1 set [0] = 1",
                "1:2 print \"\\x01\"",
                "1:3 read [0]",
                "1:4 write [0]",
                "1:5 set [0] = 1",
                "1:9 print \"\\x01\"",
            ]),
        Row(
            "not over unknown output", ",>+.<.>.",
            [
                "1:1 read [0]",
                "1:3 set [1] = 1",
                "1:4 print \"\\x01\"",
                "1:6 write [0]",
                "1:8 print \"\\x01\"",
            ]),
        Row(
            "not over loops", "+.[.-].",
            [
                "1:1 set [0] = 1",
                "1:2 print \"\\x01\"",
                "1:3 loop [0]",
                "1:4 write [0]",
                "1:5 add [0] += -1",
                "1:6 end [0]",
                "1:7 print \"\\x00\"",
            ]),
        Row(
            "not over a multiplication off the tape", ",>+.<[->>+<<]>.",
            [
                "1:1 read [0]",
                "1:3 set [1] = 1",
                "1:4 print \"\\x01\"",
                "1:10 multiply [2] += [0] * 1",
                "1:6 set [0] = 0",
                "1:15 print \"\\x01\"",
            ]),
    ]

    @Test(arguments: output)
    func passOutput(row: Row) throws {
        let passes: Set<BFPassName> = [.runs, .offsets, .clear, .multiply, .constants, .output]
        #expect(try PassTests.listing(row.text, passes) == row.listing)
    }
}
