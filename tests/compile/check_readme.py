#!/usr/bin/env python3
"""Checks the short program in README.md: it is examples/hello.cc to the letter, and it prints what
its comment says (`// 2 unreachable` behind the last printf).

usage: check_readme.py ROOT [PROGRAM]. PROGRAM is the built example; without it only the text is
compared. Prints one line per problem; exit code 1 if there is one.
"""

import re
import subprocess
import sys
from pathlib import Path

BLOCK = re.compile(r"^```cpp\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PROMISE = re.compile(r"printf\(.*\);\s*// (.*)$", re.MULTILINE)


def first_program(readme: str) -> str:
    """The first C++ block that is a whole program; '' when there is none."""
    return next((block for block in BLOCK.findall(readme) if "int main(" in block), "")


def check_text(readme: str, example: str) -> str:
    program = first_program(readme)
    if not program:
        return "README.md has no program"
    if program != example:
        return "the program in README.md is not examples/hello.cc"
    return "" if PROMISE.search(program) else "the program in README.md does not say what it prints"


def check_output(readme: str, output: str) -> str:
    promised = PROMISE.search(first_program(readme)).group(1)
    if output != promised + "\n":
        return f"README.md promises {promised!r}, the program prints {output!r}"
    return ""


def main() -> int:
    root = Path(sys.argv[1])
    readme = (root / "README.md").read_text(encoding="utf-8")
    problem = check_text(readme, (root / "examples/hello.cc").read_text(encoding="utf-8"))
    if not problem and len(sys.argv) > 2:
        run = subprocess.run([sys.argv[2]], capture_output=True, text=True, timeout=60, check=True)
        problem = check_output(readme, run.stdout)
    if problem:
        print(f"check_readme: {problem}")
    return 1 if problem else 0


if __name__ == "__main__":
    sys.exit(main())
