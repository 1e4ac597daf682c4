#!/bin/sh
# Tables made by another compiler pass the same proofs: those of Debian's clang 19, in a copy of the checkout.
set -eu
cd "$(dirname "$0")/../.."
sh Tests/Targets/setup.sh

copy=.build-compilers/checkout
rm -rf $copy
mkdir -p $copy
# What is committed or changed here, and nothing that was built.
git ls-files -co --exclude-standard | while IFS= read -r file; do
    [ -f "$file" ] && printf '%s\n' "$file"
done | tar -cf - -T - | tar -xf - -C $copy

# Beside the checkout, and not beside its copy.
corpus=$(cd .. && pwd)/shared/corpus/bf
if [ -d "$corpus" ]; then export UOPJIT_CORPUS="${UOPJIT_CORPUS:-$corpus}"; fi

clang=$(command -v clang-19)
echo "making tables with $($clang --version | head -1)"
cd $copy
swift run -c release stencilgen --clang "$clang"
swift test --filter 'UopMeaningTests|UopRuntimeTests|UopVMTests' >../native.log 2>&1 || {
    grep -E '^(✘|↳)|error:' ../native.log | head -40
    exit 1
}
tail -1 ../native.log
# The documents are about the committed tables.
RECORD=0 sh Tests/Targets/run.sh
