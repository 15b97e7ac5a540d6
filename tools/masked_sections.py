#!/usr/bin/env python3
"""The longest section of linked ARM firmware that runs with interrupts masked, from its code.

Every path from an instruction that masks (cpsid i, msr basepri_max) to the one that restores
(msr primask, msr basepri, cpsie i) is followed; the figure is the number of instructions on the
longest, the restoring one included. A path with a loop, a call, an indirect jump or without an end
has no bound and is a violation. Functions that mask for good, because the program ends there, are
those of FOREVER.

usage: masked_sections.py OBJDUMP IMAGE [--limit N]. Prints the figure and the function it is in;
exit code 1 if it is above the limit or a section has no bound.
"""

import argparse
import re
import subprocess
import sys
from dataclasses import dataclass

FOREVER = {"ouro_cortex_m_fatal"}
FUNCTION = re.compile(r"^[0-9a-f]+ <(.+)>:$")
INSTRUCTION = re.compile(r"^\s*([0-9a-f]+):\t(\S+)(?:\t([^;@]*))?")
BEGINS = re.compile(r"cpsid i|msr BASEPRI_MAX,.*")
ENDS = re.compile(r"msr (?:PRIMASK|BASEPRI),.*|cpsie i")
BRANCH = re.compile(r"b(?:eq|ne|cs|cc|hs|lo|mi|pl|vs|vc|hi|ls|ge|lt|gt|le|al)?(?:\.[nw])?")
COMPARE_BRANCH = re.compile(r"cbn?z")
LEAVES = re.compile(r"blx?|bx\w*|bl\w*|tb[bh]|svc|pop\w*|ldm\w*|wf[ei]|bkpt|udf")


@dataclass
class Instruction:
    """One line of the disassembly."""

    address: int
    name: str
    operands: str
    after: int = 0  # the address of the next one in the function, 0 at its end

    @property
    def text(self) -> str:
        return f"{self.name} {self.operands}".strip()


class Unbounded(Exception):
    """Why a section has no bound."""


def functions(listing: str) -> dict[str, dict[int, Instruction]]:
    found: dict[str, dict[int, Instruction]] = {}
    code: dict[int, Instruction] = {}
    last = None
    for line in listing.splitlines():
        if match := FUNCTION.match(line):
            code = found.setdefault(match.group(1), {})
            last = None
        elif match := INSTRUCTION.match(line):
            address = int(match.group(1), 16)
            code[address] = Instruction(address, match.group(2), (match.group(3) or "").strip())
            if last is not None:
                last.after = address
            last = code[address]
    return found


def followers(code: dict[int, Instruction], at: Instruction) -> list[int]:
    """Where the code may go on inside the function."""
    target = re.search(r"\b([0-9a-f]+) <", at.operands)
    if BRANCH.fullmatch(at.name) or COMPARE_BRANCH.fullmatch(at.name):
        places = [int(target.group(1), 16)] if target else []
        if at.name not in ("b", "b.n", "b.w"):
            places.append(at.after)
    elif LEAVES.fullmatch(at.name) and (at.name[:3] not in ("pop", "ldm") or "pc" in at.operands):
        raise Unbounded(f"{at.address:x}: {at.text}")
    else:
        places = [at.after]
    for place in places:
        if place not in code:
            raise Unbounded(f"{at.address:x}: {at.text}: leaves the function")
    return places


def longest(code: dict[int, Instruction], start: int) -> int:
    """Instructions from `start` to the end of the section, on the longest path."""
    known: dict[int, int] = {}
    path: set[int] = set()
    work = [(start, False)]
    while work:
        address, seen = work.pop()
        if address in known:
            continue
        at = code[address]
        if ENDS.fullmatch(at.text):
            known[address] = 1
        elif seen:
            known[address] = 1 + max(known[place] for place in followers(code, at))
            path.discard(address)
        else:
            path.add(address)
            work.append((address, True))
            for place in followers(code, at):
                if place in path:
                    raise Unbounded(f"{at.address:x}: {at.text}: a loop")
                work.append((place, False))
    return known[start]


def sections(listing: str) -> tuple[list[tuple[int, str]], list[str]]:
    """(length, function) of all masked sections, and those without a bound."""
    lengths, problems = [], []
    for function, code in functions(listing).items():
        for at in code.values():
            if not BEGINS.fullmatch(at.text) or function in FOREVER:
                continue
            try:
                if at.after == 0:
                    raise Unbounded(f"{at.address:x}: {at.text}: is the function's last")
                lengths.append((longest(code, at.after), function))
            except Unbounded as reason:
                problems.append(f"no bound: {function}: {reason}")
    return lengths, problems


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("objdump")
    parser.add_argument("image")
    parser.add_argument("--limit", type=int)
    options = parser.parse_args()
    command = [options.objdump, "-d", "-C", "--no-show-raw-insn", options.image]
    listing = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    if not functions(listing):
        print("masked_sections: there is no code")
        return 1
    lengths, problems = sections(listing)
    worst, function = max(lengths, default=(0, "no section"))
    count = f"{len(lengths)} masked sections"
    print(f"masked_sections: {count}, the longest has {worst} instructions: {function}")
    print("\n".join(problems), end="\n" if problems else "")
    too_long = options.limit is not None and worst > options.limit
    return 1 if problems or too_long else 0


if __name__ == "__main__":
    sys.exit(main())
