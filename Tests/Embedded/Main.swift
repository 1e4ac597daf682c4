// The runtime as Embedded Swift: makes code, runs it, and meets each kind of error once.
import CStencils
import UopRuntime

@main
struct Main {
    static func main() throws(MemoryError) {
        var arena = CodeArena()
        var block = try arena.allocate(byteCount: 64, alignment: 32)
        let store = try block.beginWrite()
        var code = MutableRawSpan(_unsafeStart: store, byteCount: block.byteCount)
        let encoder = HoleEncoder()
        do throws(PatchError) {
            #if arch(x86_64)
                code.storeBytes(of: 0xb8, toByteOffset: 0, as: UInt8.self)  // mov eax, imm32
                code.storeBytes(of: 0xc3, toByteOffset: 5, as: UInt8.self)  // ret
                try encoder.fill(.UOP_HOLE_ABSOLUTE32, value: 42, in: &code, at: 1, runAddress: block.runAddress)
            #endif
            try encoder.fill(.UOP_HOLE_ABSOLUTE32, value: 1 << 32, in: &code, at: 1, runAddress: block.runAddress)
        } catch { print(error.description) }
        block.endWrite()
        let sealed = try arena.seal(block, byteCount: 6)
        #if arch(x86_64)
            typealias Function = @convention(c) () -> Int32
            print("code returns \(unsafeBitCast(sealed.runAddress, to: Function.self)())")
        #endif
        do { _ = try arena.allocate(byteCount: 0) } catch { print(error.description) }
        try arena.free(sealed)
        print("live bytes: \(arena.accounting.liveBytes)")
    }
}
