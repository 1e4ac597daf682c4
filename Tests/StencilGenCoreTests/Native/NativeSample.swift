import CStencils
import Foundation
import ObjectFiles
import StencilGenCore
import Testing

/// What clang for macOS or Windows makes of the golden files and of every uop of this package's own set: objects on disk, and
/// the stencils in them.
struct NativeSample: Sendable {
    struct File: Sendable {
        /// The C file.
        let name: String
        let path: String
        let object: Object
        /// Or why there are none.
        let stencils: Result<[Stencil], StencilGenError>
    }

    let target: StencilTarget
    let golden: [File]
    /// One for each file of the set.
    let families: [File]
    private let directory: TemporaryDirectory

    var files: [File] { golden + families }

    /// By triple. Compiled once.
    static let all = Dictionary(
        uniqueKeysWithValues: StencilTarget.native.map { target in (target.triple, Result { try NativeSample(target) }) })

    /// The stencils of files.
    static func stencils(_ files: [File]) throws -> [Stencil] { try files.flatMap { try $0.stencils.get() } }

    static func of(_ target: StencilTarget) throws -> NativeSample { try #require(all[target.triple]).get() }

    private init(_ target: StencilTarget) throws {
        let compiler = try #require(Toolchain.found).compiler
        let directory = try TemporaryDirectory()
        self.target = target
        self.directory = directory
        golden = try PlainGoldenSet.all.map { set in
            try Self.file(
                set.name + ".c", try String(contentsOf: set.source, encoding: .utf8),
                NativeGolden(set: set, target: target).stencilFlags, [], compiler, target, directory)
        }
        let set = try Checkout.generated.get()
        families = try Set(set.uops.map(\.file)).union(["Bridges.c"]).sorted().map { file in
            let wrappers = set.uops.filter { $0.file == file }.flatMap { uop in
                Generator.forms(of: uop, target).map { WrapperWriter.stencil(uop, $0) }
            }
            return try Self.file(
                file, WrapperWriter.stencilFile(including: file, stencils: wrappers, for: target), Compiler.stencilFlags(target),
                [Checkout.base.source, Checkout.headers], compiler, target, directory)
        }
    }

    private static func file(
        _ name: String, _ text: String, _ flags: [String], _ includes: [URL], _ compiler: Compiler, _ target: StencilTarget,
        _ directory: TemporaryDirectory
    ) throws -> File {
        // Not under its own name: it includes itself then.
        let copy = "stencils.\(name)"
        let object = try compiler.compile(text, name: copy, flags: flags, includes: includes, directory: directory.url)
        let stencils = Result { () throws(StencilGenError) in
            try StencilExtractor(object, of: target, helpers: ["fmod"], places: [:]).stencils()
        }
        return File(
            name: name, path: directory.url.appendingPathComponent(copy + ".o").path, object: object, stencils: stencils)
    }
}

extension StencilTarget {
    /// A test's argument prints its triple.
    struct Case: CustomTestStringConvertible, Sendable {
        let target: StencilTarget
        var testDescription: String { target.triple }

        static let native = StencilTarget.native.map(Case.init)
    }
}
