#!/usr/bin/env python3
"""Checks linked firmware: what the heap and its port must never bring into an image.

    memory        malloc, free, sbrk, operator new, operator delete and their relatives
    exceptions    throwing, catching, unwinding
    rtti          type information and dynamic casts
    guards        guards of function-local statics
    constructors  static constructors and destructors, and what registers them
    atomics       functions __atomic_* and __sync_*, of anybody

usage: check_image.py NM IMAGE... . NM lists the symbols (arm-none-eabi-nm). Prints one line per
violation; exit code 1 if there is one. An image without symbols is a violation.
"""

import re
import subprocess
import sys
from collections.abc import Iterator

RULES = (
    ("memory", re.compile(
        r"_?(?:malloc|calloc|realloc|free|memalign|sbrk|strdup|mallinfo)(?:_r)?|_sbrk|_sbrk_r"
        r"|aligned_alloc|__malloc_\w+|_Zn[wa].*|_Zd[la].*")),
    ("exceptions", re.compile(
        r"__cxa_(?:throw|rethrow|begin_catch|end_catch|end_cleanup|allocate_exception"
        r"|free_exception|bad_\w+|call_unexpected)|_?_?Unwind_.*|__gxx_personality_.*"
        r"|__aeabi_unwind_.*|_ZSt9terminatev|_ZSt\d+__throw_.*")),
    ("rtti", re.compile(r"__dynamic_cast|_ZT[ISV].*")),
    ("guards", re.compile(r"__cxa_guard_.*|_ZGV.*")),
    ("constructors", re.compile(
        r"_GLOBAL__sub_[ID]_.*|__cxa_atexit|__aeabi_atexit|atexit|__cxa_finalize"
        r"|_Z41__static_initialization_and_destruction_.*")),
    ("atomics", re.compile(r"__(?:atomic|sync)_.*")),
)  # fmt: skip


def symbols_of(nm: str, image: str) -> list[str]:
    listing = subprocess.run([nm, image], capture_output=True, text=True, check=True).stdout
    return [line.split()[-1] for line in listing.splitlines() if line.split()]


def check(nm: str, image: str) -> Iterator[str]:
    symbols = symbols_of(nm, image)
    if not symbols:
        yield f"{image}: has no symbols"
    for symbol in sorted(set(symbols)):
        for rule, forbidden in RULES:
            if forbidden.fullmatch(symbol):
                yield f"{image}: {rule}: {symbol}"


def main() -> int:
    if len(sys.argv) < 3:
        print("usage: check_image.py NM IMAGE...", file=sys.stderr)
        return 2
    problems = [line for image in sys.argv[2:] for line in check(sys.argv[1], image)]
    print("\n".join(problems) if problems else "check_image: no violation")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
