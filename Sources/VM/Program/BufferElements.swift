public import CStencils

extension UopOperandKind {
    /// The `BUFFER_` kinds: what a buffer's elements may be.
    public static let bufferElements: [UopOperandKind] = [
        .BUFFER_I8, .BUFFER_I16, .BUFFER_I32, .BUFFER_I64, .BUFFER_F64,
    ]

    /// Bytes of one element of a buffer of this kind, or nil where this is no buffer's kind.
    public var elementBytes: Int? {
        switch self {
        case .BUFFER_I8: 1
        case .BUFFER_I16: 2
        case .BUFFER_I32: 4
        case .BUFFER_I64, .BUFFER_F64: 8
        case .IMM_I64, .IMM_F64, .IMM_OBJECT, .IMM_INDEX, .LOCAL_READ, .LOCAL_WRITE, .HELPER, .LABEL, .CELL: nil
        }
    }

    /// The element's name in text ("i8", "f64", ...), or nil where this is no buffer's kind.
    public var elementName: String? {
        switch self {
        case .BUFFER_I8: "i8"
        case .BUFFER_I16: "i16"
        case .BUFFER_I32: "i32"
        case .BUFFER_I64: "i64"
        case .BUFFER_F64: "f64"
        case .IMM_I64, .IMM_F64, .IMM_OBJECT, .IMM_INDEX, .LOCAL_READ, .LOCAL_WRITE, .HELPER, .LABEL, .CELL: nil
        }
    }
}
