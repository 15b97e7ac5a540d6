#!/usr/bin/env python3
"""./dev fuzz [--minutes N] [--runs N] [--seed S] [--keep] [TARGET | TARGET FILE]

Runs each target of fuzz/ (all, or the one that is named) on its corpus, fuzz/corpus/TARGET.hex (a
line an input), for N minutes (1) or N inputs, and prints executions and the coverage that they
reached. Exit status 1 if an input fails: it is kept beside the build, and `./dev fuzz TARGET FILE`
replays it. --keep adds the inputs that reached something new to the corpus, the smallest ones.
"""

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CORPUS = ROOT / "fuzz" / "corpus"
TARGETS = ("interface", "graph", "script")
LONGEST = {"interface": 600, "graph": 4096, "script": 2048}  # bytes of an input
MORE_SEEDS = {"script": ROOT / "tests" / "gcscript" / "cases"}
STATUS = re.compile(r"#(\d+)\s.*\bcov: (\d+) ft: (\d+)")
CORPUS_BYTES_MAX = 16_000  # of one target, in the repository


def unpack_seeds(target: str, folder: Path) -> None:
    file = CORPUS / f"{target}.hex"
    for number, line in enumerate(file.read_text().split() if file.is_file() else []):
        (folder / f"seed-{number}").write_bytes(bytes.fromhex(line))
    for seed in MORE_SEEDS.get(target, Path("/nowhere")).glob("*.gcs"):
        shutil.copy(seed, folder)


def run(target: str, program: Path, options: argparse.Namespace) -> bool:
    """True iff no input failed."""
    findings = program.parent.parent / "fuzz-findings"
    findings.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        unpack_seeds(target, Path(folder))
        limit = f"-max_total_time={options.minutes * 60}"
        if options.runs:
            limit = f"-runs={options.runs}"
        command = [str(program), folder, limit, f"-seed={options.seed}", "-timeout=20"]
        command += [f"-max_len={LONGEST[target]}", f"-artifact_prefix={findings}/{target}-"]
        result = subprocess.run(command, capture_output=True, text=True, errors="replace")
        lines = result.stderr.splitlines()
        statuses = [match for line in lines if (match := STATUS.search(line))]
        if result.returncode != 0 or not statuses:
            print("\n".join(lines[-60:]))
            print(f"{target}: FAILED; replay: ./dev fuzz {target} FILE, see above")
            return False
        runs, blocks, features = statuses[-1].groups()
        print(f"{target:<10} {int(runs):>9} executions  {blocks:>6} branch edges  {features:>6} "
              f"features  seed {options.seed}", flush=True)
        if options.keep:
            keep(target, program, Path(folder))
    return True


def keep(target: str, program: Path, found: Path) -> None:
    """The corpus becomes the fewest of its inputs and the new ones that reach as much."""
    with tempfile.TemporaryDirectory() as merged:
        command = [str(program), "-merge=1", merged, str(found)]
        subprocess.run(command, capture_output=True, check=True)
        inputs = [file.read_bytes() for file in Path(merged).iterdir()]
        inputs.sort(key=lambda data: (len(data), data))
        kept = []
        for data in inputs:
            if sum(map(len, kept)) + len(data) <= CORPUS_BYTES_MAX:
                kept.append(data)
        (CORPUS / f"{target}.hex").write_text("".join(data.hex() + "\n" for data in kept if data))


def main() -> int:
    parser = argparse.ArgumentParser(prog="./dev fuzz")
    parser.add_argument("--minutes", type=float, default=1)
    parser.add_argument("--runs", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", action="store_true")
    parser.add_argument("--programs", type=Path, default=ROOT / "build" / "fuzz" / "bin")
    parser.add_argument("target", nargs="?", choices=TARGETS)
    parser.add_argument("file", nargs="?", type=Path)
    options = parser.parse_args()
    options.minutes = int(options.minutes) if options.minutes >= 1 else 1
    if options.file is not None:
        program = options.programs / f"fuzz_{options.target}"
        return subprocess.run([str(program), str(options.file)]).returncode
    targets = [options.target] if options.target else TARGETS
    good = [run(target, options.programs / f"fuzz_{target}", options) for target in targets]
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main())
