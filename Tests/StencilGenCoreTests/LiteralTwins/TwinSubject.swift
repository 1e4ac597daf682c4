import CStencils
import Foundation
import StencilGenCore
import Testing

extension Definition {
    /// Uops of cells trust an address: CellTwinTests has theirs.
    var usesCells: Bool { operands.contains { $0.kind == .CELL } }
}

/// A set whose uops with value operands are run against twins that have literals in their place.
@safe
struct TwinSubject {
    let name: String
    /// The uops with value operands.
    let uops: [Definition]
    /// What CodeWriter chooses the form of.
    let automatic: UnsafePointer<UopStencilSet>
    /// "NAME.narrow" and "NAME.wide": one form each.
    let forced: MemorySet
    /// "NAME.0", ...: a literal twin for each row of `values(of:)`.
    let twins: MemorySet
    private let owner: MemorySet?

    /// This package's own set: the committed tables.
    static func base(_ toolchain: Toolchain) throws -> TwinSubject {
        let set = unsafe try #require(uop_base_stencils())
        let uops = try Checkout.generated.get().uops
        let names = CommittedTable.uopNames
        let table = unsafe try #require(set.pointee.table(.X86_64))
        return unsafe try TwinSubject(
            Checkout.base, uops: uops, automatic: set, table: table.pointee, owner: nil, toolchain: toolchain
        ) { uop in names.firstIndex(of: uop).map { unsafe Int(table.pointee.operations[$0].first) } }
    }

    /// The set in Sets/Traps, in memory.
    static func traps(_ toolchain: Toolchain, headers: URL = Checkout.headers) throws -> TwinSubject {
        let location = StencilSetLocation(
            name: "traps", source: Checkout.tests.appendingPathComponent("Sets/Traps"), output: Checkout.tests,
            headers: headers)
        var generator = try Generator(location, compiler: toolchain.compiler)
        generator.targets = [.x86_64]
        generator.includesRegisters = false
        let set = try generator.generate()
        var firsts: [String: Int] = [:]
        var uops: [MemorySet.Uop] = []
        for (uop, forms) in zip(set.uops, set.first.forms) {
            let first = uops.reduce(0) { $0 + $1.formCount }
            firsts[uop.name] = first
            uops.append(.init(name: uop.name, firstForm: first, formCount: forms.count))
        }
        let memory = MemorySet(name: "traps", stencils: set.first.stencils, uops: uops)
        return unsafe try TwinSubject(
            location, uops: set.uops, automatic: memory.pointer, table: memory.table, owner: memory, toolchain: toolchain
        ) { firsts[$0] }
    }

    private init(
        _ location: StencilSetLocation, uops: [Definition], automatic: UnsafePointer<UopStencilSet>,
        table: UopStencilTable, owner: MemorySet?, toolchain: Toolchain, firstForm: (String) -> Int?
    ) throws {
        name = location.name
        self.uops = uops.filter { $0.hasValueOperand && !$0.has(UOP_FLAG_INTERPRETED) && !$0.usesCells }
        unsafe self.automatic = automatic
        self.owner = owner
        var forced: [MemorySet.Uop] = []
        for uop in self.uops {
            let first = try #require(firstForm(uop.name))
            forced.append(.init(name: "\(uop.name).narrow", firstForm: first, formCount: 1))
            forced.append(.init(name: "\(uop.name).wide", firstForm: first + 1, formCount: 1))
        }
        unsafe self.forced = MemorySet(name: "\(location.name) forced", table: table, uops: forced)
        let generator = try Generator(location, compiler: toolchain.compiler)
        var definitions = Definitions()
        definitions.uops = self.uops
        var stencils: [Stencil] = []
        for file in Set(self.uops.map(\.file)).sorted() {
            stencils += try generator.literalTwins(of: file, definitions: definitions, values: Self.values)
        }
        var rows: [MemorySet.Uop] = []
        for (index, stencil) in stencils.enumerated() {
            let (uopName, row) = Self.parse(stencil.symbol)
            let uop = try #require(self.uops.first { $0.name == uopName })
            rows.append(.init(name: "\(uopName).\(row)", firstForm: index, formCount: 1))
            // A twin has no hole left for a value: only slots and ways out.
            for hole in stencil.hot.holes + stencil.cold.holes {
                guard case .operand(let number) = hole.target else { continue }
                #expect(number >= uop.operands.count || uop.operands[number].kind.form != .value, "\(stencil.symbol)")
            }
        }
        twins = MemorySet(name: "\(location.name) twins", stencils: stencils, uops: rows)
        #expect(stencils.count == self.uops.reduce(0) { $0 + Self.values(of: $1).count })
    }

    /// "uop_literal_NAME_7" is NAME and 7.
    static func parse(_ symbol: String) -> (uop: String, row: String) {
        let name = symbol.dropFirst("uop_literal_".count)
        let separator = name.lastIndex(of: "_") ?? name.startIndex
        return (String(name[..<separator]), String(name[separator...].dropFirst()))
    }

    /// What is at a limit of some field, class or instruction; each as a bit pattern.
    static let operandValues: [UInt64] =
        ([
            0, 1, -1, .min, .max, 2, -2, 63, 64, 127, 128, 255, 256, 0x7FFF_FFFE, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFE,
            0xFFFF_FFFF, 0x1_0000_0000, 0x1_0000_0001, -0x7FFF_FFFF, -0x8000_0000, -0x8000_0001, -0xFFFF_FFFF,
            -0x1_0000_0000, 0x7EFF_FFFF, 0x7F00_0000, 0x1234_5678_9ABC_DEF0,
        ] as [Int64]).map(UInt64.init(bitPattern:))
        // -0.0 is the minimum above; the rest are signalling NaNs and what else floats have.
        + [1.0, -1.0, 0.5, .infinity, -.infinity, .nan, .signalingNaN, .leastNonzeroMagnitude, .greatestFiniteMagnitude]
            .map(\Double.bitPattern)
        // Objects: None, False, True, integers 5 and -1, a range.
        + [
            0xFFF8_0000_0000_0000, 0xFFF8_0000_0000_0002, 0xFFF8_0000_0000_0003, 0xFFFC_0000_0000_0005,
            0xFFFF_FFFF_FFFF_FFFE, 0xFFF9_0000_0000_0001,
        ]

    /// Rows of operand words that a uop is tried with, a column for each operand.
    static func values(of uop: Definition) -> [[UInt64]] {
        let columns = uop.operands.filter { $0.kind.form == .value }.count
        let pool = operandValues
        let shifts = columns == 1 ? [0] : [0, 1, 2, 5, pool.count - 1]
        return shifts.flatMap { shift in
            pool.indices.map { row in
                var column = 0
                return uop.operands.map { operand in
                    guard operand.kind.form == .value else { return 0 }
                    defer { column += 1 }
                    return pool[(row + column * shift) % pool.count]
                }
            }
        }
    }
}
