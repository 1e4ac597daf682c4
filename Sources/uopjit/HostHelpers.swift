import CStencils
import UopVM

/// What traces may call: `helper print_i64(i64)` and so on in a `.uops` file.
struct HostHelpers {
    let output: OutputStream
    let input: InputStream

    /// The status by which an interrupted read fails: that of a program that SIGINT ended.
    static let interruptedStatus: Int64 = 130

    /// As a file would declare them.
    static var signatures: [String] {
        HostHelpers(output: OutputStream(captures: false), input: InputStream()).all.map { helper in
            "helper \(helper.name)(\(helper.parameters.map(\.name).joined(separator: ", ")))"
                + (helper.result.map { " -> \($0.name)" } ?? "")
        }
    }

    var all: [Helper] {
        let (output, input) = (output, input)
        func printer(_ name: String, _ valueClass: UopClass) -> Helper {
            Helper(name, [valueClass]) {
                output.write(valueClass.text(of: $0[0]) + "\n")
                return .done
            }
        }
        return [
            printer("print_i64", .I64), printer("print_f64", .F64), printer("print_object", .OBJECT),
            Helper("write_byte", [.I64]) {
                output.write(UInt8(truncatingIfNeeded: $0[0]))
                return .done
            },
            // -1 at the end of the input.
            Helper("read_byte", result: .I64) { _ in
                switch input.next(willWait: output.flush) {
                case .byte(let byte): .value(UInt64(byte))
                case .end: .value(.max)
                case .interrupted: .failed(status: Self.interruptedStatus)
                }
            },
            // Fails with the status that it is given.
            Helper("fail", [.I64]) { .failed(status: Int64(bitPattern: $0[0])) },
        ]
    }
}
