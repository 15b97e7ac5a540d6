#!/usr/bin/env python3
"""check_verify.py [ROOT]: every sentence that verify() can say is expected by some unit test.

Looks for string literals that verify() returns or reports in the files that it is made of, and for
the same literals under tests/unit. Exit status 1 if one has no test.
"""

import re
import sys
from pathlib import Path

SOURCES = (
    "gc/verify.cc",
    "heap/verify.cc",
    "heap/verify_record.cc",
    "heap/type_table.cc",
    "heap/paged/verify_blocks.cc",
    "heap/paged/verify_caches.cc",
    "heap/paged/caches.cc",
    "heap/compact/verify_blocks.cc",
)
SAYS = re.compile(
    r'(?:return|report\(|found_ = \{|invariant = |k\w+ = |nullptr\s*:)\s*(?:\{)?"((?:[^"\\]|\\.)+)"'
)


def sentences(text: str) -> set[str]:
    flat = re.sub(r'"\s*\n\s*"', "", re.sub(r"\n\s+", " ", text))
    return {found for found in SAYS.findall(flat) if " " in found}


def main() -> int:
    root = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parents[1]
    tests = "\n".join(
        path.read_text(encoding="utf-8") for path in sorted((root / "tests/unit").rglob("*.cc"))
    )
    missing = 0
    count = 0
    for name in SOURCES:
        for sentence in sorted(sentences((root / name).read_text(encoding="utf-8"))):
            count += 1
            if sentence in tests:
                continue
            print(f"{name}: no unit test expects: {sentence}")
            missing += 1
    if count == 0:
        print("check_verify: no sentence found")
        return 1
    print(f"check_verify: {count} sentences, {missing} without a test")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
