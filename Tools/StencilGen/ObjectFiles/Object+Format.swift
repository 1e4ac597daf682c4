extension Object {
    /// Reads a relocatable object of whatever format its first bytes say. COFF has no magic number: what is neither ELF nor
    /// Mach-O is taken for it where it names a machine of COFF's, and for a damaged ELF file else.
    ///
    /// - Throws: ``ObjectError``, as the reader of the format does.
    package init(parsing bytes: [UInt8], name: String, limits: ReaderLimits = ReaderLimits()) throws(ObjectError) {
        if bytes.starts(with: [0xcf, 0xfa, 0xed, 0xfe]) {
            try self.init(parsingMachO: bytes, name: name, limits: limits)
        } else if Self.isCOFF(bytes) {
            try self.init(parsingCOFF: bytes, name: name, limits: limits)
        } else {
            try self.init(parsingELF: bytes, name: name, limits: limits)
        }
    }

    /// Whether a file begins with a machine of COFF's, or as /bigobj has it.
    private static func isCOFF(_ bytes: [UInt8]) -> Bool {
        if bytes.starts(with: [0, 0, 0xff, 0xff]) { return true }
        guard bytes.count >= 2 else { return false }
        return COFFMachine.supported.contains { $0.raw == UInt16(bytes[0]) | UInt16(bytes[1]) << 8 }
    }
}
