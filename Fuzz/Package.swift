// swift-tools-version: 6.2
import PackageDescription

let swiftSettings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .strictMemorySafety(),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
]

// A package of its own, so that those who use the main one never build it.
let package = Package(
    name: "Fuzz",
    dependencies: [
        .package(name: "uopjit", path: ".."),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
    ],
    targets: [
        // What both commands need.
        .target(name: "FuzzCommands", swiftSettings: swiftSettings),
        .executableTarget(
            name: "uopfuzz",
            dependencies: [
                "FuzzCommands",
                .product(name: "UopTestSupport", package: "uopjit"),
                .product(name: "UopRuntime", package: "uopjit"),
                .product(name: "UopVM", package: "uopjit"),
                .product(name: "CStencils", package: "uopjit"),
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: swiftSettings),
        .executableTarget(
            name: "bffuzz",
            dependencies: [
                "FuzzCommands",
                .product(name: "BFTestSupport", package: "uopjit"),
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: swiftSettings),
    ]
)
