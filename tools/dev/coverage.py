#!/usr/bin/env python3
"""./dev coverage [--no-run] [--list]: lines and branches of heap/ and gc/ that the tests run.

Builds the coverage preset, runs its tests, adds up what gcov says of every translation unit, and
prints a table. Compared with tests/coverage_exceptions.txt: exit status 1 if a line or branch that
is not listed there was not run, if a listed one was run or is in the sources no more, or if the
goals are missed. --no-run takes the counts that are there; --list prints what was not run, in the
form of that file.

Templates and inline functions count as run when one of their instances did. Branches that only an
exception takes are not counted (the core throws none), nor those of OURO_ASSERT, which stop the
program, nor those of OURO_MUTANT and OURO_ORDER, which are constants outside the simulation, nor
those that the compiler makes where the source decides nothing: the null check of a placement new,
std::is_constant_evaluated(), destructors at a closing brace. Others that it makes still count, and
so are listed: without optimization a condition with && or || that has temporaries is kept as a
value and asked again (two branches more). A switch over all values of an enumeration has a way
around it, which no value takes: it is not counted in files without a `default:`.
"""

import argparse
import gzip
import json
import os
import re
import subprocess
import sys
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / "build" / "coverage"
EXCEPTIONS = ROOT / "tests" / "coverage_exceptions.txt"
LABELS = "unit|semantic|hostile|sim"
GOALS = {"line": 98.0, "branch": 95.0}
FOLDERS = ("heap/", "gc/")
NOT_COUNTED = re.compile(
    r"OURO_(?:ASSERT|MUTANT|ORDER)\(|is_constant_evaluated\(|^::new \(|^\}$"
)


def run_tests() -> None:
    for counts in BUILD.rglob("*.gcda"):
        counts.unlink()
    jobs = str(os.cpu_count() or 1)
    command = ["ctest", "--preset", "coverage", "-L", f"^({LABELS})$", "-j", jobs]
    if subprocess.run(command, cwd=ROOT).returncode != 0:
        sys.exit("coverage: tests failed, so their figures would mean nothing")


def gcov(counts: Path) -> list[dict]:
    """What gcov says about the project's own files in one translation unit."""
    command = ["gcov", "--json-format", "--stdout", "--branch-counts", "--branch-probabilities",
               str(counts)]
    output = subprocess.run(command, cwd=counts.parent, capture_output=True, check=True).stdout
    text = gzip.decompress(output) if output[:2] == b"\x1f\x8b" else output
    documents = [json.loads(line) for line in text.splitlines() if line.strip()]
    return [file for document in documents for file in document["files"]]


def decisions_of(branches: list[dict]) -> list[int]:
    """Counts of a line's branches without those of calls, which return or throw."""
    decisions: list[dict] = []
    for branch in branches:
        if not branch["throw"]:
            decisions.append(branch)
        elif decisions and decisions[-1]["fallthrough"]:
            decisions.pop()
    return [branch["count"] for branch in decisions]


class Counts:
    """Runs of each line, and of each of its branches, over all translation units."""

    def __init__(self) -> None:
        self.lines: dict[tuple[str, int], int] = defaultdict(int)
        # By the number of branches: instances of a template may differ in it.
        self.branches: dict[tuple[str, int], dict[int, list[int]]] = defaultdict(dict)

    def add(self, files: list[dict]) -> None:
        for file in files:
            name = file["file"].removeprefix(f"{ROOT}/")
            if not name.startswith(FOLDERS):
                continue
            for line in file["lines"]:
                key = (name, line["line_number"])
                self.lines[key] += line["count"]
                branches = decisions_of(line["branches"])
                if len(branches) > 1:
                    seen = self.branches[key].setdefault(len(branches), [0] * len(branches))
                    for i, count in enumerate(branches):
                        seen[i] += count

    def branches_of(self, key: tuple[str, int], is_switch: bool) -> list[int]:
        """The instances that ran best. Without the way around a switch over all values."""

        def share(counts: list[int]) -> float:
            return sum(count > 0 for count in counts) / len(counts)

        best = max(self.branches[key].values(), key=share)
        if is_switch and 0 in best:
            best = best.copy()
            best.remove(0)
        return best


def measure() -> Counts:
    files = sorted(BUILD.rglob("*.gcda"))
    if not files:
        sys.exit("coverage: there are no counts; run without --no-run")
    counts = Counts()
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        for found in pool.map(gcov, files):
            counts.add(found)
    return counts


