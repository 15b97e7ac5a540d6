#!/usr/bin/env python3
"""./dev mcu-bench: figures of the heap on microcontrollers, beside what they are to reach.

usage: mcu_bench.py [BOARD...] [--json FILE] [--all]
       mcu_bench.py --curve [--json FILE]
       mcu_bench.py [BOARD] --trace PROGRAM OPERATION
       mcu_bench.py --budgets

Builds bench/mcu for the boards (mps2-an386, a Cortex-M4, microbit, a Cortex-M0, and mps2-an505, a
Cortex-M33), runs it in QEMU where every instruction is counted, and looks at the linked images for
code, fixed memory and stack. Instructions are those of -O2, code and stack of -Os. The Cortex-M0
has a region of 8 KiB, the others one of 64 KiB.

    --all      prints every single figure and the largest symbols, too
    --curve    what other settings of the allocator would give (tools/dev/mcu_curve.py)
    --trace    where the instructions of one operation go: --trace references make_leaf
    --budgets  writes what the tests hold the figures to, bench/mcu/budgets.json: those of now, with
               a margin, for the boards that it names or those that are given

Everything repeats to the last digit; a goal that is missed is no error.
"""

import argparse
import json
import math
import re
import statistics
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import mcu
import mcu_curve
import mcu_image
import mcu_stack
import mcu_trace

ROOT = Path(__file__).resolve().parents[2]
CORES = {"mps2-an386": "Cortex-M4", "microbit": "Cortex-M0", "mps2-an505": "Cortex-M33"}
SHIFT = 10  # at 2^10 ns an instruction takes many ticks of the timers
MEASURED = ("mps2-an386",)  # boards whose instructions have budgets
BUDGETS = ROOT / "bench/mcu/budgets.json"
# By kind of figure: how much it may grow.
MARGINS = {"code": 0.02, "memory": 0.0, "stack": 0.05, "figures": 0.03}
SEEDS = (1, 2, 3)  # of the schedules in which the collector is interrupted
# The sets of features in bench/mcu/features.cc: what the last one adds to another set.
FEATURES = (
    ("allocator", 1, 0),
    ("counts", 2, 1),
    ("fields", 6, 2),
    ("weak references", 14, 6),
    ("collector", 30, 14),
    ("finalizers, batch", 62, 30),
    ("introspection, statistics, verify", 126, 62),
    ("weak maps", 254, 126),
    ("background thread", 510, 254),
)
ALL_FEATURES = 510

Values = dict[str, list[int]]


@dataclass
class Goal:
    """A figure of the main table, and what it is to be."""

    name: str
    value: Callable[[Values], float | None]
    relation: str = ""  # "<=" or ">="; empty: a figure without a goal
    limit: float = 0

    def met(self, value: float | None) -> bool | None:
        if not self.relation or value is None:
            return None
        return value <= self.limit if self.relation == "<=" else value >= self.limit


def worst(*names: str) -> Callable[[Values], float | None]:
    """The largest of all figures that begin and end like one of the names, cut at '*'."""

    def value(values: Values) -> float | None:
        found = []
        for name in names:
            begin, _, end = name.partition("*")
            for known, figures in values.items():
                if known == name or ("*" in name and known.startswith(begin)
                                     and known.endswith(end)):  # fmt: skip
                    found += figures
        return max(found) if found else None

    return value


def tenth(inner: Callable[[Values], float | None]) -> Callable[[Values], float | None]:
    def value(values: Values) -> float | None:
        found = inner(values)
        return None if found is None else found / 10

    return value


def median(name: str) -> Callable[[Values], float | None]:
    return lambda values: statistics.median(values[name]) if name in values else None


def one(name: str) -> Callable[[Values], float | None]:
    return lambda values: values[name][0] if name in values else None


def averages(operation: str) -> list[str]:
    """Of the random works: holes are for the worst."""
    works = ("uniform_half", "uniform_near_full", "mix_half", "mix_near_full")
    return [f"blocks.{work}.{operation}_average_tenths" for work in works]


