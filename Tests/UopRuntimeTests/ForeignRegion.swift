import CStencils
import Testing
import UopRuntime

/// Whether tables of other instruction sets than the host's are compiled in.
let hasForeignTables: Bool = {
    guard let set = unsafe uop_base_stencils() else { return false }
    return unsafe set.pointee.table(.AARCH64) != nil && set.pointee.table(.X86_64) != nil
}()

let foreignTablesMessage: Comment = "needs the tables of all targets: swift test --traits AllTargets --scratch-path .build-all"

/// A step to write: a form with some registers, and what the tables say of it.
struct ForeignStep {
    let form: Int
    let registers: Step.Registers
    let hotSize: Int
    let coldSize: Int
    let holes: [UopHole]
    let coldHoles: [UopHole]
    let isWide: Bool

    /// Whether a hole of the kind leads on from the hot fragment by a label.
    func leads(by kind: UopHoleKind) -> Bool {
        holes.contains { $0.kind == kind && ($0.target == .exit || $0.target == .continuation && $0.index == 1) }
    }

    /// Whether it leads anywhere but to the step behind it.
    var hasBranch: Bool {
        (holes + coldHoles).contains {
            $0.target == .exit || $0.target == .fragment || $0.target == .continuation && $0.index == 1
        }
    }
}

/// Code of another machine as it is written, with what is known of each step: for a judge that reads the bytes.
struct ForeignRegion: ~Copyable {
    struct Written {
        let step: ForeignStep
        let begin: Int
        /// Behind the step, and behind an island if there is one.
        let end: Int
        let target: Int
        let exit: Int
    }

    let isa: UopISA
    let library: StencilLibrary
    /// All forms that have up to three operand words and no helpers.
    let forms: [ForeignStep]
    /// The longest first.
    private let paddings: [ForeignStep]
    var stream: CodeStream
    var arena: CodeArena
    private(set) var written: [Written] = []
    private(set) var bytes: [UInt8] = []

    init(_ isa: UopISA) throws {
        let library = try unsafe StencilLibrary([uop_base_stencils()], for: isa)
        let table = try unsafe #require(uop_base_stencils().pointee.table(isa))
        let stream = try CodeStream(library)
        self.isa = isa
        self.library = library
        self.stream = stream
        unsafe forms = (0..<Int(table.pointee.formCount)).compactMap { unsafe Self.step($0, table) }
        paddings = [12, 8, 4, 1].compactMap { size in
            let form = unsafe table.pointee.bridges[Int(UopBridge.padding1.rawValue) + size - 1]
            return form == UOP_NO_FORM ? nil : unsafe Self.step(Int(form), table)
        }
        var options = CodeArena.Options()
        options.foreignAddress = 0x7_0000_0000
        arena = CodeArena(options: options)
    }

    private static func step(_ number: Int, _ table: UnsafePointer<UopStencilTable>) -> ForeignStep? {
        let form = unsafe table.pointee.forms[number]
        let axes = Int(form.axisCount)
        let registers = Step.Registers(0, axes > 1 ? 1 : 0, axes > 2 ? 2 : 0)
        let variant = [0, 0, 1, 11][axes]
        let template = unsafe table.pointee.templates[Int(form.firstTemplate) + Int(table.pointee.variants[Int(form.variants) + variant])]
        let first = Int(template.firstHole)
        let behindHot = first + Int(template.hotHoleCount)
        let holes = (first..<behindHot).map { unsafe table.pointee.holes[$0] }
        let coldHoles = (behindHot..<behindHot + Int(template.coldHoleCount)).map { unsafe table.pointee.holes[$0] }
        let isUsable = (holes + coldHoles).allSatisfy { hole in
            // (What keeps off boundaries does not begin where the step before ends.)
            if unsafe uop_hole_fields()[Int(hole.kind.rawValue)].boundary != 0 { return false }
            return switch hole.target {
            case .helper, .helperSlot: false
            case .operand, .operandHigh, .operandSlot: hole.index < 3
            default: true
            }
        }
        guard isUsable else { return nil }
        return ForeignStep(
            form: number, registers: registers, hotSize: Int(template.hotSize), coldSize: Int(template.coldSize), holes: holes,
            coldHoles: coldHoles, isWide: form.isWide != 0)
    }

    /// A step that leads on by a hole of a kind.
    func leading(by kind: UopHoleKind) throws -> ForeignStep {
        let steps = forms.filter { $0.leads(by: kind) }
        return try #require(steps.first { $0.coldSize == 0 } ?? steps.first)
    }

    /// Forgets what was written.
    mutating func begin() {
        stream.begin()
        written.removeAll()
    }

    mutating func append(_ step: ForeignStep, target: Int = 0, exit: Int = 0) {
        let begin = stream.position
        stream.origin = written.count
        stream.append(step.form, step.registers, 0, 0, 0, target: target, exit: exit)
        written.append(Written(step: step, begin: begin, end: stream.position, target: target, exit: exit))
    }

    /// Fills with what does nothing, until the position is at least this; just this where it is some way off.
    mutating func fill(to position: Int) {
        while stream.position < position {
            let rest = position - stream.position
            append(paddings.first { canFill(rest - $0.hotSize) } ?? paddings[paddings.count - 1])
        }
    }

    /// Whether paddings have so many bytes together.
    private func canFill(_ count: Int) -> Bool {
        let (longest, shortest) = (paddings[0].hotSize, paddings[paddings.count - 1].hotSize)
        return count >= 0 && (count + longest - 1) / longest * shortest <= count
    }

