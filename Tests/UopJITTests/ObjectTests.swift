import Foundation
import ObjectFiles
import Testing

/// `--emit-object` and `--perf-map`: the machine code for other tools.
struct ObjectTests {
    private func object(_ arguments: [String]) throws -> (file: Object, bytes: [UInt8]) {
        try Command.withFolder { folder in
            let path = folder.appendingPathComponent("out.o")
            let result = try Command.run(["--emit-object", path.path] + arguments)
            #expect(result.status == 0 && result.output.isEmpty && result.errors.isEmpty, "\(result)")
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["out.o"])
            let bytes = Array(try Data(contentsOf: path))
            return (try Object(parsingELF: bytes, name: "out.o"), bytes)
        }
    }

    /// The reader that stencils are read with reads it, too; symbols cover the code without gaps.
    @Test(arguments: ExampleTests.all.map(\.name)) func everyByteHasASymbol(name: String) throws {
        let object = try object(["--isa", "x86-64", Command.example(name)]).file
        let text = try #require(object.sections.first { $0.name == ".text" })
        let symbols = object.symbols.filter { $0.section == text.index }.sorted { $0.value < $1.value }
        var end: UInt64 = 0
        for symbol in symbols {
            #expect(symbol.value == end && symbol.size > 0 && symbol.binding == .global, "\(symbol)")
            #expect((symbol.kind == .object) == symbol.name.hasPrefix("constants_"))
            end = symbol.value + symbol.size
        }
        #expect(end == text.size && text.size == UInt64(text.contents.count) && end > 0)
        #expect(text.relocations.isEmpty && Set(symbols.map(\.name)).count == symbols.count)
    }

    /// The bytes are those of the dump.
    @Test func theCodeIsThatOfTheDump() throws {
        let file = Command.example("gcd.uops")
        let text = try #require(object([file]).file.sections.first { $0.name == ".text" })
        let dump = try Command.run(["--dump", "code", file], environment: ["UOPJIT_OBJDUMP": ""]).output
        let bytes = dump.split(separator: "\n").flatMap { line -> [UInt8] in
            let words = line.split(separator: " ")
            guard words.first?.last == ":" else { return [] }
            return words.dropFirst().compactMap { UInt8($0, radix: 16) }
        }
        #expect(bytes == text.contents)
    }

    @Test(.enabled(if: Tools.objdump != nil, Tools.noObjdump)) func objdumpReadsIt() throws {
        try Command.withFolder { folder in
            let (source, path) = (folder.appendingPathComponent("sum.uops"), folder.appendingPathComponent("out.o"))
            try Data(DebuggingText.sum.utf8).write(to: source)
            #expect(try Command.run("--no-pass", "unrolling", "--emit-object", path.path, source.path).status == 0)
            let result = try Command.run(executable: try #require(Tools.objdump), ["-d", path.path])
            for part in ["elf64-x86-64", "<main._I64_ADD_CHECKED_3>:", "<too_large._EXIT_TRACE_12>:", "<main._I64_ADD_CHECKED_3.cold>:"] {
                #expect(result.output.contains(part), "\(part)\n\(result)")
            }
        }
    }

    @Test(.enabled(if: Tools.readelf != nil, Tools.noReadelf)) func readelfHasNothingAgainstIt() throws {
        try Command.withFolder { folder in
            let path = folder.appendingPathComponent("out.o")
            #expect(try Command.run("--emit-object", path.path, Command.example("named.uops")).status == 0)
            let result = try Command.run(executable: try #require(Tools.readelf), ["-aW", path.path])
            #expect(result.status == 0 && result.output.contains(".text") && result.output.contains("main._"))
            #expect(!(result.output + result.errors).lowercased().contains("warning"), "\(result)")
        }
    }

    // MARK: Targets

    /// Triples of this machine's instruction set need no other tables: the object is of the system's format, and has the way in.
    @Test(arguments: [
        ("x86-64", Object.Format.elf, ""), ("x86_64-unknown-linux-gnu", .elf, ""), ("x86_64-linux-musl", .elf, ""),
        ("x86_64-apple-macos11", .machO, "_"), ("x86_64-apple-darwin20", .machO, "_"), ("x86_64-pc-windows-msvc", .coff, ""), ("x86_64_v3-pc-windows-msvc", .coff, ""),
    ]) func objectsForTriples(target: String, format: Object.Format, prefix: String) throws {
        for file in ["gcd.uops", "squares.bf"] {
            try Command.withFolder { folder in
                let path = folder.appendingPathComponent("out.o")
                let result = try Command.run("--target", target, "--emit-object", path.path, Command.example(file))
                #expect(result.status == 0 && result.output.isEmpty && result.errors.isEmpty, "\(result)")
                let object = try Object(parsing: Array(try Data(contentsOf: path)), name: "out.o")
                #expect(object.format == format && object.architecture == .x86_64)
                let section = try #require(object.sections.first { $0.flags.contains(.executable) })
                #expect(section.alignment == 4096 && section.relocations.isEmpty)
                let enter = try #require(object.symbols.first { $0.name == prefix + "uopjit_enter" })
                #expect(enter.section == section.index && enter.value == 0)
            }
        }
    }

    /// What is called by name is left to a linker; a dump shows the code all the same.
    @Test func functionsAreLeftToLinkers() throws {
        let text = "uops 1\nlocal a: f64 = 7\ntrace main\n    _LOAD_FAST a\n    _LOAD_FAST a\n    _F64_REM\n    _STORE_FAST a\n    _EXIT_TRACE\nend\n"
        try Command.withFolder { folder in
            let path = folder.appendingPathComponent("out.o")
            let arguments = ["--target", "x86_64-unknown-linux-gnu", "--format", "uops", "-"]
            let result = try Command.run(["--emit-object", path.path] + arguments, input: Array(text.utf8))
            #expect(result.status == 0 && result.errors.isEmpty, "\(result)")
            let object = try Object(parsing: Array(try Data(contentsOf: path)), name: "out.o")
            let section = try #require(object.sections.first { $0.flags.contains(.executable) })
            let relocation = try #require(section.relocations.first)
            #expect(section.relocations.count == 1 && relocation.type.name == "R_X86_64_64")
            #expect(object.symbols[relocation.symbol].name == "fmod")
            let dump = try Command.run(["--dump", "code"] + arguments, input: Array(text.utf8))
            #expect(dump.status == 0 && dump.errors.isEmpty && dump.output.contains("_F64_REM"), "\(dump)")
        }
    }

    // MARK: Files

    @Test func anObjectThatCannotBeWritten() throws {
        try Command.withFolder { folder in
            let add4 = Command.example("add4.uops")
            let missing = try Command.run("--emit-object", folder.path + "/nowhere/out.o", add4)
            #expect(missing.status == 74 && missing.errors.contains("No such file or directory"), "\(missing)")
            let isFolder = try Command.run("--emit-object", folder.path, add4)
            #expect(isFolder.status == 74 && isFolder.errors.contains("is no regular file"), "\(isFolder)")
            let present = folder.appendingPathComponent("present.o")
            try Data("old".utf8).write(to: present)
            #expect(try Command.run("--emit-object", present.path, folder.path + "/none.uops").status == 65)
            #expect(try Data(contentsOf: present) == Data("old".utf8))
            #expect(try Command.run("--emit-object", present.path, add4).status == 0)
            #expect(try Data(contentsOf: present).count > 100)
            let two = try Command.run("--emit-object", present.path, add4, add4)
            #expect(two.status == 64 && two.errors.contains("expected one file, found 2"))
        }
    }

    // MARK: perf

    /// "address size name" in hexadecimal, sorted within the program, without overlaps.
    @Test func perfMap() throws {
        let (result, map) = try mapped([Command.example("linked.uops")])
        #expect(result.status == 0)
        var rows: [[Substring]] = []
        var places: [(begin: UInt64, count: UInt64)] = []
        for line in try #require(map).split(separator: "\n") {
            let words = line.split(separator: " ")
            try #require(words.count == 3, "\(line)")
            rows.append(words)
            places.append((try #require(UInt64(words[0], radix: 16)), try #require(UInt64(words[1], radix: 16))))
        }
        #expect(rows.contains { $0[2].hasPrefix("even._GUARD_TRUE_") } && rows.contains { $0[2].hasPrefix("odd.") })
        #expect(rows.suffix(2).map { $0[2] } == ["uopjit_enter", "uopjit_return"])
        let sorted = places.sorted { $0.begin < $1.begin }
        for (place, next) in zip(sorted, sorted.dropFirst()) { #expect(place.begin + place.count <= next.begin) }
        #expect(places.allSatisfy { $0.count > 0 })
    }

    /// The interpreter has no code to name.
    @Test func perfMapOfTheInterpreter() throws {
        let (result, map) = try mapped(["--engine", "interpreter", Command.example("add4.uops")])
        #expect(result.status == 0 && map == nil)
    }

    /// Runs with a map, and gives what is in it; nil where there is none. Nothing is left behind.
    private func mapped(_ arguments: [String]) throws -> (Command.Result, String?) {
        // The shell's process becomes the command's.
        let result = try Command.shell("echo $$ >&2; exec \"$uopjit\" --perf-map \"$@\"", arguments)
        let process = try #require(result.errors.split(separator: "\n").first)
        let file = "/tmp/perf-\(process).map"
        let map = try? String(contentsOfFile: file, encoding: .utf8)
        try? FileManager.default.removeItem(atPath: file)
        return (result, map)
    }
}
