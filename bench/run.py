#!/usr/bin/env python3
"""./dev bench: runs Ouro and its peers on the same work and judges the goals.

Every run is a process of its own that does one case. Repetitions are interleaved: each goes
through all cases, and in each case through all contestants, beginning with another one each time,
so that what the machine does meanwhile meets them all. Prints tables of medians and ratios, writes
JSON and plots, and ends with one line per goal. Exit code 1 if a run of Ouro failed, not if a goal
is missed.
"""

import argparse
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict
from pathlib import Path

import plots
from goals import Judge, all_goals
from measurements import Measurements, Run
from tables import Tables, goal_table

ROOT = Path(__file__).resolve().parents[1]
# Program: how tables call it. The order is that of the tables.
CONTESTANTS = {
    "ouro": "Ouro",
    "floor": "floor (no counts)",
    "std_shared_ptr": "std::shared_ptr",
    "boost_intrusive_ptr": "boost::intrusive_ptr",
    "boost_atomic_shared_ptr": "boost::atomic_shared_ptr",
    "mutex_shared_ptr": "mutex + shared_ptr",
    "nim_orc": "Nim ORC",
    "python": "CPython",
    "boehm": "Boehm",
    "glibc": "glibc malloc",
    "mimalloc": "mimalloc",
    "jemalloc": "jemalloc",
}
WORKS = ("W1", "W2", "W3", "W4", "W5", "W6", "A", "G", "I", "S")
# G and I are large, and I counts instructions, which repeat.
REPETITIONS_MAX = {"G": 2, "I": 1}
DECADES = {"full": 7, "quick": 5, "smoke": 3}  # of graphs whose collection is timed
COUNTED_DECADE_MAX = 6  # of those whose instructions are counted
RUN_SECONDS = 150


class Bench:
    def __init__(self, options: argparse.Namespace):
        self.options = options
        self.folder = Path(options.programs)
        self.runs: list[Run] = []
        self.missing: dict[str, str] = {}  # contestant: why it does not run
        self.cases: dict[str, list[str]] = {}  # contestant: what it takes part in
        self.notes: dict[str, str] = {}

    def find_contestants(self) -> None:
        for contestant in CONTESTANTS:
            program = self.folder / contestant
            if self.options.contestants and contestant not in self.options.contestants:
                self.missing[contestant] = "left out"
            elif not program.exists():
                self.missing[contestant] = "not built"
            else:
                output = subprocess.run([program, "--list"], capture_output=True, text=True)
                self.cases[contestant] = output.stdout.split()

    def wanted(self, case: str) -> bool:
        work, *rest = case.split("/")
        if self.options.only and work not in self.options.only and case not in self.options.only:
            return False
        if work not in ("G", "I"):
            return True
        limit = DECADES[self.options.scale]
        if work == "I":
            limit = min(limit, COUNTED_DECADE_MAX)
        # The least live heap is one decade above the least graph.
        return int(rest[-1]) <= max(limit, 4 if rest[0] == "live" else 3)

    def plan(self) -> list[tuple[str, list[str]]]:
        """The cases in the order of WORKS, each with its contestants."""
        by_case: dict[str, list[str]] = {}
        for contestant, cases in self.cases.items():
            for case in filter(self.wanted, cases):
                by_case.setdefault(case, []).append(contestant)
        order = sorted(by_case, key=lambda case: (WORKS.index(case.split("/")[0]), case))
        return [(case, by_case[case]) for case in order]

    def measure(self) -> None:
        plan = self.plan()
        for repetition in range(self.options.repetitions):
            for case, contestants in plan:
                if repetition >= REPETITIONS_MAX.get(case.split("/")[0], self.options.repetitions):
                    continue
                shift = repetition % len(contestants)
                for contestant in contestants[shift:] + contestants[:shift]:
                    run = self.run(contestant, case, repetition)
                    self.runs.append(run)
                    self.show(run)

    def show(self, run: Run) -> None:
        if self.options.verbose or run.error:
            figures = " ".join(f"{name}={value:.4g}" for name, value in run.figures.items())
            print(f"{run.repetition} {run.case} {run.contestant}: {run.error or figures}",
                  file=sys.stderr, flush=True)

    def run(self, contestant: str, case: str, repetition: int) -> Run:
        run = Run(contestant, case, repetition)
        command = [str(self.folder / contestant), case, self.options.scale]
        with tempfile.TemporaryDirectory(prefix="ouro-bench.") as scratch:
            counts = Path(scratch, "counts")
            if case.startswith("I/"):
                if shutil.which("valgrind") is None:
                    run.error = "valgrind is not there"
                    return run
                command = ["valgrind", "--tool=callgrind", "--instr-atstart=no",
                           f"--callgrind-out-file={counts}", *command]
            start = time.monotonic()
            try:
                done = subprocess.run(command, capture_output=True, text=True, timeout=RUN_SECONDS)
            except subprocess.TimeoutExpired:
                run.error = f"not finished after {RUN_SECONDS} s"
                return run
            # A run that goes before all other programs leaves them as much time after it.
            if os.getloadavg()[0] > len(os.sched_getaffinity(0)):
                time.sleep(min(time.monotonic() - start, 1))
            if done.returncode != 0:
                lines = done.stderr.strip().splitlines()
                signal = f"signal {-done.returncode}" if done.returncode < 0 else ""
                run.error = signal or (lines[-1] if lines else f"exit code {done.returncode}")
                return run
            figures = json.loads(done.stdout)
            self.note(contestant, figures.pop("note", ""), run)
            if case.startswith("I/"):
                total = re.search(r"^totals: (\d+)", counts.read_text(), re.MULTILINE)
                instructions = int(total.group(1)) if total else 0
                if instructions == 0:
                    run.error = "nothing counted: built without valgrind's header"
                    return run
                figures = {"instructions": instructions / figures["size"]}
        if not run.error:
            run.figures = figures
        return run

    def note(self, contestant: str, note: str, run: Run) -> None:
        """Remembers versions; an allocator must really be the one that is meant."""
        if note:
            self.notes[contestant] = Path(note).name
        expected = {"glibc": "libc.so", "mimalloc": "mimalloc", "jemalloc": "jemalloc"}
        if contestant in expected and expected[contestant] not in note:
            run.error = f"malloc comes from {note}"


