import CStencils
import Testing
import UopVM

/// A row: a uop of Memory.c, and what it does to an element.
struct MemoryAccess: Sendable, CustomTestStringConvertible {
    enum Effect: Sendable {
        /// From the element's bits, with zeros above them, to the word on the stack.
        case load(@Sendable (UInt64) -> UInt64)
        case store
        case count
    }

    let uop: String
    let element: UopOperandKind
    let effect: Effect

    var testDescription: String { uop }
    var elementBytes: Int { element.elementBytes ?? 0 }

    private static func signed<Element: FixedWidthInteger & SendableMetatype>(_: Element.Type) -> Effect {
        .load { UInt64(bitPattern: Int64(Element(truncatingIfNeeded: $0))) }
    }

    /// What the JIT makes of accesses: these stand in no trace, and are run wherever an access is.
    static let parts: [String] =
        ["_MEM_CHECK", "_MEM_ADDRESS"]
        + ["I8_S", "I8_U", "I16_S", "I16_U", "I32_S", "I32_U", "I64", "F64"].map { "_MEM_READ_\($0)" }
        + ["I8", "I16", "I32", "I64", "F64"].map { "_MEM_WRITE_\($0)" }

    static let all: [MemoryAccess] = [
        .init(uop: "_MEM_LOAD_I8_S", element: .BUFFER_I8, effect: signed(Int8.self)),
        .init(uop: "_MEM_LOAD_I8_U", element: .BUFFER_I8, effect: .load { $0 }),
        .init(uop: "_MEM_LOAD_I16_S", element: .BUFFER_I16, effect: signed(Int16.self)),
        .init(uop: "_MEM_LOAD_I16_U", element: .BUFFER_I16, effect: .load { $0 }),
        .init(uop: "_MEM_LOAD_I32_S", element: .BUFFER_I32, effect: signed(Int32.self)),
        .init(uop: "_MEM_LOAD_I32_U", element: .BUFFER_I32, effect: .load { $0 }),
        .init(uop: "_MEM_LOAD_I64", element: .BUFFER_I64, effect: .load { $0 }),
        .init(uop: "_MEM_LOAD_F64", element: .BUFFER_F64, effect: .load { $0 }),
        .init(uop: "_MEM_STORE_I8", element: .BUFFER_I8, effect: .store),
        .init(uop: "_MEM_STORE_I16", element: .BUFFER_I16, effect: .store),
        .init(uop: "_MEM_STORE_I32", element: .BUFFER_I32, effect: .store),
        .init(uop: "_MEM_STORE_I64", element: .BUFFER_I64, effect: .store),
        .init(uop: "_MEM_STORE_F64", element: .BUFFER_F64, effect: .store),
        .init(uop: "_MEM_SIZE_I8", element: .BUFFER_I8, effect: .count),
        .init(uop: "_MEM_SIZE_I16", element: .BUFFER_I16, effect: .count),
        .init(uop: "_MEM_SIZE_I32", element: .BUFFER_I32, effect: .count),
        .init(uop: "_MEM_SIZE_I64", element: .BUFFER_I64, effect: .count),
        .init(uop: "_MEM_SIZE_F64", element: .BUFFER_F64, effect: .count),
    ]
}

/// Accesses inside and outside of a buffer that lies between two others. Whole buffers are compared.
@Suite(.cases(atLeast: 30_000))
struct MemoryTests {
    /// Elements of the buffer under test: its first and last, the ends of its width, a pattern.
    private static let elements: [UInt64] = [
        0x8000_0000_0000_0000, 0x7FFF_FFFF_FFFF_FFFF, 0xFFFF_FFFF_FFFF_FFFF, 0x0123_4567_89AB_CDEF,
        0x8080_8080_8080_8080,
        0x7FF0_0000_0000_0001, 0,
    ]

    /// Inside, at the ends, and where a scaled index would wrap to the inside.
    private static let indices: [Int64] = {
        let count = Int64(elements.count)
        var values: [Int64] =
            Array(0..<count) + [count, count + 1, -1, -2, -count, .min, .min + 1, .max, 1 << 31, -1 << 31]
        for bit in [32, 48, 60, 61, 62] { values += [1 << bit, 1 << bit + 1, -1 << bit] }
        return values
    }()

