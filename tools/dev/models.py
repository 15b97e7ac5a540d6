#!/usr/bin/env python3
"""./dev models [--large] [--only MODEL]: the protocol's models, checked by SPIN.

Each models/*.pml says in its head what to run and what must come of it:

    Check: VARIANT holds|fails small|large SWITCH...

`holds`: SPIN visits every state and finds no error. `fails`: the variant is broken on purpose, and
SPIN finds the error. Small configurations always run, large ones with --large. Prints one row per
configuration; exit code 1 when one is not as expected.
"""

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CHECK = re.compile(r"^ \* Check: (\w+) (holds|fails) (small|large)((?: -D\w+(?:=\w+)?)*)$")
LOOSE = re.compile(r"^\s*\*?\s*Check:")
DEPTH_MAX = {"small": 500_000, "large": 20_000_000}
MEMORY_MB = {"small": 900, "large": 6000}
SECONDS_MAX = {"small": 60, "large": 1800}


@dataclass
class Configuration:
    model: str
    variant: str
    expected: str
    size: str
    switches: list[str]


@dataclass
class Result:
    verdict: str  # holds, fails, incomplete, or what went wrong
    states: int = 0
    seconds: float = 0.0


def read_checks(model: str, text: str) -> list[Configuration]:
    """The configurations that a model states; raises ValueError on a line that is none."""
    found = []
    for line in text.splitlines():
        if match := CHECK.match(line):
            variant, expected, size, switches = match.groups()
            found.append(Configuration(model, variant, expected, size, switches.split()))
        elif LOOSE.match(line):
            raise ValueError(f"{model}: not a check: {line.strip()}")
    return found


def read_output(output: str) -> Result:
    """What SPIN's verifier says: an error counts even when the search stopped there."""
    errors = re.search(r"errors: (\d+)", output)
    states = re.search(r"^\s*([\d.e+]+) states, stored", output, re.MULTILINE)
    if errors is None or states is None:
        return Result("no result")
    result = Result("holds", int(float(states.group(1))))
    too_deep = "max search depth too small" in output
    if errors.group(1) != "0":
        result.verdict = "fails" if "assertion violated" in output else "other error"
    elif "Search not completed" in output or too_deep:
        result.verdict = "incomplete"
    return result


def run(configuration: Configuration) -> Result:
    start = time.monotonic()
    size = configuration.size
    with tempfile.TemporaryDirectory(prefix="ouro-models.") as folder:
        for source in (ROOT / "models").iterdir():
            shutil.copy(source, folder)
        # What stops at once need not be fast.
        level = "-O1" if configuration.expected == "holds" else "-O0"
        steps = [
            ["spin", "-a", *configuration.switches, configuration.model],
            ["gcc", level, "-w", "-DSAFETY", "-DCOLLAPSE", f"-DMEMLIM={MEMORY_MB[size]}"]
            + ["-o", "pan", "pan.c"],
            ["./pan", f"-m{DEPTH_MAX[size]}"],
        ]
        output = ""
        for step in steps:
            left = SECONDS_MAX[size] - (time.monotonic() - start)
            try:
                done = subprocess.run(
                    step, cwd=folder, capture_output=True, text=True, timeout=max(left, 1)
                )
            except subprocess.TimeoutExpired:
                return Result("too slow", 0, time.monotonic() - start)
            output = done.stdout + done.stderr
            if step[0] != "./pan" and done.returncode != 0:
                print(output, file=sys.stderr)
                return Result(f"{step[0]} failed", 0, time.monotonic() - start)
    result = read_output(output)
    result.seconds = time.monotonic() - start
    return result


def main() -> int:
    parser = argparse.ArgumentParser(prog="./dev models")
    parser.add_argument("--large", action="store_true", help="run the large configurations too")
    parser.add_argument("--only", metavar="MODEL", help="one model, such as count_word")
    options = parser.parse_args()
    configurations = []
    for path in sorted((ROOT / "models").glob("*.pml")):
        if options.only in (None, path.stem):
            configurations += read_checks(path.name, path.read_text(encoding="utf-8"))
    print("| model | variant | expected | result | states | seconds |")
    print("| --- | --- | --- | --- | ---: | ---: |", flush=True)
    wrong = ran = 0
    start = time.monotonic()
    for one in configurations:
        if one.size == "large" and not options.large:
            continue
        result = run(one)
        ran += 1
        mark = ""
        if result.verdict != one.expected:
            wrong += 1
            mark = " **unexpected**"
        print(
            f"| {one.model} | {one.variant} | {one.expected} | {result.verdict}{mark} "
            f"| {result.states:,} | {result.seconds:.1f} |",
            flush=True,
        )
    print(f"\n{ran} configurations, {wrong} not as expected, {time.monotonic() - start:.0f} s")
    return 1 if wrong or ran == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
