import CRuntimeTestSupport
import CStencils
import Testing
import UopRuntime

/// Machine code keeps the C convention of whoever calls it, whatever the uop.
@Suite struct ConventionTests {
    /// A frame with room for every kind of operand, and a uop's steps on it.
    @safe
    private struct Bench: ~Copyable {
        static let slots = 40
        let frame: UnsafeMutablePointer<UopFrame>
        let memory: UnsafeMutablePointer<UInt64>
        let exitTargets: UnsafeMutablePointer<UnsafeRawPointer?>

        static var first: Int { unsafe MemoryLayout<UopFrame>.size }
        static func slot(_ index: Int) -> UInt64 { UInt64(first + 8 * index) }

        init(_ bridges: borrowing Bridges) {
            let size = Self.first + 8 * Self.slots
            let raw = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 16)
            unsafe raw.initializeMemory(as: UInt8.self, repeating: 0, count: size)
            unsafe frame = raw.assumingMemoryBound(to: UopFrame.self)
            unsafe memory = .allocate(capacity: 64)
            unsafe memory.initialize(repeating: 0, count: 64)
            unsafe exitTargets = .allocate(capacity: 3)
            unsafe exitTargets.initialize(repeating: bridges.returnAddress, count: 3)
            unsafe frame.pointee.exitTargets = UnsafePointer(exitTargets)
            unsafe frame.pointee.budget = 100
            unsafe frame.pointee.counters = memory
            unsafe frame.pointee.tape = UnsafeMutableRawPointer(memory).assumingMemoryBound(to: UInt8.self)
            unsafe frame.pointee.tapeLength = 64
            // No vector is on this tape: searches look at one cell after the other.
            unsafe frame.pointee.scanFirst = .max
            let iterator = unsafe UnsafeMutableRawPointer(memory).assumingMemoryBound(to: UopRangeIterator.self)
            unsafe frame.pointee.iterators = iterator
            unsafe iterator.pointee.remaining = 3
            // Slots 20 and 21 are a buffer's descriptor, 22 to 25 a helper's.
            unsafe raw.storeBytes(of: UopBuffer(base: memory, count: 8), toByteOffset: Int(Self.slot(20)), as: UopBuffer.self)
            var helper = unsafe UopHelper(function: test_check_alignment, context: nil, entry: test_check_alignment, entryContext: nil)
            let descriptor = unsafe raw + Int(Self.slot(22))
            if let bridge = unsafe bridges.helperEntry {
                unsafe helper.function = unsafeBitCast(test_microsoft_helper(), to: UopHelperFunction.self)
                unsafe helper.entry = unsafeBitCast(bridge, to: UopHelperFunction.self)
                unsafe helper.entryContext = descriptor
            }
            unsafe descriptor.storeBytes(of: helper, as: UopHelper.self)
        }

        deinit {
            unsafe memory.deallocate()
            unsafe exitTargets.deallocate()
            unsafe UnsafeMutableRawPointer(frame).deallocate()
        }

        /// Puts the address of the memory into a slot.
        func setAddress(slot: Int) {
            unsafe UnsafeMutableRawPointer(frame).storeBytes(of: memory, toByteOffset: Int(Self.slot(slot)), as: UnsafeMutablePointer<UInt64>.self)
        }

