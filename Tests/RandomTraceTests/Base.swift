import CStencils
import UopRuntime
import UopTestSupport
import UopVM

/// The base set, and what is known of it.
enum Base {
    static let traits = traits(trustingWords: true)
    /// For engines that are damaged.
    static let carefulTraits = traits(trustingWords: false)

    private static func traits(trustingWords: Bool) -> UopTraits {
        do {
            return try unsafe UopTraits(StencilLibrary([uop_base_stencils()]), trustingWords: trustingWords)
        } catch {
            fatalError("\(error)")
        }
    }

    static var catalog: UopCatalog { traits.catalog }

    /// Runs a text in both engines.
    static func check(_ text: String, mode: RunMode = RunMode(fuel: 100)) throws -> CheckedRun {
        let program = try Program(parsing: text, catalog: catalog)
        return try CheckedRun(RandomPrograms.Item(program: program, mode: mode), CheckedRun.Setup(traits))
    }
}
