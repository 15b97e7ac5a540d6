"""Where the instructions of one measured operation go, function by function, in their order.

The emulator logs every instruction it executes (one per block of its own); the log of one call of
the operation, from bench/mcu, is cut out and put against the image's symbols.
"""

import bisect
import subprocess
from collections import Counter
from pathlib import Path

import mcu

CALLER = "Meter::raw"  # who calls what is measured (bench/mcu/meter.h)
MARK = "Trace "


class Symbols:
    """Which function an address is in."""

    def __init__(self, image: Path) -> None:
        listing = subprocess.run(
            ["arm-none-eabi-nm", "-C", "-n", str(image)], capture_output=True, text=True, check=True
        ).stdout
        lines = [line.split(None, 2) for line in listing.splitlines()]
        code = [
            (int(line[0], 16), line[2])
            for line in lines
            if len(line) == 3 and line[1] in "tTwW" and not line[2].startswith("$")
        ]
        self.starts = [start for start, _ in code]
        self.names = [name for _, name in code]

    def name_at(self, address: int) -> str:
        return self.names[bisect.bisect_right(self.starts, address) - 1]

    def starts_of(self, function: str) -> set[int]:
        return {start for start, name in zip(self.starts, self.names) if f"::{function}(" in name}


def short(name: str) -> str:
    plain = name.replace("(anonymous namespace)::", "").split("(", 1)[0]
    return "::".join(plain.split("<", 1)[0].split("::")[-2:])


def trace(board: str, program: str, operation: str, number: int) -> list[tuple[str, int]]:
    """The functions that the operation's call goes through, each with its instructions."""
    image = mcu.folder_of(board, "-bench") / "bin" / f"{program}.elf"
    symbols = Symbols(image)
    entries = symbols.starts_of(operation)
    if not entries:
        raise ValueError(f"{program} has no operation '{operation}'")
    command = mcu.emulator(board, image, 1, gdb=False, shift=10)
    command += ["-singlestep", "-d", "exec,nochain"]
    runs: list[tuple[str, int]] = []
    with subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
        text=True,
    ) as process:  # fmt: skip
        seen = 0
        for line in process.stderr:
            if not line.startswith(MARK):
                continue
            address = int(line.split("/")[1], 16)
            seen += address in entries
            if seen < number:
                continue
            name = symbols.name_at(address)
            if CALLER in name:
                break
            if runs and runs[-1][0] == name:
                runs[-1] = (name, runs[-1][1] + 1)
            else:
                runs.append((name, 1))
        process.kill()
    return runs


def show(board: str, program: str, operation: str, number: int = 6) -> None:
    runs = trace(board, program, operation, number)
    print(f"{operation}: {sum(count for _, count in runs)} instructions, the call's own included")
    print(", ".join(f"{short(name)} {count}" for name, count in runs))
    sums: Counter[str] = Counter()
    for name, count in runs:
        sums[name] += count
    for name, count in sums.most_common():
        print(f"{count:>6}  {name}")
