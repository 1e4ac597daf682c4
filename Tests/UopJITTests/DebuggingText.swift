import Foundation
import Testing

/// A program for tests of what is shown: a loop, an exit into a trace, a helper.
enum DebuggingText {
    static let sum = """
        uops 1
        local n: i64 = 10
        local sum: i64
        helper print_i64(i64)
        exit done
        exit overflow error "the sum does not fit 64 bits"

        trace main
        again:
            _LOAD_FAST sum
            _LOAD_FAST n
            _I64_ADD_CHECKED -> too_large
            _STORE_FAST sum
            _LOAD_FAST n
            _I64_CONST 1
            _I64_SUB
            _STORE_FAST n
            _LOAD_FAST n
            _JUMP_IF_TRUE again
            _LOAD_FAST sum
            _CALL_1 print_i64
            _EXIT_TRACE -> done
        end

        trace too_large(i64, i64)
            _EXIT_TRACE -> overflow
        end
        """
}

/// Other programs that some tests need.
enum Tools {
    static let noObjdump: Comment = "needs llvm-objdump beside the swift on PATH, or on PATH"
    static let objdump = find("llvm-objdump")
    static let noReadelf: Comment = "needs llvm-readelf or readelf on PATH"
    static let readelf = find("llvm-readelf") ?? find("readelf")
    static let noGDB: Comment = "needs gdb on PATH (apt-get install gdb), and that it may run programs"
    static let gdb: URL? = find("gdb")

    /// The program beside `swift`, or the first on PATH.
    private static func find(_ name: String) -> URL? {
        let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").map {
            URL(fileURLWithPath: String($0), isDirectory: true)
        }
        func first(_ name: String) -> URL? {
            folders.lazy.map { $0.appendingPathComponent(name) }.first {
                FileManager.default.isExecutableFile(atPath: $0.path)
            }
        }
        let besideSwift = first("swift").map {
            $0.resolvingSymlinksInPath().deletingLastPathComponent().appendingPathComponent(name)
        }
        return [besideSwift, first(name)].compactMap(\.self).first {
            FileManager.default.isExecutableFile(atPath: $0.path)
        }
    }
}
