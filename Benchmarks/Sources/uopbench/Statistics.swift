import Foundation

/// What is said of some measured values.
struct Summary: Codable {
    var median: Double
    var lowerQuartile: Double
    var upperQuartile: Double
    var count: Int

    /// - Parameter values: at least one.
    init(_ values: [Double]) {
        let sorted = values.sorted()
        /// Between neighbours, as R's default and most tables have it.
        func quantile(_ part: Double) -> Double {
            let position = part * Double(sorted.count - 1)
            let below = Int(position)
            let above = min(below + 1, sorted.count - 1)
            return sorted[below] + (sorted[above] - sorted[below]) * (position - Double(below))
        }
        median = quantile(0.5)
        lowerQuartile = quantile(0.25)
        upperQuartile = quantile(0.75)
        count = values.count
    }

    /// Half of the distance between the quartiles, as a part of the median; 0 where that is 0.
    var spread: Double { median == 0 ? 0 : (upperQuartile - lowerQuartile) / 2 / median }
}

/// The mean of ratios: that of a ratio and its inverse is 1.
func geometricMean(_ values: [Double]) -> Double {
    var logarithms = 0.0
    for value in values { logarithms += log(value) }
    return exp(logarithms / Double(values.count))
}
