import CStencils
import Foundation
import ObjectFiles
import StencilGenCore
import Testing

/// LLVM's JIT linker, which places an object at an address and runs nothing: it knows symbols of 64 bits in all formats.
struct JITLink: Sendable {
    static let missing: Comment = "needs llvm-jitlink-19 on PATH (Debian: llvm-19)"
    static let tool = NativeLinker.program(["llvm-jitlink-19", "llvm-jitlink-20"])

    /// Where it is to place objects.
    static let placements: [UInt64] = [0x1_0000, 0x1234_0000_0000, 0x7FFF_F000_0000]

    /// Links an object with absolute symbols. Its listing of a section that lies in two places is endless: it is cut off, and
    /// what is cut fails.
    static func link(
        _ object: String, symbols: [String: UInt64], entry: String, at placement: UInt64, _ arguments: [String],
        in directory: TemporaryDirectory
    ) throws -> (status: Int, output: String) {
        var words = ["-noexec", "-slab-allocate", "4Mb", "-slab-address", "0x\(String(placement, radix: 16))", "-slab-page-size", "4096"]
        words += symbols.sorted { $0.key < $1.key }.flatMap { ["-abs", "\($0)=0x\(String($1, radix: 16))"] }
        words += ["-entry", entry] + arguments + [object]
        let script = directory.url.appendingPathComponent("run.sh")
        let command = ([try #require(tool).path] + words).map { "'\($0)'" }.joined(separator: " ")
        try "{ timeout 30 \(command) 2>&1; echo \"status $?\" >&3; } 3>status.txt | head -c 8000000\n"
            .write(to: script, atomically: false, encoding: .utf8)
        let result = try runProcess(URL(fileURLWithPath: "/bin/sh"), [script.path], directory: directory.url)
        let status = try String(contentsOf: directory.url.appendingPathComponent("status.txt"), encoding: .utf8)
        return (Int(status.split(separator: " ").last?.prefix { $0.isNumber } ?? "") ?? -1, result.output)
    }

    /// Bytes by section, from a listing: "NAME content:", then lines "0x123400001040:      ff 25", a cell for each address.
    static func sections(_ listing: String) -> [(name: String, address: UInt64, bytes: [UInt8])] {
        var result: [(name: String, address: UInt64, bytes: [UInt8])] = []
        for line in listing.split(separator: "\n") {
            if line.hasSuffix(" content:") {
                result.append((String(line.dropLast(" content:".count)), 0, []))
            } else if line.hasPrefix("0x"), !result.isEmpty, let colon = line.firstIndex(of: ":"),
                let address = UInt64(line[..<colon].dropFirst(2), radix: 16)
            {
                let cells = Array(line[line.index(after: colon)...].utf8)
                for cell in stride(from: 0, to: cells.count - 2, by: 3) where cells[cell + 1] != UInt8(ascii: " ") {
                    guard let byte = UInt8(String(decoding: cells[cell + 1...cell + 2], as: UTF8.self), radix: 16) else { continue }
                    if result[result.count - 1].bytes.isEmpty { result[result.count - 1].address = address + UInt64(cell / 3) }
                    result[result.count - 1].bytes.append(byte)
                }
            }
        }
        return result
    }
}