    @Test(arguments: MemoryAccess.all)
    func access(_ access: MemoryAccess) throws {
        let trial = try Trial(Self.program(access))
        for index in Self.indices {
            for value in Self.values(access) {
                for engine in Engine.allCases {
                    let difference = Self.difference(trial, access, index: index, value: value, engine)
                    #expect(difference == nil, "\(access.uop) [\(index)] \(hexadecimal(value)), \(engine)")
                    guard difference == nil else { return }
                    CaseCount.add()
                }
            }
        }
    }

    /// Nothing is inside of a buffer without elements.
    @Test(arguments: MemoryAccess.all)
    func emptyBuffer(_ access: MemoryAccess) throws {
        var program = try Self.program(access)
        program.buffers[1].count = 0
        program.buffers[1].initial = []
        let trial = try Trial(program)
        for index in Self.indices {
            for engine in Engine.allCases {
                trial.reset()
                trial.machine.setLocal(0, to: UInt64(bitPattern: index))
                let ending = trial.run(engine)
                if case .count = access.effect {
                    #expect(ending.exit == 0 && trial.machine.local(2) == 0)
                } else {
                    #expect(ending.exit == 1, "\(access.uop) [\(index)], \(engine)")
                }
                CaseCount.add()
            }
        }
    }

    private static func program(_ access: MemoryAccess) throws -> Program {
        let isFloat = access.element == .BUFFER_F64
        let (inputs, output) =
            switch access.effect {
            case .load: ("_LOAD_FAST index", "_STORE_FAST loaded")
            case .store: ("_LOAD_FAST index\n_LOAD_FAST value", "")
            case .count: ("", "_STORE_FAST loaded")
            }
        // A count is an integer, whatever is counted.
        let loaded = if case .load = access.effect { isFloat ? "f64" : "i64" } else { "i64" }
        let exit = if case .count = access.effect { "" } else { " -> left" }
        let element = access.element.elementName ?? ""
        var program = try Program(
            parsing: """
                uops 1
                local index: i64
                local value: \(isFloat ? "f64" : "i64")
                local loaded: \(loaded)
                buffer before: \(element)[3]
                buffer middle: \(element)[\(elements.count)]
                buffer after: \(element)[2]
                exit done
                exit left
                trace main
                \(inputs)
                \(access.uop) middle\(exit)
                \(output)
                _EXIT_TRACE -> done
                end
                """, catalog: Base.catalog)
        let mask = UInt64.max >> UInt64(64 - 8 * access.elementBytes)
        program.buffers[0].initial = [0x5A, 0x5A, 0x5A]
        program.buffers[1].initial = elements.map { bits in
            // The upper bits of the patterns, which hold the signs.
            bits >> UInt64(64 - 8 * access.elementBytes) & mask
        }
        program.buffers[2].initial = [0x3C, 0x3C]
        return program
    }

    private static func values(_ access: MemoryAccess) -> [UInt64] {
        guard case .store = access.effect else { return [0] }
        return BoundaryValues.words(of: access.element == .BUFFER_F64 ? .F64 : .I64)
    }

    private static func difference(
        _ trial: Trial, _ access: MemoryAccess, index: Int64, value: UInt64, _ engine: Engine
    ) -> String? {
        trial.reset()
        let untouched: UInt64 = 0xABAD_1DEA
        let locals = [UInt64(bitPattern: index), value, untouched]
        for (number, word) in locals.enumerated() { trial.machine.setLocal(number, to: word) }
        var buffers = trial.machine.state.buffers
        let elements = trial.program.buffers[1].initial
        let isInside = index >= 0 && index < Int64(elements.count)
        let ending = trial.run(engine)
        var (expectedStack, loaded): ([UInt64], UInt64) = ([], untouched)
        var exit = 0
        switch access.effect {
        case .count: loaded = UInt64(elements.count)
        case .load(let meaning) where isInside: loaded = meaning(elements[Int(index)])
        case .store where isInside:
            let size = access.elementBytes
            for byte in 0..<size {
                buffers[1][Int(index) * size + byte] = UInt8(truncatingIfNeeded: value >> UInt64(8 * byte))
            }
        case .load: (exit, expectedStack) = (1, [locals[0]])
        case .store: (exit, expectedStack) = (1, [locals[0], value])
        }
        if ending.exit != exit || ending.stack != expectedStack { return "ended by \(ending)" }
        let state = trial.machine.state
        if state.locals != [locals[0], value, loaded] { return "locals \(hexadecimal(state.locals))" }
        return state.buffers == buffers ? nil : "buffers \(state.buffers), expected \(buffers)"
    }
}
