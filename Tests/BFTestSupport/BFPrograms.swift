import UopTestSupport

/// Random BF programs, and what each is run on.
package struct BFPrograms: Sendable {
    package struct Item: Sendable {
        package var program: BFCase
        /// What the program has that should be executed, and where in the text.
        package var marks: [(idiom: BFIdiom, position: Int)]
    }

    private let seed: UInt64
    private let pageBytes: Int

    package init(seed: UInt64, pageBytes: Int = 4096) {
        self.seed = seed
        self.pageBytes = pageBytes
    }

    /// The program with this number: it depends on the seed, the number and the size of pages only.
    package subscript(index: Int) -> Item {
        var random = SeededGenerator(seed: seed, index: index)
        let setting = setting(&random)
        var writer = BFProgramWriter(random: random, setting: setting)
        writer.write()
        var program = setting
        program.text = writer.text
        return Item(program: program, marks: writer.marks)
    }

    private func setting(_ random: inout SeededGenerator) -> BFCase {
        let cellBits = random.pick([8, 8, 16, 32]) ?? 8
        let page = pageBytes * 8 / cellBits
        return BFCase(
            [], input: input(&random), cellBits: cellBits,
            endOfInput: random.pick(BFCase.EndOfInput.allCases) ?? .zero,
            cellsLeft: random.pick([0, 1, 1, 60, page - 1, page, page + 1]) ?? 1,
            cellsRight: random.pick([1, 1, 60, page - 1, page, page + 1]) ?? 1, pageBytes: pageBytes,
            // Cells of 16 bits take longer to wrap. Some programs may do so.
            stepLimit: random.chance(50) ? 1_000_000 : 50_000)
    }

    private func input(_ random: inout SeededGenerator) -> [UInt8] {
        let count = random.chance(4) ? 0 : random.below(12)
        return (0..<count).map { _ in
            random.chance(4) ? random.pick([0, 255, 1, 128]) ?? 0 : UInt8(random.below(random.chance(3) ? 256 : 8))
        }
    }
}
