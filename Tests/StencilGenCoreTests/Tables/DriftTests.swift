import CStencils
import Foundation
import StencilGenCore
import Testing

@Suite(.enabled(if: Toolchain.found != nil, Toolchain.missing)) struct DriftTests {
    /// The files of this package's own set, as this toolchain's clang makes them, but without the forms with
    /// registers in the tables.
    private static func regenerated() throws -> Output {
        let compiler = try #require(Toolchain.found).compiler
        let set = try Checkout.generated.get()
        let files = try TableWriter(set, disassembler: Disassembler(beside: compiler)).files()
        let docs = Checkout.root.appendingPathComponent("docs")
        return Output(
            files: files.map { (Checkout.base.output.appendingPathComponent($0.path), $0.text) } + [
                (docs.appendingPathComponent("uops.md"), DocumentWriter.uops(set)),
                (docs.appendingPathComponent("relocations.md"), DocumentWriter.relocations()),
            ])
    }

    /// The files with tables, by instruction set.
    private static let tables = StencilTarget.all.map { "base.\($0.identifier).c" }

    private static func isOfThisCompiler(_ output: Output) throws -> Bool {
        let compiler = try #require(Toolchain.found).compiler
        let maker = try #require(output.compilerOnDisk())
        guard maker != compiler.identity else { return true }
        print("tables were made by \(maker); this is \(compiler.identity): bytes are not compared")
        return false
    }

    /// All but the tables of code is that of the committed definitions.
    @Test func committedFilesAreUpToDate() throws {
        let output = try Self.regenerated()
        guard try Self.isOfThisCompiler(output) else { return }
        let others = Output(files: output.files.filter { !Self.tables.contains($0.url.lastPathComponent) })
        #expect(others.differences().map { "\($0.url.lastPathComponent):\n\($0.text)" } == [], "run \"make stencils\"")
        #expect(others.files.count >= 11 && output.files.count == others.files.count + Self.tables.count)
    }

    /// The tables of code are made of these definitions by this compiler, and have their frame forms and bridges as
    /// they are; of the forms with registers, RegisterSampleTests has a sample, and \"make check\" all.
    @Test(arguments: CommittedTable.all.map(\.isa)) func committedFrameFormsAreUpToDate(_ isa: UopISA) throws {
        let output = try Self.regenerated()
        guard try Self.isOfThisCompiler(output) else { return }
        let set = try Checkout.generated.get()
        let table = try #require(CommittedTable.all.first { $0.isa == isa })
        let generated = try #require(set.tables.first { $0.target.isa == isa })
        #expect(table.digest == generated.digest, "run \"make stencils\"")
        let operations = table.operations
        #expect(operations.count == set.operations.count)
        var (compared, differenceCount) = (0, 0)
        func compare(_ stencil: Stencil, _ form: CommittedTable.Form) {
            let fragments = table.fragments(form, template: form.templates.lowerBound)
            let expected = [stencil.hot, stencil.cold].filter { !$0.bytes.isEmpty }
            #expect(fragments.map(\.bytes) == expected.map(\.bytes), "\(stencil.symbol)")
            let holes = fragments.map { $0.holes.map { "\($0.offset) \($0.kind.name) \($0.addend)" } }
            #expect(holes == expected.map { $0.holes.map { "\($0.offset) \($0.kind.name) \($0.addend)" } }, "\(stencil.symbol)")
            compared += 1
            if fragments.map(\.bytes) != expected.map(\.bytes) { differenceCount += 1 }
        }
        for (index, stencils) in generated.forms.enumerated() {
            let forms = table.forms(ofOperation: index).map { table.forms[$0] }
            #expect(forms.prefix { $0.row.isFrame != 0 }.count == stencils.count, "\(set.uops[index].name)")
            for (stencil, form) in zip(stencils, forms) { compare(stencil, form) }
        }
        for (bridge, form) in zip(generated.bridges.compactMap(\.self), table.forms.suffix(generated.bridges.count { $0 != nil })) { compare(bridge, form) }
        #expect(compared > 180)
        print("judge \(isa.name): \(compared) frame forms and bridges beside clang's: \(differenceCount) differences")
    }

    /// What the program was linked with says the same as the files.
    @Test(.enabled(if: CommittedTable.base != nil)) func linkedTableIsTheCommittedOne() throws {
        for table in CommittedTable.all {
            let file = Checkout.base.output.appendingPathComponent("generated/\(Self.tables[Int(table.isa.rawValue)])")
            let text = try String(contentsOf: file, encoding: .utf8)
            #expect(text.contains("// Digest: \(table.digest)\n") && text.contains("// Compiler: \(table.compiler)\n"))
        }
    }

    /// A byte of the real table, changed on disk, is found with file and line.
    @Test func changedByteOfATableIsFound() throws {
        let directory = try TemporaryDirectory()
        let output = Output(
            files: try Self.regenerated().files.map { (directory.url.appendingPathComponent($0.url.lastPathComponent), $0.text) })
        _ = try output.write()
        #expect(output.differences().isEmpty)
        let url = directory.url.appendingPathComponent("base.x86_64.c")
        var lines = try String(contentsOf: url, encoding: .utf8).split(separator: "\n", omittingEmptySubsequences: false)
        let index = try #require(lines.firstIndex { $0.hasPrefix("    {0x49,0x8b,") })
        lines[index] = Substring(lines[index].replacing("0x49,0x8b,", with: "0x49,0x8a,"))
        try lines.joined(separator: "\n").write(to: url, atomically: true, encoding: .utf8)
        let found = output.differences()
        #expect(found.map(\.url) == [url])
        #expect(found.first?.text.contains("- \(index + 1): {0x49,0x8a,") == true)
        #expect(found.first?.text.contains("+ \(index + 1): {0x49,0x8b,") == true)
    }
}

