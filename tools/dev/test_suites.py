#!/usr/bin/env python3
"""./dev test [full|quick]: builds and runs the suites part by part, all within one time limit.

A part may take three times its budget (a slow or busy machine), while the whole keeps the limit.

Prints one row per part, then what failed with its output, then, alone on the last line, the sums:
`N passed, N failed`. A part that fails as a whole (a build, the time used up) counts as one failure
more. Logs stay in build/test-logs/.
"""

import os
import re
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LOGS = ROOT / "build" / "test-logs"
LIMIT_SECONDS = {"quick": 500, "full": 45 * 60}
PATIENCE = 3  # times its budget that a part may take
SHOWN_LINES = 80  # of the output of one failed test, or of a part that failed as a whole
SHOWN_FAILURES = 20  # of one part, with their output

# preset: (budget of the build, {ctest label: budget}), in seconds. The sums are checked in main().
# Everything runs in every preset, except that what is only compiled is compiled once.
QUICK = {
    "release": (
        270,
        {
            "unit": 20,
            "semantic": 25,
            "sim": 60,
            "tools": 25,
            "gcscript": 20,
            "shadow": 20,
            "differential_quick": 45,
            "bench": 15,
        },
    )
}
FULL = {
    "release": (
        240,
        {
            "unit": 12,
            "conformance": 3,
            "semantic": 15,
            "hostile": 15,
            "sim": 10,
            "mcu": 400,
            "kernels": 95,
            "mutants": 5,
            "models": 55,
            "tools": 60,
            "gcscript": 8,
            "shadow": 8,
            "differential": 80,
            "example": 3,
            "replay": 5,
            "stress": 15,
            "valgrind": 40,
            "bench": 8,
            "compile": 80,
        },
    ),
    "asan": (
        280,
        {
            "unit": 30,
            "conformance": 3,
            "semantic": 15,
            "hostile": 5,
            "tools": 65,
            "gcscript": 20,
            "shadow": 22,
            "differential_quick": 15,
            "example": 3,
            "replay": 8,
            "stress": 15,
        },
    ),
    "tsan": (
        160,
        {
            "unit": 50,
            "conformance": 3,
            "semantic": 18,
            "hostile": 5,
            "tools": 125,
            "gcscript": 28,
            "shadow": 32,
            "differential_quick": 16,
            "example": 3,
            "replay": 35,
            "stress": 15,
        },
    ),
    "compact": (
        210,
        {
            "unit": 12,
            "semantic": 35,
            "hostile": 28,
            "sim": 22,
            "mutants": 5,
            "gcscript": 8,
            "shadow": 8,
            "stress": 15,
        },
    ),
    "fuzz": (45, {"fuzz": 35}),
}

# "    Start 3: ..." and "3/12 Test #3: unit/Heap.keeps ....   Passed    0.01 sec", as ctest prints
# them; behind the latter follows the output of a test that failed.
START = re.compile(r"^\s+Start\s+\d+: ")
RESULT = re.compile(r"^\s*\d+/\d+ Test\s+#\d+: (\S+) (.*)$")
TOTAL = re.compile(r"^\d+% tests passed, \d+ tests failed out of (\d+)$")


@dataclass
class Outcome:
    """What came of one part."""

    name: str
    seconds: float = 0.0
    passed: int = 0
    skipped: int = 0
    failed: dict[str, list[str]] = field(default_factory=dict)  # name: the lines of its output
    log: Path | None = None

    def fail_as_a_whole(self, why: str) -> None:
        lines = self.log.read_text(errors="replace").splitlines() if self.log else []
        self.failed[why] = lines[-SHOWN_LINES:]


def run_within(command: list[str], budget: float, log: Path) -> str:
    """Runs the command with its output in log; returns '' or why the part as a whole failed."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            code = process.wait(timeout=budget)
        except subprocess.TimeoutExpired:
            end_group(process)
            return f"its budget of {budget:.0f} s is exceeded"
        except BaseException:
            end_group(process)
            raise
    return "" if code == 0 else f"exit code {code}"


def end_group(process: subprocess.Popen) -> None:
    """Ends the process and all that it started, politely first."""
    for sign, wait in ((signal.SIGTERM, 5), (signal.SIGKILL, 5)):
        try:
            os.killpg(process.pid, sign)
            process.wait(timeout=wait)
        except (ProcessLookupError, subprocess.TimeoutExpired):
            pass


def read_results(text: str, outcome: Outcome) -> int | None:
    """Adds the results in ctest's output to outcome; returns the total that ctest claims."""
    total = None
    output: list[str] = []  # of the test whose result came last
    for line in text.splitlines():
        if match := RESULT.match(line):
            name, rest = match.groups()
            output = []
            if re.search(r"\*\*\*(Skipped|Not Run \(Disabled\))", rest):
                outcome.skipped += 1
            elif re.search(r"(^|\. *)Passed ", rest) and "***" not in rest:
                outcome.passed += 1
            else:
                outcome.failed[name] = output
        elif match := TOTAL.match(line):
            total = int(match.group(1))
            output = []
        elif START.match(line):
            output = []
        else:
            output.append(line)
    return total


