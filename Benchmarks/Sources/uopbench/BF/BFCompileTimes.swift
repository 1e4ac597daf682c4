import Foundation

/// How long BF programs take from text to sealed code, and how much memory that needs.
struct BFCompileTimes {
    /// A text: so many copies of mandelbrot.b behind one another, which is a program, too.
    struct Size {
        var name: String
        /// At least so many bytes.
        var byteCount: Int
        var mostSeconds: Double
        /// Bytes of memory for each of the text; nil where fixed costs would be all that is seen.
        var mostBytesPerByte: Double?
        /// Compilations in one process.
        var repetitions: Int

        static let all = [
            Size(name: "mandelbrot.b", byteCount: 1, mostSeconds: 0.00025, repetitions: 200),
            Size(name: "mandelbrot.b, 2 MB", byteCount: 2_000_000, mostSeconds: 0.015, mostBytesPerByte: 40, repetitions: 20),
            Size(name: "mandelbrot.b, 10 MB", byteCount: 10_000_000, mostSeconds: 0.1, mostBytesPerByte: 40, repetitions: 10),
        ]
    }

    /// What was measured of a text; nil where it could not be.
    struct Row: Codable {
        var name: String
        var byteCount: Int
        var codeByteCount: Int?
        /// The median of many compilations in one process.
        var warmSeconds: Double?
        /// The median of first compilations in fresh processes, what is made once for all programs included.
        var coldSeconds: Double?
        /// How much the first one added to the memory of its process, at most.
        var peakBytesPerByte: Double?
        var mostSeconds: Double
        var mostBytesPerByte: Double?
    }

    private static let freshProcesses = 9

    let rows: [Row]

    /// - Parameters:
    ///   - folder: where mandelbrot.b lies.
    ///   - isQuick: fewer repetitions.
    init(_ folder: URL, isQuick: Bool) throws {
        let source = folder.appendingPathComponent("mandelbrot.b")
        let byteCount = try Data(contentsOf: source).count
        rows = try Size.all.map { try Self.measured($0, source, byteCount, isQuick: isQuick) }
    }

    private static func row(_ size: Size, _ byteCount: Int) -> Row {
        Row(
            name: size.name, byteCount: copies(size, byteCount) * byteCount, mostSeconds: size.mostSeconds,
            mostBytesPerByte: size.mostBytesPerByte)
    }

    private static func copies(_ size: Size, _ byteCount: Int) -> Int { (size.byteCount + byteCount - 1) / byteCount }

    private static func measured(_ size: Size, _ source: URL, _ byteCount: Int, isQuick: Bool) throws -> Row {
        var row = row(size, byteCount)
        func run(_ repetitions: Int) throws -> BFCompileCommand.Report {
            try BFCompileCommand.inOwnProcess(source, copies: copies(size, byteCount), repetitions: repetitions)
        }
        let warm = try run(isQuick ? max(3, size.repetitions / 4) : size.repetitions)
        let cold = try (0..<(isQuick ? 3 : freshProcesses)).map { _ in try run(1) }
        row.codeByteCount = warm.codeByteCount
        row.warmSeconds = Summary(warm.seconds).median
        row.coldSeconds = Summary(cold.map(\.firstSeconds)).median
        row.peakBytesPerByte = Summary(cold.map { Double($0.peakByteCount) / Double(row.byteCount) }).median
        return row
    }
}
