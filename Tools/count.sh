#!/bin/sh
# Lines of the parts, written by hand: all lines, and those that are neither blank nor comment only.
set -eu
cd "$(dirname "$0")/.."

row() { # row NAME FILE...
    name=$1
    shift
    all=$(cat "$@" | wc -l)
    code=$(cat "$@" | grep -cvE '^[[:space:]]*(//.*|\*.*|/\*.*)?$' || true)
    printf '%-34s %6d %6d\n' "$name" "$all" "$code"
}

printf '%-34s %6s %6s\n' part lines code
row "stencils (C definitions)" Stencils/*
row "stencilgen: object reader" Tools/StencilGen/ObjectFiles/*.swift
row "stencilgen: core" $(find Tools/StencilGen/Core -name '*.swift')
row "stencilgen: command" Tools/StencilGen/CLI/*.swift
row "contract (C headers)" Sources/CStencils/*.c $(find Sources/CStencils/include -type f | grep -v base.h)
row "runtime" $(find Sources/Runtime -name '*.swift') Sources/CRuntimeShims/*.c Sources/CRuntimeShims/include/*.h
row "virtual machine" $(find Sources/VM -name '*.swift')
row "BF front end" $(find Sources/BF -name '*.swift') Sources/CFaults/*.c Sources/CFaults/include/*.h
row "uopjit command" Sources/uopjit/*.swift
row "tests" $(find Tests Benchmarks Fuzz \( -name '*.swift' -o -name '*.c' -o -name '*.h' -o -name '*.sh' \) 2>/dev/null | grep -v '/\.build')
row "generated" Sources/CStencils/generated/* Sources/CStencils/include/base.h