@Suite(.enabled(if: Toolchain.found != nil, Toolchain.missing)) struct DigestTests {
    private static let files = [
        "A.c": "UOP(_A, IN(I64 a), OUT(I64 x), OPERANDS(), FLAGS(), \"Adds 1.\") { *x = a + 1; }",
        "B.c": "UOP(_B, IN(), OUT(I64 x), OPERANDS(IMM_I64 c), FLAGS(), \"A constant.\") { *x = c; }",
        "Shared.h": "enum { SHARED = 1 };",
    ]

    private static func generate(_ edit: (inout [String: String]) -> Void = { _ in }, headers: URL = Checkout.headers) throws -> GeneratedSet {
        var files = files
        edit(&files)
        return try TemporarySet(files, headers: headers).generate()
    }

    /// Two folders, one text: everything generated is the same.
    @Test func pathsOfTheHostLeaveNoTrace() throws {
        let sets = [try Self.generate(), try Self.generate()]
        #expect(sets[0].first.digest == sets[1].first.digest && sets[0].first.digest.count == 16)
        let texts = try sets.map { try TableWriter($0, disassembler: nil).files() }
        #expect(texts[0].map(\.path) == texts[1].map(\.path) && texts[0].map(\.text) == texts[1].map(\.text))
        for text in texts[0].map(\.text) {
            #expect(!text.contains(FileManager.default.temporaryDirectory.path) && !text.contains("stencilgen-"))
        }
    }

    /// A character of a definition, of its documentation, of a comment, or of a header.
    @Test(arguments: [("A.c", "a + 1", "a + 2"), ("A.c", "Adds 1.", "Adds 2."), ("B.c", "*x = c", "*x =  c"), ("Shared.h", "= 1", "= 2")])
    func aChangedCharacterChangesIt(file: String, from: String, to: String) throws {
        let plain = try Self.generate()
        let changed = try Self.generate { files in
            #expect(files[file]?.contains(from) == true)
            files[file] = files[file]?.replacing(from, with: to)
        }
        #expect(plain.first.digest != changed.first.digest)
    }

    @Test func aChangedHeaderOfTheContractChangesIt() throws {
        let headers = try TemporaryDirectory()
        try Checkout.copyHeaders(to: headers.url)
        let same = try Self.generate(headers: headers.url)
        #expect(same.first.digest == (try Self.generate().first.digest))
        let url = headers.url.appendingPathComponent("UopFrame.h")
        try ("// one line more\n" + String(contentsOf: url, encoding: .utf8)).write(to: url, atomically: true, encoding: .utf8)
        #expect(try Self.generate(headers: headers.url).first.digest != same.first.digest)
    }
}
