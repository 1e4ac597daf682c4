import UopVM

/// `--set local=value`: other initial values than the file's.
struct Settings {
    private let settings: [String]
    private let file: String

    init(_ settings: [String], file: String) {
        self.settings = settings
        self.file = file
    }

    /// Changes the locals. The values are written as in a file, ranges included.
    func apply(to program: inout Program, limits: Limits) throws(SettingError) {
        for setting in settings {
            let equals = setting.firstIndex(of: "=") ?? setting.endIndex
            let name = String(setting[..<equals])
            guard let index = program.locals.firstIndex(where: { $0.name == name }) else {
                let near = nearestName(to: name, among: program.locals.map(\.name))
                throw SettingError(
                    description: "--set \(setting): \(file) has no local '\(name)'"
                        + (near.map { "; did you mean '\($0)'?" } ?? ""))
            }
            let valueClass = program.locals[index].valueClass.name
            let text = "uops 1\nlocal \(name): \(valueClass) = \(setting[equals...].dropFirst())\n"
            do throws(InvalidInput) {
                let parsed = try Program(parsing: text, catalog: UopCatalog(uops: []), limits: limits)
                program.locals[index].initial = parsed.locals[0].initial
            } catch {
                let reason = error.diagnostics.first?.message ?? "this is none"
                throw SettingError(description: "--set \(setting): '\(name)' is of class \(valueClass): \(reason)")
            }
        }
    }
}

/// A setting that does not fit the file.
struct SettingError: Error, CustomStringConvertible {
    var description: String
}
