import CRuntimeShims

/// The time that passes, for measuring.
package enum MonotonicClock {
    /// Nanoseconds since some point in the past.
    package static var now: UInt64 { uop_monotonic_nanoseconds() }
}
