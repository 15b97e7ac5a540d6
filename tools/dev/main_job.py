#!/usr/bin/env python3
"""The main job of ./dev run, with the program already built: the tour, a replay of every graph in
tests/graphs with one thread, with four, and with four beside the automatic collector, then ten
seconds of stress. Closes with a table of the program's own figures (its --json output).
Fails if any step fails; all steps together end within DEADLINE_SECONDS.
"""

import json
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = ROOT / "build" / "release" / "bin" / "ouro"
DEADLINE_SECONDS = 175
STEP_SECONDS = 60
STRESS_SECONDS = 10

REPLAY_FIELDS = (
    "objects",
    "reclaimed_by_count",
    "reclaimed_by_collector",
    "longest_operation_ns",
    "high_water_bytes",
    "ok",
)
STRESS_FIELDS = ("operations", *REPLAY_FIELDS[1:-1], "seed", "ok")


@dataclass
class Step:
    """One run of the program that reports figures."""

    name: str
    setting: str
    arguments: list[str]
    fields: tuple[str, ...]
    figures: dict | None = None
    seconds: float = 0.0
    error: str = ""


def plan() -> list[Step]:
    steps = []
    for graph in sorted((ROOT / "tests" / "graphs").glob("*.gcg.gz")):
        name = graph.name.removesuffix(".gcg.gz")
        for setting, options in (
            ("1 thread", ["--threads=1"]),
            ("4 threads", ["--threads=4"]),
            ("4 threads, auto", ["--threads=4", "--collector=auto"]),
        ):
            arguments = ["replay", str(graph), *options, "--json"]
            steps.append(Step(name, setting, arguments, REPLAY_FIELDS))
    arguments = ["stress", f"--seconds={STRESS_SECONDS}", "--json"]
    steps.append(Step("stress", f"{STRESS_SECONDS} s", arguments, STRESS_FIELDS))
    return steps


def run_program(arguments: list[str], deadline: float, capture: bool) -> tuple[str, str]:
    """Runs the program; returns its standard output, if captured, and '' or what went wrong."""
    budget = min(STEP_SECONDS, deadline - time.monotonic())
    if budget <= 0:
        return "", f"not started: the {DEADLINE_SECONDS} s of the main job are over"
    try:
        done = subprocess.run(
            [PROGRAM, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE if capture else None,
            timeout=budget,
            text=True,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return "", f"not finished after {budget:.0f} s"
    except OSError as error:
        return "", str(error)
    return done.stdout or "", "" if done.returncode == 0 else f"exit code {done.returncode}"


def read_figures(step: Step, output: str) -> str:
    """Fills in step.figures from the program's JSON; returns '' or what is wrong with it."""
    try:
        figures = json.loads(output)
    except ValueError as error:
        return f"standard output is not one JSON object: {error}"
    missing = [name for name in step.fields if name not in figures]
    if missing:
        return f"--json lacks {', '.join(missing)}"
    step.figures = figures
    return "" if figures["ok"] is True else "the program reports ok = false"


def print_table(steps: list[Step]) -> None:
    columns = ("objects", "by count", "by collector", "longest op", "high water")
    print(f"\n{'step':<20} {'setting':<16}" + "".join(f"{name:>13}" for name in columns))
    for step in steps:
        if step.figures is None:
            print(f"{step.name:<20} {step.setting:<16} {step.error}")
            continue
        figures = step.figures
        cells = (
            str(figures.get("objects", "-")),
            str(figures["reclaimed_by_count"]),
            str(figures["reclaimed_by_collector"]),
            f"{figures['longest_operation_ns'] / 1000:.1f} us",
            f"{figures['high_water_bytes'] / 1024:.0f} KiB",
        )
        line = f"{step.name:<20} {step.setting:<16}" + "".join(f"{cell:>13}" for cell in cells)
        print(line + (f"  {step.error}" if step.error else ""))
    last = steps[-1].figures
    if last is not None:
        print(f"stress: {last['operations']} operations, seed {last['seed']}")


def main() -> int:
    if not PROGRAM.exists():
        print(f"run: the build made no {PROGRAM.relative_to(ROOT)}", file=sys.stderr)
        return 1
    start = time.monotonic()
    deadline = start + DEADLINE_SECONDS
    failures = []

    print("== tour", flush=True)
    _, error = run_program(["tour"], deadline, capture=False)
    if error:
        failures.append(f"tour: {error}")

    steps = plan()
    print("\n== replays and stress", flush=True)
    for step in steps:
        before = time.monotonic()
        output, step.error = run_program(step.arguments, deadline, capture=True)
        step.seconds = time.monotonic() - before
        wrong = read_figures(step, output)
        step.error = step.error or wrong
        print(
            f"{step.name:<20} {step.setting:<16} {step.seconds:6.2f} s  {step.error or 'ok'}",
            flush=True,
        )
        if step.error:
            failures.append(f"{step.name}, {step.setting}: {step.error}")

    print_table(steps)
    print(f"\n{len(steps) + 1} steps in {time.monotonic() - start:.0f} s, {len(failures)} failed")
    for failure in failures:
        print(f"failed: {failure}")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
