import Foundation
import ObjectFiles
import StencilGenCore
import Testing

/// A golden file as clang for macOS or Windows compiles it; its listing is in a folder that is named by the triple.
struct NativeGolden: CustomTestStringConvertible, Sendable {
    let set: PlainGoldenSet
    let target: StencilTarget
    var testDescription: String { "\(set.name), \(target.triple)" }

    static let all = StencilTarget.native.flatMap { target in PlainGoldenSet.all.map { NativeGolden(set: $0, target: target) } }

    var golden: URL { GoldenSet.folder.appendingPathComponent("\(target.triple)/\(set.name).txt") }

    /// Plain C, as people compile it.
    var flags: [String] {
        ["--target=\(target.triple)", "-O2", "-ffreestanding", "-ffunction-sections", "-fno-asynchronous-unwind-tables",
         "-fno-stack-protector", "-fno-ident", "-fomit-frame-pointer", "-Wall", "-Werror"]
            // There is no preserve_none.
            + (target.isa == .I686 ? ["-Dpreserve_none=regcall", "-msse2", "-mfpmath=sse"] : [])
    }

    /// Whether stencilgen must refuse it: in COFF the address of a symbol is a distance, and an operand is a number. What the
    /// stencils of uops do about it (isa/native.h) is not in these files.
    var isRefused: Bool { target.triple == StencilTarget.windowsARM64.triple && set.name != "control" }

    /// The same with the names that stencilgen knows. On x86-64 there is a way to have numbers without a word in the file.
    var stencilFlags: [String] {
        flags + Self.renames + (target.triple == StencilTarget.windowsX86_64.triple ? ["-mcmodel=large"] : [])
    }

    /// For ELF, too: operands of 32 bits are told from others by their size there.
    static let renames: [String] = {
        let names = [
            "continuation": "UOP_CONTINUE", "exit_target": "UOP_EXIT_TARGET", "OPARG": "UOP_OPERAND_64_0",
            "FIRST_32": "UOP_OPERAND_64_0", "SECOND_32": "UOP_OPERAND_64_1", "FIRST_64": "UOP_OPERAND_64_2",
            "HELPER": "UOP_HELPER_fmod",
        ]
        return names.sorted { $0.key < $1.key }.map { "-D\($0.key)=\($0.value)" }
    }()
}

extension GoldenListing {
    /// An object of any format: a part for each function, then the constants. Unwinders' and debuggers' sections are left out.
    init(_ object: Object, of target: StencilTarget, compiler: String, flags: [String]) {
        self.compiler = compiler
        self.flags = flags.joined(separator: " ")
        parts = []
        for function in ObjectFunctions(object, target).all {
            for (index, range) in function.parts { parts.append(Part(function.name, object, index, range)) }
        }
        for section in object.sections
        where section.flags.contains(.allocated) && section.flags.isDisjoint(with: [.executable, .zeroFilled])
            && !section.contents.isEmpty && ![".pdata", ".xdata", "__eh_frame", "__compact_unwind"].contains(where: section.name.hasSuffix)
        {
            parts.append(Part(section.name, object, section.index, section.contents.indices))
        }
    }
}

extension GoldenListing.Part {
    /// A stretch of a section.
    init(_ name: String, _ object: Object, _ section: Int, _ range: Range<Int>) {
        let contents = object.sections[section].contents[range]
        title = "\(name): \(contents.count) bytes"
        bytes = stride(from: range.lowerBound, to: range.upperBound, by: 16).map { start in
            contents[start..<min(start + 16, range.upperBound)].map { hexadecimal($0, digits: 2) }.joined(separator: " ")
        }
        // Mach-O has them from the end on.
        let relocations = object.sections[section].relocations.filter { range.contains(Int($0.offset)) }
        holes = relocations.sorted { $0.offset < $1.offset }.map { relocation in
            GoldenListing.Hole(
                offset: "0x" + hexadecimal(Int(relocation.offset) - range.lowerBound, digits: 2),
                text: "\(relocation.type.name) \(object.symbols[relocation.symbol].name) "
                    + "\(relocation.addend < 0 ? "-" : "+") \(relocation.addend.magnitude)")
        }
    }
}

/// As for ELF: rewritten where UOPJIT_UPDATE_GOLDENS is 1.
@Suite(.enabled(if: Toolchain.found != nil, Toolchain.missing)) struct NativeGoldenTests {
    private static let updates = ProcessInfo.processInfo.environment["UOPJIT_UPDATE_GOLDENS"] == "1"

    @Test(arguments: NativeGolden.all) func stencilsAreTheGoldenOnes(_ golden: NativeGolden) throws {
        let compiler = try #require(Toolchain.found).compiler
        let directory = try TemporaryDirectory()
        let object = try compiler.compile(
            try String(contentsOf: golden.set.source, encoding: .utf8), name: "\(golden.set.name).c", flags: golden.flags,
            includes: [], directory: directory.url)
        let found = GoldenListing(object, of: golden.target, compiler: compiler.identity, flags: golden.flags)
        #expect(Set(golden.set.stencils).isSubset(of: found.holes.keys))
        if Self.updates {
            try FileManager.default.createDirectory(
                at: golden.golden.deletingLastPathComponent(), withIntermediateDirectories: true)
            try found.text.write(to: golden.golden, atomically: true, encoding: .utf8)
            Issue.record("\(golden.testDescription) was rewritten: look at the difference, and run again without UOPJIT_UPDATE_GOLDENS")
            return
        }
        let text = try String(contentsOf: golden.golden, encoding: .utf8)
        let known = GoldenListing(text)
        #expect(known.text == text, "the file is no listing")
        #expect(found.flags == known.flags)
        if compiler.identity == known.compiler {
            #expect(found.text == text)
        } else {
            print("golden \(golden.testDescription): of \(known.compiler); this is \(compiler.identity), so only holes are compared")
        }
        #expect(found.holes == known.holes)
    }
}
