#!/usr/bin/env python3
"""Compiles one port for Cortex-M against the shape of its kernel, and looks at what it uses.

usage: objects_test.py KERNEL

For a Cortex-M0 and a Cortex-M4, with -Os and no warning allowed: every file of the port, linked
together as one object. Nothing may be undefined in it but the functions of the shape's headers,
which are documented ones, and what the compiler itself calls. No static constructor, no guard of a
static, no allocation. Prints sizes.
"""

import re
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CORES = {"cortex-m0": ("-mcpu=cortex-m0",), "cortex-m4": ("-mcpu=cortex-m4", "-mfloat-abi=soft")}
FLAGS = (
    "-std=c++20 -mthumb -Os -Wall -Wextra -Wpedantic -Wconversion -Wno-sign-conversion -Wshadow "
    "-Wold-style-cast -Wundef -Werror -ffreestanding -fno-exceptions -fno-rtti "
    "-fno-threadsafe-statics -ffunction-sections -fstack-usage"
).split()
COMPILER_CALLS = re.compile(r"__aeabi_\w+|memcpy|memset|memmove|__gnu_thumb1_case_\w+")
FORBIDDEN_SECTION = re.compile(r"\.(?:init_array|ctors|fini_array)\b")
DECLARED = re.compile(r"^[A-Za-z][\w ]*[ *]+(\w+)\(", re.MULTILINE)


def run(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(command)}\n{done.stdout}{done.stderr}")
    return done.stdout


def sources(kernel: str) -> list[Path]:
    folders = (ROOT / "ports" / part for part in (kernel, "kernel", "machine"))
    return [file for folder in folders for file in sorted(folder.glob("*.cc"))]


def documented(kernel: str) -> set[str]:
    """The functions in the shape of the kernel's headers."""
    names = set()
    for header in (ROOT / "tests/kernels" / kernel / "include").rglob("*.h"):
        names.update(DECLARED.findall(header.read_text(encoding="utf-8")))
    return names


def check(kernel: str, core: str, folder: Path) -> list[str]:
    flags = [*CORES[core], *FLAGS, f"-I{ROOT}", f"-I{ROOT}/tests/kernels/{kernel}/include",
             "-DOURO_COMPACT=1", "-DTEST_CORTEX_M=1",
             f'-DOURO_PORT_HEADER="ports/{kernel}/port.h"']  # fmt: skip

    def compile_one(source: Path) -> str:
        target = folder / f"{core}-{source.parent.name}-{source.stem}.o"
        run("arm-none-eabi-g++", *flags, "-c", str(source), "-o", str(target))
        return str(target)

    with ThreadPoolExecutor(2) as pool:
        objects = list(pool.map(compile_one, sources(kernel)))
    whole = str(folder / f"{kernel}-{core}.o")
    run("arm-none-eabi-ld", "-r", "-o", whole, *objects)
    print(core, *run("arm-none-eabi-size", whole).splitlines()[1].split()[:3], "text data bss")
    problems = []
    known = documented(kernel)
    for line in run("arm-none-eabi-nm", "--undefined-only", "--format=just-symbols",
                    whole).split():  # fmt: skip
        if line not in known and not COMPILER_CALLS.fullmatch(line):
            problems.append(f"{core}: uses {line}, which is not in the shape of {kernel}")
    for section in FORBIDDEN_SECTION.findall(run("arm-none-eabi-objdump", "-h", whole)):
        problems.append(f"{core}: has {section}")
    return problems


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        problems = [p for core in CORES for p in check(sys.argv[1], core, Path(folder))]
    print("\n".join(problems) if problems else "nothing but documented functions is used")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
