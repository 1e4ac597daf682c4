import CStencils

/// How a debugger finds the way from machine code to the host: the section `.debug_frame` of DWARF (version 2, section
/// 6.4).
///
/// One rule serves every place. The frame of the VM is in the same register everywhere, bridges included, and it has the
/// host's stack pointer (`Bridges.enterVisibly`), so that nothing has to be known of what a stencil does with the
/// stack. All code from `enter` on counts as one frame, whose caller is `uop_enter_visibly`.
struct UnwindTable {
    // Registers by their numbers in DWARF: System V psABI for x86-64, section 3.6.2.
    private static let rbp: UInt8 = 6
    /// r12, as UopRegisters.h says.
    private static let frame: UInt8 = 12
    /// rbx, and r12 to r15.
    private static let calleeSaved: [UInt8] = [3, 12, 13, 14, 15]
    private static let returnAddress: UInt8 = 16

    // Instructions and operations: DWARF, sections 7.23 and 7.7.1.
    private static let undefined: UInt8 = 0x07
    private static let defineCFAExpression: UInt8 = 0x0F
    private static let savedAtOffset: UInt8 = 0x80
    private static let baseRegister: UInt8 = 0x70
    private static let dereference: UInt8 = 0x06

    /// The section's bytes, for code that runs at these addresses.
    static func bytes(_ ranges: [Range<UInt64>]) -> [UInt8] {
        var table = Bytes()
        appendCommon(to: &table)
        for range in ranges { append(range, to: &table) }
        return table.bytes
    }

    /// The rules.
    private static func appendCommon(to table: inout Bytes) {
        let stack = unsafe MemoryLayout<UopFrame>.offset(of: \.stackPointer) ?? 0
        var entry = Bytes()
        entry.append(UInt32.max)  // a CIE
        entry.append(UInt8(1))  // the version
        entry.append(UInt8(0))  // no augmentation
        entry.append(contentsOf: [1, 0x78])  // units of code: 1; of the stack: -8
        entry.append(returnAddress)
        // The stack pointer of the caller is a word of the frame; its return address lies right below, its frame pointer
        // right there.
        let stackWord = [baseRegister + frame] + signed(stack) + [dereference]
        entry.append(contentsOf: [defineCFAExpression, UInt8(stackWord.count)] + stackWord)
        entry.append(contentsOf: [savedAtOffset | returnAddress, 1])
        entry.append(contentsOf: [savedAtOffset | rbp, 0])
        entry.append(contentsOf: calleeSaved.flatMap { [undefined, $0] })
        append(entry, to: &table)
    }

    /// A range of addresses for which the rules hold.
    private static func append(_ range: Range<UInt64>, to table: inout Bytes) {
        var entry = Bytes()
        entry.append(UInt32(0))  // the CIE at offset 0
        entry.append(range.lowerBound)
        entry.append(range.upperBound - range.lowerBound)
        append(entry, to: &table)
    }

    /// An entry with its length before it, filled up to 8 bytes with instructions that do nothing.
    private static func append(_ contents: Bytes, to table: inout Bytes) {
        var entry = contents
        while (entry.count + 4) % 8 != 0 { entry.append(UInt8(0)) }
        table.append(UInt32(entry.count))
        table.append(contentsOf: entry.bytes)
    }

    /// A number as SLEB128.
    private static func signed(_ value: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        var rest = value
        while true {
            let byte = UInt8(truncatingIfNeeded: rest & 0x7F)
            rest >>= 7
            let isLast = (rest == 0 && byte & 0x40 == 0) || (rest == -1 && byte & 0x40 != 0)
            bytes.append(isLast ? byte : byte | 0x80)
            if isLast { return bytes }
        }
    }
}
