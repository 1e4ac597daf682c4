// swift-tools-version: 6.2
import PackageDescription

// A package of its own, so that the main one builds no slower for it.
let package = Package(
    name: "Benchmarks",
    dependencies: [
        .package(name: "uopjit", path: ".."),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
    ],
    targets: [
        .target(name: "CTwins"),
        .executableTarget(
            name: "uopbench",
            dependencies: [
                "CTwins",
                .product(name: "BFFrontEnd", package: "uopjit"),
                .product(name: "UopVM", package: "uopjit"),
                .product(name: "UopRuntime", package: "uopjit"),
                .product(name: "CStencils", package: "uopjit"),
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: [
                .swiftLanguageMode(.v6),
                .strictMemorySafety(),
                .treatAllWarnings(as: .error),
                .enableUpcomingFeature("ExistentialAny"),
                .enableUpcomingFeature("InternalImportsByDefault"),
            ]),
    ],
    cLanguageStandard: .gnu2x
)
