import CStencils
import Dispatch
package import Foundation
import ObjectFiles
import Synchronization

/// One stencil to compile: a form with registers assigned, and the literal's value where it has one.
package struct Variant: Sendable {
    package var form: RegisterForm
    package var assignment: [Int]
    package var literal: Int64?
    /// What stands for the cell, where its displacement is found by comparison.
    package var cell: Int64?

    package init(_ form: RegisterForm, _ assignment: [Int], literal: Int64? = nil, cell: Int64? = nil) {
        self.form = form
        self.assignment = assignment
        self.literal = literal
        self.cell = cell
    }
}

/// Compiles many variants: some thousand a second and core.
package struct VariantCompiler: Sendable {
    private let compiler: Compiler
    let target: StencilTarget
    private let flags: [String]
    private let includes: [URL]
    private let helpers: [String]
    private let directory: URL
    /// Told how many of how many calls of clang are done.
    package var progress: (@Sendable (_ done: Int, _ total: Int) -> Void)?
    /// Where clang's code of earlier runs is.
    package var cache: ProofCache?

    package init(_ compiler: Compiler, target: StencilTarget, includes: [URL], helpers: [String], directory: URL) {
        self.compiler = compiler
        self.target = target
        flags = Compiler.stencilFlags(target) + Compiler.variantFlags
        self.includes = includes
        self.helpers = helpers
        self.directory = directory
    }

    /// Functions in one call of clang: enough that its start does not count, and no object of half a gigabyte.
    private static let batchSize = 1500

    /// The stencils in the order of the variants.
    package func stencils(_ variants: [Variant]) throws(StencilGenError) -> [Stencil] {
        let batches = batches(variants)
        let results = Mutex<[Int: Result<[(Int, Stencil)], StencilGenError>]>([:])
        DispatchQueue.concurrentPerform(iterations: batches.count) { number in
            let result: Result<[(Int, Stencil)], StencilGenError>
            do throws(StencilGenError) {
                result = .success(try compile(batches[number], of: variants))
            } catch {
                result = .failure(error)
            }
            let done = results.withLock { results in
                results[number] = result
                return results.count
            }
            progress?(done, batches.count)
        }
        var stencils: [Stencil?] = Array(repeating: nil, count: variants.count)
        // The first batch's error, whichever came first: messages do not depend on the machine's cores.
        for number in batches.indices {
            guard let result = results.withLock({ $0[number] }) else { continue }
            for (index, stencil) in try result.get() { stencils[index] = stencil }
        }
        var complete: [Stencil] = []
        complete.reserveCapacity(stencils.count)
        for (index, stencil) in stencils.enumerated() {
            guard let stencil else {
                throw StencilGenError(
                    .object, at: variants[index].form.operation.place, "a variant is missing from clang's object")
            }
            complete.append(stencil)
        }
        return complete
    }

    /// Indices of variants, by the files that their definitions are in.
    private func batches(_ variants: [Variant]) -> [[Int]] {
        var byFiles: [[String]: [Int]] = [:]
        for index in variants.indices { byFiles[files(of: variants[index].form.operation), default: []].append(index) }
        return byFiles.sorted { $0.key.lexicographicallyPrecedes($1.key) }.flatMap { _, indices in
            stride(from: 0, to: indices.count, by: Self.batchSize).map {
                Array(indices[$0..<min(indices.count, $0 + Self.batchSize)])
            }
        }
    }

    private func files(of operation: Operation) -> [String] {
        Array(Set([operation.first.file] + (operation.second.map { [$0.file] } ?? []))).sorted()
    }

    private func compile(_ batch: [Int], of variants: [Variant]) throws(StencilGenError) -> [(Int, Stencil)] {
        guard let first = batch.first else { return [] }
        let files = files(of: variants[first].form.operation)
        var text = "#define UOP_EMIT_STENCILS\n#include \"UopMagic.h\"\n"
        for file in files { text += "#include \"\(file)\"\n" }
        var places: [String: String] = [:]
        for (place, index) in batch.enumerated() {
            let variant = variants[index]
            let symbol = "v\(place)"
            places[symbol] = variant.form.operation.place + " \(variant.form.title)"
            text += WrapperWriter.variant(
                variant.form, symbol: symbol, variant.assignment, literal: variant.literal.map { UInt64(bitPattern: $0) },
                cell: variant.cell)
        }
        let key = try cache?.codeKey(text, flags: flags + helpers, includes: texts(including: files))
        if let key, let known = cache?.stencils(key) { return numbered(known, batch) }
        let object = try compiler.compile(
            text, name: "variants.\(first).c", flags: flags, includes: includes, directory: directory)
        let stencils = try StencilExtractor(object, of: target, helpers: helpers, places: places).stencils()
        if let key { cache?.remember(stencils, for: key) }
        return numbered(stencils, batch)
    }

    private func numbered(_ stencils: [Stencil], _ batch: [Int]) -> [(Int, Stencil)] {
        stencils.compactMap { stencil in
            Int(stencil.symbol.dropFirst()).flatMap { batch.indices.contains($0) ? (batch[$0], stencil) : nil }
        }
    }

    /// Everything that a text including `files` may include: those, and all headers but the pages of other targets.
    private func texts(including files: [String]) throws(StencilGenError) -> [String] {
        var result: [String] = []
        for folder in includes {
            let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
            for name in names.sorted() where files.contains(name) || [".h", ".def"].contains(where: name.hasSuffix) {
                let text = try readText(folder.appendingPathComponent(name))
                // The set's own header is a result, and changes with the number of uops.
                if !text.hasPrefix(TableWriter.generated) { result += [name, text] }
            }
        }
        for folder in includes {
            let page = folder.appendingPathComponent(target.page)
            if FileManager.default.fileExists(atPath: page.path) { result += [target.page, try readText(page)] }
        }
        return result
    }
}
