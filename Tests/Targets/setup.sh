#!/bin/sh
# What the proofs of all targets need beside a Swift toolchain: installed as root on Debian, else named.
set -eu

packages=""
need() { command -v "$1" >/dev/null 2>&1 || packages="$packages $2"; }

need clang-19 clang-19
need llvm-jitlink-19 llvm-19
need ld.lld-19 lld-19
for processor in aarch64 riscv64 ppc64le i386; do
    need "qemu-$processor" qemu-user
done
# Windows: headers and libraries for its C, and what executes it.
[ -e /usr/x86_64-w64-mingw32/lib/libkernel32.a ] || packages="$packages mingw-w64-x86-64-dev"
[ -x /usr/lib/wine/wine64 ] || need wine64 wine64
# For the runtime as Embedded Swift on other processors; Debian's names of packages have Debian's names of processors.
for processor in aarch64:arm64 riscv64:riscv64; do
    triple=${processor%:*}-linux-gnu
    debian=${processor#*:}
    [ -e "/usr/$triple/lib/libc.a" ] || packages="$packages libc6-dev-$debian-cross"
    [ -d "/usr/lib/gcc-cross/$triple" ] || packages="$packages libgcc-12-dev-$debian-cross"
done
[ -n "$packages" ] || exit 0

packages=$(printf '%s\n' $packages | sort -u | tr '\n' ' ')
if [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "installing $packages"
    apt-get update -qq
    # shellcheck disable=SC2086
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $packages >/dev/null
else
    echo "install these packages (Debian's names): $packages" >&2
    exit 1
fi
