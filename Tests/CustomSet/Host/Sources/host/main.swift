import CDemo
import CStencils
import UopRuntime
import UopVM

let text = """
    uops 1
    local n: i64 = -7
    local length: f64
    exit overflow
    trace main
        _LOAD_FAST n
        _DEMO_CUBE -> overflow
        _DEMO_CLAMP -300 5000000000
        _STORE_FAST n
        _F64_CONST 3
        _F64_CONST 4
        _DEMO_HYPOT
        _STORE_FAST length
        _EXIT_TRACE
    end
    """
let library = try StencilLibrary([uop_base_stencils(), uop_Demo_stencils()])
let catalog = UopCatalog(library)
let program = try Program(parsing: text, catalog: catalog).verified(catalog: catalog)
let execution = try Execution(program, library: library)
for (n, expected) in [(-7, -300), (4, 64), (2_000, 5_000_000_000), (3_000_000, 3_000_000)] as [(Int64, Int64)] {
    for engine in EngineKind.allCases {
        execution.reset()
        execution.machine.setLocal(0, to: UInt64(bitPattern: n))
        let result = try execution.run(engine)
        let found = Int64(bitPattern: execution.machine.local(0))
        let fits = n != 3_000_000
        precondition(found == expected && (result.ending == .finished) == fits, "\(engine): \(n) gave \(found)")
        precondition(!fits || Double(bitPattern: execution.machine.local(1)) == 5, "\(engine): hypot")
    }
}
print("custom set: 3 uops agree in \(EngineKind.allCases.count) engines")
