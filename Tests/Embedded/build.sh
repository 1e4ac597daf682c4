#!/bin/sh
# Builds the runtime as Embedded Swift for this host, and a program with it.
#
#   Tests/Embedded/build.sh <build directory> [<main.swift>]
#
# With TARGET=aarch64 or riscv64 the program is for that Linux: it needs Debian's libc6-dev-arm64-cross and
# libgcc-12-dev-arm64-cross, or those of riscv64.
# Leaves the program at <build directory>/embedded. The main file has an `@main` type; without one,
# Tests/Embedded/Main.swift is taken. SWIFTC and CLANG choose other compilers.
set -eu

root=$(cd "$(dirname "$0")/../.." && pwd)
build=${1:?usage: $0 <build directory> [<main.swift>]}
main=${2:-$root/Tests/Embedded/Main.swift}
swiftc=${SWIFTC:-swiftc}
# The clang beside swiftc: an older one on PATH may not know the stencils' calling convention.
clang=${CLANG:-$(dirname "$(command -v "$swiftc")")/clang}

c_flags=
swift_flags=
link_flags=
case ${TARGET:-host} in
host) unicode_triple=$("$clang" -print-target-triple) ;;
aarch64 | riscv64)
    # Embedded Swift's own library is for machines without a system; the C beside it is Linux's.
    unicode_triple=aarch64-none-none-elf
    abi_flags=
    if [ "$TARGET" = riscv64 ]; then
        unicode_triple=riscv64-none-none-eabi
        # Without a system, clang would pass floats in integer registers; Linux does not, and has no headers for it.
        abi_flags="-Xcc -march=rv64gc -Xcc -mabi=lp64d"
    fi
    system=/usr/$TARGET-linux-gnu
    c_flags="--target=$TARGET-linux-gnu -isystem $system/include"
    swift_flags="-target $unicode_triple $abi_flags -Xcc -isystem -Xcc $system/include"
    link_flags="-fuse-ld=lld -static -B$system/lib -L$system/lib"
    ;;
*)
    echo "TARGET=$TARGET: expected nothing, aarch64 or riscv64" >&2
    exit 1
    ;;
esac

mkdir -p "$build"
build=$(cd "$build" && pwd)
rm -f "$build"/*.o

for source in $(find "$root/Sources/CStencils" "$root/Sources/CRuntimeShims" -name '*.c' | LC_ALL=C sort); do
    # Names may repeat in folders.
    object=$build/$(printf '%s' "${source#"$root/Sources/"}" | tr '/' '-').o
    # shellcheck disable=SC2086
    "$clang" $c_flags -std=gnu2x -Os -ffunction-sections -fdata-sections \
        -I "$root/Sources/CStencils/include" -I "$root/Sources/CRuntimeShims/include" \
        -c "$source" -o "$object"
done

# -wmo: Embedded Swift compiles a module as a whole. -parse-as-library: no file is a script.
flags="-enable-experimental-feature Embedded -wmo -parse-as-library -swift-version 6 -Osize
    -package-name uopjit -enable-upcoming-feature InternalImportsByDefault
    -enable-upcoming-feature ExistentialAny -warnings-as-errors
    -Xcc -std=gnu2x -Xcc -fmodule-map-file=$root/Sources/CStencils/include/module.modulemap
    -Xcc -fmodule-map-file=$root/Sources/CRuntimeShims/include/module.modulemap"

# The module first: a program specialises the bodies that it carries.
sources=$(find "$root/Sources/Runtime" -name '*.swift' | LC_ALL=C sort)
# shellcheck disable=SC2086  # lists of words
"$swiftc" $flags $swift_flags -strict-memory-safety -module-name UopRuntime \
    -emit-module -emit-module-path "$build/UopRuntime.swiftmodule" -c $sources -o "$build/UopRuntime.o"
# shellcheck disable=SC2086
"$swiftc" $flags $swift_flags -module-name EmbeddedProgram -I "$build" -c "$main" -o "$build/EmbeddedProgram.o"

# Unicode's tables are for programs that compare strings; the runtime itself does not need them.
# Garbage collection of sections drops what is not used.
toolchain=$(dirname "$(command -v "$swiftc")")
unicode=$toolchain/../lib/swift/embedded/$unicode_triple/libswiftUnicodeDataTables.a
if [ "${TARGET:-}" = riscv64 ]; then
    # The toolchain has them for processors without registers for floats (rv64imac, lp64), and linkers do not mix such objects
    # with others. No function in them takes or gives a float, so that the code is the same in both conventions; only e_flags,
    # at byte 48 of an object, has to say EF_RISCV_RVC and EF_RISCV_FLOAT_ABI_DOUBLE, as Linux's objects do.
    rm -rf "$build/unicode"
    mkdir "$build/unicode"
    (cd "$build/unicode" && "$toolchain/llvm-ar" x "$unicode")
    for object in "$build"/unicode/*.o; do
        printf '\005' | dd of="$object" bs=1 seek=48 conv=notrunc status=none
    done
    unicode=$build/unicode/tables.a
    "$toolchain/llvm-ar" rcs "$unicode" "$build"/unicode/*.o
fi
# shellcheck disable=SC2086
"$clang" ${c_flags%%-isystem*} $link_flags -Wl,--gc-sections "$build"/*.o "$unicode" -lm -o "$build/embedded"
