import ObjectFiles
import Testing

/// Which reader a file is given to.
@Suite struct ObjectFormatTests {
    @Test(arguments: Victim.all) func firstBytesDecide(_ victim: Victim) throws {
        #expect(try Object(parsing: victim.bytes, name: "a.o") == victim.parse(victim.bytes, "a.o"))
    }

    @Test(arguments: [[], [0x7f], [0, 0, 0xff, 0xff], [0xcf, 0xfa, 0xed, 0xfe], Array("int main(void)".utf8)] as [[UInt8]])
    func whatIsNoObjectIsRefused(_ bytes: [UInt8]) {
        #expect(throws: ObjectError.self) { try Object(parsing: bytes, name: "a.o") }
    }
}
