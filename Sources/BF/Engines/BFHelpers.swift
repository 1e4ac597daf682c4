import UopVM

/// What machine code and interpreter call.
struct BFHelpers {
    let streams: BFStreams
    let tape: TapeMemory
    let program: BFProgram

    /// In the order of `TapeHelper`.
    var all: [Helper] {
        let (streams, tape, program) = (self.streams, self.tape, self.program)
        let atEnd: Int64 =
            switch program.options.endOfInput {
            case .unchanged: -1
            case .zero: 0
            case .minusOne: Int64(UInt32.max)
            }
        return [
            Helper("read", result: .I64) { _ in
                switch streams.read() {
                case .byte(let byte): .value(UInt64(byte))
                case .end: .value(UInt64(bitPattern: atEnd))
                case .interrupted: .failed(status: 130)
                }
            },
            Helper("write", [.I64]) {
                streams.write(UInt8(truncatingIfNeeded: $0[0]))
                return .done
            },
            Helper("show", [.I64, .I64]) {
                let what = Int64(bitPattern: $0[1])
                if what < 0 {
                    streams.debug(Self.cells(around: tape.cell(at: $0[0]), tape))
                } else {
                    let first = Int(what & 0xFFFF_FFFF)
                    for index in first..<first + Int(what >> 32) { streams.write(program.region.strings[index]) }
                }
                return .done
            },
        ]
    }

    /// The cells around the pointer, that one in brackets.
    private static func cells(around pointer: Int, _ tape: TapeMemory) -> String {
        var text = "#\(pointer):"
        for cell in pointer - 4...pointer + 4 {
            guard let value = tape.value(of: cell) else { continue }
            text += cell == pointer ? " [\(value)]" : " \(value)"
        }
        return text
    }
}
