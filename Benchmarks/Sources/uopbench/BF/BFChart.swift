import Foundation

extension Chart {
    /// BF programs' user times in those of C, on an axis that all of them fit on.
    static func bf(_ measurements: BFMeasurements, _ machine: MachineDescription) -> Chart {
        typealias Name = BFEngine.Name
        let bars = [
            Bar(engine: Name.jit, colour: "#e8590c"), Bar(engine: Name.llvm3, colour: "#4c8bf5"),
            Bar(engine: Name.llvm0, colour: "#868e96"), Bar(engine: Name.interpreter, colour: "#37a169"),
            Bar(engine: Name.plainLoop, colour: "#b8860b"),
        ]
        let groups = measurements.programs.map { program in
            Group(
                name: program.name,
                ratios: bars.reduce(into: [:]) {
                    $0[$1.engine] = measurements.ratio(program.name, of: $1.engine, to: Name.compiled)
                })
        }
        let all = groups.flatMap { $0.ratios.values }.filter { $0.isFinite && $0 > 0 }
        let least = exp2(floor(log2(min(0.5, all.min() ?? 1))))
        let most = exp2(ceil(log2(max(2, all.max() ?? 1))))
        return Chart(
            title: "User time of the whole process, in that of the same program in C by clang -O2; logarithmic, shorter is faster",
            bars: bars.filter { measurements.engines.contains($0.engine) }, groups: groups, axis: least...most,
            footnote: machine.processor)
    }
}
