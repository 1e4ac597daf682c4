import Foundation
import StencilGenCore
import Testing

/// Stencils that are kept in files come back as they were, or not at all.
@Suite struct ArchiveTests {
    private static let stencils: [Stencil] = {
        let targets: [Stencil.Target] = [
            .operand(3), .continuation(1), .exit, .fragment(1), .helper("fmod"),
            .constant(.init(bytes: [0, 0x80, 0xFF], alignment: 16)),
        ]
        let holes = targets.enumerated().map { index, target in
            Stencil.Hole(offset: 8 * index, kind: index % 2 == 0 ? .absolute64 : .pcRelative32, target: target, addend: -4 * Int64(index))
        }
        return [
            Stencil(symbol: "v0", hot: .init(bytes: Array(0...99), holes: holes), cold: .init(bytes: [0xE9, 0, 0, 0, 0]), frameSize: 16),
            Stencil(symbol: "", hot: .init(), cold: .init(), frameSize: 0),
        ]
    }()

    @Test func stencilsComeBack() {
        #expect(StencilArchive.stencils(in: StencilArchive(Self.stencils).data) == Self.stencils)
        #expect(StencilArchive.stencils(in: StencilArchive([]).data) == [])
    }

    @Test func damageIsNotRead() {
        let data = StencilArchive(Self.stencils).data
        for count in data.indices { #expect(StencilArchive.stencils(in: data.prefix(count)) == nil) }
        for index in data.indices {
            var other = data
            other[index] ^= 0x40
            #expect(StencilArchive.stencils(in: other) == nil)
        }
        #expect(data.count > 500)
    }
}
