#!/bin/sh
# A stencil set of somebody else, from definitions to a program that runs them: in a folder outside the
# checkout, with this package as a dependency.
#
#   Tests/CustomSet/run.sh [<work directory>]
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
work=${1:-$(mktemp -d)}
mkdir -p "$work"
cp -R "$root/Tests/CustomSet/Uops" "$root/Tests/CustomSet/Host/." "$work/"
mv "$work/Uops" "$work/Definitions"
(cd "$root" && swift run ${SCRATCH:+--scratch-path "$SCRATCH"} stencilgen \
    --set "$work/Definitions" --name Demo --out "$work/Sources/CDemo")
cd "$work"
UOPJIT=$root swift run host
