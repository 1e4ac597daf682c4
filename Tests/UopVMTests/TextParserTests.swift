import CStencils
import Testing

@testable import UopVM

/// What a text means, once it is a program.
struct TextParserTests {
    @Test(arguments: TextSamples.all)
    func samplesParseAndRoundTrip(text: String) throws {
        let program = try parse(text)
        #expect(try parse(print(program)) == program)
    }
}
