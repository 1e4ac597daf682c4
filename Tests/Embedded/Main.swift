// add4 as an Embedded Swift program: nothing but the runtime and the tables. It writes the steps of the
// trace itself, as a host without text files would, emits them, runs them, and checks the result.
import CStencils
import UopRuntime

@main
struct EmbeddedAdd4 {
    /// The frame: its fields, then two locals, then two words of stack.
    static let firstSlot = MemoryLayout<UopFrame>.size
    static func slot(_ index: Int) -> UInt64 { UInt64(firstSlot + 8 * index) }

    static func main() {
        do {
            try run()
        } catch {
            print("embedded: error: \(error.description)")
            exit(1)
        }
    }

    static func run() throws(EmissionError) {
        guard let library = try? StencilLibrary([uop_base_stencils()]), let constant = form(of: "_I64_CONST", library),
            let add = form(of: "_I64_ADD_CHECKED", library), let leave = form(of: "_EXIT_TRACE", library)
        else {
            print("embedded: error: the base set lacks a uop")
            exit(1)
        }
        var arena = CodeArena()
        var writer = try CodeWriter(library)
        let bridges = try Bridges(library, writer: &writer, arena: &arena)
        // x = x + 4, then leave by exit 1; exit 0 is for a sum that does not fit.
        let operands: [UInt64] = [4, slot(1), slot(0), slot(1), slot(0), 0, 1]
        let steps = [
            Step(form: constant, firstOperand: 0),
            Step(form: add, firstOperand: 2, exit: 3),
            Step(form: leave, firstOperand: 5, exit: 4),
            Step(form: library.form(of: .exit), firstOperand: 5),
            Step(form: library.form(of: .exit), firstOperand: 6),
        ]
        let code = try writer.write(steps, operands: operands, into: &arena)
        let result = execute(code, bridges, x: -100)
        guard result.exit == 1, result.x == -96 else {
            print("embedded: error: add4 gave a wrong result")
            exit(1)
        }
        let overflow = execute(code, bridges, x: .max - 1)
        guard overflow.exit == 0, overflow.x == .max - 1 else {
            print("embedded: error: the overflow did not leave by its exit")
            exit(1)
        }
        print("embedded: add4(-100) = -96")
    }

    /// The form of a uop with its values in the frame.
    static func form(of uop: String, _ library: StencilLibrary) -> Int? {
        library.number(of: uop).flatMap { library.frameForm(of: $0) }
    }

    /// Runs the code once on a fresh frame.
    static func execute(_ code: borrowing SealedCode, _ bridges: borrowing Bridges, x: Int64) -> (exit: Int, x: Int64) {
        let memory = UnsafeMutableRawPointer.allocate(byteCount: firstSlot + 32, alignment: 16)
        memory.initializeMemory(as: UInt8.self, repeating: 0, count: firstSlot + 32)
        let targets = UnsafeMutablePointer<UnsafeRawPointer?>.allocate(capacity: 2)
        targets.initialize(repeating: bridges.returnAddress, count: 2)
        let frame = memory.assumingMemoryBound(to: UopFrame.self)
        frame.pointee.exitTargets = UnsafePointer(targets)
        memory.storeBytes(of: x, toByteOffset: firstSlot, as: Int64.self)
        bridges.enter(code.runAddress, frame: frame)
        let result = (Int(frame.pointee.exitIndex), memory.load(fromByteOffset: firstSlot, as: Int64.self))
        targets.deallocate()
        memory.deallocate()
        return result
    }
}

@_silgen_name("exit")
func exit(_ status: Int32) -> Never
