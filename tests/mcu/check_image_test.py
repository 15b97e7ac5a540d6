#!/usr/bin/env python3
"""Goal: tools/check_image.py finds what it is to find. Method: one planted violation per rule,
built by the boards' compiler into an object, and a program without any."""

import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))
import check_image  # noqa: E402

COMPILER = ["arm-none-eabi-g++", "-std=c++20", "-mthumb", "-Os", "-ffreestanding", "-w"]
BARE = ["-fno-exceptions", "-fno-rtti"]

# rule: (source, further flags, a symbol that must be named)
PLANTED = {
    "memory": ("void* f() { return new int; }", ["-mcpu=cortex-m3", *BARE], "_Znwj"),
    "memory, of C": (
        "#include <cstdlib>\nvoid* f() { return std::malloc(4); }",
        ["-mcpu=cortex-m3", *BARE],
        "malloc",
    ),
    "exceptions": ("void f() { throw 1; }", ["-mcpu=cortex-m3"], "__cxa_throw"),
    "rtti": (
        "struct A { virtual ~A(); }; struct B : A {};\n"
        "B* f(A* a) { return dynamic_cast<B*>(a); }",
        ["-mcpu=cortex-m3"],
        "__dynamic_cast",
    ),
    "guards": (
        "int g(); int f() { static int x = g(); return x; }",
        ["-mcpu=cortex-m3", *BARE],
        "__cxa_guard_acquire",
    ),
    "constructors": ("int g(); int x = g();", ["-mcpu=cortex-m3", *BARE], "_GLOBAL__sub_I_x"),
    "constructors, of destructors": (
        "struct A { ~A(); }; A a;",
        ["-mcpu=cortex-m3", *BARE],
        "__aeabi_atexit",
    ),
    "atomics": (
        "#include <atomic>\nstd::atomic<int> x; int f() { return x.fetch_add(1); }",
        ["-mcpu=cortex-m0", *BARE],
        "__atomic_fetch_add_4",
    ),
    "atomics, of 64 bits": (
        "#include <atomic>\nstd::atomic<long long> x; long long f() { return x.load(); }",
        ["-mcpu=cortex-m33", *BARE],
        "__atomic_load_8",
    ),
}


def problems_of(folder: Path, source: str, flags: list[str]) -> list[str]:
    (folder / "planted.cc").write_text(source + "\n", encoding="utf-8")
    image = str(folder / "planted.o")
    subprocess.run([*COMPILER, *flags, "-c", str(folder / "planted.cc"), "-o", image], check=True)
    return list(check_image.check("arm-none-eabi-nm", image))


def main() -> int:
    failures = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for rule, (source, flags, symbol) in PLANTED.items():
            line = f"{folder}/planted.o: {rule.split(',')[0]}: {symbol}"
            found = problems_of(folder, source, flags)
            if line not in found:
                failures.append(f"{rule}: expected '{line}', found {found}")
        clean = problems_of(folder, "int f(int x) { return x / 3; }", ["-mcpu=cortex-m0", *BARE])
        if clean:
            failures.append(f"nothing planted, but found {clean}")
    print("\n".join(failures) if failures else f"{len(PLANTED)} planted violations found")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
