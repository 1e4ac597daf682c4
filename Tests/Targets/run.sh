#!/bin/sh
# All proofs of all targets: the linkers judge the tables, qemu executes their code. SAMPLE=1 for a few minutes;
# RECORD=0 keeps what was said out of docs/.
set -eu
cd "$(dirname "$0")/../.."
sh Tests/Targets/setup.sh

build=.build-all
log=$build/targets.log
mkdir -p $build

if [ "${SAMPLE:-}" = 1 ]; then
    UOP_TARGET_PROGRAMS=${PROGRAMS:-150}
    # What the host's tables alone cannot show, or what needs tools that were not there.
    tables='StencilGenCoreTests.(LinkerJudge|LinkedTrace|HoleKindJudge|GlobalTableJudge|Drift|RegisterSample|Golden|NativeJudge|JITLinkJudge)Tests'
else
    UOP_TARGET_PROGRAMS=${PROGRAMS:-6000}
    tables=StencilGenCoreTests
    UOPJIT_JUDGE_EVERYTHING=1
    export UOPJIT_JUDGE_EVERYTHING
fi
export UOP_TARGET_PROGRAMS

echo "building with the tables of all targets"
swift build --build-tests --traits AllTargets --scratch-path $build >$build/build.log 2>&1 || {
    tail -40 $build/build.log
    exit 1
}

echo "judging and executing: $UOP_TARGET_PROGRAMS random programs a target"
status=0
rm -f $build/failed
# Each test says what it has done for a target, at once.
{
    swift test --skip-build --traits AllTargets --scratch-path $build \
        --filter "TargetTests|$tables|UopRuntimeTests" 2>&1 || touch $build/failed
} | tee $log | grep --line-buffered -E '^(judge|execution) ' || true
if [ -e $build/failed ]; then status=1; fi
grep -E '^(judge|execution) ' $log | sort -u >$build/summary.txt || true

for target in aarch64 riscv64; do
    echo "embedded $target: $(make -s embedded-$target | tail -1)" | tee -a $build/summary.txt
done

make -s systems >$build/systems.log 2>&1 || {
    cat $build/systems.log
    status=1
}
grep '^systems ' $build/systems.log | tee -a $build/summary.txt || true

missing=""
want() {
    grep -qE "^$1" $build/summary.txt || missing="$missing
  $1"
}
for target in aarch64 i686 riscv64 powerpc64le; do want "judge $target:"; done
for target in aarch64 i686 riscv64 powerpc64le x86-64-windows; do
    for programs in 'random programs' examples 'BF programs'; do want "execution $target: [0-9]* $programs"; done
done
for target in aarch64 riscv64; do want "embedded $target: embedded: add4"; done
want 'systems x86_64-w64-windows-gnu under wine: windows: [0-9]* checks, 0 failures'
if [ -n "$missing" ]; then
    echo "these proofs have not run:$missing"
    status=1
fi
if [ $status -ne 0 ]; then
    grep -E '^(✘|↳)' $log | head -40 || true
    echo "failed; all that was said is in $log"
    exit 1
fi
grep -E '^✔ Test run' $log
if [ "${SAMPLE:-}" != 1 ] && [ "${RECORD:-1}" = 1 ]; then
    # docs/platforms.md shows it.
    cp $build/summary.txt docs/platforms.txt
    swift run -c release stencilgen
fi
