#!/usr/bin/env python3
"""Runs every misuse of a fake kernel's program and compares how it ends.

usage: misuse_test.py PROGRAM. The sentences are those of the cases in misuse.cc; the first ones are
the port's (exit code 2), the others the fake kernel's (exit code 3).
"""

import re
import subprocess
import sys
from pathlib import Path

OF_THE_PORT = 9
SOURCE = Path(__file__).with_name("misuse.cc").read_text(encoding="utf-8")


def main() -> int:
    sentences = re.findall(r'^    \{"([^"]+)", \w+\},$', SOURCE, re.MULTILINE)
    bad = []
    for number, sentence in enumerate(sentences):
        done = subprocess.run([sys.argv[1], str(number)], capture_output=True, text=True,
                              timeout=60, check=False)  # fmt: skip
        voice, code = ("ouro: fatal", 2) if number < OF_THE_PORT else ("fake kernel", 3)
        if done.returncode != code or f"{voice}: {sentence}\n" != done.stderr:
            bad.append(f"{sentence}: exit code {done.returncode}, {done.stdout}{done.stderr}")
    print("\n".join(bad) if bad else f"{len(sentences)} misuses end with their sentences")
    return 1 if bad or len(sentences) <= OF_THE_PORT else 0


if __name__ == "__main__":
    sys.exit(main())
