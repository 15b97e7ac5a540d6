#!/usr/bin/env python3
"""./dev bench profile CASE...: where Ouro's time goes in a case, by thread.

Samples the processor clock with perf and prints, for each thread with a share worth a row, the
functions and the lines of code with the most samples; an inlined function counts as itself. The
sample names the instruction after the one that took the time: a line that follows an atomic
operation is that operation's.

./dev bench instructions CASE...: how many instructions one operation takes, by function, and how
many of them are locked ones (atomic read-modify-writes), by line; counted by callgrind.
"""

import argparse
import re
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from pathlib import Path

import instructions
from places import PROGRAM, ROWS, places

# Of a sample: thread, address, symbol, the file that it is mapped from.
SAMPLE = re.compile(r"^\s*(\d+)\s+([0-9a-f]+) (.*) \((.*)\)$")


def record(case: str, scale: str, data: Path) -> list[tuple[str, int, str, str]]:
    """Runs the case; returns (thread, address, symbol, file) of every sample."""
    command = ["perf", "record", "-q", "-e", "cpu-clock", "-F", "5000", "-o", str(data)]
    subprocess.run([*command, str(PROGRAM), case, scale], check=True, stdout=subprocess.DEVNULL)
    script = ["perf", "script", "-i", str(data), "-F", "tid,ip,sym,dso"]
    output = subprocess.run(script, capture_output=True, text=True, check=True).stdout
    found = [SAMPLE.match(line) for line in output.splitlines()]
    return [(m[1], int(m[2], 16), m[3], m[4]) for m in found if m]


def report(case: str, scale: str) -> None:
    with tempfile.TemporaryDirectory(prefix="ouro-profile.") as folder:
        data = Path(folder, "perf.data")
        samples = record(case, scale, data)
    inside = sorted({address for _, address, _, file in samples if file == str(PROGRAM)})
    known = places(inside)
    functions, lines = defaultdict(Counter), defaultdict(Counter)
    for thread, address, symbol, file in samples:
        function, line = symbol, ""
        if file == str(PROGRAM):
            function, line = known.get(address, (symbol, ""))
        elif "kernel" in file:
            function = "(kernel)"
        functions[thread][function] += 1
        if line:
            lines[thread][f"{line} {function}"] += 1
    print(f"## {case}, {scale}: {len(samples)} samples\n")
    first = min(functions, key=int)
    for thread, counts in sorted(functions.items(), key=lambda item: -item[1].total()):
        total = counts.total()
        if total < len(samples) / 20:
            continue
        name = "the first thread" if thread == first else f"thread {thread}"
        print(f"{name}: {100 * total / len(samples):.0f} % of all samples")
        for title, counter in (("function", counts), ("line", lines[thread])):
            for name, count in counter.most_common(ROWS):
                print(f"  {100 * count / total:5.1f} %  {title}  {name}")
        print()


def main() -> int:
    parser = argparse.ArgumentParser(prog="./dev bench", description=__doc__.split("\n")[0])
    parser.add_argument("what", choices=("profile", "instructions"))
    parser.add_argument("cases", nargs="+", metavar="CASE", help="as W2/cycles")
    parser.add_argument("--quick", action="store_true", help="profile a tenth of the work")
    options = parser.parse_args()
    for case in options.cases:
        if options.what == "profile":
            report(case, "quick" if options.quick else "full")
        else:
            instructions.report(case, "quick")
    return 0


if __name__ == "__main__":
    sys.exit(main())
