import CStencils

/// Damage that leaves valid code of other registers, so that whatever is damaged, nothing but values is wrong.
extension DamagedStencils {
    /// Which of the values of a uop is meant.
    package enum Place: Hashable, Sendable {
        case input(Int)
        case output(Int)
    }

    /// The operations that a uop is part of, with how many inputs of others come before its own: itself, and the
    /// fusions that it begins.
    package func operations(beginningWith uop: Int) -> [(number: Int, offset: Int)] {
        let table = unsafe table.pointee
        var result = [(uop, 0)]
        for fusion in unsafe 0..<Int(table.fusionCount) where unsafe Int(table.fusions[fusion].first) == uop {
            let second = unsafe Int(table.fusions[fusion].second)
            unsafe result.append((uopCount + fusion, Int(set.pointee.uops[second].inputCount) - 1))
        }
        return result
    }

    /// The operations whose code ends with a uop's: itself, and the fusions that it ends.
    package func operations(endingWith uop: Int) -> [Int] {
        let table = unsafe table.pointee
        let fusions = unsafe (0..<Int(table.fusionCount)).filter { unsafe Int(table.fusions[$0].second) == uop }
        return [uop] + fusions.map { uopCount + $0 }
    }

    var operationCount: Int { uopCount + Int(unsafe table.pointee.fusionCount) }

    /// How many operands an operation has, labels included.
    func immediateCount(_ operation: Int) -> Int {
        guard operation >= uopCount else { return unsafe Int(set.pointee.uops[operation].operandCount) }
        let fusion = unsafe table.pointee.fusions[operation - uopCount]
        return [fusion.first, fusion.second].reduce(0) { unsafe $0 + Int(set.pointee.uops[Int($1)].operandCount) }
    }

    private var uopCount: Int { Int(unsafe set.pointee.uopCount) }

    /// Lets a uop's forms with registers take two inputs for each other: assignment believes of each axis that it
    /// is the other input's. Gives whether there is such a form.
    package func swapInputs(_ a: Int, _ b: Int, ofUop uop: Int) -> Bool {
        var count = 0
        for (number, offset) in operations(beginningWith: uop) {
            for form in forms(ofUop: number, .registers) {
                let (first, second) = (inputAxis(offset + a, form), inputAxis(offset + b, form))
                guard let first, let second, isFloat(first, form) == isFloat(second, form) else { continue }
                setInputAxis(offset + a, form, second)
                setInputAxis(offset + b, form, first)
                count += 1
            }
        }
        return count > 0
    }

    /// Lets a uop's forms with registers have the code of another register for one of their values: of the even one
    /// for the odd one behind it, and the other way. Gives whether there is such a form.
    ///
    /// Which template serves which registers changes, too: the code is valid with any assignment.
    package func mistake(_ place: Place, ofUop uop: Int) -> Bool {
        var axes: [(form: Int, axis: Int)] = []
        for (number, offset) in operations(beginningWith: uop) {
            for form in forms(ofUop: number, .registers) {
                let axis: Int? =
                    switch place {
                    case .input(let index): inputAxis(offset + index, form)
                    // What a fusion makes is what its second uop makes.
                    case .output(let index): number == uop ? outputAxis(index, form) : nil
                    }
                if let axis { axes.append((form, axis)) }
            }
        }
        let pairs = [(0, 1), (2, 3), (4, 5), (6, 7)]
        guard exchangeMasks(axes, pairs) > 0 else { return false }
        for (form, axis) in axes { exchangeVariants(form, axis) }
        return true
    }

    private func exchangeVariants(_ form: Int, _ axis: Int) {
        let row = unsafe formRows[form]
        let size = Int(UOP_AXIS_SIZE)
        let stride = (axis + 1..<Int(row.axisCount)).reduce(1) { stride, _ in stride * size }
        for index in 0..<Self.variantCount(row) {
            let register = index / stride % size
            guard register % 2 == 0, register + 1 < size else { continue }
            let place = Int(row.variants) + index
            let other = place + stride
            let template = unsafe variants[place]
            unsafe variants[place] = variants[other]
            unsafe variants[other] = template
        }
    }

    private func isFloat(_ axis: Int, _ form: Int) -> Bool {
        let flags = unsafe formRows[form].axisIsFloat
        return (axis == 0 ? flags.0 : axis == 1 ? flags.1 : flags.2) != 0
    }

    private func inputAxis(_ input: Int, _ form: Int) -> Int? {
        let axes = unsafe formRows[form].inputAxes
        return Self.axis(input == 0 ? axes.0 : input == 1 ? axes.1 : axes.2)
    }

    private func outputAxis(_ output: Int, _ form: Int) -> Int? {
        let axes = unsafe formRows[form].outputAxes
        return Self.axis(output == 0 ? axes.0 : output == 1 ? axes.1 : axes.2)
    }

    private static func axis(_ number: UInt8) -> Int? { number == UInt8(UOP_NO_AXIS) ? nil : Int(number) }

    private func setInputAxis(_ input: Int, _ form: Int, _ axis: Int) {
        let axis = UInt8(axis)
        switch input {
        case 0: unsafe formRows[form].inputAxes.0 = axis
        case 1: unsafe formRows[form].inputAxes.1 = axis
        default: unsafe formRows[form].inputAxes.2 = axis
        }
    }
}
