#!/usr/bin/env python3
"""What ./dev mcu-bench measures stays within bench/mcu/budgets.json.

usage: bench_test.py BOARD build|code|memory|stack|images|figures|collector

    build      builds the programs of bench/mcu, for size and, where they are run, for time
    code       no feature has grown beyond its budget, nor has the whole; every byte of code belongs
               to a part
    memory     every byte of static memory has a name, and heap, collector and port together keep to
               their budget
    stack      no function of the interface needs more stack than its limit; the stack that the
               collector's thread has used, in a run of it, is within the need that is stated
    images     no image contains what tools/check_image.py forbids; with all features in it, none
               masks interrupts for longer than MASKED_MAX instructions
    figures    no operation takes more instructions than its budget, and no fill is less
    collector  the cost of a collection is linear in the garbage and does not depend on what lives

Budgets are the figures of the day they were written, with a margin (./dev mcu-bench --budgets):
what breaks one is to be looked at, and the budget to be written anew if it is meant.
"""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools/dev"))
import mcu  # noqa: E402
import mcu_bench  # noqa: E402
import mcu_image  # noqa: E402

BUDGETS = json.loads((ROOT / "bench/mcu/budgets.json").read_text(encoding="utf-8"))
PADDING_MAX = 32  # between static objects, for their alignment
CODE_PADDING_MAX = 256  # and between functions
CODE_MERGED_MAX = 64  # ends of strings that the linker has made one, listed for each
# What an interrupted thread keeps on its stack besides its own calls: the processor's frame with
# floating point, the switch's registers, and the first frame of a thread.
CONTEXT_BYTES = 104 + 64 + 32 + 16
MASKED_MAX = {"microbit": 24}  # 0 on cores with exclusive accesses
LINEAR = 1.15  # instructions per object, most and least, from 100 to 1000 objects
SMALL = "-bench-small"


class Failure(Exception):
    """What is beyond its budget."""


def expect(condition: bool, what: str) -> None:
    if not condition:
        raise Failure(what)


def compare(board: str, kind: str, figures: dict[str, float]) -> None:
    """Each figure against its budget; there is one for each, and a figure for each budget."""
    budgets = BUDGETS[board][kind]
    expect(set(budgets) == set(figures), f"{kind}: other names than in budgets.json: "
           f"{sorted(set(budgets) ^ set(figures))}")  # fmt: skip
    problems = []
    for name, figure in figures.items():
        relation, limit = budgets[name]
        within = figure <= limit if relation == "<=" else figure >= limit
        print(f"{name}: {mcu_bench.shown(figure)}, budget {relation} {limit}")
        if not within:
            problems.append(f"{name}: {mcu_bench.shown(figure)} is not {relation} {limit}")
    expect(not problems, "\n".join(problems))


def build(board: str) -> None:
    variants = ("-bench", SMALL) if board in mcu_bench.MEASURED else (SMALL,)
    expect(mcu_bench.build([board], variants), "the build fails")


def section_bytes(image: Path, section: str) -> int:
    listing = subprocess.run(
        ["arm-none-eabi-size", "-A", str(image)], capture_output=True, text=True, check=True
    ).stdout
    return sum(int(line.split()[1]) for line in listing.splitlines()
               if line.split()[:1] == [section])  # fmt: skip


def code(board: str) -> None:
    image = mcu_bench.small_image(board, mcu_bench.ALL_FEATURES)
    named = mcu_image.code_bytes(image, lambda part: True)
    whole = sum(section_bytes(image, section) for section in (".text", ".ARM.exidx", ".data"))
    padding = whole - named
    expect(-CODE_MERGED_MAX <= padding <= CODE_PADDING_MAX,
           f"{whole} bytes, names for {named} of them")
    compare(board, "code", mcu_bench.budgeted_code(board))


def memory(board: str) -> None:
    image = mcu_bench.small_image(board, mcu_bench.ALL_FEATURES)
    named = sum(p.bytes for p in mcu_image.pieces(image) if p.is_memory)
    whole = sum(section_bytes(image, section) for section in mcu_image.MEMORY)
    expect(0 <= whole - named <= PADDING_MAX, f"{whole} bytes, names for {named} of them")
    expect(named > 0, "no static memory at all?")
    rows = mcu_image.fixed_memory(image)
    compare(board, "memory", {"fixed memory": sum(row[1] for row in rows)})


def stack(board: str) -> None:
    needs = {name: need for name, (need, _) in mcu_bench.stack(board).items()}
    compare(board, "stack", needs)
    if board not in mcu_bench.MEASURED:
        return
    used = max(mcu_bench.run(board, "interference", seed)["collector.stack_used"][0]
               for seed in mcu_bench.SEEDS)  # fmt: skip
    stated = needs["the collector's thread"] + CONTEXT_BYTES
    print(f"the collector's thread has used {used} bytes of {stated} stated")
    expect(0 < used <= stated, f"{used} bytes used, {stated} stated")


def images(board: str) -> None:
    programs = sorted(str(file) for file in (mcu.folder_of(board, SMALL) / "bin").glob("*.elf"))
    expect(len(programs) >= len(mcu_bench.FEATURES), "images are missing")
    checker = [sys.executable, str(ROOT / "tools/check_image.py"), "arm-none-eabi-nm", *programs]
    done = subprocess.run(checker, capture_output=True, text=True, check=False)
    expect(done.returncode == 0, done.stdout + done.stderr)
    longest = mcu_bench.masked(mcu_bench.small_image(board, mcu_bench.ALL_FEATURES))
    print(f"interrupts are masked for {longest} instructions at most")
    expect(longest <= MASKED_MAX.get(board, 0), f"masked for {longest}")
    expect(board not in MASKED_MAX or longest > 0, "no masked section at all?")


def figures(board: str) -> None:
    compare(board, "figures", mcu_bench.budgeted_figures(mcu_bench.measure(board)))


def collector(board: str) -> None:
    values = mcu_bench.run(board, "collector")
    each = {n: values[f"collector.garbage.{n}"][0] / n for n in (100, 200, 500, 1000)}
    print("instructions per object of garbage:", {n: round(cost) for n, cost in each.items()})
    expect(max(each.values()) <= LINEAR * min(each.values()), f"not linear: {each}")
    beside = [values[f"collector.beside.{n}"][0] for n in (0, 100, 300, 1000)]
    print("100 objects of garbage beside 0, 100, 300, 1000 live ones:", beside)
    expect(max(beside) <= LINEAR * min(beside), f"depends on what lives: {beside}")


def main() -> int:
    board, kind = sys.argv[1:]
    kinds = {f.__name__: f for f in (build, code, memory, stack, images, figures, collector)}
    try:
        kinds[kind](board)
    except Failure as failure:
        print(f"{board}: {failure}")
        return 1
    print(f"{board}: {kind} ok")
    return 0


if __name__ == "__main__":
    sys.exit(main())
