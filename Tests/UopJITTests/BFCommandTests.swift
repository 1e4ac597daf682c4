import Foundation
import Testing

/// BF programs by the command.
struct BFCommandTests {
    /// A program, what it reads, and what must come of it.
    struct Row: CustomTestStringConvertible, Sendable {
        var name: String
        var text: String
        var input = ""
        var output: [UInt8] = []
        var status: Int32 = 0
        /// All of standard error.
        var errors = ""

        var testDescription: String { name }
    }

    static let rows: [Row] = [
        Row(name: "empty program", text: ""),
        Row(name: "nothing but comments", text: "Nothing to do here!\n"),
        Row(name: "comments between commands of one run", text: "+a+b+ c\n+ .", output: [4]),
        Row(name: "runs that cancel out", text: "+-><.", output: [0]),
        Row(name: "cells wrap downwards", text: "-.", output: [255]),
        Row(name: "cells wrap upwards", text: String(repeating: "+", count: 257) + ".", output: [1]),
        Row(name: "a loop on a cell that is 0 is skipped", text: "[.-]+.", output: [1]),
        Row(name: "a carriage return is a comment", text: "+\r\n+\r\n.", output: [2]),
        Row(name: "input", text: ",.,.,.", input: "abc", output: [97, 98, 99]),
        Row(name: "at the end of the input the cell stays", text: "+++,.,.", input: "x", output: [120, 120]),
        Row(name: "no input at all", text: "+++,.", output: [3]),
        Row(name: "a byte of 0 is input, not its end", text: "+,.", input: "\0", output: [0]),
        Row(name: "the tape has cells on the left", text: "<<<+.>>>.", output: [1, 0]),
        Row(
            name: "off the tape on the left", text: "+\n  [<+]", status: 1,
            errors: """
                uopjit: error: the pointer left the tape at cell -65537 (test.bf:2:5, loop opened at 2:3)
                      [<+]
                        ^

                """),
        Row(
            name: "off the tape on the right", text: "+[>+]", status: 1,
            errors: """
                uopjit: error: the pointer left the tape at cell 4194304 (test.bf:1:4, loop opened at 1:2)
                    +[>+]
                       ^

                """),
        Row(
            name: "off the tape outside of loops, with output before", text: "+.\n\t" + String(repeating: "<", count: 65_537) + "\n.",
            output: [1], status: 1,
            errors: """
                uopjit: error: the pointer left the tape at cell -65537 (test.bf:3:1)
                    .
                    ^

                """),
        Row(
            name: "the pointer may stand off the tape",
            text: String(repeating: "<", count: 70_000) + String(repeating: ">", count: 70_000) + "+.",
            output: [1]),
        Row(
            name: "unmatched brackets, all in one run", text: "[[]\n ]]]+\n[", status: 65,
            errors: """
                test.bf:2:3: error: unmatched ']' (byte 6): no loop is open here
                     ]]]+
                      ^
                test.bf:2:4: error: unmatched ']' (byte 7): no loop is open here
                     ]]]+
                       ^
                test.bf:3:1: error: unmatched '[' (byte 10): the loop is never closed
                    [
                    ^

                """),
    ]

    @Test(arguments: rows, BFVariant.all)
    func row(row: Row, variant: BFVariant) throws {
        let result = try Command.run(text: row.text, name: "test.bf", variant.options, input: row.input)
        #expect(result.status == row.status && !result.wasKilled, "\(result)")
        #expect(result.bytes == row.output)
        #expect(result.errors(naming: "test.bf") == row.errors, "\(result)")
    }

    /// Bytes that are no UTF-8 are comments, count as columns, and are told as question marks.
    @Test func bytesThatAreNoText() throws {
        let result = try Command.run(bytes: [0xFF, 0xC3, 0x2B, 0x80, 0x2E, 0xE2, 0x5D, 0xF0], name: "test.bf")
        #expect(result.status == 65)
        #expect(
            result.errors.hasSuffix(
                "test.bf:1:7: error: unmatched ']' (byte 6): no loop is open here\n    ??+?.?]?\n          ^\n"))
        let good = try Command.run(bytes: [0xFF, 0xC3, 0x2B, 0x80, 0x2E, 0xE2, 0xF0], name: "test.b")
        #expect(good.status == 0 && good.bytes == [1])
    }

    /// A file of brackets: the first are told, and that there are more.
    @Test func manyUnmatchedBrackets() throws {
        for bracket in ["]", "["] {
            let result = try Command.run(text: String(repeating: bracket, count: 300_000), name: "test.bf")
            #expect(result.status == 65)
            let messages = result.errors.split(separator: "\n").filter { $0.contains("test.bf:") }
            #expect(messages.count == 21 && messages.last?.hasSuffix("more errors are left out") == true, "\(result)")
        }
    }

    @Test func tooManyCommands() throws {
        let result = try Command.run(text: "+.+.+.+.", name: "test.bf", ["--limit-uops", "5"])
        #expect(result.status == 65)
        #expect(result.errors.contains("error: the program has more than 5 uops (--limit-uops)\n"), "\(result)")
    }
}
