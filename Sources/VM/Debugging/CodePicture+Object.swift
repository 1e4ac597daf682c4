package import CStencils

extension CodePicture {
    /// The machine code as a relocatable object, with a symbol a piece.
    ///
    /// Of this machine's code nothing is left to relocate: helpers are called through the frame, and functions of libm at their
    /// addresses in this process. Of code for another machine, the bridges are part of it, and functions of libm are symbols that
    /// other objects define; the section is one page or more, in which everything has the place that it was made for.
    package func object(as format: ObjectFormat) throws(ObjectWriterError) -> [UInt8] {
        try description(for: format).bytes(for: isa, as: format)
    }

    /// All blocks, where they are in listings and objects; zeros between them.
    package var bytes: [UInt8] {
        var bytes: [UInt8] = []
        for block in blocks { bytes += [UInt8](repeating: 0, count: block.start - bytes.count) + block.bytes }
        return bytes
    }

    /// What code is aligned to that linkers may move: adrp counts pages of this size.
    private static let pageSize = 4096
    /// What nothing in code is aligned more strictly than.
    private static let codeAlignment = 64

    private func description(for format: ObjectFormat) throws(ObjectWriterError) -> ObjectDescription {
        var object = ObjectDescription()
        var bytes = bytes
        for block in blocks {
            for piece in block.pieces where !piece.range.isEmpty {
                object.symbols.append(
                    ObjectDescription.Symbol(
                        name: piece.symbol, kind: piece.kind == .constants ? .object : .function, section: 0,
                        offset: block.start + piece.range.lowerBound, byteCount: piece.range.count))
            }
        }
        if isForeign {
            addRelocations(to: &object, format)
            try HelperLoads(isa, format).rewrite(&bytes, &object.relocations)
        }
        object.sections = [
            ObjectDescription.Section(
                name: ".text", use: .code, alignment: isForeign ? Self.pageSize : Self.codeAlignment, contents: .bytes(bytes))
        ]
        return object
    }

    /// Relocations in the order of memory, and the symbols that they need.
    private func addRelocations(to object: inout ObjectDescription, _ format: ObjectFormat) {
        var helpers: [String: Int] = [:]
        for block in blocks {
            for field in block.relocations.sorted(by: { $0.offset < $1.offset }) {
                var relocation = ObjectDescription.Relocation(
                    section: 0, offset: block.start + field.offset, kind: field.kind, target: .section(0), addend: field.addend)
                switch field.target {
                case .code: relocation.addend += Int64(block.start)
                case .helper(let name):
                    let symbol = Self.symbol(of: name, isa, format)
                    let index = helpers[symbol] ?? object.symbols.count
                    if helpers[symbol] == nil {
                        object.symbols.append(ObjectDescription.Symbol(name: symbol, kind: .function, section: nil))
                        helpers[symbol] = index
                    }
                    relocation.target = .symbol(index)
                }
                object.relocations.append(relocation)
            }
        }
    }

    /// What a function is called that code calls by name. Code calls it as System V's C does; on x86-64 Windows has another
    /// convention, whose functions write to 32 bytes of their caller's: there it is the adapter of UopDefine.h (UOP_HELPER_CALLEE_).
    package static func symbol(of helper: String, _ isa: UopISA, _ format: ObjectFormat) -> String {
        format == .coff && (isa == .X86_64 || isa == .X86_64_V3) ? "uop_callee_\(helper)" : helper
    }
}
