#!/usr/bin/env python3
"""Runs one board's programs in QEMU and judges what they print.

usage: mcu_test.py BOARD build|conformance|scheduler|heap|misuse|images|calibration|masked|parallel

    build        builds all programs of the board
    conformance  the conformance suite under three seeds: every case conforms, seeds give different
                 schedules with thousands of switches, and a seed gives the same output twice
    scheduler    the scheduler's own test under three seeds, likewise
    heap         the heap and its collector in 8 KiB under three seeds, likewise
    misuse       every misuse ends with its own sentence and exit code 2
    images       no linked image contains what tools/check_image.py forbids; interrupts are masked
                 for MASKED_MAX instructions at most, and not at all on cores with exclusive
                 accesses
    calibration  the instruction counter is exact
    masked       builds the board with masked atomics instead of exclusive ones; then the
                 conformance suite
    parallel     the conformance suite with the cores on two threads of this machine, in its own
                 time: no run is like another, so nothing but the cases is judged

The programs must have been built, by `build`.
"""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools/dev"))
import mcu  # noqa: E402

SEEDS = (1, 2, 0xFFFF_FFFF)
TIMEOUT_SECONDS = 300  # a run takes a second or two; on a machine that is busy, much longer
SCHEDULE = re.compile(
    r"^schedule: (\d+) slices, (\d+) switches, (\d+) interrupts, hash ([0-9a-f]{8})$", re.MULTILINE
)
MISUSES = (
    "a lock is taken in an interrupt",
    "an event is waited for in an interrupt",
    "a thread is started in an interrupt",
    "a thread is joined in an interrupt",
    "a lock is taken twice",
    "a lock is given back by another",
    "a thread's stack has overflown",
    "an interrupt of the lowest priority uses Ouro",
    "an interrupt above the ceiling uses Ouro",
    "more interrupt priorities use Ouro than OURO_CORTEX_M_INTERRUPT_LEVELS",
)
MASKED_MAX = 16
WITHOUT_EXCLUSIVE = ("microbit",)
ALLOWED = {"microbit": MISUSES[-2:]}  # ARMv6-M has no ceiling, and three levels in all


class Failure(Exception):
    """What a run did wrong."""


def run(board: str, program: str, seed: int, variant: str = "",
        parallel: bool = False) -> tuple[int, str]:
    """parallel: the cores on threads of this machine, in its own time."""
    image = mcu.folder_of(board, variant) / "bin" / f"{program}.elf"
    command = mcu.emulator(board, image, seed, gdb=False)
    if parallel:
        position = command.index("-icount")
        command[position : position + 2] = ["-accel", "tcg,thread=multi"]
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=TIMEOUT_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as end:
        shown = (end.stdout or b"").decode(errors="replace")
        raise Failure(f"{program}, seed {seed}: hangs after:\n{shown}") from None
    return done.returncode, done.stdout


def expect(condition: bool, what: str, output: str = "") -> None:
    if not condition:
        raise Failure(f"{what}\n{output}")


def seeded(board: str, program: str, cases: list[str], mark: str, switches_min: int,
           variant: str = "") -> None:
    hashes = set()
    for seed in SEEDS:
        name = f"{program}, seed {seed}"
        code, output = run(board, program, seed, variant)
        expect(code == 0, f"{name}: exit code {code}", output)
        for case in cases:
            expect(f"{mark}: {case}\n" in output, f"{name}: '{case}' did not run", output)
        schedule = SCHEDULE.search(output)
        expect(schedule is not None, f"{name}: prints no schedule", output)
        slices, switches, interrupts, hash_of_it = schedule.groups()
        expect(int(switches) >= switches_min, f"{name}: {switches} switches", output)
        print(f"{name}: {slices} slices, {switches} switches, {interrupts} interrupts, "
              f"hash {hash_of_it}")  # fmt: skip
        hashes.add(hash_of_it)
        if seed == SEEDS[0]:
            again = run(board, program, seed, variant)
            expect(again == (code, output), f"{name}: a second run differs", again[1])
    expect(len(hashes) == len(SEEDS), f"{program}: seeds share a schedule: {hashes}")