GOALS = (
    Goal("block allocation, worst", worst("blocks.*.allocate_worst"), "<=", 90),
    Goal("block allocation, average", tenth(worst(*averages("allocate"))), "<=", 60),
    Goal("block free, worst", worst("blocks.*.free_worst"), "<=", 60),
    Goal("block free, average", tenth(worst(*averages("free")))),
    Goal("block allocation that fails, worst", worst("blocks.*.failing_worst")),
    Goal("make, 24 bytes with references", one("objects.make_node")),
    Goal("make, 24 bytes without", one("objects.make_leaf")),
    Goal("last release, with references", one("objects.end_node")),
    Goal("last release, without", one("objects.end_leaf")),
    Goal("copy and release", worst("references.copy_release*"), "<=", 20),
    Goal("release that reports a candidate", one("references.release_reports")),
    Goal("field load", worst("fields.load*")),
    Goal("field store", worst("fields.store*"), "<=", 40),
    Goal("field exchange", worst("fields.exchange*")),
    Goal("weak lock", one("weak.lock")),
    Goal("interrupts masked, longest", one("masked"), "<=", 100),
    Goal("objects of 24 bytes in the region", one("density.objects_24"), ">=", 2016),
    Goal("fill, object mix, per mille", median("density.fill_mix"), ">=", 850),
    Goal("fill, sizes 8..256, per mille", median("density.fill_uniform"), ">=", 800),
    Goal("fixed memory, bytes", one("memory"), "<=", 256),
    Goal("code: allocator, bytes", one("code.allocator"), "<=", 900),
    Goal("code: allocator, counts, weak references, collector", one("code.core"), "<=", 4096),
    Goal("code: everything, with the port", one("code.all")),
    Goal("collector: default slice, longest", one("collector.slice_worst"), "<=", 2000),
    Goal("collector: shortest slice that can be set", one("collector.slice.1.worst")),
    Goal("collector: per object of 100 garbage", lambda v: per_object(v, 100)),
    Goal("collector: per object of 1000 garbage", lambda v: per_object(v, 1000)),
    Goal("longest operation beside the collector", worst("beside_collector.*.worst")),
    Goal("the same, make and last release excepted", lambda v: longest_simple(v)),
    Goal("collector's stack, used, bytes", worst("collector.stack_used")),
    Goal("collector's stack, by the compiler, bytes", one("collector.stack_bound")),
)


def per_object(values: Values, objects: int) -> float | None:
    figures = values.get(f"collector.garbage.{objects}")
    return round(figures[0] / objects) if figures else None


def longest_simple(values: Values) -> float | None:
    names = ("copy_release", "load", "store", "exchange", "weak_lock", "weak_make", "weak_reset")
    return worst(*[f"beside_collector.{name}.worst" for name in names])(values)


# ---- running and looking


def run(board: str, program: str, seed: int = 1) -> Values:
    """The figures that the program prints: `name value`, a line each."""
    image = mcu.folder_of(board, "-bench") / "bin" / f"{program}.elf"
    command = mcu.emulator(board, image, seed, gdb=False, shift=SHIFT)
    done = subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise RuntimeError(f"{board}: {program}: exit code {done.returncode}\n{done.stdout}")
    values: Values = {}
    for line in done.stdout.splitlines():
        name, value = line.split()
        values.setdefault(name, []).append(int(value))
    return values


def masked(image: Path) -> int:
    checker = [sys.executable, str(ROOT / "tools/masked_sections.py"), "arm-none-eabi-objdump",
               str(image)]  # fmt: skip
    done = subprocess.run(checker, capture_output=True, text=True, check=True)
    found = re.search(r"the longest has (\d+) instructions", done.stdout)
    return int(found.group(1)) if found else 0


def small_image(board: str, features: int) -> Path:
    return mcu.folder_of(board, "-bench-small") / "bin" / f"features_{features}.elf"


def code(board: str, features: int) -> int:
    """Bytes of code without the port: all images contain some of it, by the vector table."""
    return mcu_image.code_bytes(small_image(board, features), lambda p: not mcu_image.is_port(p))


def sizes(board: str) -> dict[str, int]:
    table = {name: code(board, with_it) - code(board, without)
             for name, with_it, without in FEATURES}  # fmt: skip
    table["port"] = mcu_image.code_bytes(small_image(board, ALL_FEATURES), mcu_image.is_port)
    return table


