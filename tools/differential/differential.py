#!/usr/bin/env python3
"""Random gcscripts through `ouro script` and through CPython's own objects; do both print the same?

    differential.py --ouro PROGRAM [--seeds N] [--first SEED]

Every script is run twice: plain, and with a second thread that rehearses collections all the time.
At a difference the smallest script that shows it is printed, with what both print. Exit status: 0
if all is the same; 1 at a difference; 2 for wrong arguments or a Python that cannot be compared.
"""
from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import oracle
from generator import Script
from reduction import reduce

BATCH = 50  # scripts in one process of the program
BATCH_SECONDS = 300
SCRIPT_SECONDS = 20
TRIES = 5  # of a script that may fail only now and then
SHOWN_DIFFERENCES = 3
WAYS = {"plain": [], "with shadow passes": ["--shadow"]}

# What CPython versions answer otherwise than 3.11, by measurement, among what random scripts ask.
# 3.12 and 3.13 differ in counts of shared values and in thresholds only, which no script asks.
EVERYTHING = ""
LEFT_OUT = {
    (3, 9): "rc",  # frames hold other references to the object of a finalizer that runs
    (3, 10): "rc",
    (3, 11): EVERYTHING,
    (3, 12): EVERYTHING,
    (3, 13): EVERYTHING,
    (3, 14): "rc|tracked",  # frames borrow references; atoms are tracked otherwise
}


@dataclass
class Run:
    """What a script printed, and why it failed if it did."""

    output: str = ""
    failure: str = ""


