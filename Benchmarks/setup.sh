#!/bin/sh
# The rivals that `uopbench` measures beside the toolchain's clang. Installs them where that is possible without
# asking, as root on Debian, and says what to install elsewhere. Each is optional: what is absent is left out.
set -eu

# luajit runs the twins in Lua; libtcc-dev and llvm-19-dev are linked by Benchmarks/Rivals; clang-19 makes the
# IR for LLVM 19.
packages="luajit libtcc-dev llvm-19-dev clang-19"

if [ "$(id -u)" -eq 0 ] && command -v apt-get > /dev/null; then
    apt-get update
    # shellcheck disable=SC2086
    apt-get install --yes --no-install-recommends $packages
else
    echo "The rivals' packages, by Debian's names: $packages"
fi
