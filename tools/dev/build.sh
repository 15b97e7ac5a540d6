#!/usr/bin/env bash
# build.sh [--quiet] PRESET [TARGET...]: configures build/PRESET when needed and builds the targets,
# or everything. One at a time: others wait for the lock. With --quiet nothing is printed, unless
# the build fails: then all of it, on standard error.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)

if [ "${1:-}" = --quiet ]; then
    shift
    log=$(mktemp)
    trap 'rm -f "$log"' EXIT
    if ! "${BASH_SOURCE[0]}" "$@" >"$log" 2>&1; then
        cat "$log" >&2
        exit 1
    fi
    exit 0
fi

preset=$1
shift
folder="$root/build/$preset"

mkdir -p "$root/build"
exec 9>"$folder.lock" </dev/null
flock 9 # held to the end of this process and of the build that it becomes
cd "$root"
if [ ! -f "$folder/build.ninja" ] || [ CMakePresets.json -nt "$folder/build.ninja" ]; then
    tools/dev/setup.sh
    cmake --preset "$preset"
fi
exec cmake --build "$folder" ${1:+--target "$@"}
