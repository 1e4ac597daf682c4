import ObjectFiles

/// COFF objects for the sweeps of ELFSweepTests.swift.
enum COFFVictims {
    static let all: [Victim] = {
        var victims = [
            victim("COFF, minimal", COFFBuilder.minimal().build().bytes),
            victim("COFF, /bigobj", COFFBuilder.minimal(isBig: true).build().bytes),
        ]
        for target in ["x86_64", "i686", "aarch64"] {
            let flags = ["--target=\(target)-pc-windows-msvc", "-ffreestanding", "-O1", "-ffunction-sections"]
            if let bytes = try? Toolchain.found?.object(Sample.source, flags: flags) {
                victims.append(victim("COFF, \(target)", bytes))
            }
        }
        return victims
    }()

    private static func victim(_ name: String, _ bytes: [UInt8]) -> Victim {
        Victim(
            testDescription: name, bytes: bytes,
            parse: { bytes, name throws(ObjectError) in try Object(parsingCOFF: bytes, name: name) },
            mutations: { FieldMutations(coff: $0, entries: 5) })
    }
}

extension FieldMutations {
    /// The fields of a COFF object.
    init(coff bytes: [UInt8], entries: Int) {
        let image = COFFImage(bytes: bytes)
        self.image = ELFImage(bytes: bytes)
        spots = image.fields(entries: entries).map { field in
            let (offset, size) = image.location(of: field)
            return Spot(name: field.description, offset: offset, size: size, value: image[field])
        }
    }
}