def cases_in(*files: str) -> list[str]:
    """The names of the cases in these sources: {"name", function}."""
    found = []
    for file in files:
        text = (ROOT / file).read_text(encoding="utf-8")
        found += re.findall(r'^    \{"([^"]+)", \w+\},$', text, re.MULTILINE)
    expect(len(found) > 0, "no cases in the sources")
    return found


def conformance_cases() -> list[str]:
    files = sorted((ROOT / "tests/conformance").glob("*_cases.cc"))
    return cases_in(*[str(file.relative_to(ROOT)) for file in files])


def conformance(board: str, variant: str = "") -> None:
    seeded(board, "conformance", conformance_cases(), "conforms", 2000, variant)


def scheduler(board: str) -> None:
    seeded(board, "scheduler", cases_in("tests/mcu/scheduler.cc"), "scheduler", 200)


def heap(board: str, variant: str = "") -> None:
    seeded(board, "heap", cases_in("tests/mcu/heap.cc"), "heap", 200, variant)


def misuse(board: str) -> None:
    for number, sentence in enumerate(MISUSES):
        code, output = run(board, "misuse", number)
        if sentence in ALLOWED.get(board, ()):
            expect((code, output) == (0, "it was allowed\n"), f"{sentence}: code {code}", output)
            continue
        expect(code == 2 and output.startswith(f"fatal: {sentence}"), sentence, output)
    code, output = run(board, "misuse", len(MISUSES))
    expect(code == 5, f"there is a misuse without a sentence: exit code {code}", output)


def calibration(board: str) -> None:
    code, output = run(board, "calibration", 1)
    expect(code == 0, f"exit code {code}", output)
    print(output, end="")


def build(board: str) -> None:
    expect(mcu.build(board), "the build fails")


def check_masks(board: str, variant: str, limit: int) -> None:
    image = mcu.folder_of(board, variant) / "bin" / "conformance.elf"
    checker = [sys.executable, str(ROOT / "tools/masked_sections.py"), "arm-none-eabi-objdump",
               str(image), "--limit", str(limit)]  # fmt: skip
    done = subprocess.run(checker, capture_output=True, text=True, check=False)
    expect(done.returncode == 0, f"more than {limit}", done.stdout + done.stderr)
    expect(limit == 0 or not done.stdout.startswith("masked_sections: 0 "), "no section at all?")
    print(done.stdout, end="")


def masked(board: str) -> None:
    expect(mcu.build(board, "-masked"), "the build fails")
    conformance(board, "-masked")
    heap(board, "-masked")
    check_masks(board, "-masked", MASKED_MAX)


def parallel(board: str) -> None:
    code, output = run(board, "parallel", 1, parallel=True)
    expect(code == 0, f"exit code {code}", output)
    for case in conformance_cases():
        expect(f"conforms: {case}\n" in output, f"'{case}' did not run", output)


def images(board: str) -> None:
    programs = sorted(str(file) for file in (mcu.folder_of(board) / "bin").glob("*.elf"))
    expect(len(programs) > 0, "there are no images")
    checker = [sys.executable, str(ROOT / "tools/check_image.py"), "arm-none-eabi-nm", *programs]
    done = subprocess.run(checker, capture_output=True, text=True, check=False)
    expect(done.returncode == 0, "images", done.stdout + done.stderr)
    check_masks(board, "", MASKED_MAX if board in WITHOUT_EXCLUSIVE else 0)


def main() -> int:
    board, kind = sys.argv[1:]
    kinds = {f.__name__: f for f in (
        build, conformance, scheduler, heap, misuse, images, calibration, masked, parallel
    )}  # fmt: skip
    try:
        kinds[kind](board)
    except Failure as failure:
        print(f"{board}: {failure}")
        return 1
    print(f"{board}: {kind} ok")
    return 0


if __name__ == "__main__":
    sys.exit(main())
