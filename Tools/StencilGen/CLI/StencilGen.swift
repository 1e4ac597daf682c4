import ArgumentParser
import CStencils
import Foundation
import StencilGenCore

@main
struct StencilGen: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stencilgen",
        abstract: "Compiles uop definitions into stencil tables.",
        discussion: """
            Reads the UOP(...) definitions of a folder of C files, compiles them with clang (19 or newer), turns the \
            relocations of the object files into holes, and writes the tables as C: OUT/include/NAME.h and \
            OUT/generated/NAME.*.c. Without options it regenerates this package's own set and writes what changed.

            EXAMPLES
              stencilgen                            regenerate Sources/CStencils and docs/
              stencilgen --check                    are the committed tables up to date?
              stencilgen --list                     all uops with their sizes
              stencilgen --list --sizes             every form with registers, too: takes as long as --check
              stencilgen --show _I64_ADD_CHECKED    one uop: C, machine code, holes, templates and masks
              stencilgen --show _I64_LT_S+_GUARD_TRUE
                                                    two uops that are fused
              stencilgen --set my/Uops --out my/CUops --name Mine
                                                    a set of your own

            EXIT STATUS
              0   done; --check: nothing differs
              1   an error; --check: the tables differ
              2   --check: another compiler made the tables, bytes cannot be compared
              64  wrong usage
            """)

    @Option(help: ArgumentHelp("The folder of definitions.", valueName: "dir"))
    var set: String?

    @Option(help: ArgumentHelp("The folder that gets include/ and generated/.", valueName: "dir"))
    var out: String?

    @Option(help: ArgumentHelp("The set's name, an identifier of C. Default: that of the --set folder.", valueName: "name"))
    var name: String?

    @Option(help: ArgumentHelp("The clang to use. Default: the one beside swift, then clang, clang-19 and up on PATH.", valueName: "path"))
    var clang: String?

    @Option(help: ArgumentHelp("The folder with UopDefine.h. Default: the one of the package that this was built from.", valueName: "dir"))
    var include: String?

    @Flag(help: "Compare with what is on disk instead of writing; print a diff.")
    var check = false

    @Flag(help: "List every uop with its operands, stack effect and sizes.")
    var list = false

    @Flag(help: "With --list: every form with its templates, instructions, bytes and literals; totals for each level.")
    var sizes = false

    @Option(help: ArgumentHelp("Print a uop's C, machine code and holes.", valueName: "uop"))
    var show: String?

    @Option(
        help: ArgumentHelp(
            "What code is made for: \(StencilTarget.all.map(\.name).joined(separator: ", ")). Repeatable. Default: all of them; the first for --list without --sizes, and for --show.",
            valueName: "name"))
    var target: [String] = []

    @Option(help: ArgumentHelp("Where results of proofs and clang's code are remembered. Default: .build/stencilgen in the checkout.", valueName: "dir"))
    var cache: String?

    @Flag(help: "Compile and prove everything, whatever is remembered.")
    var ignoreCache = false

    /// The checkout that this program was built from.
    private static var package: URL {
        URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("../../..").standardizedFileURL
    }

    mutating func validate() throws {
        guard (set == nil) == (out == nil) || list || show != nil else {
            throw ValidationError("--set and --out go together.")
        }
        if let name, name.wholeMatch(of: /[A-Za-z_][A-Za-z0-9_]*/) == nil {
            throw ValidationError("--name '\(name)' is no identifier of C.")
        }
        if sizes && !list { throw ValidationError("--sizes goes with --list.") }
        for name in target where !StencilTarget.all.contains(where: { $0.name == name }) {
            throw ValidationError("--target '\(name)' is none of \(StencilTarget.all.map(\.name).joined(separator: ", ")).")
        }
    }

    /// The targets that were asked for; nil where none was.
    private var targets: [StencilTarget]? {
        target.isEmpty ? nil : StencilTarget.all.filter { target.contains($0.name) }
    }

    private var location: StencilSetLocation {
        let package = Self.package
        let headers = include.map { URL(fileURLWithPath: $0) } ?? package.appendingPathComponent("Sources/CStencils/include")
        guard let set else {
            return StencilSetLocation(
                name: "base", source: package.appendingPathComponent("Stencils"),
                output: package.appendingPathComponent("Sources/CStencils"), headers: headers)
        }
        let source = URL(fileURLWithPath: set)
        let fallback = String(source.standardizedFileURL.lastPathComponent.map { $0.isLetter || $0.isNumber ? $0 : "_" })
        return StencilSetLocation(
            name: name ?? fallback, source: source, output: URL(fileURLWithPath: out ?? "."), headers: headers)
    }

    func run() throws {
        do {
            let location = location
            let work = try TemporaryDirectory()
            let compiler = try Compiler.find(given: clang, directory: work.url)
            if list || show != nil {
                try report(location, compiler)
            } else {
                try generate(location, compiler)
            }
        } catch let error as StencilGenError {
            FileHandle.standardError.write(Data("stencilgen: error: \(error)\n".utf8))
            throw ExitCode(1)
        }
    }

    private func report(_ location: StencilSetLocation, _ compiler: Compiler) throws {
        let progress = Progress()
        var generator = try Generator(location, compiler: compiler)
        generator.progress = progress.show
        generator.includesRegisters = sizes || show != nil
        generator.cache = ignoreCache ? nil : try proofCache(compiler)
        generator.targets = targets ?? (sizes ? StencilTarget.all : [StencilTarget.all[0]])
        if let show { generator.registerOperations = { $0.name == show } }
        let generated = try generator.generate()
        progress.end()
        let report = Report(generated, disassembler: Disassembler(beside: compiler), source: location.source)
        if let show {
            print(try report.show(show), terminator: "")
        } else {
            print(sizes ? try report.sizes() : report.list(), terminator: "")
        }
    }

    private func generate(_ location: StencilSetLocation, _ compiler: Compiler) throws {
        let cache = try proofCache(compiler)
        let key = key(location, cache)
        if !ignoreCache, let known = cache.result(key) {
            print("\(known) (known from an earlier run with the same inputs)")
            return
        }
        let progress = Progress()
        var generator = try Generator(location, compiler: compiler)
        generator.progress = progress.show
        generator.cache = ignoreCache ? nil : cache
        generator.targets = targets ?? StencilTarget.all
        let generated = try generator.generate()
        progress.show("writing tables")
        let output = try output(generated, compiler: compiler, location: location)
        progress.end()
        if check { try compare(output, compiler: compiler) } else { try write(output) }
        let result = "\(output.files.count) files are up to date; \(generated.variantCount) variants are clang's"
        cache.remember(result, for: self.key(location, cache))
        cache.clean()
        if check { print(result) }
    }

    private func proofCache(_ compiler: Compiler) throws(StencilGenError) -> ProofCache {
        try ProofCache(
            cache.map { URL(fileURLWithPath: $0) } ?? Self.package.appendingPathComponent(".build/stencilgen"),
            compiler: compiler, program: Bundle.main.executableURL ?? URL(fileURLWithPath: CommandLine.arguments[0]))
    }

    /// What the answer depends on, with the files as they are on disk now.
    private func key(_ location: StencilSetLocation, _ cache: ProofCache) -> String {
        let folders = [location.output.appendingPathComponent("generated"), location.output.appendingPathComponent("include")]
        var files = folders.flatMap { folder in
            ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []).sorted()
                .filter { $0.hasPrefix(location.name + ".") }.map { folder.appendingPathComponent($0) }
        }
        if set == nil { files += documents + [Self.proofs] }
        return cache.key(location, files: files, targets: targets ?? StencilTarget.all)
    }

    /// What the last run of all proofs of all targets said: `make test-targets` keeps it.
    private static var proofs: URL { package.appendingPathComponent("docs/platforms.txt") }

    private var documents: [URL] {
        ["uops.md", "relocations.md", "platforms.md"].map { Self.package.appendingPathComponent("docs").appendingPathComponent($0) }
    }

    private func output(_ generated: GeneratedSet, compiler: Compiler, location: StencilSetLocation) throws -> Output {
        let writer = TableWriter(generated, disassembler: Disassembler(beside: compiler))
        var files = try writer.files().map { (url: location.output.appendingPathComponent($0.path), text: $0.text) }
        if set == nil {
            let proofs = ((try? String(contentsOf: Self.proofs, encoding: .utf8)) ?? "").split(separator: "\n").map(String.init)
            let pages = [
                DocumentWriter.uops(generated), DocumentWriter.relocations(), PlatformsWriter.page(generated, proofs: proofs),
            ]
            // The page of platforms needs all of them.
            let isWhole = generated.tables.count == StencilTarget.all.count
            files += zip(documents, pages).prefix(isWhole ? pages.count : pages.count - 1).map { (url: $0, text: $1) }
        }
        return Output(files: files)
    }

    private func write(_ output: Output) throws {
        let written = try output.write()
        for url in written { print("wrote \(display(url))") }
        print(written.isEmpty ? "nothing changed (\(output.files.count) files)" : "\(written.count) of \(output.files.count) files changed")
    }

    private func compare(_ output: Output, compiler: Compiler) throws {
        if let maker = output.compilerOnDisk(), maker != compiler.identity {
            print("tables were made by \(maker); this is \(compiler.identity)")
            print("Bytes cannot be compared: run the proofs (make test) with tables of this compiler, or use that one.")
            throw ExitCode(2)
        }
        let differences = output.differences()
        for difference in differences { print("\(display(difference.url)):\n\(difference.text)", terminator: "") }
        guard differences.isEmpty else {
            print("\(differences.count) of \(output.files.count) files differ (- on disk, + generated). Run \"make stencils\".")
            throw ExitCode(1)
        }
    }

    /// A path as the user would type it.
    private func display(_ url: URL) -> String {
        let here = FileManager.default.currentDirectoryPath + "/"
        let path = url.standardizedFileURL.path
        return path.hasPrefix(here) ? String(path.dropFirst(here.count)) : path
    }
}
