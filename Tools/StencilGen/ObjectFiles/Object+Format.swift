extension Object {
    /// Reads a relocatable object of whatever format its first bytes say. COFF has no magic number: what is neither ELF nor
    /// Mach-O is taken for it where it names a machine of COFF's, and for a damaged ELF file else.
    ///
    /// - Parameters:
    ///   - bytes: the whole file.
    ///   - name: what errors call it.
    ///   - limits: what is refused for its size.
    /// - Throws: ``ObjectError`` at the first thing that is not as the format's specification has it, or that
    ///   Object cannot say. No contents of `bytes` make it trap, hang, or allocate more than a small multiple
    ///   of the file's size and the limits.
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
        let machine = bytes.number(at: 0, bytes: 2)
        return COFFMachine.supported.contains { $0.raw == machine }
    }

    /// Reads an ELF object for i386, or, of 64 bits, for x86-64, AArch64, RISC-V or Power (ELFv2), as
    /// ``init(parsing:name:limits:)`` does.
    package init(
        parsingELF bytes: [UInt8], name: String, limits: ReaderLimits = ReaderLimits()
    ) throws(ObjectError) {
        var reader = try ELFReader(bytes, name: name, limits: limits)
        self = try reader.readObject()
    }

    /// Reads a Mach-O object of 64 bits for x86-64 or arm64, as ``init(parsing:name:limits:)`` does.
    package init(
        parsingMachO bytes: [UInt8], name: String, limits: ReaderLimits = ReaderLimits()
    ) throws(ObjectError) {
        var reader = try MachOReader(bytes, name: name, limits: limits)
        self = try reader.readObject()
    }

    /// Reads a COFF object for x86-64, i386 or ARM64, as ``init(parsing:name:limits:)`` does.
    package init(
        parsingCOFF bytes: [UInt8], name: String, limits: ReaderLimits = ReaderLimits()
    ) throws(ObjectError) {
        var reader = try COFFReader(bytes, name: name, limits: limits)
        self = try reader.readObject()
    }
}
