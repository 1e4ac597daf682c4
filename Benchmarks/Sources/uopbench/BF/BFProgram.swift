import Foundation

/// One of the BF programs that engines are compared on.
struct BFProgram {
    /// What machine code has to reach on a program.
    enum Goal {
        /// At most so much of the time that the program takes in C.
        case partOfC(Double)
        /// At most so many seconds more than a start of uopjit that does nothing.
        case overStart(Double)
    }

    /// What the files are called, without their extensions.
    let name: String
    let goal: Goal
    let source: URL
    /// Standard input; nil where the program reads none.
    let input: URL?
    /// What it must write.
    let expected: Data

    /// From the longest run to what is over at once.
    static let goals: [(name: String, goal: Goal)] = [
        ("mandelbrot", .partOfC(1.10)),
        ("factor", .partOfC(1.6)),
        ("dbfi", .partOfC(0.3)),
        ("hanoi", .overStart(0.005)),
        ("kostya-bench", .overStart(0.005)),
    ]

    /// - Throws: where the folder lacks one of the files that it needs.
    init(_ name: String, _ goal: Goal, in folder: URL) throws {
        self.name = name
        self.goal = goal
        source = folder.appendingPathComponent(name + ".b")
        expected = try Data(contentsOf: folder.appendingPathComponent(name + ".out"))
        let input = folder.appendingPathComponent(name + ".in")
        self.input = FileManager.default.fileExists(atPath: input.path) ? input : nil
        guard FileManager.default.fileExists(atPath: source.path) else {
            throw BenchmarkError("\(source.path) is missing")
        }
    }

    /// The programs of these names; all of them where none is named.
    static func named(_ names: [String], in folder: URL) throws -> [BFProgram] {
        for name in names where !goals.contains(where: { $0.name == name }) {
            throw BenchmarkError("there is no program '\(name)'; there are \(goals.map(\.name).joined(separator: ", "))")
        }
        return try goals.filter { names.isEmpty || names.contains($0.name) }.map { try BFProgram($0.name, $0.goal, in: folder) }
    }
}
