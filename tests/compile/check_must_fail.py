#!/usr/bin/env python3
"""Checks that a snippet does not compile, for the reason it states.

usage: check_must_fail.py SNIPPET -- COMPILER FLAG...

The snippet has a line `// expect: REGEX`; one line of the compiler's output must match it. If the
snippet names OURO_MUST_FAIL, it must compile as long as that macro is not defined, so that only
the guarded lines can be what fails.
"""

import re
import subprocess
import sys
from pathlib import Path

SWITCH = "OURO_MUST_FAIL"


def compile_snippet(command: list[str], snippet: Path) -> tuple[bool, str]:
    """Returns whether the snippet compiles, and the compiler's output."""
    done = subprocess.run(
        [*command, "-fsyntax-only", str(snippet)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode == 0, done.stdout + done.stderr


def check(snippet: Path, command: list[str]) -> str:
    """Returns '' or what is wrong."""
    text = snippet.read_text(encoding="utf-8")
    expectation = re.search(r"^// expect: (.+?)\s*$", text, re.MULTILINE)
    if expectation is None:
        return "states no `// expect: REGEX`"
    if SWITCH in text:
        compiles, output = compile_snippet(command, snippet)
        if not compiles:
            return f"fails without -D{SWITCH}, too:\n{output}"
        command = [*command, f"-D{SWITCH}"]
    compiles, output = compile_snippet(command, snippet)
    if compiles:
        return "compiles, but must not"
    if not any(re.search(expectation.group(1), line) for line in output.splitlines()):
        return f"fails, but not with /{expectation.group(1)}/:\n{output}"
    return ""


def main() -> int:
    if len(sys.argv) < 4 or sys.argv[2] != "--":
        print(__doc__, file=sys.stderr)
        return 2
    snippet = Path(sys.argv[1])
    problem = check(snippet, sys.argv[3:])
    print(f"{snippet}: {problem or 'fails as expected'}")
    return 1 if problem else 0


if __name__ == "__main__":
    sys.exit(main())
