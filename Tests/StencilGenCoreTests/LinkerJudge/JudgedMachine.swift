import CStencils
import StencilGenCore

/// What must be known of an instruction set to have `ld.lld` judge its code: what its relocations are called, and where the
/// linker takes values that the encoder refuses.
struct JudgedMachine: Sendable {
    /// A kind of value that the linker takes and the encoder refuses.
    struct Leniency: Sendable {
        let kinds: [UopHoleKind]
        let reason: String
        /// Of a kind, and the number that is to be stored.
        let covers: @Sendable (UopHoleKind, Int64) -> Bool
    }

    let target: StencilTarget
    /// What the names of relocations begin with.
    let prefix: String
    /// Addresses have so many bits.
    var addressBits = 64
    /// Relocations have no addend: it stands in the field.
    var hasAddendsInFields = false
    /// Instructions begin at multiples of so many bytes.
    var unit: UInt64 = 4
    /// Names that the contract does not have, since clang leaves no such relocations.
    var otherNames: [UopHoleKind: String] = [:]
    var leniencies: [Leniency] = []

    /// An instruction that does nothing, where some must be kept off boundaries by it.
    var nothing: [UInt8] = []

    var triple: String { target.triple }

    /// Whether an instruction of code at a place crosses a boundary that it must not. Power ISA 3.1, book I, 1.6.3: a prefix, whose
    /// primary opcode is 1, and the word behind it are in one block of 64 bytes.
    func crossesBoundary(_ code: [UInt8], at place: Int) -> Bool {
        guard !nothing.isEmpty else { return false }
        var offset = 0
        while offset + 8 <= code.count {
            let isPrefix = code[offset + 3] >> 2 == 1
            if isPrefix, (place + offset) % 64 == 60 { return true }
            offset += isPrefix ? 8 : 4
        }
        return false
    }

    static func of(_ isa: UopISA) -> JudgedMachine {
        switch isa {
        case .X86_64, .X86_64_V3: x86_64
        case .AARCH64: aarch64
        case .I686: i686
        case .RISCV64: riscv64
        case .POWERPC64LE: powerpc64le
        }
    }

    /// The ELF names of a hole kind here, from the contract's own words: "R_X86_64_PC32 (2), R_X86_64_PLT32 (4)". Without those
    /// that lead to a global offset table.
    func relocations(_ kind: UopHoleKind) -> [String] {
        if let name = otherNames[kind] { return [name] }
        return Self.names(kind).filter { $0.hasPrefix(prefix) && !$0.contains("_GOT_") }
    }

    /// The ELF names of a hole kind on all machines.
    static func names(_ kind: UopHoleKind) -> [String] {
        let words = unsafe String(cString: uop_hole_kind_texts()[Int(kind.rawValue)].elf)
        return words.split(separator: ", ").map { String($0.prefix { $0 != " " }) }
    }

    /// The kinds of holes that there are here.
    var kinds: [UopHoleKind] {
        (0..<UInt8(UOP_HOLE_KIND_COUNT)).compactMap(UopHoleKind.init).filter { !relocations($0).isEmpty }
    }

    /// The leniency that covers a number in a hole of a kind, by its place in the list.
    func leniency(_ kind: UopHoleKind, _ number: Int64) -> Int? {
        leniencies.firstIndex { $0.kinds.contains(kind) && $0.covers(kind, number) }
    }

    // MARK: Machines

    private static let x86_64 = {
        var machine = JudgedMachine(target: .x86_64, prefix: "R_X86_64_")
        machine.unit = 1
        machine.leniencies = [
            Leniency(
                kinds: [.absolute8Signed],
                reason: "The psABI does not say whether R_X86_64_8 has a sign; the instructions of these holes extend it."
            ) { (128...255).contains($1) }
        ]
        return machine
    }()

    private static let i686 = {
        var machine = JudgedMachine(target: .i686, prefix: "R_386_")
        machine.addressBits = 32
        machine.hasAddendsInFields = true
        machine.unit = 1
        // The generator finds the one by comparison, and makes the other of R_386_32 where a number of 64 bits is meant.
        machine.otherNames = [.absolute8Signed: "R_386_8", .absolute32Signed: "R_386_32"]
        machine.leniencies = [
            Leniency(
                kinds: [.absolute32Signed],
                reason: "The linker's numbers have 32 bits, and all of them fit; an operand of 64 bits must be its lower half's extension."
            ) { Int64(Int32(truncatingIfNeeded: $1)) != $1 },
            Leniency(
                kinds: [.absolute8Signed],
                reason: "The same of the bytes that the linker takes, with and without a sign; instructions extend it."
            ) { (-128...255).contains(Int32(truncatingIfNeeded: $1)) && !(-128...127).contains($1) },
        ]
        return machine
    }()

    private static let aarch64 = {
        var machine = JudgedMachine(target: .aarch64, prefix: "R_AARCH64_")
        machine.leniencies = [
            Leniency(
                kinds: [.branch26, .branch14], reason: "The linker drops the low two bits of these distances, and says nothing."
            ) { kind, number in
                let half = Int64(1) << Int64(kind.field.width - 1)
                return number & 3 != 0 && (-half..<half).contains(number)
            }
        ]
        return machine
    }()

    private static let riscv64 = JudgedMachine(target: .riscv64, prefix: "R_RISCV_")

    private static let powerpc64le = {
        var machine = JudgedMachine(target: .powerpc64le, prefix: "R_PPC64_")
        machine.nothing = [0, 0, 0, 0x60]
        machine.leniencies = [
            Leniency(
                kinds: [.ppcSigned16], reason: "To the linker R_PPC64_ADDR16 is 16 bits with or without a sign; addi extends the sign."
            ) { (0x8000...0xFFFF).contains($1) }
        ]
        return machine
    }()
}

extension JudgedMachine {
    /// Where judged code is said to run.
    struct Placement: CustomStringConvertible, Sendable {
        let name: String
        let address: UInt64
        var description: String { "\(name), 0x\(String(address, radix: 16))" }

        init(_ name: String, _ address: UInt64) {
            self.name = name
            self.address = address
        }
    }

    /// Places for so many bytes of code: at no multiple of anything but an instruction, across boundaries, and at both ends.
    func placements(byteCount: Int) -> [Placement] {
        let size = UInt64(byteCount)
        // So that a boundary lies in the midst of the code.
        func across(_ boundary: UInt64) -> UInt64 { boundary &- min(70_003, size / 2) }
        var all = [
            Placement("low", 0x1_0000), Placement("odd", 0x1234_5677), Placement("across 2 GiB", across(1 << 31)),
        ]
        if addressBits == 32 {
            all += [
                Placement("where programs lie", 0x5655_5000), Placement("a byte before a page's end", 0xB7FC_FFFF),
                Placement("near the last address", UInt64(UInt32.max) - 0x1_0000 - size),
            ]
        } else {
            all += [
                Placement("at 4 GiB", 1 << 32),
                Placement("across 4 GiB", across(1 << 32)),
                Placement("an instruction before a page's end", 0x5555_5555_4FFF),
                Placement("where mmap places", 0x7FFF_F7D1_B000),
                Placement("high in user space", 0x7FFF_FF00_0000),
                Placement("across the end of user space", across(1 << 47)),
                Placement("across the sign of addresses", across(1 << 63)),
                Placement("the last 2 GiB", 0xFFFF_FFFF_8000_0000),
                Placement("near the last address", UInt64.max - 0x10_0000 - size),
            ]
        }
        return all.map { Placement($0.name, $0.address & ~(unit - 1)) }
    }
}
