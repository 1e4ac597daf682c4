package import Foundation

/// Remembers which inputs have been proven: a small file for each, in a folder that may be deleted at any time.
///
/// A result is found by a digest of everything that it depends on, and by nothing else: no dates, no paths.
package struct ProofCache {
    private let folder: URL

    package init(_ folder: URL) { self.folder = folder }

    /// A digest of everything that decides whether the files on disk are those of the definitions.
    ///
    /// - Parameters:
    ///   - program: stencilgen itself, whose code and flags shape the tables.
    ///   - files: what would be compared. A missing one counts as such.
    package static func key(
        _ location: StencilSetLocation, compiler: Compiler, program: URL, files: [URL]
    ) throws(StencilGenError) -> String {
        var hash = FNV1a()
        hash.add(location.name)
        for executable in [program, compiler.executable.resolvingSymlinksInPath()] {
            do {
                hash.add(try Data(contentsOf: executable, options: .mappedIfSafe))
            } catch {
                throw StencilGenError(.file, at: executable.path, "could not be read: \(error.localizedDescription)")
            }
        }
        hash.add(compiler.identity)
        for folder in [location.source, location.headers] {
            let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
            for name in names.sorted() {
                hash.add(name)
                hash.add((try? Data(contentsOf: folder.appendingPathComponent(name))) ?? Data())
            }
        }
        for file in files {
            hash.add(file.lastPathComponent)
            guard let data = try? Data(contentsOf: file) else {
                hash.add("missing")
                continue
            }
            hash.add(data)
        }
        return hexadecimal(hash.value, digits: 16)
    }

    private func file(_ key: String) -> URL { folder.appendingPathComponent("proven-\(key)") }

    /// What was found out for these inputs, in words; nil where nothing is known.
    package func result(_ key: String) -> String? { try? String(contentsOf: file(key), encoding: .utf8) }

    /// Remembers a result. Without effect where the folder cannot be written.
    package func remember(_ result: String, for key: String) {
        try? FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try? result.write(to: file(key), atomically: true, encoding: .utf8)
    }
}
