import Foundation
import StencilGenCore
import Testing

/// Stencils that are kept in files come back as they were, or not at all.
@Suite(.enabled(if: Toolchain.found != nil, Toolchain.missing)) struct ArchiveTests {
    /// Of this package's own, so many as have holes of every kind of target.
    private static let stencils = Result {
        var kinds: Set<String> = []
        return try Checkout.generated.get().first.stencils.filter { stencil in
            let targets = (stencil.hot.holes + stencil.cold.holes).map { String("\($0.target)".prefix { $0 != "(" }) }
            defer { kinds.formUnion(targets) }
            return !kinds.isSuperset(of: targets)
        }
    }

    @Test func stencilsComeBack() throws {
        let all = try Checkout.generated.get().tables.flatMap(\.stencils)
        #expect(StencilArchive.stencils(in: StencilArchive(all).data) == all)
        #expect(StencilArchive.stencils(in: StencilArchive([]).data) == [])
        #expect(try Self.stencils.get().count >= 4)
    }

    @Test func damageIsNotRead() throws {
        let data = StencilArchive(try Self.stencils.get()).data
        for count in data.indices { #expect(StencilArchive.stencils(in: data.prefix(count)) == nil) }
        for index in data.indices {
            var other = data
            other[index] ^= 0x40
            #expect(StencilArchive.stencils(in: other) == nil)
        }
        #expect(data.count > 500)
    }
}
