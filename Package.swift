// swift-tools-version: 6.2
import PackageDescription

/// Every Swift target is compiled alike: strict memory safety, and no warning stays.
let swiftSettings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .strictMemorySafety(),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
]

let package = Package(
    name: "uopjit",
    products: [
        .executable(name: "uopjit", targets: ["uopjit"]),
        .executable(name: "stencilgen", targets: ["stencilgen"]),
        .library(name: "CStencils", targets: ["CStencils"]),
        .library(name: "UopRuntime", targets: ["UopRuntime"]),
        .library(name: "UopVM", targets: ["UopVM"]),
        .library(name: "BFFrontEnd", targets: ["BFFrontEnd"]),
        // For the package in Fuzz/.
        .library(name: "UopTestSupport", targets: ["UopTestSupport"]),
        .library(name: "BFTestSupport", targets: ["BFTestSupport"]),
    ],
    traits: [
        .trait(
            name: "AllTargets",
            description: "Tables of every target, not only of the host's: for uopjit --target, and for proofs.")
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0")
    ],
    targets: [
        // Build time: objects -> stencils -> tables.
        .target(name: "ObjectFiles", path: "Tools/StencilGen/ObjectFiles", swiftSettings: swiftSettings),
        .target(
            name: "StencilGenCore",
            dependencies: ["ObjectFiles", "UopRuntime", "CStencils"],
            path: "Tools/StencilGen/Core",
            swiftSettings: swiftSettings),
        .executableTarget(
            name: "stencilgen",
            dependencies: [
                "StencilGenCore", "CStencils",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            path: "Tools/StencilGen/CLI",
            swiftSettings: swiftSettings),

        // Run time: tables -> machine code.
        .target(
            name: "CStencils",
            cSettings: [.define("UOP_ALL_TARGETS", .when(traits: ["AllTargets"]))]),
        .target(name: "CRuntimeShims"),
        .target(
            name: "UopRuntime",
            dependencies: ["CStencils", "CRuntimeShims"],
            path: "Sources/Runtime",
            swiftSettings: swiftSettings),

        // The VM: traces -> tables' vocabulary.
        .target(
            name: "UopVM",
            dependencies: ["UopRuntime", "CStencils"],
            path: "Sources/VM",
            swiftSettings: swiftSettings),
        .target(name: "CFaults"),
        .target(
            name: "BFFrontEnd",
            dependencies: ["UopVM", "UopRuntime", "CStencils", "CFaults"],
            path: "Sources/BF",
            swiftSettings: swiftSettings),
        .executableTarget(
            name: "uopjit",
            dependencies: [
                "UopVM", "BFFrontEnd",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            path: "Sources/uopjit",
            swiftSettings: swiftSettings),

        .testTarget(
            name: "ObjectFilesTests", dependencies: ["ObjectFiles"], swiftSettings: swiftSettings),
        .testTarget(
            name: "StencilGenCoreTests",
            dependencies: ["stencilgen", "StencilGenCore", "ObjectFiles", "CStencils", "UopRuntime", "CRuntimeTestSupport"],
            // C that the tests compile themselves, and what must come of it.
            exclude: ["Golden", "Sets"],
            swiftSettings: swiftSettings),
        .target(name: "CRuntimeTestSupport", path: "Tests/CRuntimeTestSupport"),
        .testTarget(
            name: "UopRuntimeTests",
            dependencies: ["UopRuntime", "CStencils", "CRuntimeShims", "CRuntimeTestSupport"],
            swiftSettings: swiftSettings),
        .target(
            name: "UopTestSupport",
            dependencies: ["UopVM", "UopRuntime", "CStencils"],
            path: "Tests/UopTestSupport",
            swiftSettings: swiftSettings),
        // Executes code of other targets: under qemu, with a program of C for each.
        .target(
            name: "EmulationSupport",
            dependencies: ["UopVM", "UopRuntime", "CStencils"],
            path: "Tests/EmulationSupport",
            exclude: ["Harness"],
            swiftSettings: swiftSettings),
        .testTarget(
            name: "TargetTests",
            dependencies: [
                "EmulationSupport", "UopTestSupport", "BFTestSupport", "BFFrontEnd", "UopVM", "UopRuntime", "CStencils", "ObjectFiles",
            ],
            swiftSettings: swiftSettings),
        .testTarget(
            name: "RandomTraceTests",
            dependencies: ["UopTestSupport", "UopVM", "UopRuntime", "CStencils"],
            swiftSettings: swiftSettings),
        // Judges engines of BF: the reference in it (ReferenceBF.swift) shares nothing with the front end.
        .target(
            name: "BFTestSupport",
            dependencies: ["UopTestSupport", "BFFrontEnd", "UopVM", "UopRuntime", "CStencils"],
            path: "Tests/BFTestSupport",
            swiftSettings: swiftSettings),
        .testTarget(
            name: "BFTestSupportTests", dependencies: ["BFTestSupport"], swiftSettings: swiftSettings),
        .testTarget(
            name: "UopJITTests",
            dependencies: ["uopjit", "BFTestSupport", "ObjectFiles"],
            exclude: ["BFPrograms"],
            swiftSettings: swiftSettings),
        .testTarget(
            name: "BFFrontEndTests",
            dependencies: ["BFTestSupport", "BFFrontEnd", "UopVM"],
            swiftSettings: swiftSettings),
        .testTarget(
            name: "BFEngineTests",
            dependencies: ["BFFrontEnd", "UopVM", "UopRuntime", "CStencils", "CRuntimeTestSupport"],
            swiftSettings: swiftSettings),
        .testTarget(
            name: "UopVMTests", dependencies: ["UopTestSupport", "UopVM", "UopRuntime", "CRuntimeShims", "CStencils"],
            swiftSettings: swiftSettings),
        .testTarget(
            name: "UopMeaningTests", dependencies: ["UopTestSupport", "UopVM", "UopRuntime", "CStencils", "CFaults"],
            swiftSettings: swiftSettings),
    ],
    cLanguageStandard: .gnu2x
)
