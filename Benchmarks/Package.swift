// swift-tools-version: 6.2
import PackageDescription

// A package of its own, so that the main one builds no slower for it.
let package = Package(
    name: "Benchmarks",
    dependencies: [.package(name: "uopjit", path: "..")],
    targets: [
        .executableTarget(
            name: "uopbench",
            dependencies: [
                .product(name: "UopVM", package: "uopjit"),
                .product(name: "UopRuntime", package: "uopjit"),
                .product(name: "CStencils", package: "uopjit"),
            ],
            swiftSettings: [.swiftLanguageMode(.v6)])
    ]
)
