import CStencils
import Foundation
import StencilGenCore
import Testing

/// `ld.lld` in the place of the runtime's encoder: the image's bytes with a relocation for each case.
struct LinkerJudge: Sendable {
    private let image: JudgedImage
    private let machine: JudgedMachine
    private let linker: Linker
    /// Has the objects.
    private let directory: TemporaryDirectory
    private let objects: [String]
    private let caseByOffset: [Int: Int]

    /// Assembles the image once; it is linked for each placement.
    init(_ image: JudgedImage, _ machine: JudgedMachine, toolchain: Toolchain) throws {
        self.image = image
        self.machine = machine
        linker = Linker(toolchain: toolchain, target: machine.triple)
        directory = try TemporaryDirectory()
        caseByOffset = Dictionary(uniqueKeysWithValues: image.cases.enumerated().map { ($0.element.offset, $0.offset) })
        var bytes = image.bytes
        var text = ""
        var symbols: [(name: String, value: UInt64)] = []
        for (index, one) in image.cases.enumerated() {
            let names = machine.relocations(one.kind)
            var reference: (symbol: String, addend: Int64)
            if let upper = one.upper {
                // The relocation of a lower half names the place of the upper one, whose symbol is its own, too.
                text += "upper_\(index) = _start+\(upper.offset)\n"
                reference = ("upper_\(index)", 0)
            } else if case .stored(let number) = one.number, one.kind.field.base == .place {
                // Wherever the code is.
                reference = ("_start", one.distance(number))
            } else {
                let value = one.symbolValue(0) & machine.mask
                symbols.append(("absolute_\(String(value, radix: 16))", value))
                reference = (symbols[symbols.count - 1].name, one.addend)
            }
            if machine.hasAddendsInFields {
                for byte in 0..<Int(one.kind.field.size) { bytes[one.offset + byte] = UInt8(truncatingIfNeeded: reference.addend >> Int64(8 * byte)) }
                reference.addend = 0
            }
            text += ".reloc \(one.offset), \(names[index % names.count]), \(reference.symbol)+0x"
            text += String(UInt64(bitPattern: reference.addend), radix: 16) + "\n"
        }
        let file = directory.url.appendingPathComponent("image.bin")
        try Data(bytes).write(to: file)
        objects = [
            try linker.assemble(Linker.prologue + ".incbin \"\(file.path)\"\n" + text, "image", in: directory),
            try linker.assemble(symbols: symbols, in: directory),
        ]
    }

    /// Links the image to run at `placement`.
    ///
    /// What the linker takes by a leniency, and nobody else would, counts as refused; `lenient` says how often each is needed.
    func link(at placement: UInt64) throws -> (outcome: JudgedImage.Outcome, lenient: [Int]) {
        let linked = try linker.link(objects, at: placement)
        var outcome = JudgedImage.Outcome(bytes: linked.bytes)
        for offset in linked.refused { outcome.refused.insert(try #require(caseByOffset[offset], "judge+\(offset) is no hole")) }
        var lenient = machine.leniencies.map { _ in 0 }
        for (index, one) in image.cases.enumerated() {
            guard let number = machine.leniency(one.kind, one.storedNumber(placement)) else { continue }
            try #require(outcome.refused.insert(index).inserted, "\(image.name(index)): the linker has learned to refuse it")
            lenient[number] += 1
        }
        return (outcome, lenient)
    }
}

extension JudgedMachine {
    /// The bits of an address.
    var mask: UInt64 { addressBits == 64 ? .max : 1 << UInt64(addressBits) - 1 }
}