def stack(board: str) -> dict[str, tuple[int, list[str]]]:
    folder = mcu.folder_of(board, "-bench-small")
    return mcu_stack.stack_use(folder / "bin/interface.elf", folder)


def measure(board: str) -> Values:
    values: Values = {}
    programs = [p for p in ("blocks", "references", "density", "collector", "interference")
                if (mcu.folder_of(board, "-bench") / "bin" / f"{p}.elf").exists()]  # fmt: skip
    for program in programs:
        for seed in SEEDS if program == "interference" else SEEDS[:1]:
            for name, figures in run(board, program, seed).items():
                values.setdefault(name, []).extend(figures)
    everything = small_image(board, ALL_FEATURES)
    values["masked"] = [masked(everything)]
    values["memory"] = [sum(row[1] for row in mcu_image.fixed_memory(everything))]
    values["code.allocator"] = [code(board, 1) - code(board, 0)]
    values["code.core"] = [code(board, 26) - code(board, 0)]
    values["code.all"] = [mcu_image.code_bytes(everything, mcu_image.is_core)]
    values["collector.stack_bound"] = [stack(board)["the collector's thread"][0]]
    return values


# ---- budgets


def budgeted_code(board: str) -> dict[str, float]:
    whole = mcu_image.code_bytes(small_image(board, ALL_FEATURES), mcu_image.is_core)
    core = code(board, 26) - code(board, 0)
    return {**sizes(board), "allocator, counts, weak references, collector": core, "all": whole}


def budgeted_figures(values: Values) -> dict[str, float]:
    """What is no size: those have budgets of their own. Nor what any change of the code changes,
    because the schedules of the seeds are then others: make() has no bound there, see
    docs/microcontrollers.md, section 6."""
    other = ("code", "fixed memory", "collector's stack", "longest operation", "the same")
    found = {goal.name: goal.value(values) for goal in GOALS if not goal.name.startswith(other)}
    return {name: figure for name, figure in found.items() if figure is not None}


def budget_of(kind: str, name: str, figure: float) -> tuple[str, int]:
    """The figure with its margin, which ends where a goal that is met begins to be missed."""
    goal = next((goal for goal in GOALS if goal.name == name), Goal(name, one(name)))
    margin = MARGINS[kind]
    if goal.relation == ">=":
        budget = math.floor(figure * (1 - margin / 3))
        return ">=", max(budget, round(goal.limit)) if goal.met(figure) else budget
    budget = math.ceil(figure * (1 + margin))
    return "<=", min(budget, round(goal.limit)) if goal.met(figure) else budget


def write_budgets(boards: list[str]) -> None:
    budgets: dict[str, dict] = {}
    for board in boards:
        memory = mcu_image.fixed_memory(small_image(board, ALL_FEATURES))
        figures = {
            "code": budgeted_code(board),
            "memory": {"fixed memory": sum(row[1] for row in memory)},
            "stack": {name: need for name, (need, _) in stack(board).items()},
        }
        if board in MEASURED:
            figures["figures"] = budgeted_figures(measure(board))
        budgets[board] = {
            kind: {name: budget_of(kind, name, figure) for name, figure in table.items()}
            for kind, table in figures.items()
        }
    text = json.dumps(budgets, indent=1)
    text = re.sub(r'\[\s+"([<>]=)",\s+(\d+)\s+\]', r'["\1", \2]', text)  # a line each
    BUDGETS.write_text(text + "\n", encoding="utf-8")


# ---- printing


def shown(value: float | None) -> str:
    if value is None:
        return "-"
    return str(round(value)) if value == round(value) else f"{value:.1f}"


def verdict(goal: Goal, value: float | None) -> str:
    met = goal.met(value)
    if met is None:
        return ""
    return "met" if met else f"falls short by {shown(abs(value - goal.limit))}"


def print_goals(results: dict[str, Values]) -> None:
    boards = list(results)
    heads = "".join(f"{CORES.get(board, board):>12}" for board in boards)
    print(f"{'figure':<52}{'goal':>9}{heads}")
    for goal in GOALS:
        figures = [goal.value(results[board]) for board in boards]
        wanted = f"{goal.relation} {shown(goal.limit)}" if goal.relation else ""
        columns = "".join(f"{shown(figure):>12}" for figure in figures)
        print(f"{goal.name:<52}{wanted:>9}{columns}  {verdict(goal, figures[0])}".rstrip())


