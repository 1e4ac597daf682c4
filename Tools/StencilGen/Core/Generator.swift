import CStencils
package import Foundation
import ObjectFiles

/// A folder of definitions, and where what is generated from it goes.
package struct StencilSetLocation: Sendable {
    /// An identifier of C.
    package var name: String
    /// The folder with the C files.
    package var source: URL
    /// The folder that gets `include/` and `generated/`.
    package var output: URL
    /// The folder with UopDefine.h.
    package var headers: URL

    package init(name: String, source: URL, output: URL, headers: URL) {
        self.name = name
        self.source = source
        self.output = output
        self.headers = headers
    }
}

/// The whole way from a folder of definitions to a `GeneratedSet`.
package struct Generator {
    package let location: StencilSetLocation
    package let compiler: Compiler
    private let directory: TemporaryDirectory

    /// What code is made for.
    package var targets: [StencilTarget] = StencilTarget.all
    /// Whether uops are compiled with their values in registers, too: most of the time goes there.
    package var includesRegisters = true
    /// Which operations are compiled with registers, if any are: all, unless only some are to be looked at.
    package var registerOperations: @Sendable (Operation) -> Bool = { _ in true }
    /// Where clang's code of earlier runs is; nil to compile everything.
    package var cache: ProofCache?
    /// Told what is being done, in words that change a few times a second.
    package var progress: (@Sendable (String) -> Void)?

    package init(_ location: StencilSetLocation, compiler: Compiler) throws(StencilGenError) {
        self.location = location
        self.compiler = compiler
        self.directory = try TemporaryDirectory()
    }

    private var includes: [URL] { [location.source, location.headers] }

    /// Compiles every file of the set (metadata, then stencils for each target) and extracts its stencils. All tables are
    /// proven when this returns.
    package func generate() throws(StencilGenError) -> GeneratedSet {
        let files = try sourceFiles()
        let definitions = try definitions(of: files)
        let operations = definitions.uops.map { Operation($0) } + (try fusions(definitions))
        var tables: [GeneratedSet.Table] = []
        for target in targets { tables.append(try table(target, files, definitions, operations)) }
        return GeneratedSet(
            name: location.name,
            files: files.map { ($0, relativePath(to: location.source.appendingPathComponent($0))) },
            uops: definitions.uops, helpers: definitions.helpers, operations: operations, tables: tables,
            targets: StencilTarget.all.filter { target in
                targets.contains { $0.isa == target.isa }
                    || FileManager.default.fileExists(atPath: location.output.appendingPathComponent(TableWriter.path(target, of: location.name)).path)
            },
            compilerIdentity: compiler.identity)
    }

    /// A target's code, proven.
    private func table(
        _ target: StencilTarget, _ files: [String], _ definitions: Definitions, _ operations: [Operation]
    ) throws(StencilGenError) -> GeneratedSet.Table {
        let registers = try registers(of: target)
        var table = try frameStencils(target, registers, files, definitions)
        var operations = operations
        for (index, forms) in table.forms.enumerated() { operations[index].callsHelper = forms.first.map(Self.callsHelper) ?? false }
        var variants = VariantCompiler(
            compiler, target: target, includes: includes, helpers: definitions.helpers, directory: directory.url)
        variants.cache = cache
        if let progress {
            variants.progress = { progress("\(target.name): \($0) of \($1) batches of variants compiled") }
        }
        table.registerForms = try registerForms(of: operations, registers, variants)
        table.digest = try digest(files, operations, target, registers)
        table.variantCount = try FormTables(table, operations: operations).proven()
        // What was compared is not needed any more, and is most of the memory.
        for operation in table.registerForms.indices {
            for form in table.registerForms[operation].indices { table.registerForms[operation][form].evidence = [] }
        }
        return table
    }

    /// The registers that a target's page names.
    package func registers(of target: StencilTarget) throws(StencilGenError) -> RegisterFile {
        let object = try compiler.compile(
            "#define UOP_EMIT_METADATA\n#include \"UopRegisters.h\"\n", name: "registers.\(target.identifier).c",
            flags: Compiler.stencilFlags(target), includes: includes, directory: directory.url)
        return try RegisterFile(in: object)
    }

    private func registerForms(
        of operations: [Operation], _ registers: RegisterFile, _ compiler: VariantCompiler
    ) throws(StencilGenError) -> [[FoldedForm]] {
        guard includesRegisters else { return operations.map { _ in [] } }
        let chosen = operations.indices.filter { registerOperations(operations[$0]) }
        var result: [[FoldedForm]] = operations.map { _ in [] }
        for (index, forms) in zip(chosen, try RegisterGenerator(compiler, registers).forms(of: chosen.map { operations[$0] })) {
            result[index] = forms
        }
        return result
    }

    private static func callsHelper(_ stencil: Stencil) -> Bool {
        (stencil.hot.holes + stencil.cold.holes).contains {
            switch $0.target {
            case .helper, .helperSlot: true
            default: false
            }
        }
    }

    /// What all files define; uops sorted by name.
    package func definitions(of files: [String]) throws(StencilGenError) -> Definitions {
        var definitions = Definitions()
        for file in files {
            let found = try self.definitions(in: file)
            definitions.uops += found.uops
            definitions.helpers += found.helpers
            definitions.fusions += found.fusions
            definitions.inverses += found.inverses
            definitions.splits += found.splits
        }
        definitions.uops.sort { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
        for (first, second) in zip(definitions.uops, definitions.uops.dropFirst()) where first.name == second.name {
            throw StencilGenError(
                .definition, at: second.place, "is defined in \(first.file):\(first.line), too", remedy: "Rename one.")
        }
        for (first, second) in definitions.inverses {
            guard let a = definitions.uops.firstIndex(where: { $0.name == first }),
                let b = definitions.uops.firstIndex(where: { $0.name == second }),
                definitions.uops[a].has(UOP_FLAG_JUMPS), definitions.uops[a].flags == definitions.uops[b].flags,
                definitions.uops[a].inputs.map(\.kindName) == definitions.uops[b].inputs.map(\.kindName)
            else {
                throw StencilGenError(
                    .definition, "UOP_INVERSES(\(first), \(second)): expected two jumps of this set with equal inputs and flags",
                    remedy: "Name two uops of which always exactly one jumps.")
            }
            definitions.uops[a].inverse = second
            definitions.uops[b].inverse = first
        }
        for split in definitions.splits {
            guard let uop = definitions.uops.firstIndex(where: { $0.name == split[0] }),
                split.dropFirst().allSatisfy({ part in definitions.uops.contains { $0.name == part } })
            else {
                throw StencilGenError(
                    .definition, "UOP_SPLIT(\(split.joined(separator: ", "))): expected four uops of this set",
                    remedy: "Name the uop, its check, its address and its access.")
            }
            definitions.uops[uop].parts = Array(split.dropFirst())
        }
        return definitions
    }

    private func fusions(_ definitions: Definitions) throws(StencilGenError) -> [Operation] {
        var result: [Operation] = []
        for (first, second) in definitions.fusions {
            func uop(_ name: String) throws(StencilGenError) -> Definition {
                if let found = definitions.uops.first(where: { $0.name == name }) { return found }
                throw StencilGenError(
                    .definition, "UOP_FUSE(\(first), \(second)): there is no uop '\(name)'", remedy: "Fuse uops of this set.")
            }
            let operation = Operation(try uop(first), try uop(second))
            if let problem = Operation.problem(operation.first, try uop(second)) {
                throw StencilGenError(
                    .definition, at: operation.place, "cannot be fused: \(problem)",
                    remedy: "Fuse a uop with one that takes its only output from the top of the stack.")
            }
            result.append(operation)
        }
        return result.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    }

    /// The stencils with values in the frame, and the bridges.
    private func frameStencils(
        _ target: StencilTarget, _ registers: RegisterFile, _ files: [String], _ definitions: Definitions
    ) throws(StencilGenError) -> GeneratedSet.Table {
        progress?("\(target.name): stencils with values in the frame")
        var bySymbol: [String: Stencil] = [:]
        for file in files {
            for stencil in try stencils(of: file, definitions: definitions, target: target) { bySymbol[stencil.symbol] = stencil }
        }
        var forms: [[Stencil]] = []
        for uop in definitions.uops {
            let symbols = Self.forms(of: uop, target).map { WrapperWriter.stencilSymbol(uop, $0) }
            let stencils = symbols.compactMap { bySymbol[$0] }
            guard stencils.count == symbols.count else {
                throw StencilGenError(.object, at: uop.place, "its stencil is missing from clang's object")
            }
            forms.append(stencils)
        }
        let bridges = Self.bridgeNames.map { bySymbol["uop_bridge_" + $0] }
        return GeneratedSet.Table(
            target: target, registers: registers, digest: "", forms: forms,
            bridges: bridges.allSatisfy { $0 == nil } ? [] : bridges, registerForms: [])
    }

    /// The forms that a uop is compiled in, with its values in the frame.
    package static func forms(of uop: Definition, _ target: StencilTarget) -> [WrapperWriter.Form] {
        if uop.has(UOP_FLAG_INTERPRETED) { return [] }
        let hasOffset = uop.inputs.count + uop.outputs.count > 0 || uop.operands.contains { $0.kind.form == .offset }
        return uop.hasValueOperand || target.limitsOffsets && hasOffset ? [.narrow, .wide] : [.narrow]
    }

    private static let bridgeNames =
        ["enter", "return", "exit", "move", "jump", "enterMicrosoft", "helperMicrosoft"] + (1...Int(UOP_LONGEST_PADDING)).map { "padding\($0)" }

    // MARK: Stages

    /// The set's C files by name.
    package func sourceFiles() throws(StencilGenError) -> [String] {
        do {
            let names = try FileManager.default.contentsOfDirectory(atPath: location.source.path)
            let files = names.filter { $0.hasSuffix(".c") }.sorted()
            if !files.isEmpty { return files }
        } catch {
            throw StencilGenError(.file, at: location.source.path, "could not be read: \(error.localizedDescription)")
        }
        throw StencilGenError(.file, at: location.source.path, "has no C files", remedy: "Put definitions into FILE.c.")
    }

    /// The uops and helpers that a file defines.
    package func definitions(in file: String) throws(StencilGenError) -> Definitions {
        let source = "#define UOP_EMIT_METADATA\n#include \"\(file)\"\n"
        let object = try compiler.compile(
            source, name: "metadata.\(file)", flags: Compiler.stencilFlags(targets[0]), includes: includes,
            directory: directory.url)
        return try Definitions(
            in: object, file: file, source: try readText(location.source.appendingPathComponent(file)))
    }

    /// The stencils of a file's uops, and its bridges, by compiling wrappers around the bodies.
    package func stencils(
        of file: String, definitions: Definitions, target: StencilTarget = .x86_64
    ) throws(StencilGenError) -> [Stencil] {
        let uops = definitions.uops.filter { $0.file == file }
        let wrappers = uops.flatMap { uop in Self.forms(of: uop, target).map { WrapperWriter.stencil(uop, $0) } }
        return try compile(wrappers, of: file, uops: uops, helpers: definitions.helpers, target: target)
    }

    /// Stencils of uops with literals in the place of value operands and cells: what tests compare with.
    package func literalTwins(
        of file: String, definitions: Definitions, values: (Definition) -> [[UInt64]]
    ) throws(StencilGenError) -> [Stencil] {
        let uops = definitions.uops.filter { $0.file == file }
        let wrappers = uops.flatMap { uop in
            values(uop).enumerated().map { WrapperWriter.stencil(uop, .literal($1), suffix: "_\($0)") }
        }
        return try compile(wrappers, of: file, uops: uops, helpers: definitions.helpers, target: .x86_64)
    }

    private func compile(
        _ wrappers: [String], of file: String, uops: [Definition], helpers: [String], target: StencilTarget
    ) throws(StencilGenError) -> [Stencil] {
        let source = WrapperWriter.stencilFile(including: file, stencils: wrappers, for: target)
        let object = try compiler.compile(
            source, name: "stencils.\(file)", flags: Compiler.stencilFlags(target), includes: includes,
            directory: directory.url)
        var owners: [String: Definition] = [:]
        for uop in uops {
            for form in [WrapperWriter.Form.narrow, .wide] { owners[WrapperWriter.stencilSymbol(uop, form)] = uop }
        }
        let extractor = try StencilExtractor(object, of: target, helpers: helpers, places: owners.mapValues(\.place))
        let stencils = try extractor.stencils()
        for stencil in stencils {
            guard let uop = owners[stencil.symbol] else { continue }
            if !target.mayUseStack { try checkFrame(stencil, of: uop) }
            try stencil.checkCells(uop.operands, of: target, at: uop.place)
        }
        return stencils
    }

    /// Only a uop that calls something may need a stack frame.
    private func checkFrame(_ stencil: Stencil, of uop: Definition) throws(StencilGenError) {
        let calls =
            uop.has(UOP_FLAG_ESCAPES) || Self.callsHelper(stencil)
        guard stencil.frameSize > 0, !calls else { return }
        throw StencilGenError(
            .stackFrame, at: uop.place, "needs \(stencil.frameSize) bytes of stack; a uop that calls nothing needs none",
            remedy: "Keep fewer values alive, and no arrays; or move the work to a helper.")
    }

    // MARK: Identity

    /// A digest of everything that shapes the tables: definitions, headers, wrappers, flags,
    /// compiler, ABI. No path of the host is in it.
    private func digest(
        _ files: [String], _ operations: [Operation], _ target: StencilTarget, _ registers: RegisterFile
    ) throws(StencilGenError) -> String {
        var hash = FNV1a()
        hash.add("abi \(UOP_ABI_VERSION) target \(target.triple) compiler \(compiler.identity)")
        hash.add((Compiler.stencilFlags(target) + Compiler.variantFlags).joined(separator: " "))
        hash.add(try readText(location.headers.appendingPathComponent(target.page)))
        for folder in includes {
            let names: [String]
            do {
                names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
            } catch {
                throw StencilGenError(.file, at: folder.path, "could not be read: \(error.localizedDescription)")
            }
            let isOutput = folder.appendingPathComponent("\(location.name).h")
            for name in names.sorted()
            where [".c", ".h", ".def"].contains(where: name.hasSuffix) && name != isOutput.lastPathComponent {
                hash.add(name)
                hash.add(try readText(folder.appendingPathComponent(name)))
            }
        }
        for operation in operations {
            if operation.second == nil {
                for form in Self.forms(of: operation.first, target) { hash.add(WrapperWriter.stencil(operation.first, form)) }
            }
            for form in RegisterForm.forms(of: operation, target, registers) {
                hash.add(WrapperWriter.variant(form, symbol: operation.name, form.axisIsFloat.map { _ in 0 }))
            }
        }
        return hexadecimal(hash.value, digits: 16)
    }

    /// A path from the folder of generated files to a file of the set.
    private func relativePath(to file: URL) -> String {
        let from = location.output.appendingPathComponent("generated").standardizedFileURL.pathComponents
        let to = file.standardizedFileURL.pathComponents
        let common = zip(from, to).prefix { $0 == $1 }.count
        return (Array(repeating: "..", count: from.count - common) + to[common...]).joined(separator: "/")
    }
}

/// The 64-bit FNV-1a hash: tells versions apart, protects against nothing.
struct FNV1a {
    private(set) var value: UInt64 = 0xCBF2_9CE4_8422_2325

    mutating func add(_ text: String) {
        for byte in text.utf8 + [0] { add(byte) }
    }

    /// Much data, by words of 8 bytes: the compiler itself has 100 MB.
    mutating func add(_ data: Data) {
        let words = data.count / 8
        unsafe data.withUnsafeBytes { bytes in
            for index in 0..<words {
                let word = unsafe bytes.loadUnaligned(fromByteOffset: 8 * index, as: UInt64.self)
                value = (value ^ word) &* 0x100_0000_01B3
                value ^= value >> 29
            }
            for index in 8 * words..<bytes.count { unsafe add(bytes[index]) }
        }
        add("\(data.count)")
    }

    private mutating func add(_ byte: UInt8) { value = (value ^ UInt64(byte)) &* 0x100_0000_01B3 }
}
