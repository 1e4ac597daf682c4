public import CStencils
import CRuntimeShims

/// The way into machine code and back, itself stencils in executable memory: only the clang that made
/// the tables knows which registers stencils use.
public struct Bridges: ~Copyable {
    private typealias Enter = @convention(c) (UnsafeMutablePointer<UopFrame>, UnsafeRawPointer) -> Void

    private let code: SealedCode
    private let returnOffset: Int
    /// Where the way to helpers begins; nil where code calls them as they are.
    private let helperOffset: Int?
    private let byteCount: Int
    /// What a linker has to fill in them.
    package let relocations: [CodeRelocation]

    /// Writes the bridges into `arena`.
    public init(_ library: StencilLibrary, writer: inout CodeWriter, arena: inout CodeArena) throws(EmissionError) {
        let isMicrosoft = library.convention == .microsoft
        let bridges: [UopBridge] = isMicrosoft ? [.enterMicrosoft, .return, .helperMicrosoft] : [.enter, .return]
        code = try writer.write(
            bridges.map { Step(form: library.form(of: $0), firstOperand: 0) }, operands: [], into: &arena)
        returnOffset = writer.offset(of: 1)
        helperOffset = isMicrosoft ? writer.offset(of: 2) : nil
        byteCount = code.byteCount
        relocations = writer.relocations
    }

    /// Where the bridges are, by name: for debuggers and profilers.
    package var places: [(name: String, address: UInt64, byteCount: Int)] {
        let base = unsafe UInt64(UInt(bitPattern: code.runAddress))
        let returnEnd = helperOffset ?? byteCount
        var places: [(name: String, address: UInt64, byteCount: Int)] = [
            ("uopjit_enter", base, returnOffset),
            ("uopjit_return", base + UInt64(returnOffset), returnEnd - returnOffset),
        ]
        if let helperOffset { places.append(("uopjit_helper", base + UInt64(helperOffset), byteCount - helperOffset)) }
        return places
    }

    /// The `entry` of helpers' descriptors, whose `entryContext` is the descriptor then; nil where code calls helpers as
    /// they are.
    public var helperEntry: UnsafeRawPointer? {
        guard let helperOffset else { return nil }
        return unsafe code.runAddress + helperOffset
    }

    /// The same as a number: where it is in another processor's memory.
    package var foreignHelperEntry: UInt64? { unsafe helperEntry.map { UInt64(UInt(bitPattern: $0)) } }

    /// The bridges' code: what is loaded where another processor executes it.
    package var bytes: [UInt8] { code.bytes }

    /// What an exit's target is as long as the exit leads back to the host.
    public var returnAddress: UnsafeRawPointer { unsafe code.runAddress + returnOffset }

    /// The C function `void (UopFrame *frame, const void *code)` that `enter` calls, in the system's convention: for hosts in
    /// other languages.
    public var enterAddress: UnsafeRawPointer { unsafe code.runAddress }

    /// Runs machine code until an exit leads back. The frame's `exitIndex` then tells which one.
    ///
    /// - Parameters:
    ///   - entry: The address of a trace's first step. Its code must stay alive, and so must the frame
    ///     and everything it points to, `exitTargets` included.
    @unsafe
    public func enter(_ entry: UnsafeRawPointer, frame: UnsafeMutablePointer<UopFrame>) {
        unsafe unsafeBitCast(code.runAddress, to: Enter.self)(frame, entry)
    }

    /// The same, visibly or not.
    @unsafe
    package func enter(_ entry: UnsafeRawPointer, frame: UnsafeMutablePointer<UopFrame>, isVisible: Bool) {
        if isVisible { unsafe enterVisibly(entry, frame: frame) } else { unsafe enter(entry, frame: frame) }
    }

    /// With the host's stack pointer noted in the frame, so that a debugger finds the way back. It is in
    /// `stackPointer`, which only the interpreter uses otherwise, and only when it ends.
    @unsafe
    private func enterVisibly(_ entry: UnsafeRawPointer, frame: UnsafeMutablePointer<UopFrame>) {
        typealias Untyped = @convention(c) (UnsafeMutableRawPointer?, UnsafeRawPointer?) -> Void
        unsafe uop_enter_visibly(
            unsafeBitCast(code.runAddress, to: Untyped.self), frame, entry, &frame.pointee.stackPointer)
    }

    /// Frees the bridges' memory; nothing may be running.
    public consuming func free(in arena: inout CodeArena) throws(MemoryError) { try arena.free(code) }
}
