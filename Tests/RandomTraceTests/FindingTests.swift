import Testing
import UopTestSupport
import UopVM

/// What random programs have found, in the smallest form.
struct FindingTests {
    /// The slot of the word that is stored was taken for a word that had to leave the local first.
    @Test func storedWordKeepsItsSlotWhileOthersAreSaved() throws {
        _ = try Base.check(
            """
            uops 1
            local x: float = 1803230.0
            local y: float = -1.5
            local n: int = 7
            trace t
                _LOAD_FAST n
                _LOAD_FAST n
                _BINARY_OP_ADD_INT
                _LOAD_FAST x
                _UNARY_NEGATIVE_FLOAT
                _LOAD_FAST y
                _ROT_3
                _STORE_FAST y
                _EXIT_TRACE
            end
            """)
    }

    /// A label that begins the trace has the entry's stack, not that of the first jump to it.
    @Test(arguments: ["_I64_CONST 1", "_I64_CONST 1\n_I64_CONST 2\n_POP_TOP"])
    func stackCannotGrowAtTheFirstLabel(_ pushes: String) throws {
        let text = "uops 1\ntrace t\nagain:\n\(pushes)\n_JUMP again\nend\n"
        do throws(InvalidInput) {
            _ = try Program(parsing: text, catalog: Base.catalog).verified(catalog: Base.catalog)
            Issue.record("the verifier accepts a loop that pushes a word each time")
        } catch {
            #expect(error.diagnostics.map(\.message) == ["the stack has 1 word here, but 0 words at label 'again'"])
        }
    }

    /// Several jumps to that label bring different named values; none of them is defined there.
    @Test func firstLabelIsReachedWithAndWithoutValues() throws {
        let run = try Base.check(
            """
            uops 1
            local i: i64 = 3
            trace t
            again:
                _LOAD_FAST i
                _I64_CONST 1
                _I64_SUB
                _STORE_FAST i
                _LOAD_FAST i
                _JUMP_IF_FALSE done
                %v = _I64_CONST 5
                _JUMP_IF_FALSE again %v
                _JUMP again
            done:
                _EXIT_TRACE
            end
            """)
        #expect(run.result.ending == .finished)
    }

    /// The guard is why the load needs no check: the load stays behind it, although it is the same in each iteration.
    @Test func loadStaysBehindTheGuardOfItsIndex() throws {
        _ = try Base.check(
            """
            uops 1
            buffer data: i64[8] = { 31, 4 }
            local x: i64 = 20000000000000
            local n: i64 = 10
            local sum: i64
            exit done
            exit outside
            trace t
            top:
                _LOAD_FAST x
                _I64_CONST 1
                _I64_SHR_U
                _MEM_SIZE_I64 data
                _I64_LT_S
                _GUARD_TRUE -> outside
                _LOAD_FAST x
                _I64_CONST 1
                _I64_SHR_U
                _MEM_LOAD_I64 data -> outside
                _LOAD_FAST sum
                _I64_ADD
                _STORE_FAST sum
                _LOAD_FAST n
                _I64_CONST 1
                _I64_SUB
                _DUP
                _STORE_FAST n
                _JUMP_IF_TRUE top
                _EXIT_TRACE -> done
            end
            """)
    }

    /// The test is repeated at the loop's end, and with it the definition of a named value that the body uses: each
    /// iteration has a value of its own.
    @Test func namedValueOfARepeatedTest() throws {
        let run = try Base.check(
            """
            uops 1
            local i: i64 = 3
            local c: i64
            exit done
            trace t
            top:
                %v = _LOAD_FAST i
                _LOAD_FAST i
                _JUMP_IF_FALSE end
                _STORE_FAST c %v
                _LOAD_FAST i
                _I64_CONST 1
                _I64_SUB
                _STORE_FAST i
                _JUMP top
            end:
                _EXIT_TRACE -> done
            end
            """)
        #expect(run.result.ending == .exit(0))
    }

    /// Two jumps lead over each other into one block. A sum that only one way has computed counted as needed there, for
    /// the sake of an exit that lies in between in the code, and could not be found on the other way.
    @Test func valueOfOneWayIntoABlock() throws {
        let run = try Base.check(
            """
            uops 1
            local a: i64 = 5
            local b: i64 = 9
            local c: i64 = 2
            local d: i64 = 1
            exit done
            trace main
                _LOAD_FAST a
                _JUMP_IF_FALSE other
                _LOAD_FAST b
                _LOAD_FAST d
                _I64_ADD
                _STORE_FAST b
                _LOAD_FAST a
                _JUMP_IF_FALSE second
            meeting:
                _JUMP end
            other:
                _JUMP meeting
            second:
                _LOAD_FAST c
                _JUMP_IF_FALSE end
            end:
                _EXIT_TRACE -> done
            end
            """)
        #expect(run.result.ending == .exit(0))
    }
}