        static func operand(_ kind: UopOperandKind) -> UInt64 {
            switch kind {
            case .IMM_I64, .IMM_F64, .IMM_OBJECT, .IMM_INDEX, .LABEL: 1
            case .LOCAL_READ, .LOCAL_WRITE: slot(0)
            case .BUFFER_I8, .BUFFER_I16, .BUFFER_I32, .BUFFER_I64, .BUFFER_F64: slot(20)
            case .HELPER: slot(22)
            case .CELL: 8
            }
        }
    }

    /// Those that callers here can have.
    private static var conventions: [CallingConvention] {
        unsafe test_microsoft_helper() == nil ? [.standard] : [.standard, .microsoft]
    }

    private static func library(_ convention: CallingConvention) throws -> StencilLibrary? {
        let host = try unsafe StencilLibrary([uop_base_stencils()])
        guard host.hasMachineCode, convention != .standard else { return host.hasMachineCode ? host : nil }
        let library = try unsafe StencilLibrary([uop_base_stencils()], for: host.isa, convention: convention) { name in
            unsafe uop_base_stencils().pointee.address(of: name)
        }
        #expect(library.convention == convention && !library.isExecutable)
        return library
    }

    @Test(arguments: conventions) func everyUopKeepsTheCallersRegisters(_ convention: CallingConvention) throws {
        guard let library = try Self.library(convention) else { return }
        let call = unsafe convention == .microsoft ? test_microsoft_call_checked : test_call_checked
        var arena = CodeArena()
        var writer = try CodeWriter(library)
        let bridges = try Bridges(library, writer: &writer, arena: &arena)
        var called = 0
        for unsafe (number, uop) in unsafe BaseSet.uops.enumerated() where unsafe uop.flags & UInt32(UOP_FLAG_INTERPRETED) == 0 {
            let bench = Bench(bridges)
            var operands = unsafe (0..<Int(uop.operandCount)).map { index in
                unsafe Bench.operand(index == 0 ? uop.operands.0 : uop.operands.1)
            }
            let words = unsafe Int(uop.inputCount) + Int(uop.outputCount)
            operands += (0..<words).map { Bench.slot(1 + $0) }
            // The first input of an access is an address, which it trusts.
            if unsafe uop.flags & UInt32(UOP_FLAG_READS | UOP_FLAG_WRITES | UOP_FLAG_FAULTS) != 0 { bench.setAddress(slot: 1) }
            let first = operands.count
            operands += [0, 1, 2]
            let exit = library.form(of: .exit)
            let form = try #require(library.frameForm(of: number))
            // The uop; going on, jumping and leaving each lead back.
            let code = try writer.write(
                [
                    Step(form: form, firstOperand: 0, target: 2, exit: 3),
                    Step(form: exit, firstOperand: first), Step(form: exit, firstOperand: first + 1),
                    Step(form: exit, firstOperand: first + 2),
                ], operands: operands, into: &arena)
            let lost = unsafe call(bridges.enterAddress, bench.frame, code.runAddress)
            let name = unsafe String(cString: uop.name)
            #expect(lost == 0, "\(name) loses registers (bits \(lost))")
            let isCall = unsafe uop.flags & UInt32(UOP_FLAG_ESCAPES) != 0
            #expect(unsafe !isCall || bench.frame.pointee.helperStatus == 0, "\(name) calls with a stack that is not aligned")
            called += 1
            try arena.free(code)
        }
        #expect(called > 230)
    }

    /// The caller notices what it is there to notice.
    @Test func theCallerChecks() throws {
        #if arch(x86_64)
            var arena = CodeArena()
            // xor ebx, ebx; ret
            let code = try arena.sealed([0x31, 0xDB, 0xC3])
            #expect(unsafe test_call_checked(code.runAddress, UnsafeMutableRawPointer(bitPattern: 8), code.runAddress) == 1)
            #expect(unsafe test_microsoft_call_checked(code.runAddress, UnsafeMutableRawPointer(bitPattern: 8), code.runAddress) == 1)
            // xor edi, edi; xorps xmm15, xmm15; ret
            let more = try arena.sealed([0x31, 0xFF, 0x45, 0x0F, 0x57, 0xFF, 0xC3])
            #expect(
                unsafe test_microsoft_call_checked(more.runAddress, UnsafeMutableRawPointer(bitPattern: 8), more.runAddress) == 1 << 6 | 1 << 20)
            #expect(unsafe test_call_checked(more.runAddress, UnsafeMutableRawPointer(bitPattern: 8), more.runAddress) == 0)
        #endif
    }
}

/// The metadata of the base set.
private enum BaseSet {
    static var uops: UnsafeBufferPointer<UopInfo> {
        guard let set = unsafe uop_base_stencils() else { return unsafe UnsafeBufferPointer(start: nil, count: 0) }
        return unsafe UnsafeBufferPointer(start: set.pointee.uops, count: Int(set.pointee.uopCount))
    }
}

extension CodeArena {
    /// Code of these bytes.
    fileprivate mutating func sealed(_ bytes: [UInt8]) throws -> SealedCode {
        var block = try allocate(byteCount: bytes.count)
        let store = try unsafe block.beginWrite()
        for (index, byte) in bytes.enumerated() { unsafe store.storeBytes(of: byte, toByteOffset: index, as: UInt8.self) }
        block.endWrite()
        return try seal(block, byteCount: bytes.count)
    }
}

extension UopStencilSet {
    /// Where a function that stencils call by name is in this process.
    fileprivate func address(of name: String) -> UInt64? {
        for index in unsafe 0..<Int(helperCount) {
            guard let symbol = unsafe helpers?[index], unsafe String(cString: symbol.name) == name else { continue }
            return unsafe UInt64(UInt(bitPattern: unsafeBitCast(symbol.address, to: Int.self)))
        }
        return nil
    }
}
