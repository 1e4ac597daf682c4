import CStencils
import Foundation
import StencilGenCore
import Testing
import UopRuntime

/// Committed forms with registers against clang: a sample is compiled afresh, and compared with what the runtime's
/// CodeWriter writes from the linked tables.
@Suite(.enabled(if: Toolchain.found != nil && CommittedTable.base != nil, Toolchain.missing))
struct RegisterSampleTests {
    /// Which of a table's variants, and the operand words that they are written with.
    private struct Sample {
        var form: Int
        var variant: Variant
        var words: [UInt64]
    }

    @Test(arguments: CommittedTable.all.map(\.isa)) func sampledVariantsAreClangs(_ isa: UopISA) throws {
        let compiler = try #require(Toolchain.found).compiler
        let table = try #require(CommittedTable.all.first { $0.isa == isa })
        guard table.compiler == compiler.identity else {
            print("tables were made by \(table.compiler); this is \(compiler.identity): bytes are not compared")
            return
        }
        let samples = try Self.samples(table)
        let directory = try TemporaryDirectory()
        let set = try Checkout.generated.get()
        let stencils = try VariantCompiler(
            compiler, target: .of(isa), includes: [Checkout.base.source, Checkout.headers], helpers: set.helpers,
            directory: directory.url
        ).stencils(samples.map(\.variant))
        let (library, options) = try table.codeTarget()
        var writer = try CodeWriter(library)
        var arena = CodeArena(options: options)
        var differenceCount = 0
        for (sample, stencil) in zip(samples, stencils) {
            let found = try Self.written(sample, library, &writer, &arena, sizes: (stencil.hot.bytes.count, stencil.cold.bytes.count))
            let place = "\(isa.name) \(table.forms[sample.form].name) \(sample.variant.assignment) \(sample.variant.literal ?? 0)"
            // Holes are where both differ: filled here, and not yet there. A literal's is no hole of clang's.
            #expect(Self.cleared(found.hot, stencil.hot) == Self.cleared(stencil.hot.bytes, stencil.hot), "\(place) hot")
            #expect(Self.cleared(found.cold, stencil.cold) == Self.cleared(stencil.cold.bytes, stencil.cold), "\(place) cold")
            let isEqual = Self.cleared(found.hot, stencil.hot) == Self.cleared(stencil.hot.bytes, stencil.hot)
                && Self.cleared(found.cold, stencil.cold) == Self.cleared(stencil.cold.bytes, stencil.cold)
            differenceCount += isEqual ? 0 : 1
        }
        #expect(samples.count { $0.variant.literal != nil } > 50 || !StencilTarget.of(isa).findsLiterals)
        #expect(samples.count > 300)
        print("judge \(isa.name): \(samples.count) variants of register forms, as the runtime writes them, beside clang's: \(differenceCount) differences")
    }

    /// One variant of each form, in registers that differ from form to form.
    private static func samples(_ table: CommittedTable) throws -> [Sample] {
        let set = try Checkout.generated.get()
        let target = StencilTarget.of(table.isa)
        let registers = try #require(set.tables.first { $0.target.isa == table.isa }).registers
        var random = SplitMix64(state: 0x5A_3B1E)
        var samples: [Sample] = []
        for (index, operation) in set.operations.enumerated() {
            let numbers = table.forms(ofOperation: index).filter { table.forms[$0].row.isFrame == 0 }
            let plain = numbers.isEmpty ? [] : RegisterForm.forms(of: operation, target, registers)
            var place = 0
            for number in numbers {
                let row = table.forms[number].row
                let isLiteral = row.literalInput != UInt8(UOP_NO_AXIS)
                // The near form of a cell stands before the one for all displacements.
                let isNear = target.findsLiterals && operation.cellOperand != nil && numbers.contains(number + 1) && table.forms[number + 1].row.isWide != 0
                var form = isLiteral ? try #require(plain.first?.withLiteral) : plain[place]
                if target.findsLiterals, operation.cellOperand != nil { form.isWide = row.isWide != 0 }
                if !isLiteral, !isNear { place += 1 }
                #expect(form.axisIsFloat == table.forms[number].axisIsFloat && form.isWide == (row.isWide != 0))
                let assignment = try #require(form.assignments.randomElement(using: &random))
                let range = Int64(row.lowest)...Int64(row.highest)
                let literal = isLiteral ? range.count > 20 ? range.lowerBound + Int64(range.count) / 3 : range.lowerBound : nil
                let near: Int64? = isNear ? -99 : nil
                let words = operation.operands.map { operand in
                    if operand.kind == .CELL, let near { return UInt64(bitPattern: near) }
                    return operand.kind.form == .value ? 1 : TestFrame.offset(slot: 3)
                }
                samples.append(
                    Sample(
                        form: number, variant: Variant(form, assignment, literal: literal, cell: near),
                        words: words + (literal.map { [UInt64(bitPattern: $0), UInt64(bitPattern: 0 &- $0)] } ?? [])))
            }
        }
        return samples
    }

    /// What the runtime writes.
    private static func written(
        _ sample: Sample, _ library: StencilLibrary, _ writer: inout CodeWriter, _ arena: inout CodeArena, sizes: (hot: Int, cold: Int)
    ) throws -> (hot: [UInt8], cold: [UInt8]) {
        let registers = sample.variant.assignment.map(UInt8.init) + [0, 0, 0]
        let exit = Step(form: library.form(of: .exit), firstOperand: sample.words.count)
        let steps = [
            Step(
                form: sample.form, firstOperand: 0, target: 2, exit: 3,
                registers: Step.Registers(registers[0], registers[1], registers[2])),
            exit, exit, exit,
        ]
        let code = try writer.write(steps, operands: sample.words + [0], into: &arena)
        let bytes = code.bytes
        // What keeps instructions off boundaries may stand before either.
        let places = writer.codeOfSteps()[0]
        try arena.free(code)
        try #require(places.hot.count >= sizes.hot && places.cold.count == sizes.cold)
        return (Array(bytes[places.hot].suffix(sizes.hot)), Array(bytes[places.cold]))
    }

    /// Code without what holes hold.
    private static func cleared(_ bytes: [UInt8], _ fragment: Stencil.Fragment) -> [UInt8] {
        var bytes = bytes
        for hole in fragment.holes where hole.target != .nothing {
            for part in hole.kind.field.allParts {
                for bit in Int(part.to)..<Int(part.to) + Int(part.bits) { bytes[hole.offset + bit / 8] &= ~(1 << UInt8(bit % 8)) }
            }
        }
        return bytes
    }
}
