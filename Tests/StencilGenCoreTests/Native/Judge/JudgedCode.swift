import CStencils
import ObjectFiles
import StencilGenCore

/// The functions of objects, and what is to be patched in them, as the readers say.
struct JudgedCode: Sendable {
    struct Hole: Sendable {
        /// Bytes from the beginning of the function.
        var offset: Int
        var type: RelocationType
        var kind: UopHoleKind
        var addend: Int64
        var reference: Reference
    }

    enum Reference: Sendable {
        /// What is defined elsewhere, by the symbol's name in the object. In COFF `__imp_X` is data elsewhere, and no slot.
        case symbol(String)
        /// The address of such, in a slot of the linker's.
        case slot(String)
        /// Contents of a section, and where in them S is.
        case contents([UInt8], Int64)
    }

    struct Function: Sendable {
        /// As the object calls it.
        var symbol: String
        var bytes: [UInt8]
        var holes: [Hole]
    }

    var functions: [Function] = []
    /// Symbols that are defined elsewhere, in order, and the holes for each: indices of functions and of holes.
    private(set) var users: [String: [(function: Int, hole: Int)]] = [:]

    init(_ objects: [Object], _ target: StencilTarget) {
        for object in objects {
            for function in ObjectFunctions(object, target).all {
                for part in function.parts { add(function.name, object, object.sections[part.section], part.range) }
            }
        }
        for (number, function) in functions.enumerated() {
            for (index, hole) in function.holes.enumerated() {
                switch hole.reference {
                case .symbol(let name), .slot(let name): users[name, default: []].append((number, index))
                case .contents: break
                }
            }
        }
    }

    private mutating func add(_ name: String, _ object: Object, _ section: Section, _ range: Range<Int>) {
        let entry = object.symbols.first {
            $0.section == section.index && $0.kind != .section && Int($0.value) == range.lowerBound && $0.name.hasSuffix(name)
        }
        var holes: [Hole] = []
        for relocation in section.relocations where range.contains(Int(relocation.offset)) {
            // NativeStencilTests has it that all have kinds.
            guard let kind = UopHoleKind(relocation, in: section.contents) else { continue }
            let symbol = object.symbols[relocation.symbol]
            let reference: Reference =
                if let index = symbol.section {
                    .contents(object.sections[index].contents, Int64(symbol.value))
                } else if relocation.type.format == .machO, relocation.type.name.contains("_GOT") {
                    .slot(symbol.name)
                } else {
                    .symbol(symbol.name)
                }
            holes.append(
                Hole(
                    offset: Int(relocation.offset) - range.lowerBound, type: relocation.type, kind: kind, addend: relocation.addend,
                    reference: reference))
        }
        functions.append(
            Function(
                symbol: entry?.name ?? name, bytes: Array(section.contents[range]), holes: holes.sorted { $0.offset < $1.offset }))
    }

    /// How many relocations there are, by the format's name.
    var relocationCounts: [String: Int] {
        Dictionary(grouping: functions.flatMap(\.holes), by: \.type.name).mapValues(\.count)
    }
}

extension UopHoleField {
    /// The value that the field has, with its sign, as far as it stores it.
    func value(in bytes: [UInt8]) -> UInt64 {
        let word = bytes.prefix(Int(size)).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        var value: UInt64 = 0
        for part in allParts { value |= (word >> UInt64(part.to) & (.max >> UInt64(64 - Int(part.bits)))) << UInt64(part.from) }
        guard signedness == .signed, width < 64 else { return value }
        let unused = Int64(64 - Int(width))
        return UInt64(bitPattern: Int64(bitPattern: value << UInt64(unused)) >> unused)
    }
}