def print_rows(title: str, rows: list[tuple]) -> None:
    print(f"\n{title}")
    for row in rows:
        print("  " + f"{row[0]:>7}  " + "  ".join(str(cell) for cell in row[1:]))


def print_image_tables(board: str) -> None:
    name = CORES.get(board, board)
    rows = [(value, feature) for feature, value in sizes(board).items()]
    print_rows(f"code by feature, {name}, -Os, bytes", rows)
    memory = mcu_image.fixed_memory(small_image(board, ALL_FEATURES))
    print_rows(f"fixed memory, {name}, bytes", [(row[1], row[0], row[2]) for row in memory])
    needs = [(value, function) for function, (value, _) in stack(board).items()]
    print_rows(f"stack by function, {name}, -Os, bytes", sorted(needs, reverse=True))


def document(results: dict[str, Values]) -> dict:
    def of_board(board: str) -> dict:
        memory = mcu_image.fixed_memory(small_image(board, ALL_FEATURES))
        return {
            "core": CORES.get(board, board),
            "figures": [
                {"name": g.name, "value": g.value(results[board]), "relation": g.relation or None,
                 "goal": g.limit if g.relation else None, "met": g.met(g.value(results[board]))}
                for g in GOALS
            ],
            "code_by_feature": sizes(board),
            "code_by_part": mcu_image.bytes_by_part(small_image(board, ALL_FEATURES)),
            "fixed_memory": [{"name": n, "bytes": b, "part": p} for n, b, p in memory],
            "stack": {name: {"bytes": b, "chain": c} for name, (b, c) in stack(board).items()},
            "measured": results[board],
        }  # fmt: skip

    compiler = subprocess.run(
        ["arm-none-eabi-g++", "--version"], capture_output=True, text=True, check=True
    ).stdout.splitlines()[0]
    return {"compiler": compiler, "boards": {board: of_board(board) for board in results}}


def print_all(results: dict[str, Values]) -> None:
    for board, values in results.items():
        for name, figures in values.items():
            print(board, name, *figures)
    for row in mcu_image.largest_symbols(small_image(next(iter(results)), ALL_FEATURES), 60):
        print(f"{row[1]:>7}  {row[2]:<34} {row[0]}")


def build(boards: list[str], variants: tuple[str, ...] = ("-bench", "-bench-small")) -> bool:
    return all(mcu.build(board, variant) for board in boards for variant in variants)


def main() -> int:
    parser = argparse.ArgumentParser(prog="./dev mcu-bench", description=__doc__.split("\n", 1)[0])
    parser.add_argument("board", nargs="*", help="of ./dev mcu --list; default: three cores")
    parser.add_argument("--json", type=Path, help="writes all figures into this file")
    parser.add_argument("--all", action="store_true", help="prints every single figure")
    parser.add_argument("--curve", action="store_true", help="other settings of the allocator")
    parser.add_argument("--trace", nargs=2, metavar=("PROGRAM", "OPERATION"),
                        help="of bench/mcu: where its instructions go")  # fmt: skip
    parser.add_argument("--budgets", action="store_true", help="writes the tests' limits anew")
    options = parser.parse_args()
    boards = options.board or list(CORES)
    for board in boards:
        if board not in mcu.BOARDS:
            parser.error(f"no board '{board}'; ./dev mcu --list names them")
    if options.curve:
        written = mcu_curve.main()
    else:
        if not build(boards):
            return 1
        if options.trace:
            mcu_trace.show(boards[0], *options.trace)
            return 0
        if options.budgets:
            write_budgets(options.board or list(json.loads(BUDGETS.read_text(encoding="utf-8"))))
            return 0
        results = {board: measure(board) for board in boards}
        print_goals(results)
        for board in boards:
            print_image_tables(board)
        if options.all:
            print_all(results)
        written = document(results)
    if options.json:
        options.json.write_text(json.dumps(written, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
