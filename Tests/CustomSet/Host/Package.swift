// swift-tools-version: 6.2
import PackageDescription

// UOPJIT is the package's checkout; CDemo is what stencilgen wrote.
let package = Package(
    name: "host",
    dependencies: [.package(name: "uopjit", path: Context.environment["UOPJIT"] ?? "../../..")],
    targets: [
        .target(name: "CDemo", dependencies: [.product(name: "CStencils", package: "uopjit")]),
        .executableTarget(
            name: "host",
            dependencies: [
                "CDemo", .product(name: "UopVM", package: "uopjit"), .product(name: "UopRuntime", package: "uopjit"),
                .product(name: "CStencils", package: "uopjit"),
            ]),
    ],
    cLanguageStandard: .gnu2x
)