class Comparison:
    """The program and the oracle, as far as this version of Python can be compared."""

    def __init__(self, program: str, left_out: str, folder: Path) -> None:
        self.program = program
        self.left_out = re.compile(rf"^(.*: )?({left_out}) ") if left_out else None
        self.folder = folder

    def comparable(self, output: str) -> str:
        if self.left_out is None:
            return output
        lines = (line for line in output.splitlines() if not self.left_out.match(line))
        return "".join(line + "\n" for line in lines)

    def differ(self, ours: str, theirs: str) -> bool:
        return self.comparable(ours) != self.comparable(theirs)

    def run(self, text: str, flags: list[str]) -> Run:
        """One script in a process of its own."""
        file = self.folder / "one.gcs"
        file.write_text(text)
        command = [self.program, "script", *flags, str(file)]
        try:
            done = subprocess.run(
                command, capture_output=True, text=True, timeout=SCRIPT_SECONDS, check=False
            )
        except subprocess.TimeoutExpired:
            return Run(failure=f"no end after {SCRIPT_SECONDS} s")
        failure = f"exit status {done.returncode}\n{done.stderr}" if done.returncode else ""
        return Run(done.stdout, failure)

    def start_batch(self, files: list[Path], flags: list[str]) -> subprocess.Popen:
        command = [self.program, "script", "--headings", *flags, *map(str, files)]
        output = (self.folder / f"output{len(flags)}").open("w+")
        with output:
            return subprocess.Popen(command, stdout=output, stderr=subprocess.DEVNULL)

    def end_batch(self, process: subprocess.Popen, flags: list[str]) -> dict[str, str]:
        """What each script of the batch printed; nothing if one of them failed."""
        try:
            status = process.wait(BATCH_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            status = process.wait()
        if status != 0:
            return {}
        text = (self.folder / f"output{len(flags)}").read_text()
        parts = re.split(r"^== (.*)\n", text, flags=re.MULTILINE)
        return dict(zip(parts[1::2], parts[2::2]))

    def fails(self, text: str, flags: list[str]) -> bool:
        """Does the script show a difference, in one of some tries?"""
        theirs = oracle.play(text, quiet=True)
        if theirs is None:
            return False
        for _ in range(TRIES):
            run = self.run(text, flags)
            if run.failure.startswith("exit status 2\n"):
                return False  # no script any more
            if run.failure or self.differ(run.output, theirs):
                return True
        return False

    def compare_batch(self, scripts: dict[Path, str]) -> list[tuple[Path, str]]:
        """The scripts that differ, each with the way it did."""
        for file, text in scripts.items():
            file.write_text(text)
        processes = {
            way: self.start_batch(list(scripts), flags) for way, flags in WAYS.items()
        }
        expected = {file: oracle.play(text) for file, text in scripts.items()}
        differences = []
        for way, flags in WAYS.items():
            printed = self.end_batch(processes[way], flags)
            for file, text in scripts.items():
                if str(file) in printed:
                    run = Run(printed[str(file)])
                else:
                    run = self.run(text, flags)
                theirs = expected[file]
                if theirs is None or run.failure or self.differ(run.output, theirs):
                    differences.append((file, way))
        return differences

    def report(self, file: Path, text: str, way: str) -> None:
        """Prints the smallest script that shows the difference, and both outputs."""
        flags = WAYS[way]
        print(f"\n--- {file.stem} ({way}) differs", flush=True)
        if self.fails(text, flags):
            text = reduce(text, lambda smaller: self.fails(smaller, flags))
            print(f"--- the smallest script that shows it, in {TRIES} runs at most:")
        else:
            print("--- not again, so this is the whole script:")
        print(text, end="")
        print(f"--- CPython prints:\n{oracle.play(text)}", end="")
        for _ in range(TRIES):
            run = self.run(text, flags)
            if run.failure or self.differ(run.output, oracle.play(text) or ""):
                break
        print(f"--- ouro script {' '.join(flags)} prints:\n{run.output}{run.failure}", flush=True)


def size_of(seed: int) -> int:
    """Statements of the script: mostly few, some many."""
    return 300 if seed % 10 == 0 else 60


def script_of(seed: int) -> str:
    """Half of the scripts control the collector too, a quarter have legacy finalizers."""
    return Script(seed, size_of(seed), control=seed % 2 == 1, legacy=seed % 8 in (3, 6)).write()


def run_all(comparison: Comparison, seeds: range) -> int:
    """Compares the scripts of all seeds; how many differ."""
    differing = set()
    for start in range(seeds.start, seeds.stop, BATCH):
        scripts = {}
        for seed in range(start, min(start + BATCH, seeds.stop)):
            file = comparison.folder / f"seed{seed}.gcs"
            scripts[file] = script_of(seed)
        for file, way in comparison.compare_batch(scripts):
            if file not in differing and len(differing) < SHOWN_DIFFERENCES:
                comparison.report(file, scripts[file], way)
            differing.add(file)
        for file in scripts:
            file.unlink()
    return len(differing)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--ouro", required=True, help="the program")
    parser.add_argument("--seeds", type=int, default=2000, help="how many scripts (2000)")
    parser.add_argument("--first", type=int, default=1, help="seed of the first script (1)")
    arguments = parser.parse_args()
    if arguments.seeds < 1:
        parser.error("--seeds is less than 1")
    version = sys.version_info[:2]
    name = f"{sys.implementation.name} {sys.version.split()[0]}"
    if sys.implementation.name != "cpython" or version not in LEFT_OUT:
        print(f"differential: {name} answers too much otherwise than CPython 3.11", file=sys.stderr)
        return 2
    left_out = LEFT_OUT[version]
    if version != (3, 11):
        what = f"all but the answers to {left_out}" if left_out else "everything that scripts ask"
        print(f"{name} is not CPython 3.11: compared is {what}")
    with tempfile.TemporaryDirectory(prefix="ouro-differential-") as folder:
        comparison = Comparison(os.path.abspath(arguments.ouro), left_out, Path(folder))
        seeds = range(arguments.first, arguments.first + arguments.seeds)
        differing = run_all(comparison, seeds)
    print(f"{arguments.seeds} scripts, {len(WAYS)} runs each, against {name}: {differing} differ")
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main())
