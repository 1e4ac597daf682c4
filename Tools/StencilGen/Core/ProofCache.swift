import CStencils
package import Foundation

/// Remembers which inputs have been proven, and what clang made of which text: files in a folder that may be deleted at
/// any time.
///
/// All is found by a digest of everything that it depends on, and by nothing else: no dates, no paths. What stencilgen
/// makes of clang's code is never remembered: it is folded and compared anew.
package struct ProofCache: Sendable {
    private let folder: URL
    /// A digest of the two programs that shape all results.
    private let programs: UInt64

    /// - Parameter program: stencilgen itself, whose code and flags shape the tables.
    package init(_ folder: URL, compiler: Compiler, program: URL) throws(StencilGenError) {
        self.folder = folder
        var hash = FNV1a()
        hash.add("contract \(UOP_ABI_VERSION), \(compiler.identity)")
        for executable in [program, compiler.executable.resolvingSymlinksInPath()] {
            do {
                hash.add(try Data(contentsOf: executable, options: .mappedIfSafe))
            } catch {
                throw StencilGenError(.file, at: executable.path, "could not be read: \(error.localizedDescription)")
            }
        }
        programs = hash.value
    }

    // MARK: Proofs

    /// A digest of everything that decides whether the files on disk are those of the definitions.
    ///
    /// - Parameter files: what would be compared. A missing one counts as such.
    package func key(_ location: StencilSetLocation, files: [URL], targets: [StencilTarget]) -> String {
        var hash = FNV1a()
        hash.add("\(location.name) \(programs) \(targets.map(\.name).joined(separator: " "))")
        for folder in [location.source, location.headers, location.headers.appendingPathComponent("isa")] {
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

    // MARK: Clang's code

    /// What clang made of a text with these flags and files, by whose digest it was kept.
    func stencils(_ key: String) -> [Stencil]? {
        let url = folder.appendingPathComponent("code-\(key)")
        guard let data = try? Data(contentsOf: url), let stencils = StencilArchive.stencils(in: data) else { return nil }
        // What is used stays.
        try? FileManager.default.setAttributes([.modificationDate: Date()], ofItemAtPath: url.path)
        return stencils
    }

    func remember(_ stencils: [Stencil], for key: String) {
        try? FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try? StencilArchive(stencils).data.write(to: folder.appendingPathComponent("code-\(key)"), options: .atomic)
    }

    /// The digest for a text, with the texts that it includes.
    func codeKey(_ text: String, flags: [String], includes: [String]) -> String {
        var hash = FNV1a()
        hash.add("\(programs) \(flags.joined(separator: " "))")
        for include in includes { hash.add(include) }
        hash.add(text)
        return hexadecimal(hash.value, digits: 16)
    }

    /// Removes what nobody has used for a week.
    package func clean() {
        let oldest = Date(timeIntervalSinceNow: -7 * 24 * 3600)
        let files = try? FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: [.contentModificationDateKey])
        for file in files ?? [] {
            let date = try? file.resourceValues(forKeys: [.contentModificationDateKey]).contentModificationDate
            if let date, date < oldest { try? FileManager.default.removeItem(at: file) }
        }
    }
}
