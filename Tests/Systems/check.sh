#!/bin/sh
# Compiles the C that the package has for systems which are not here: Windows by the headers of mingw-w64, macOS by
# declarations of our own (macos/). With warnings as errors; the objects are thrown away.
#
#   Tests/Systems/check.sh <build directory>
set -eu

root=$(cd "$(dirname "$0")/../.." && pwd)
mkdir -p "${1:?usage: $0 <build directory>}"
build=$(cd "$1" && pwd)
# The clang beside swift: an older one on PATH may not know the stencils' calling convention.
clang=${CLANG:-$(dirname "$(readlink -f "$(command -v swift)")")/clang}
mingw=/usr/share/mingw-w64/include

sources="$(find "$root/Sources/CRuntimeShims" "$root/Sources/CStencils" -name '*.c' | LC_ALL=C sort)"
compile() { # triple, flags, further files; leaves the objects in a folder of the triple's name
    rm -rf "${build:?}/$1"
    mkdir -p "$build/$1"
    number=0
    for source in $sources $3; do
        number=$((number + 1))
        # shellcheck disable=SC2086
        "$clang" --target="$1" $2 -std=gnu2x -Wall -Wextra -Wno-unused-parameter -Werror -O1 \
            -I "$root/Sources/CStencils/include" -I "$root/Sources/CRuntimeShims/include" -c "$source" -o "$build/$1/$number.o"
    done
    echo "systems $1: $number files compiled"
}

for triple in x86_64-apple-macos11 arm64-apple-macos11; do compile $triple "-nostdlibinc -isystem $root/Tests/Systems/macos" ""; done

# The runtime's Swift, where the toolchain has a library for the system's objects: as Embedded Swift.
include="-Xcc -nostdlibinc -Xcc -isystem -Xcc $root/Tests/Systems/macos"
for module in CStencils CRuntimeShims; do
    include="$include -Xcc -fmodule-map-file=$root/Sources/$module/include/module.modulemap"
done
# shellcheck disable=SC2046,SC2086
"$(dirname "$clang")/swiftc" -target arm64-apple-none-macho -enable-experimental-feature Embedded -wmo -parse-as-library \
    -swift-version 6 -O -package-name uopjit -enable-upcoming-feature InternalImportsByDefault \
    -enable-upcoming-feature ExistentialAny -warnings-as-errors -strict-memory-safety -Xcc -std=gnu2x $include \
    -module-name UopRuntime -c $(find "$root/Sources/Runtime" -name '*.swift') -o "$build/UopRuntime.o"
echo "systems arm64-apple-none-macho: the runtime compiled as Embedded Swift"

if [ -d $mingw ]; then
    compile x86_64-w64-windows-gnu "-nostdlibinc -isystem $mingw" "$root/Tests/Systems/windows.c"
    for triple in aarch64-w64-windows-gnu i686-w64-windows-gnu; do compile $triple "-nostdlibinc -isystem $mingw" ""; done
else
    echo "nothing is compiled for Windows: install mingw-w64-common" >&2
fi

# What can be linked for Windows here is executed by wine.
library=/usr/x86_64-w64-mingw32/lib
wine=$(command -v wine64 || echo /usr/lib/wine/wine64)
if [ ! -d $library ] || [ ! -x "$wine" ]; then
    echo "nothing is executed as on Windows: install mingw-w64-x86-64-dev and wine64" >&2
    exit 0
fi
"$(dirname "$clang")/ld.lld" -m i386pep "$build"/x86_64-w64-windows-gnu/*.o -e mainCRTStartup --subsystem console -L$library \
    -lmingwex -lmingw32 -lmsvcrt -lkernel32 -o "$build/windows.exe"
export WINEPREFIX=${WINEPREFIX:-$build/wine} WINEDEBUG=-all
echo "systems x86_64-w64-windows-gnu under wine: $("$wine" "$build/windows.exe" | tr -d '\r')"