class Sources:
    def __init__(self) -> None:
        self.texts: dict[str, list[str]] = {}

    def lines(self, name: str) -> list[str]:
        if name not in self.texts:
            self.texts[name] = (ROOT / name).read_text(encoding="utf-8").splitlines()
        return self.texts[name]

    def has(self, name: str, text: str) -> bool:
        return any(text in line for line in self.lines(name))

    def has_line(self, name: str, text: str) -> bool:
        """Is there such a line, its blanks joined?"""
        if not (ROOT / name).is_file():
            return False
        return any(" ".join(line.split()) == text for line in self.lines(name))

    def line(self, name: str, number: int) -> str:
        lines = self.lines(name)
        return " ".join(lines[number - 1].split()) if number <= len(lines) else ""


def read_exceptions() -> dict[tuple[str, str, str], str]:
    """{(kind, file, source line): reason}; kinds as in the file's head."""
    listed = {}
    reason = ""
    if not EXCEPTIONS.is_file():
        return listed
    for number, line in enumerate(EXCEPTIONS.read_text(encoding="utf-8").splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        if not line.startswith("    "):
            reason = line.strip()
            continue
        parts = [part.strip() for part in line.split(" | ", 2)]
        if len(parts) != 3 or parts[0].split()[0] not in ("line", "branch") or not reason:
            sys.exit(f"{EXCEPTIONS.name}:{number}: not `kind | file | source line` under a reason")
        listed[parts[0], parts[1], parts[2]] = reason
    return listed


def judge(counts: Counts, sources: Sources) -> tuple[dict, set]:
    """Per file [lines, run, branches, run], and what was not run."""
    table: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    missed = set()
    for (name, number), runs in counts.lines.items():
        text = sources.line(name, number)
        row = table[name]
        row[0] += 1
        row[1] += runs > 0
        if runs == 0:
            missed.add(("line", name, text))
        elif (name, number) in counts.branches and not NOT_COUNTED.search(text):
            is_switch = text.startswith("switch (") and not sources.has(name, "default:")
            branches = counts.branches_of((name, number), is_switch)
            row[2] += len(branches)
            row[3] += sum(count > 0 for count in branches)
            if not all(branches):
                missed.add(("branch", name, text))
    return table, missed


def percent(part: int, whole: int) -> float:
    return 100.0 * part / whole if whole else 100.0


def print_table(table: dict) -> dict[str, float]:
    print(f"{'file':<30} {'lines':>6} {'run':>6} {'%':>6} {'branches':>9} {'run':>6} {'%':>6}")
    sums = [0, 0, 0, 0]
    for name, row in sorted(table.items()):
        sums = [a + b for a, b in zip(sums, row)]
        print(f"{name:<30} {row[0]:>6} {row[1]:>6} {percent(row[1], row[0]):>6.1f} "
              f"{row[2]:>9} {row[3]:>6} {percent(row[3], row[2]):>6.1f}")
    result = {"line": percent(sums[1], sums[0]), "branch": percent(sums[3], sums[2])}
    print(f"{'all':<30} {sums[0]:>6} {sums[1]:>6} {result['line']:>6.1f} "
          f"{sums[2]:>9} {sums[3]:>6} {result['branch']:>6.1f}")
    return result


def compare(missed: set, sources: Sources) -> int:
    listed = read_exceptions()
    problems = []
    for kind, name, text in sorted(missed):
        if not any((k, name, text) in listed for k in (kind, f"{kind} sometimes")):
            problems.append(f"not run and not listed: {kind} | {name} | {text}")
    for kind, name, text in listed:
        if not sources.has_line(name, text):
            problems.append(f"listed, but gone: {kind} | {name} | {text}")
        elif "sometimes" not in kind and (kind, name, text) not in missed:
            problems.append(f"listed, but run now: {kind} | {name} | {text}")
    for problem in problems:
        print(f"coverage: {problem}")
    where = EXCEPTIONS.relative_to(ROOT)
    print(f"{len(listed)} exceptions listed in {where}, {len(problems)} differences")
    return len(problems)


def main() -> int:
    parser = argparse.ArgumentParser(prog="./dev coverage")
    parser.add_argument("--no-run", action="store_true", help="take the counts that are there")
    parser.add_argument("--list", action="store_true", help="print what was not run")
    options = parser.parse_args()
    if not options.no_run:
        run_tests()
    sources = Sources()
    table, missed = judge(measure(), sources)
    if options.list:
        for kind, name, text in sorted(missed, key=lambda m: (m[1], m[0])):
            print(f"    {kind} | {name} | {text}")
        return 0
    result = print_table(table)
    bad = compare(missed, sources)
    for kind, goal in GOALS.items():
        if result[kind] < goal:
            plural = "lines" if kind == "line" else "branches"
            print(f"coverage: {result[kind]:.1f} % of {plural} were run, the goal is {goal} %")
            bad += 1
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
