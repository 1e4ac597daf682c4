import CStencils
import Foundation
import StencilGenCore
import Testing

/// Every target is in all lists, and has its files: see CONTRIBUTING.md, "Adding a target".
struct TargetListTests {
    @Test func everyInstructionSetHasATarget() {
        #expect(StencilTarget.all.count == Int(UOP_ISA_COUNT))
        for (number, target) in StencilTarget.all.enumerated() { #expect(Int(target.isa.rawValue) == number, "\(target.name)") }
        #expect(Set(StencilTarget.all.map(\.identifier)).count == StencilTarget.all.count)
    }

    @Test(arguments: StencilTarget.all.map(\.isa)) func filesAreThere(_ isa: UopISA) throws {
        let target = StencilTarget.of(isa)
        for path in [target.page, "../" + TableWriter.path(target, of: "base")] {
            #expect(FileManager.default.fileExists(atPath: Checkout.headers.appendingPathComponent(path).path), "\(path)")
        }
        let registers = try String(contentsOf: Checkout.headers.appendingPathComponent("UopRegisters.h"), encoding: .utf8)
        #expect(registers.contains("#include \"\(target.page)\""))
        let page = Checkout.headers.appendingPathComponent("../../../docs/platforms.md").standardizedFileURL
        #expect(try String(contentsOf: page, encoding: .utf8).contains("## \(target.name)\n"))
    }

    /// The page is the same for all processors of a kind, and says all that `UopRegisters.h` asks for.
    @Test(arguments: Set(StencilTarget.all.map(\.page)).sorted()) func pagesAreComplete(_ page: String) throws {
        let text = try String(contentsOf: Checkout.headers.appendingPathComponent(page), encoding: .utf8)
        for name in [
            "UOP_CONVENTION", "UOP_REGISTER_LIST(", "UOP_PARAMETERS", "UOP_ARGUMENTS", "UOP_INTEGER(", "UOP_FLOAT(", "UOP_OFFSET(",
            "UOP_OFFSET_WIDE(", "UOP_CELL(", "UOP_CELL_WIDE(", "UOP_NARROW(", "UOP_WIDE(", "UOP_NUMBER(", "UOP_ADDRESS_OF(",
            "UOP_DECLARE_OPERAND(", "UOP_DECLARE_HELPER(", "UOP_PADDING_UNIT", "UOP_PADDING_TEXT(",
        ] {
            #expect(text.contains("#define \(name)"), "\(page): \(name)")
        }
    }
}