    /// The end of all code: a step that leads nowhere.
    mutating func leave() throws {
        let form = library.form(of: .return)
        append(try #require(forms.first { $0.form == form }))
    }

    mutating func fill(_ count: Int) { fill(to: stream.position + count) }

    mutating func finish() throws {
        let code = try stream.finish(into: &arena)
        bytes = code.bytes
        try arena.free(code)
    }

    /// Bytes among the hot fragments that are none of theirs.
    var islandBytes: Int { written.reduce(0) { $0 + $1.end - $1.begin - $1.step.hotSize } }

    /// What is wrong with the branches of the code: nothing, if each leads where the step and the tables say.
    func faults() -> [String] {
        let judge = BranchJudge(isa: isa, bytes: bytes)
        var cold: [Int: Int] = [:]
        for number in 0..<stream.coldCount { cold[stream.coldFragment(number).origin] = stream.coldFragment(number).range.lowerBound }
        var faults: [String] = []
        for (number, written) in written.enumerated() {
            let hotEnd = written.begin + written.step.hotSize
            if written.end > hotEnd, judge.jump(at: hotEnd) != written.end {
                faults.append("step \(number): the island at \(hotEnd) is not jumped over")
            }
            let coldBegin = cold[number] ?? -1
            for (holes, begin) in [(written.step.holes, written.begin), (written.step.coldHoles, coldBegin)] {
                for hole in holes {
                    let addend = Int(hole.addend) + judge.bias
                    let wanted: Int
                    switch (hole.target, hole.index) {
                    case (.continuation, 0): wanted = hotEnd + addend
                    case (.continuation, _): wanted = stream.offset(of: written.target) + addend
                    case (.exit, _): wanted = stream.offset(of: written.exit) + addend
                    case (.fragment, 0): wanted = written.begin + addend
                    case (.fragment, _): wanted = coldBegin + addend
                    default: continue
                    }
                    let place = begin + Int(hole.offset)
                    if !judge.leads(from: place, to: wanted) {
                        faults.append("step \(number): the branch at \(place) does not lead to \(wanted)")
                    }
                }
            }
        }
        return faults
    }
}

/// Reads branches as the architectures' manuals say, and follows jumps. It knows nothing of hole kinds.
struct BranchJudge {
    let isa: UopISA
    let bytes: [UInt8]

    /// From an addend to how far behind the target it leads: x86 counts from behind its field.
    var bias: Int { isX86 ? 4 : 0 }

    private var isX86: Bool { isa == .X86_64 || isa == .X86_64_V3 || isa == .I686 }

    /// Whether a branch leads to a place, by jumps if need be.
    func leads(from place: Int, to wanted: Int) -> Bool {
        guard var found = branch(at: place) else { return false }
        for _ in 0..<3 where found != wanted {
            guard let next = jump(at: found) else { return false }
            found = next
        }
        return found == wanted
    }

    /// Where a conditional branch, or a jump, leads. (On x86, by where its distance is.)
    func branch(at place: Int) -> Int? {
        guard let word = word(place) else { return nil }
        switch isa {
        case .X86_64, .X86_64_V3, .I686:
            return place + 4 + signed(word, 0, 32)
        case .AARCH64:
            // B.cond; CBZ and CBNZ; TBZ and TBNZ.
            if word >> 24 == 0x54, word & 0x10 == 0 { return place + 4 * signed(word, 5, 19) }
            if word >> 25 & 0x3f == 0b011010 { return place + 4 * signed(word, 5, 19) }
            if word >> 25 & 0x3f == 0b011011 { return place + 4 * signed(word, 5, 14) }
        case .RISCV64 where word & 0x7f == 0x63:
            let upper = signed(word, 31, 1) << 12 | Int(word >> 7 & 1) << 11
            return place + (upper | Int(word >> 25 & 0x3f) << 5 | Int(word >> 8 & 0xf) << 1)
        case .POWERPC64LE where word >> 26 == 16 && word & 3 == 0:
            return place + 4 * signed(word, 2, 14)
        default: break
        }
        return jump(at: place)
    }

    /// Where the jump leads that stands at a place; nil where there is none.
    func jump(at place: Int) -> Int? {
        guard let word = word(place) else { return nil }
        switch isa {
        case .X86_64, .X86_64_V3, .I686:
            return bytes[place] == 0xe9 ? branch(at: place + 1) : nil
        case .AARCH64:
            return word >> 26 == 0b000101 ? place + 4 * signed(word, 0, 26) : nil
        case .RISCV64:
            if word & 0xfff == 0x06f {
                let upper = signed(word, 31, 1) << 20 | Int(word >> 12 & 0xff) << 12
                return place + (upper | Int(word >> 20 & 1) << 11 | Int(word >> 21 & 0x3ff) << 1)
            }
            // AUIPC, and JALR by the same register that keeps no return address.
            guard word & 0x7f == 0x17, let next = self.word(place + 4), next & 0x7fff == 0x67,
                next >> 15 & 0x1f == word >> 7 & 0x1f
            else { return nil }
            return place + signed(word, 12, 20) << 12 + signed(next, 20, 12)
        case .POWERPC64LE:
            return word >> 26 == 18 && word & 3 == 0 ? place + 4 * signed(word, 2, 24) : nil
        }
    }

    private func word(_ place: Int) -> UInt32? {
        guard place >= 0, place + 4 <= bytes.count else { return nil }
        return (0..<4).reduce(0) { $0 | UInt32(bytes[place + $1]) << (8 * UInt32($1)) }
    }

    private func signed(_ word: UInt32, _ from: UInt32, _ bits: UInt32) -> Int {
        Int(Int32(bitPattern: word << (32 - from - bits)) >> Int32(32 - bits))
    }
}
