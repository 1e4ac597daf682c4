#!/usr/bin/env bash
# How fast the engines run the loops of Examples/, beside the same loops in C (Benchmarks/Twins).
#
#     Benchmarks/examples.sh [UOPJIT]
#
# UOPJIT is the command to measure, .build/release/uopjit if nothing is said. The twins are compiled by the
# clang that lies beside `swift`, without vectors: no stencil has any. FP contraction is off for the same
# reason. Each round runs twin, JIT and interpreter one after the other, so that whatever else the machine
# does meets all three; the table shows the least time of all rounds, in microseconds, of the loop alone.
# Every run's result is compared with the twin's: what is fast and wrong counts as a failure.
#
#     ROUNDS=9 Benchmarks/examples.sh            more rounds than 5
set -euo pipefail

package=$(cd "$(dirname "$0")/.." && pwd)
uopjit=${1:-$package/.build/release/uopjit}
rounds=${ROUNDS:-5}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

[ -x "$uopjit" ] || { echo "examples.sh: no $uopjit: swift build -c release" >&2; exit 1; }
swift=$(readlink -f "$(command -v swift)") || { echo "examples.sh: no swift on PATH" >&2; exit 1; }
clang=${CLANG:-$(dirname "$swift")/clang}
[ -x "$clang" ] || { echo "examples.sh: no clang beside $swift; name one: CLANG=... $0" >&2; exit 1; }

# Name, what the twin gets, what uopjit gets.
loops=(
    "fibonacci|20000000|--set iterator=range(20000000) --set fast_iterator=range(20000000)"
    "collatz|300000|--set n=300000"
    "gcd|700|--set n=700"
    "sieve|100|--set rounds=100"
    "dot|30000|--set rounds=30000"
    "mandelbrot|250|--set n=250 --set draws=0"
)

# The number of the "run:" line.
time_of() { awk '$1 == "run:" { print $2 }' "$1"; }

# The least of two numbers, the first of which may be missing.
least() { awk -v a="$1" -v b="$2" 'BEGIN { print (a == "" || b + 0 < a + 0) ? b : a }'; }

# Every local that the twin prints must have the same value here.
agree() {
    while IFS= read -r line; do
        grep -qxF -- "$line" "$2" || { echo "examples.sh: $3: expected '$line'; found:" >&2; cat "$2" >&2; exit 1; }
    done < "$1"
}

printf '%-12s %12s %12s %8s %12s %8s\n' loop 'C' jit 'x C' interpreter 'x C'
ratios=()
for loop in "${loops[@]}"; do
    IFS='|' read -r name argument settings <<< "$loop"
    read -ra options <<< "$settings"
    "$clang" -O2 -fno-vectorize -fno-slp-vectorize -ffp-contract=off -Wall -Werror \
        -o "$folder/$name" "$package/Benchmarks/Twins/$name.c"
    twin='' jit='' interpreter=''
    for ((round = 0; round < rounds; round++)); do
        "$folder/$name" "$argument" > "$folder/twin.out" 2> "$folder/twin.err"
        twin=$(least "$twin" "$(time_of "$folder/twin.err")")
        for engine in jit interpreter; do
            "$uopjit" --time --no-expect --engine "$engine" "${options[@]}" "$package/Examples/$name.uops" \
                > "$folder/$engine.out" 2> "$folder/$engine.err" || { cat "$folder/$engine.err" >&2; exit 1; }
            agree "$folder/twin.out" "$folder/$engine.out" "$name ($engine)"
            declare "$engine=$(least "${!engine}" "$(time_of "$folder/$engine.err")")"
        done
    done
    row=$(awk -v c="$twin" -v j="$jit" -v i="$interpreter" 'BEGIN { print j / c, i / c }')
    ratios+=("$row")
    read -r slower slowest <<< "$row"
    printf '%-12s %12.0f %12.0f %8.2f %12.0f %8.2f\n' "$name" "$twin" "$jit" "$slower" "$interpreter" "$slowest"
done
printf '%s\n' "${ratios[@]}" | awk '
    { jit += log($1); interpreter += log($2) }
    END { printf "%-12s %12s %12s %8.2f %12s %8.2f\n", "geometric mean", "", "", exp(jit / NR), "", exp(interpreter / NR) }'
