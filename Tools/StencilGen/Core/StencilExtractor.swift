import CStencils
package import ObjectFiles

/// Turns the functions of an object into stencils: relocations become holes, blocks fragments.
package struct StencilExtractor {
    private let object: Object
    /// Symbols that stencils may reach through UOP_HELPER_ symbols.
    private let helpers: Set<String>
    /// What messages say before section and offset, by symbol.
    private let places: [String: String]
    private let frameSizes: [Int: Int]
    private let target: StencilTarget

    /// - Parameters:
    ///   - target: what the object was compiled for.
    ///   - places: how messages call a function, by its symbol ("Integer64.c:7: uop '_I64_ADD'").
    package init(
        _ object: Object, of target: StencilTarget, helpers: [String], places: [String: String]
    ) throws(StencilGenError) {
        self.object = object
        self.target = target
        self.helpers = Set(helpers)
        self.places = places
        self.frameSizes = try Self.frameSizes(of: object)
    }

    /// All functions of the object in the order of their sections, each as a stencil.
    ///
    /// Throws where a rule for stencil authors is broken, with the offset.
    package func stencils() throws(StencilGenError) -> [Stencil] {
        var result: [Stencil] = []
        for function in ObjectFunctions(object, target).all {
            let blocks = try blocks(of: function)
            var layout = BlockLayout(blocks, target.branches)
            let fragments = try layout.fragments()
            let stencil = Stencil(
                symbol: function.name, hot: fragments.hot, cold: fragments.cold,
                frameSize: frameSizes[function.sections[0]] ?? 0)
            result.append(stencil)
        }
        // Last: what uses the data is the better place to name.
        try checkData()
        return result
    }

    // MARK: Functions

    private func blocks(of function: ObjectFunction) throws(StencilGenError) -> [Block] {
        var result: [Block] = []
        for part in function.parts {
            let section = object.sections[part.section]
            var relocations: [Block.Relocation] = []
            for relocation in section.relocations.sorted(by: { $0.offset < $1.offset })
            where part.range.contains(Int(relocation.offset)) {
                let (whole, isSlot) = try paired(relocation, in: section, of: function)
                var converted = try convert(whole, isSlot: isSlot, in: section, of: function)
                converted.offset -= part.range.lowerBound
                relocations.append(converted)
            }
            let code = withoutTrailer(Array(section.contents[part.range]))
            let prefixed = target.branches.prefixedInstructions(in: code)
            for offset in prefixed where !relocations.contains(where: { $0.offset == offset }) {
                relocations.append(
                    Block.Relocation(offset: offset, kind: .ppcPrefixed34, reference: .target(.nothing), addend: 0))
            }
            relocations.sort { $0.offset < $1.offset }
            do throws(StencilGenError) {
                result += try FunctionSplitter(code, relocations, target.branches).blocks
            } catch {
                throw StencilGenError(error.kind, at: places[function.name] ?? function.name, error.message, remedy: error.remedy)
            }
        }
        return result
    }

    /// The code of a function without what clang puts behind it.
    private func withoutTrailer(_ bytes: [UInt8]) -> [UInt8] {
        guard target.hasTrailer, let last = bytes.lastIndex(where: { $0 != 0 }) else { return bytes }
        return Array(bytes[..<min(bytes.count, (last + 4) & ~3)])
    }

    /// RISC-V names the auipc that a lower half belongs to, and not what that leads to: the relocation becomes one against
    /// the same symbol, with how far it is behind the auipc added. Whether it leads to a slot, is the upper half's to say.
    private func paired(
        _ relocation: Relocation, in section: Section, of function: ObjectFunction
    ) throws(StencilGenError) -> (Relocation, isSlot: Bool) {
        guard let kind = UopHoleKind(relocation, in: section.contents), kind == .riscvPCLow12 || kind == .riscvPCLow12Store else {
            return (relocation, leadsToSlot(relocation))
        }
        let label = object.symbols[relocation.symbol]
        guard label.section == section.index, relocation.addend == 0,
            let upper = section.relocations.first(where: {
                $0.offset == label.value && UopHoleKind($0, in: section.contents) == .riscvPCHigh20
            })
        else {
            throw StencilGenError(
                .layout, at: place(relocation, section, function),
                "\(relocation.type) against '\(label.name)': expected the place of an auipc in the same function",
                remedy: "Report this: clang laid out the function in a way that stencilgen does not know.")
        }
        var result = relocation
        result.symbol = upper.symbol
        result.addend = upper.addend &+ Int64(relocation.offset) &- Int64(upper.offset)
        return (result, leadsToSlot(upper))
    }

    /// Whether what a relocation leads to is data with a symbol's address: by its type, or in COFF by the symbol's name.
    private func leadsToSlot(_ relocation: Relocation) -> Bool {
        UopHoleKind.leadsToSlot(relocation.type) || target.namesSlot(object.symbols[relocation.symbol].name)
    }

    private func place(_ relocation: Relocation, _ section: Section, _ function: ObjectFunction) -> String {
        (places[function.name] ?? function.name) + ", \(section.name)+0x\(String(relocation.offset, radix: 16))"
    }

    // MARK: Relocations

    private func convert(
        _ relocation: Relocation, isSlot: Bool, in section: Section, of function: ObjectFunction
    ) throws(StencilGenError) -> Block.Relocation {
        let symbol = object.symbols[relocation.symbol]
        let place = place(relocation, section, function)
        guard var kind = UopHoleKind(relocation, in: section.contents) else {
            throw StencilGenError(
                .unknownRelocation, at: place,
                "relocation \(relocation.type) against '\(symbol.name)' has no hole kind; known: "
                    + UopHoleKind.relocationNames(object.format).joined(separator: ", "),
                remedy: symbol.kind == .threadLocal
                    ? "Stencils must not touch thread-local storage: pass the value as an operand. See docs/relocations.md."
                    : "Reach what the symbol names through an operand, the frame, or UOP_HELPER. See docs/relocations.md.")
        }
        let name = target.plain(symbol.name)
        // A machine with addresses of 32 bits takes any word: a number that stands for one of 64 must fit.
        if kind == .word32, name.hasPrefix("UOP_OPERAND_32_") { kind = .absolute32Signed }
        var result = Block.Relocation(
            offset: Int(relocation.offset), kind: kind, reference: .target(.exit), addend: relocation.addend)
        switch symbol.placement {
        case .undefined:
            result.reference = .target(try target(of: name, isSlot: isSlot, place: place))
        // Blocks have sections only there.
        case .section(let index) where object.format == .elf && function.sections.contains(index):
            let destination = Int64(bitPattern: symbol.value) &+ relocation.addend
            guard kind == target.branches.jumpKind, destination == -4, target.branches.addend == -4 else {
                throw StencilGenError(
                    .layout, at: place,
                    "\(relocation.type) leads into a block, at \(destination + 4); expected a branch to its beginning",
                    remedy: "Report this: clang laid out the function in a way that stencilgen does not know.")
            }
            result.addend = -4
            result.reference = .block(function.sections.firstIndex(of: index) ?? 0)
        case .section(let index) where object.sections[index].flags.contains(.executable):
            throw StencilGenError(
                .layout, at: place, "refers to code of its own elsewhere, '\(symbol.name)'; expected all of it in one function",
                remedy: "Make functions that the body calls static inline, and always_inline where clang still calls them.")
        case .section(let index):
            (result.reference, result.addend) = try constant(
                in: object.sections[index], symbol: symbol, addend: relocation.addend, kind: kind, place: place)
        case .absolute, .common:
            throw undeclared(symbol.name, place)
        }
        try checkReach(result, relocation.type, symbol, place)
        return result
    }

    /// Code and constants lie anywhere, so that 32 bits cannot hold their address, only their distance;
    /// an operand is a number, and has no distance.
    private func checkReach(
        _ relocation: Block.Relocation, _ type: RelocationType, _ symbol: Symbol, _ place: String
    ) throws(StencilGenError) {
        let field = relocation.kind.field
        let isDistance = field.base != .nothing
        let (fits, remedy) =
            switch relocation.reference {
            case .target(.operand), .target(.operandHigh): (!isDistance, distanceRemedy)
            case .target(.helper): (field.width == 64 || field.base == .nothing && (field.signedness == .any), "Call helpers as UOP_CALL(name)(...).")
            case .target(.constant):
                (isDistance || field.signedness == .any, "Index neither constant tables nor strings: compute the value, or pass a buffer.")
            // The low bits of an address go with its page's distance.
            case .target(.operandSlot), .target(.helperSlot): (isDistance || field.signedness == .any, "Report this: clang reads an operand in a way that stencilgen does not know.")
            case .target(.nothing): (true, "")
            case .target, .block: (isDistance || field.width == 64, "Report this: clang made a branch that stencilgen does not know.")
            }
        guard !fits else { return }
        throw StencilGenError(
            .layout, at: place, "\(type) against '\(symbol.name)' cannot reach what lies anywhere in memory", remedy: remedy)
    }

    /// What to do where an operand is a distance.
    private var distanceRemedy: String {
        let use = "Use operands as values, not as functions or places"
        return object.format == .coff ? use + ", and by the macros of isa/native.h: the address of a symbol is a distance in COFF." : use + "."
    }

    private func target(of symbol: String, isSlot: Bool, place: String) throws(StencilGenError) -> Stencil.Target {
        switch symbol {
        case "UOP_CONTINUE": return .continuation(0)
        case "UOP_JUMP_TARGET": return .continuation(1)
        case "UOP_EXIT_TARGET": return .exit
        case "UOP_EXIT_WITHOUT_FLAG": throw broken("uses EXIT() without the flag EXITS", "Add EXITS to its FLAGS.", place)
        case "UOP_JUMP_WITHOUT_FLAG":
            throw broken("uses JUMP() without the flag JUMPS", "Add JUMPS to its FLAGS and a LABEL to its OPERANDS.", place)
        case "UOP_CONTINUE_OF_TERMINATOR":
            throw broken("is a TERMINATOR whose body may return", "End every way with EXIT() or JUMP(), or drop the flag.", place)
        case "UOP_UNWRITTEN_OUTPUT":
            throw broken("may go on without having written an output", "Write every output on every way but EXIT() and JUMP().", place)
        default: break
        }
        for prefix in ["UOP_OPERAND_32_", "UOP_OPERAND_64_", "UOP_OPERAND_LOW_"] {
            if symbol.hasPrefix(prefix), let number = Int(symbol.dropFirst(prefix.count)) {
                return isSlot ? .operandSlot(number) : .operand(number)
            }
        }
        if symbol.hasPrefix("UOP_OPERAND_HIGH_"), let number = Int(symbol.dropFirst("UOP_OPERAND_HIGH_".count)) {
            return .operandHigh(number)
        }
        if symbol.hasPrefix("UOP_HELPER_") {
            let name = String(symbol.dropFirst("UOP_HELPER_".count))
            if helpers.contains(name) { return isSlot ? .helperSlot(name) : .helper(name) }
        }
        throw undeclared(symbol, place)
    }

    private func broken(_ message: String, _ remedy: String, _ place: String) -> StencilGenError {
        StencilGenError(.definition, at: place, message, remedy: remedy)
    }

    private func undeclared(_ symbol: String, _ place: String) -> StencilGenError {
        let inserted = ["memset", "memcpy", "memmove", "memcmp"].contains(symbol)
        return StencilGenError(
            .undeclaredSymbol, at: place,
            "uses '\(symbol)', which is neither an operand nor a declared helper",
            remedy: inserted
                ? "clang made a loop or a large copy into this call: copy single words, or declare a helper and call it."
                : "Declare it: UOP_HELPER(result, \(symbol), (parameters)), and call UOP_CALL(\(symbol))(...).")
    }

    // MARK: Data

    /// The constant that a relocation refers to, and the addend relative to it.
    private func constant(
        in section: Section, symbol: Symbol, addend: Int64, kind: UopHoleKind, place: String
    ) throws(StencilGenError) -> (Block.Reference, Int64) {
        guard section.flags.contains(.allocated), section.flags.isDisjoint(with: [.executable, .writable, .threadLocal, .zeroFilled]),
            section.relocations.isEmpty
        else {
            throw StencilGenError(
                .writableData, at: place,
                "refers to section \(section.name)\(contents(of: section)), which is not read-only data without relocations",
                remedy: "Stencils have constants only: keep state in the frame, and replace tables of addresses by code.")
        }
        // All of the section is right in any case, addends included. What is pooled is less: what the symbol
        // names, or the entry where it is a label without a size (.LCPI0_0, in sections of single numbers).
        var range = 0..<section.contents.count
        if section.flags.contains(.mergeable), symbol.kind != .section {
            let size = symbol.size > 0 ? symbol.size : section.entrySize >= 4 ? section.entrySize : 0
            let (end, overflows) = symbol.value.addingReportingOverflow(size)
            if size > 0, !overflows, end <= section.contents.count { range = Int(symbol.value)..<Int(end) }
        }
        // i386 names the section, and the entry by the addend, which there is nothing else in.
        if section.flags.contains(.mergeable), symbol.kind == .section, kind == .word32, section.entrySize >= 4,
            let offset = Int(exactly: addend), let size = Int(exactly: section.entrySize), offset >= 0,
            offset < section.contents.count / size * size
        {
            range = offset / size * size..<(offset / size + 1) * size
        }
        guard section.alignment <= 64, range.count <= UInt16.max else {
            throw StencilGenError(
                .layout, at: place,
                "needs a constant of \(range.count) bytes aligned to \(section.alignment); at most \(UInt16.max) bytes, "
                    + "aligned to at most 64, are kept",
                remedy: "Use smaller tables and narrower vectors.")
        }
        let constant = Stencil.Constant(
            bytes: Array(section.contents[range]), alignment: Int(section.alignment))
        return (.target(.constant(constant)), Int64(bitPattern: symbol.value) &+ addend &- Int64(range.lowerBound))
    }

    /// " ('counter', 'total')": what a section holds, for messages.
    private func contents(of section: Section) -> String {
        let names = object.symbols.filter { $0.section == section.index && $0.kind != .section && !$0.name.isEmpty }
        return names.isEmpty ? "" : " (" + names.prefix(4).map { "'\($0.name)'" }.joined(separator: ", ") + ")"
    }

    /// No data but constants, whether or not anything refers to it.
    private func checkData() throws(StencilGenError) {
        for section in object.sections
        where section.flags.contains(.allocated) && !section.flags.isDisjoint(with: [.writable, .threadLocal]) {
            guard section.size > 0 else { continue }
            throw StencilGenError(
                .writableData, at: object.name,
                "section \(section.name) holds writable or thread-local data\(contents(of: section))",
                remedy: "Stencils are copied, their data are not: keep state in the frame.")
        }
    }

    /// Stack that each function takes, by the section of its entry (`-fstack-size-section`: an
    /// address and a ULEB128 number a function).
    private static func frameSizes(of object: Object) throws(StencilGenError) -> [Int: Int] {
        var result: [Int: Int] = [:]
        for section in object.sections where section.name == ".stack_sizes" {
            for relocation in section.relocations {
                var position = Int(relocation.offset) + (object.architecture == .i386 ? 4 : 8)
                var size = 0
                var shift = 0
                while position < section.contents.count, shift < 32 {
                    let byte = section.contents[position]
                    size |= Int(byte & 0x7F) << shift
                    shift += 7
                    position += 1
                    if byte & 0x80 == 0 { break }
                }
                if let function = object.symbols[relocation.symbol].section { result[function] = size }
            }
        }
        return result
    }
}