def run_build(preset: str, budget: float) -> Outcome:
    outcome = Outcome(f"{preset} build", log=LOGS / f"{preset}-build.log")
    start = time.monotonic()
    why = run_within(["tools/dev/build.sh", preset], budget, outcome.log)
    outcome.seconds = time.monotonic() - start
    if why:
        outcome.fail_as_a_whole(f"build: {why}")
    return outcome


def run_tests(preset: str, label: str, budget: float) -> Outcome:
    outcome = Outcome(f"{preset} {label}", log=LOGS / f"{preset}-{label}.log")
    command = ["ctest", "--preset", preset, "-L", f"^{label}$", "-j", str(os.cpu_count() or 1)]
    start = time.monotonic()
    why = run_within(command, budget, outcome.log)
    outcome.seconds = time.monotonic() - start
    total = read_results(outcome.log.read_text(errors="replace"), outcome)
    seen = outcome.passed + len(outcome.failed) + outcome.skipped
    if why and (not outcome.failed or "budget" in why):
        outcome.fail_as_a_whole(f"{label}: {why}")
    elif total is not None and total > seen:
        outcome.fail_as_a_whole(f"{label}: ctest counts {total} tests, its output shows {seen}")
    return outcome


def allowed(budget: float, deadline: float) -> float:
    """Seconds that a part with this budget may take now."""
    return max(1.0, min(PATIENCE * budget, deadline - time.monotonic()))


def row(outcome: Outcome, budget: float) -> str:
    state = "FAILED" if outcome.failed else "ok"
    counts = f"{outcome.passed:>7} {len(outcome.failed):>7} {outcome.skipped:>8}"
    return f"{outcome.name:<18} {counts} {outcome.seconds:>8.1f} {budget:>7}  {state}"


def print_failures(outcomes: list[Outcome]) -> None:
    for outcome in (o for o in outcomes if o.failed):
        where = f", log in {outcome.log.relative_to(ROOT)}" if outcome.log else ""
        print(f"\n--- {outcome.name}: {len(outcome.failed)} failed{where}")
        for number, (name, lines) in enumerate(outcome.failed.items()):
            print(f"--- failed: {name}")
            if number < SHOWN_FAILURES:
                print("\n".join(lines[:SHOWN_LINES]))


def run_parts(plan: dict, deadline: float) -> list[Outcome]:
    """Runs every part of the plan, a row each; a preset that does not build has no further part."""
    outcomes = []
    header = f"{'part':<18} {'passed':>7} {'failed':>7} {'skipped':>8} {'seconds':>8} {'budget':>7}"
    print(header, flush=True)
    for preset, (build_budget, labels) in plan.items():
        outcomes.append(run_build(preset, allowed(build_budget, deadline)))
        print(row(outcomes[-1], build_budget), flush=True)
        if outcomes[-1].failed:
            continue
        for label, budget in labels.items():
            outcomes.append(run_tests(preset, label, allowed(budget, deadline)))
            print(row(outcomes[-1], budget), flush=True)
    return outcomes


def main() -> int:
    kind = sys.argv[1] if len(sys.argv) > 1 else "full"
    if kind not in LIMIT_SECONDS or len(sys.argv) > 2:
        print("usage: ./dev test [full|quick]", file=sys.stderr)
        return 2
    plan = QUICK if kind == "quick" else FULL
    budgets = sum(build + sum(labels.values()) for build, labels in plan.values())
    assert budgets <= LIMIT_SECONDS[kind], f"the budgets sum up to {budgets} s"
    LOGS.mkdir(parents=True, exist_ok=True)

    start = time.monotonic()
    outcomes = run_parts(plan, start + LIMIT_SECONDS[kind])
    passed = sum(outcome.passed for outcome in outcomes)
    failed = sum(len(outcome.failed) for outcome in outcomes)
    if passed + failed == 0:
        outcomes.append(Outcome("all", failed={"no test ran": []}))
        failed = 1
    print(f"{'all parts':<45} {time.monotonic() - start:>8.1f} {budgets:>7}")
    print_failures(outcomes)
    print(f"\n{passed} passed, {failed} failed", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
