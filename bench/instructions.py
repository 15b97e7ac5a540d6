"""Instructions and locked instructions of one operation, by callgrind: see hot_spots.py."""

import json
import re
import subprocess
import tempfile
from collections import Counter
from pathlib import Path

from places import PROGRAM, ROWS, places

LOCKED = re.compile(r"^\s+([0-9a-f]+):\s+(?:lock |xchg .*\()", re.MULTILINE)
COST = re.compile(r"(0x[0-9a-f]+) \d+ (\d+)$|(0x[0-9a-f]+) (\d+)$")


class Counts:
    """What callgrind has counted: by function, by address in the program, and calls of mutexes."""

    def __init__(self, text: str):
        self.functions: Counter = Counter()
        self.addresses: Counter = Counter()
        self.calls: Counter = Counter()
        function = file = called = ""
        of_call = False
        for line in text.splitlines():
            key, _, value = line.partition("=")
            if key == "ob":
                file = value
            elif key == "fn":
                function = value
            elif key == "cfn":
                called = value
            elif key == "calls":
                self.calls[called.split("@")[0]] += int(value.split()[0])
                of_call = True  # the next line is the cost of what was called
            elif match := COST.match(line):
                if not of_call:
                    address, count = match[1] or match[3], int(match[2] or match[4])
                    self.functions[function] += count
                    if file == str(PROGRAM):
                        self.addresses[int(address, 16)] += count
                of_call = False


def count(case: str, scale: str) -> tuple[Counts, float]:
    """Runs the case under callgrind; returns the counts and the number of operations."""
    with tempfile.TemporaryDirectory(prefix="ouro-bench.") as folder:
        output = Path(folder, "counts")
        done = subprocess.run(
            ["valgrind", "--tool=callgrind", "--dump-instr=yes", "--compress-pos=no",
             "--compress-strings=no", f"--callgrind-out-file={output}", str(PROGRAM), case, scale],
            capture_output=True, text=True, check=True,
        )
        return Counts(output.read_text()), json.loads(done.stdout)["operations"]


def report(case: str, scale: str) -> None:
    counts, operations = count(case, scale)
    code = subprocess.run(
        ["objdump", "-d", "--no-show-raw-insn", str(PROGRAM)],
        capture_output=True, text=True, check=True,
    ).stdout
    locked = {int(match[1], 16) for match in LOCKED.finditer(code)}
    executed = {address: counts.addresses[address] for address in locked}
    executed = {address: times for address, times in executed.items() if times}
    known = places(sorted(executed))
    lines: Counter = Counter()
    for address, times in executed.items():
        function, line = known.get(address, ("?", "?"))
        lines[f"{line} {function}"] += times
    for name in ("pthread_mutex_lock", "pthread_mutex_unlock"):
        lines[name] += counts.calls[name]
    total = counts.functions.total() / operations
    print(f"## {case}, {scale}: {total:.0f} instructions for one of {operations:.0f} operations")
    print("(the start of the program among them)\n")
    for name, times in counts.functions.most_common(ROWS):
        print(f"  {times / operations:8.1f}  {name[:90]}")
    print(f"\n  {lines.total() / operations:8.2f}  locked instructions, of these")
    for name, times in lines.most_common(ROWS + 4):
        print(f"  {times / operations:8.2f}  {name[:90]}")
    print()
