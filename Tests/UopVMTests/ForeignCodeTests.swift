import CStencils
import Testing
import UopRuntime
import UopVM

/// Code that was made for the memory of another machine is never entered here.
struct ForeignCodeTests {
    @Test func codeOfAnotherMachineIsNotRun() throws {
        let library = try unsafe StencilLibrary([uop_base_stencils()])
        let catalog = UopCatalog(library)
        let program = try Program(parsing: "uops 1\ntrace main\n    _EXIT_TRACE\nend\n", catalog: catalog)
        var options = Execution.Options()
        options.arena.foreignAddress = 0x1000_0000
        let execution = try Execution(program.verified(catalog: catalog), library: library, options: options)
        try execution.prepare(.jit)
        #expect(execution.codeByteCount > 0)
        let error = #expect(throws: ExecutionError.self) { try execution.run(.jit) }
        #expect(error?.description.contains("there is no processor here") == true)
    }
}