def machine() -> dict:
    model = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    return {
        "processor": model.group(1) if model else platform.machine(),
        "processors": len(os.sched_getaffinity(0)),
        "system": platform.system(),
        "load_at_end": round(os.getloadavg()[1], 2),
    }


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./dev bench", description=__doc__.split("\n\n")[0])
    parser.add_argument("--quick", action="store_true", help="a tenth of the work: a first look")
    parser.add_argument("--only", metavar="WORK", type=lambda text: text.split(","),
                        help=f"of {', '.join(WORKS)}, or cases as in W4/r; separated by commas")
    parser.add_argument("--contestants", metavar="NAMES", type=lambda text: text.split(","),
                        help=f"of {', '.join(CONTESTANTS)}")
    parser.add_argument("--repetitions", type=int, help="5, with --quick 3; of G at most 2, of I 1")
    parser.add_argument("--json", metavar="FILE", help="default: results.json beside the plots")
    parser.add_argument("--plots", metavar="FOLDER", help="default: bench/ in the build folder")
    parser.add_argument("--programs", default=ROOT / "build" / "release" / "bin" / "bench",
                        metavar="FOLDER", help=argparse.SUPPRESS)
    parser.add_argument("--scale", choices=("full", "quick", "smoke"), help=argparse.SUPPRESS)
    parser.add_argument("--from", metavar="FILE", dest="results",
                        help="measure nothing: tables, plots and goals of a JSON file")
    parser.add_argument("--verbose", action="store_true", help="every run as it ends")
    options = parser.parse_args()
    for name in [*(options.only or []), *(options.contestants or [])]:
        if name.split("/")[0] not in WORKS and name not in CONTESTANTS:
            parser.error(f"there is no {name}")
    options.scale = options.scale or ("quick" if options.quick else "full")
    options.repetitions = options.repetitions or {"full": 5, "quick": 3, "smoke": 1}[options.scale]
    options.plots = Path(options.plots or ROOT / "build" / "bench")
    options.json = Path(options.json or options.plots / "results.json")
    return options


def measured(options: argparse.Namespace) -> dict:
    """Measures; returns what the JSON file holds, without the goals."""
    bench = Bench(options)
    bench.find_contestants()
    start = time.monotonic()
    bench.measure()
    return {
        "scale": options.scale,
        "repetitions": options.repetitions,
        "seconds": round(time.monotonic() - start),
        "machine": machine(),
        "versions": bench.notes,
        "missing": bench.missing,
        "offers": bench.cases,
        "runs": [asdict(run) for run in bench.runs],
    }


def print_result(result: dict, goals: list, of: Measurements) -> None:
    host = result["machine"]
    print(f"# Benchmark, {result['scale']} scale\n")
    print(f"{host['processor']}, {host['processors']} processors, load {host['load_at_end']} at "
          f"the end; {result['repetitions']} interleaved repetitions, {result['seconds']} s. "
          "Medians, least and greatest in brackets.")
    for contestant, why in result["missing"].items():
        print(f"\nWithout {CONTESTANTS[contestant]}: {why}.", end="")
    print("\n\n" + Tables(of, CONTESTANTS).all())
    print("### Goals\n\n" + goal_table(goals) + "\n")
    for goal in goals:
        suffix = "" if result["scale"] == "full" else f" [{result['scale']} scale: no verdict]"
        print(goal.line() + suffix)


def main() -> int:
    options = parse()
    options.plots.mkdir(parents=True, exist_ok=True)
    if options.results:
        result = json.loads(Path(options.results).read_text(encoding="utf-8"))
    else:
        result = measured(options)
    of = Measurements([Run(**run) for run in result["runs"]])
    judge = Judge(of, CONTESTANTS, result["missing"], result["offers"])
    goals = all_goals(judge, DECADES["full"] if result["scale"] == "full" else DECADES["quick"])
    result["goals"] = [
        {**asdict(goal), "met": goal.met, "line": goal.line(),
         "figures": [{**asdict(figure), "met": figure.met} for figure in goal.figures]}
        for goal in goals
    ]
    options.json.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    for path in plots.write_all(of, CONTESTANTS, options.plots):
        print(f"wrote {path}", file=sys.stderr)
    print(f"wrote {options.json}", file=sys.stderr)
    print_result(result, goals, of)
    failed = [run for run in of.runs if run.contestant == "ouro" and run.error]
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
