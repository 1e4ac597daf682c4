package import ObjectFiles

/// A function of an object, and where its code is.
package struct ObjectFunction {
    /// As C has it.
    package var name: String
    /// Stretches of sections, the entry's first: one for each block where blocks have sections.
    package var parts: [(section: Int, range: Range<Int>)]

    /// Sections of the blocks.
    var sections: [Int] { parts.map(\.section) }
}

/// Finds the functions of an object of any format, in the order of their sections.
///
/// - ELF: sections have functions' names, ".text.NAME"; those of a function's blocks have one name, the entry's first.
/// - COFF: each function has a section; all are called ".text".
/// - Mach-O: all functions are in one section, from symbol to symbol, with padding between. Names that begin with l or L are
///   the assembler's.
package struct ObjectFunctions {
    package private(set) var all: [ObjectFunction] = []
    private let object: Object
    private let target: StencilTarget

    package init(_ object: Object, _ target: StencilTarget) {
        self.object = object
        self.target = target
        switch object.format {
        case .elf: findInSections(joinsByName: true)
        case .coff: findInSections(joinsByName: false)
        case .machO: findBySymbols()
        }
    }

    private mutating func findInSections(joinsByName: Bool) {
        var byName: [String: Int] = [:]
        let entries = Dictionary(
            object.symbols.compactMap { symbol in
                symbol.kind == .function ? symbol.section.map { ($0, target.plain(symbol.name)) } : nil
            }, uniquingKeysWith: { first, _ in first })
        for section in object.sections where section.flags.contains(.executable) && !section.contents.isEmpty {
            let part = (section: section.index, range: section.contents.indices)
            if let name = entries[section.index] {
                byName[section.name] = all.count
                all.append(ObjectFunction(name: name, parts: [part]))
            } else if joinsByName, let function = byName[section.name] {
                all[function].parts.append(part)
            }
        }
    }

    private mutating func findBySymbols() {
        for section in object.sections where section.flags.contains(.executable) {
            var starts: [Int: String] = [:]
            for symbol in object.symbols
            where symbol.section == section.index && symbol.kind != .section && !["l", "L"].contains(symbol.name.prefix(1)) {
                // The reader has seen to it that symbols lie in their sections.
                starts[Int(symbol.value)] = target.plain(symbol.name)
            }
            let order = starts.keys.sorted()
            for (index, start) in order.enumerated() {
                let end = index + 1 < order.count ? order[index + 1] : section.contents.count
                guard start < end else { continue }
                all.append(ObjectFunction(name: starts[start] ?? "", parts: [(section.index, start..<end)]))
            }
        }
    }
}
