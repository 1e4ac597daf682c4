package import CStencils
package import ObjectFiles

/// A uop as its C definition says, read from the object file that the definition was compiled to.
package struct Definition: Sendable, Equatable {
    package struct Parameter<Kind: Sendable & Equatable>: Sendable, Equatable {
        package var kind: Kind
        /// The enumerator without prefix, as C code writes it: "I64", "LOCAL_READ".
        package var kindName: String
        package var name: String
    }

    package var name: String
    package var documentation: String
    /// The file's name in the set's folder, and the first line of the definition.
    package var file: String
    package var line: Int
    package var flags: UInt32
    package var inputs: [Parameter<UopClass>]
    package var outputs: [Parameter<UopClass>]
    package var operands: [Parameter<UopOperandKind>]

    /// The uop that jumps where this one does not.
    package var inverse: String?
    /// What the JIT makes of it: a check, the address, the access.
    package var parts: [String] = []

    /// "Integer64.c: uop '_I64_ADD'": how messages name it.
    package var place: String { "\(file):\(line): uop '\(name)'" }

    package func has(_ flag: some BinaryInteger) -> Bool { flags & UInt32(flag) != 0 }

    /// "(left right -- sum)".
    package var stackEffect: String {
        let kept = has(UOP_FLAG_PEEKS) ? inputs.map(\.name) : []
        return "(" + (inputs.map(\.name) + ["--"] + kept + outputs.map(\.name)).joined(separator: " ") + ")"
    }

    /// Operands that become a value in the code: they make the difference between the forms.
    package var hasValueOperand: Bool { operands.contains { $0.kind.form == .value } }
}

extension UopOperandKind {
    /// How a hole for an operand of this kind looks.
    package var form: UopOperandForm { unsafe uop_operand_forms()[Int(rawValue)] }
}

