package import CStencils
package import UopRuntime
import UopVM

/// A copy of a stencil set's machine code that can be damaged, to see whether that is noticed. The
/// interpreter's handlers are those of the original.
///
/// Libraries point into the copy: keep it as long as they are used.
@safe
package final class DamagedStencils: @unchecked Sendable {
    // Sendable: it is changed before it is used only.
    private let set: UnsafeMutablePointer<UopStencilSet>
    private let stencils: UnsafeMutablePointer<UopStencil>
    private let holes: UnsafeMutablePointer<UopHole>
    private let code: UnsafeMutablePointer<UInt8>
    private let table: UnsafeMutablePointer<UopStencilTable>
    /// Bytes behind the code that the writer may read.
    private static let slack = 15

    /// - Parameter original: a set with machine code for this host; nil is returned for one without.
    package init?(_ original: UnsafePointer<UopStencilSet>) {
        guard let table = unsafe original.pointee.table?.pointee else { return nil }
        func copy<Element>(_ source: UnsafePointer<Element>, _ count: Int) -> UnsafeMutablePointer<Element> {
            let result = UnsafeMutablePointer<Element>.allocate(capacity: count)
            unsafe result.initialize(from: source, count: count)
            return unsafe result
        }
        unsafe stencils = copy(table.stencils, Int(table.stencilCount))
        unsafe holes = copy(table.holes, Int(table.holeCount))
        unsafe code = copy(table.code, Int(table.codeSize) + Self.slack)
        var damaged = unsafe table
        unsafe damaged.stencils = UnsafePointer(stencils)
        unsafe damaged.holes = UnsafePointer(holes)
        unsafe damaged.code = UnsafePointer(code)
        unsafe set = copy(original, 1)
        unsafe self.table = copy(&damaged, 1)
        unsafe set.pointee.table = UnsafePointer(self.table)
    }

    deinit {
        unsafe set.deallocate()
        unsafe table.deallocate()
        unsafe stencils.deallocate()
        unsafe holes.deallocate()
        unsafe code.deallocate()
    }

    package func library() throws(StencilSetError) -> StencilLibrary { try unsafe StencilLibrary([UnsafePointer(set)]) }

    // MARK: What can be damaged

    /// The fragments of a uop, in all its forms.
    private func fragments(ofUop number: Int) -> [UopFragment] {
        guard let forms = unsafe set.pointee.table?.pointee.forms[number] else { return [] }
        return (0..<Int(forms.count)).flatMap { form in
            let stencil = unsafe stencils[Int(forms.firstStencil) + form]
            return [stencil.hot, stencil.cold]
        }
    }

    /// The holes of a uop: their places in the table.
    private func holes(ofUop number: Int) -> [Int] { fragments(ofUop: number).flatMap(holes) }

    private func holes(_ fragment: UopFragment) -> [Int] {
        Array(Int(fragment.firstHole)..<Int(fragment.firstHole + fragment.holeCount))
    }

    /// Lets a uop read or write an operand so many bytes away from its place, or as a larger literal. Gives whether
    /// the uop has such an operand in its code.
    ///
    /// - Parameter index: immediates first, then inputs, then outputs.
    package func shiftOperand(_ index: Int, ofUop number: Int, by bytes: Int64 = 8) -> Bool {
        let found = holes(ofUop: number).filter { unsafe holes[$0].target == .operand && Int(holes[$0].index) == index }
        for hole in found { unsafe holes[hole].addend += bytes }
        return !found.isEmpty
    }

    /// Lets a uop take two operands for each other.
    package func swapOperands(_ a: Int, _ b: Int, ofUop number: Int) -> Bool {
        swapOperands(a, b, holes(ofUop: number))
    }

    /// Lets moves between places go the wrong way.
    package func reverseMoves() -> Bool {
        guard let bridges = unsafe set.pointee.table?.pointee.bridges else { return false }
        let stencil = unsafe stencils[Int(bridges[Int(UopBridge.move.rawValue)])]
        return swapOperands(0, 1, holes(stencil.hot))
    }

    private func swapOperands(_ a: Int, _ b: Int, _ places: [Int]) -> Bool {
        var count = 0
        for place in places where unsafe holes[place].target == .operand {
            let index = Int(unsafe holes[place].index)
            guard index == a || index == b else { continue }
            unsafe holes[place].index = UInt16(index == a ? b : a)
            count += 1
        }
        return count > 1
    }

    /// Lets a uop go on where it should exit.
    package func ignoreExits(ofUop number: Int) -> Bool {
        let found = holes(ofUop: number).filter { unsafe holes[$0].target == .exit }
        for hole in found {
            unsafe holes[hole].target = .continuation
            unsafe holes[hole].index = 0
        }
        return !found.isEmpty
    }

    #if arch(x86_64)
    /// Inverts the conditions of a uop: the lowest bit of a conditional jump's or setcc's second byte.
    package func invertConditions(ofUop number: Int) -> Bool {
        var count = 0
        for fragment in fragments(ofUop: number) {
            let bytes = unsafe code + Int(fragment.code)
            for index in 1..<max(1, Int(fragment.size)) {
                let isCondition = unsafe bytes[index - 1] == 0x0F && [0x80, 0x90].contains(bytes[index] & 0xF0)
                guard isCondition else { continue }
                unsafe bytes[index] ^= 1
                count += 1
            }
        }
        return count > 0
    }
    #endif
}
