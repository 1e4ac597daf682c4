import CStencils
import Testing
import UopRuntime

@testable import UopVM

/// The uops that there are stencils for, for tests that verify, plan and run.
enum BaseSet {
    static let library: StencilLibrary = {
        do {
            return try unsafe StencilLibrary([uop_base_stencils()])
        } catch {
            fatalError("\(error)")
        }
    }()
    static let catalog = UopCatalog(library)

    static func program(_ text: String) throws -> Program { try Program(parsing: text, catalog: catalog) }

    /// Parsed, verified, and ready to run.
    static func execution(_ text: String, helpers: [Helper] = []) throws -> Execution {
        try Execution(program(text).verified(catalog: catalog), library: library, helpers: helpers)
    }

    /// What the verifier has against a program; nothing where it accepts it.
    static func faults(_ program: Program, limits: Limits = Limits()) -> [Diagnostic] {
        do {
            _ = try program.verified(catalog: catalog, limits: limits)
            return []
        } catch {
            return error.diagnostics
        }
    }

    /// The number of a uop.
    static func uop(_ name: String) throws -> Int { try #require(catalog.number(of: name)) }
}