/// All that the metadata sections of one object say.
package struct Definitions: Sendable {
    package var uops: [Definition] = []
    /// Symbols that bodies may call.
    package var helpers: [String] = []
    /// Names of uops that shall be compiled as one, too.
    package var fusions: [(first: String, second: String)] = []
    /// Names of uops of which always one jumps.
    package var inverses: [(first: String, second: String)] = []
    /// Uops that the JIT takes apart: the uop, then its parts.
    package var splits: [[String]] = []

    package init() {}

    /// Reads the sections `uop_metadata`, `uop_helpers` and `uop_fusions` of an object compiled from `file`, whose text is `source`.
    package init(in object: Object, file: String, source: String) throws(StencilGenError) {
        let lines = source.split(separator: "\n", omittingEmptySubsequences: false)
        for section in object.sections {
            switch section.name {
            case "uop_metadata":
                for record in try Self.records(of: section, size: MemoryLayout<UopDefinition>.size, file: file) {
                    uops.append(try Self.definition(record, file: file, lines: lines))
                }
            case "uop_helpers":
                for record in try Self.records(of: section, size: MemoryLayout<UopHelperDefinition>.size, file: file) {
                    helpers.append(text(record[...]))
                }
            case "uop_fusions": fusions += try Self.pairs(in: section, file: file)
            case "uop_inverses": inverses += try Self.pairs(in: section, file: file)
            case "uop_splits":
                for record in try Self.records(of: section, size: MemoryLayout<UopSplitDefinition>.size, file: file) {
                    let size = Int(UOP_NAME_SIZE)
                    splits.append((0..<4).map { text(record.dropFirst(MemoryLayout<UInt32>.size + $0 * size).prefix(size)) })
                }
            default: break
            }
        }
    }

    private static func pairs(in section: Section, file: String) throws(StencilGenError) -> [(first: String, second: String)] {
        try records(of: section, size: MemoryLayout<UopPairDefinition>.size, file: file).map { record in
            let names = record.dropFirst(MemoryLayout<UInt32>.size)
            return (text(names.prefix(Int(UOP_NAME_SIZE))), text(names.dropFirst(Int(UOP_NAME_SIZE))))
        }
    }

    private static func records(of section: Section, size: Int, file: String) throws(StencilGenError) -> [[UInt8]] {
        guard section.contents.count % size == 0, section.relocations.isEmpty else {
            throw StencilGenError(
                .definition, at: file,
                "section \(section.name) has \(section.contents.count) bytes and \(section.relocations.count) "
                    + "relocations; expected records of \(size) bytes without relocations",
                remedy: "Define uops with the macros of UopDefine.h of this version only.")
        }
        return stride(from: 0, to: section.contents.count, by: size).map { Array(section.contents[$0..<$0 + size]) }
    }

    private static func definition(
        _ record: [UInt8], file: String, lines: [Substring]
    ) throws(StencilGenError) -> Definition {
        func field<T>(_ path: KeyPath<UopDefinition, T>) -> ArraySlice<UInt8> {
            // Every field is a plain stored one, hence has an offset.
            let offset = MemoryLayout<UopDefinition>.offset(of: path) ?? 0
            return record[offset..<offset + MemoryLayout<T>.size]
        }
        func number(_ path: KeyPath<UopDefinition, UInt32>) -> UInt32 {
            field(path).reversed().reduce(0) { $0 << 8 | UInt32($1) }
        }
        func texts<T>(_ path: KeyPath<UopDefinition, T>) -> [String] {
            let bytes = field(path)
            return stride(from: bytes.startIndex, to: bytes.endIndex, by: UOP_PARAMETER_SIZE)
                .map { text(bytes[$0..<$0 + UOP_PARAMETER_SIZE]) }.filter { !$0.isEmpty }
        }
        let name = text(field(\.name))
        let line = firstLine(of: name, before: Int(number(\.line)), in: lines)
        let place = "\(file):\(line): uop '\(name)'"
        guard number(\.abiVersion) == UOP_ABI_VERSION else {
            throw StencilGenError(
                .definition, at: place,
                "was compiled against ABI version \(number(\.abiVersion)) of UopDefine.h; this stencilgen has "
                    + "\(UOP_ABI_VERSION)", remedy: "Use the headers that came with this stencilgen.")
        }
        let classes = unsafe names(uop_class_enumerators(), count: uop_class_count())
        let operandKinds = unsafe names(uop_operand_kind_enumerators(), count: uop_operand_kind_count())
        let definition = Definition(
            name: name, documentation: text(field(\.documentation)), file: file, line: line,
            flags: number(\.flags),
            inputs: try parameters(texts(\.inputs), kinds: classes, place: place) { UopClass(rawValue: $0) },
            outputs: try parameters(texts(\.outputs), kinds: classes, place: place) { UopClass(rawValue: $0) },
            operands: try parameters(texts(\.operands), kinds: operandKinds, place: place) {
                UopOperandKind(rawValue: $0)
            })
        try check(definition)
        return definition
    }

    /// Where the definition begins: in a call of several lines, `__LINE__` is the last.
    private static func firstLine(of name: String, before last: Int, in lines: [Substring]) -> Int {
        let call = "(\(name),"
        return lines.prefix(last).lastIndex { $0.contains(call) }.map { $0 + 1 } ?? last
    }

    private static func names(_ table: UnsafePointer<UnsafePointer<CChar>?>, count: Int) -> [String] {
        (0..<count).map { index in unsafe table[index].map { unsafe String(cString: $0) } ?? "" }
    }

    /// Splits "I64 left" into kind and name.
    private static func parameters<Kind>(
        _ texts: [String], kinds: [String], place: String, make: (UInt8) -> Kind?
    ) throws(StencilGenError) -> [Definition.Parameter<Kind>] {
        var result: [Definition.Parameter<Kind>] = []
        for text in texts {
            let words = text.split(separator: " ")
            guard words.count == 2, let index = kinds.firstIndex(of: String(words[0])),
                let kind = make(UInt8(clamping: index))
            else {
                throw StencilGenError(
                    .definition, at: place, "parameter '\(text)' is no kind and name",
                    remedy: "Known kinds: \(kinds.joined(separator: ", ")).")
            }
            result.append(.init(kind: kind, kindName: String(words[0]), name: String(words[1])))
        }
        return result
    }

    /// What the macros cannot check.
    private static func check(_ uop: Definition) throws(StencilGenError) {
        func require(_ condition: Bool, _ message: String, _ remedy: String) throws(StencilGenError) {
            if !condition { throw StencilGenError(.definition, at: uop.place, message, remedy: remedy) }
        }
        let names = uop.inputs.map(\.name) + uop.outputs.map(\.name) + uop.operands.map(\.name)
        try require(Set(names).count == names.count, "two of its parameters have one name", "Rename one.")
        // What wrappers and handlers call their own variables.
        let taken = names.first { ["frame", "stack", "code", "control", "uop_control"].contains($0) }
        try require(taken == nil, "has a parameter called '\(taken ?? "")', as the code around its body has", "Rename it.")
        try require(
            !uop.name.isEmpty && uop.name.utf8.count < UOP_NAME_SIZE, "its name is empty or too long",
            "Names have 1 to \(UOP_NAME_SIZE - 1) bytes.")
        try require(
            !uop.has(UOP_FLAG_GUARD) || uop.inputs.count == uop.outputs.count,
            "is a GUARD with \(uop.inputs.count) inputs and \(uop.outputs.count) outputs",
            "A guard's outputs are its inputs.")
        try require(
            !uop.has(UOP_FLAG_CONSTANT) || uop.inputs.isEmpty && uop.outputs.count == 1 && uop.operands.count == 1,
            "is a CONSTANT with \(uop.inputs.count) inputs, \(uop.outputs.count) outputs and \(uop.operands.count) operands",
            "A constant's one output is its one operand.")
        let labels = uop.operands.count { $0.kind == .LABEL }
        try require(
            uop.has(UOP_FLAG_JUMPS) == (labels == 1 || uop.has(UOP_FLAG_TO_TOP)) && labels <= 1,
            "has \(labels) LABEL operands and \(uop.has(UOP_FLAG_JUMPS) ? "" : "no ")flag JUMPS",
            "A uop that jumps has one label (or TO_TOP); others have none.")
        try require(
            !uop.has(UOP_FLAG_JUMPS) || uop.outputs.isEmpty || uop.has(UOP_FLAG_INTERPRETED), "jumps and has outputs",
            "Values of machine code must not depend on the way: write one uop for the value, and one that jumps.")
        try require(
            !uop.documentation.isEmpty, "has no description", "The last argument of UOP is its row in docs/uops.md.")
    }
}

/// Bytes up to the first zero as text.
private func text(_ bytes: ArraySlice<UInt8>) -> String { String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self) }
