#!/usr/bin/env bash
# Installs what the build and the tests need, where apt-get and dpkg are the package manager; names
# it elsewhere. Arguments: further packages. Says nothing, and asks nobody, when all is there.
set -euo pipefail

packages=(
    g++ cmake ninja-build python3
    googletest libabsl-dev libboost-dev zlib1g-dev
    spin # checks models/
    valgrind # its client requests, too: the heap marks its cells with them
    clang-19 libclang-rt-19-dev llvm-19 # the sanitizer builds and their stack traces
    # firmware: compiler, libraries, machines
    gcc-arm-none-eabi libnewlib-arm-none-eabi libstdc++-arm-none-eabi-newlib qemu-system-arm
    "$@"
)

if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
    echo "setup: not a Debian or Ubuntu system. Needed, by Debian's names: ${packages[*]}" >&2
    exit 0
fi

installed=$(dpkg-query -W -f='${Package} ${db:Status-Status}\n' "${packages[@]}" 2>/dev/null |
    sed -n 's/ installed$//p' || true)
missing=()
for package in "${packages[@]}"; do
    grep -qxF "$package" <<<"$installed" || missing+=("$package")
done
[ ${#missing[@]} -gt 0 ] || exit 0

echo "setup: installing ${missing[*]}" >&2
as_root=()
if [ "$(id -u)" -ne 0 ]; then
    if ! command -v sudo >/dev/null; then
        echo "setup: needs root or sudo; install by hand: ${missing[*]}" >&2
        exit 1
    fi
    as_root=(sudo)
fi

log=$(mktemp)
trap 'rm -f "$log"' EXIT
apt() {
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
        apt-get -q -y -o DPkg::Lock::Timeout=300 "$@" >>"$log" 2>&1 </dev/null
}
# The package lists are brought up to date only if they are too old or absent.
if ! apt install --no-install-recommends "${missing[@]}"; then
    if ! { apt update && apt install --no-install-recommends "${missing[@]}"; }; then
        cat "$log" >&2
        echo "setup: could not install ${missing[*]}" >&2
        exit 1
    fi
fi
