import CRuntimeShims

/// An object in memory that a debugger knows, as long as this lives.
@safe
package final class DebuggerEntry {
    // A class: Embedded Swift does not find the deinit of a noncopyable struct from another module.

    private let shown: UnsafeMutableRawPointer

    /// - Parameter object: an object file that describes code at the addresses where it runs.
    /// - Returns: nil where there is no memory.
    package init?(_ object: [UInt8]) {
        guard let shown = unsafe object.withUnsafeBytes({ unsafe uop_show_debugger($0.baseAddress, $0.count) }) else { return nil }
        unsafe self.shown = shown
    }

    deinit { unsafe uop_hide_from_debugger(shown) }
}
