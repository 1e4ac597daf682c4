import ArgumentParser
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
              stencilgen --show _I64_ADD_CHECKED    one uop: C, machine code, holes
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

    @Option(help: ArgumentHelp("Print a uop's C, machine code and holes.", valueName: "uop"))
    var show: String?

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
            let generated = try Generator(location, compiler: compiler).generate()
            let report = Report(generated, disassembler: Disassembler(beside: compiler), source: location.source)
            if list {
                print(report.list(), terminator: "")
            } else if let show {
                print(try report.show(show), terminator: "")
            } else {
                let output = try self.output(generated, compiler: compiler, location: location)
                if check { try compare(output, compiler: compiler) } else { try write(output) }
            }
        } catch let error as StencilGenError {
            FileHandle.standardError.write(Data("stencilgen: error: \(error)\n".utf8))
            throw ExitCode(1)
        }
    }

    private func output(_ generated: GeneratedSet, compiler: Compiler, location: StencilSetLocation) throws -> Output {
        let writer = TableWriter(generated, disassembler: Disassembler(beside: compiler))
        var files = try writer.files().map { (url: location.output.appendingPathComponent($0.path), text: $0.text) }
        if set == nil {
            let docs = Self.package.appendingPathComponent("docs")
            files.append((docs.appendingPathComponent("uops.md"), DocumentWriter.uops(generated)))
            files.append((docs.appendingPathComponent("relocations.md"), DocumentWriter.relocations()))
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
        print("\(output.files.count) files are up to date")
    }

    /// A path as the user would type it.
    private func display(_ url: URL) -> String {
        let here = FileManager.default.currentDirectoryPath + "/"
        let path = url.standardizedFileURL.path
        return path.hasPrefix(here) ? String(path.dropFirst(here.count)) : path
    }
}
