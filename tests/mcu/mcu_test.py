#!/usr/bin/env python3
"""Runs one board's programs in QEMU and judges what they print.

usage: mcu_test.py BOARD KIND [OURO]

    build        builds all programs of the board; build_basic: those that all boards run
    conformance  the conformance suite under three seeds: every case conforms, seeds give different
                 schedules with thousands of switches, and a seed gives the same output twice
    scheduler    the scheduler's own test under three seeds, likewise
    heap         the heap and its collector in 8 KiB under three seeds, likewise
    stress       the stress under three seeds, likewise, with the collector on either core; on
                 one board a lost reference that was planted is found
    semantic     the desktop's semantic tests under two seeds
    replay       real object graphs: what the board prints is what OURO, the program, prints
    firmware     the example firmware stays flat in 32 KiB; on std::shared_ptr it ends without
                 memory, and its counts are plain loads and stores
    misuse       every misuse ends with its own sentence and exit code 2
    images       no linked image contains what tools/check_image.py forbids; interrupts are masked
                 for MASKED_MAX instructions at most (with the heap
                 MASKED_MAX_WITH_HEAP), and not at all on cores with exclusive
                 accesses
    calibration  the instruction counter is exact
    masked       builds the board with masked atomics instead of exclusive ones; then the
                 conformance suite
    parallel     the conformance suite and the stress with the cores on two threads of this machine,
                 in its own time: no run is like another, so nothing but the cases is judged

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
# Instructions; of the image without the heap, and of those with it.
MASKED_MAX = 16
MASKED_MAX_WITH_HEAP = 24
WITH_HEAP = ("heap", "stress", "replay")
# Programs of the tests that use malloc and static constructors themselves.
ALLOCATING = ("semantic", "firmware_shared_ptr")
FIRMWARE_RAM_MAX = 32 * 1024
# What every board runs.
BASIC = ("conformance", "scheduler", "heap", "misuse", "calibration", "stress")
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
           variant: str = "", seeds: tuple[int, ...] = SEEDS) -> str:
    """All outputs, one behind the other."""
    hashes = set()
    outputs = ""
    for seed in seeds:
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
        outputs += output
        if seed == seeds[0]:
            again = run(board, program, seed, variant)
            expect(again == (code, output), f"{name}: a second run differs", again[1])
    expect(len(hashes) == len(seeds), f"{program}: seeds share a schedule: {hashes}")
    return outputs


def programs_of(board: str) -> list[str]:
    found = sorted(file.stem for file in (mcu.folder_of(board) / "bin").glob("*.elf"))
    expect(len(found) > 0, "there are no programs")
    return found


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


def stress(board: str) -> None:
    for program in programs_of(board):
        if not program.startswith("stress"):
            continue
        if program == "stress_planted":
            code, output = run(board, program, 1)
            expect(code == 2 and "fatal: a count is the number of handles and fields" in output,
                   "a lost reference is not found", output)  # fmt: skip
            continue
        output = seeded(board, program, [], "stress", 300)
        figures: dict[str, int] = {}
        for name, value in re.findall(r"^stress: (.*) (\d+)$", output, re.MULTILINE):
            figures[name] = figures.get(name, 0) + int(value)
        expect(len(figures) >= 15, "figures are missing", output)
        idle = [name for name, value in figures.items() if value == 0]
        expect(not idle, f"{program}: nothing of {idle} under all seeds", output)


def semantic(board: str) -> None:
    output = seeded(board, "semantic", [], "ran", 10, seeds=SEEDS[:2])
    cases = 37 if board == "microbit" else 43  # what fits into 16 KiB
    expect(output.count("ran: ") == 2 * cases, "cases are missing", output)


def replay(board: str) -> None:
    for program in programs_of(board):
        if not program.startswith("replay"):
            continue
        at_once = program.endswith("_at_once")
        graph = mcu.folder_of(board) / "graphs" / f"{program.removesuffix('_at_once')}.gcg"
        if not graph.exists():
            graph = ROOT / "tests/graphs/tiny_notebooks.gcg.gz"
        host = [sys.argv[3], "replay", str(graph)]
        if at_once:
            host += ["--threads=2", "--collector=auto"]
        done = subprocess.run(host, capture_output=True, text=True, check=False)
        expect(done.returncode == 0 and "\nstate freed " in done.stdout, "the host's replay",
               done.stdout + done.stderr)  # fmt: skip
        code, output = run(board, program, 1)
        expect(code == 0 and SCHEDULE.search(output) is not None, f"{program}: {code}", output)
        *steps, memory, _ = output.splitlines(keepends=True)
        expect("".join(steps) == done.stdout, f"{program} differs from {graph}", output)
        print(f"{program}: as on the host; {memory}", end="")


def copy_instructions(board: str, program: str) -> list[str]:
    """The mnemonics of the function that copies one reference, and of what it calls."""
    image = str(mcu.folder_of(board) / "bin" / f"{program}.elf")
    found, functions = [], ["firmware_copy_reference"]
    for function in functions:
        listing = subprocess.run(
            ["arm-none-eabi-objdump", "-d", "--no-show-raw-insn", f"--disassemble={function}",
             image], capture_output=True, text=True, check=True,
        ).stdout  # fmt: skip
        found += re.findall(r"^ *[0-9a-f]+:\t(\S+)", listing, re.MULTILINE)
        for called in re.findall(r"\tb[lx.nw]*\s+[0-9a-f]+ <([^+>]+)>", listing):
            if called not in functions:
                functions.append(called)
    expect(len(found) > 3, f"{program}: no function that copies a reference")
    return found


def ram_of(board: str, program: str) -> int:
    image = str(mcu.folder_of(board) / "bin" / f"{program}.elf")
    command = ["arm-none-eabi-size", "-A", image]
    sizes = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    found = dict(re.findall(r"^\.(data|bss|noinit|stacks) +(\d+)", sizes, re.MULTILINE))
    expect(len(found) == 4, "sections are missing", sizes)
    return sum(map(int, found.values()))


def firmware(board: str) -> None:
    ram = ram_of(board, "firmware")
    expect(ram <= FIRMWARE_RAM_MAX, f"the firmware takes {ram} bytes of memory")
    code, output = run(board, "firmware_short", 1)
    expect(code == 0, f"firmware: exit code {code}", output)
    expect("there are 2001, the count says 2001" in output, "the counts are not exact", output)
    parts = re.split("^collector (off|on|stepped):", output, flags=re.MULTILINE)
    live = {part: [int(n) for n in re.findall(r"updates: (\d+) objects", text)]
            for part, text in zip(parts[1::2], parts[2::2], strict=True)}  # fmt: skip
    for part in ("on", "stepped"):
        expect(len(live[part]) == 10 and max(live[part]) < 100, f"{part}: it is not flat", output)
    expect(max(live["off"]) > 200, "there is nothing to collect", output)
    missed = re.search(r"due again before its end +(\d+) +(\d+) +(\d+)", output)
    expect(missed is not None and int(missed[2]) == int(missed[3]) == 0,
           "the control task misses periods", output)  # fmt: skip
    expect(any(m.startswith(("ldrex", "ldaex")) for m in copy_instructions(board, "firmware")),
           "Ouro copies references without exclusive accesses")  # fmt: skip

    code, output = run(board, "firmware_shared_ptr", 1)
    ended = re.search(r"^out of memory after (\d+) updates$", output, re.MULTILINE)
    expect(code == 1 and ended is not None and int(ended[1]) < 5000, "it does not end", output)
    counted = re.search(r"there are 2001, the count says (\d+)", output)
    expect(counted is not None and int(counted[1]) < 2001, "no count was lost", output)
    plain = copy_instructions(board, "firmware_shared_ptr")
    expect("ldr" in plain and any(m.startswith("add") for m in plain), f"no count: {plain}")
    expect(not any(m.startswith(("ldrex", "ldaex", "cps", "msr")) for m in plain), f"{plain}")
    print(f"firmware: {ram} bytes; std::shared_ptr: out of memory after {ended[1]} updates, "
          f"copies by {' '.join(plain)}")  # fmt: skip


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


def build_basic(board: str) -> None:
    expect(mcu.build(board, targets=BASIC), "the build fails")


def check_masks(board: str, variant: str, exclusive: bool) -> None:
    for program in ("conformance", *WITH_HEAP):
        image = mcu.folder_of(board, variant) / "bin" / f"{program}.elf"
        if not image.exists():
            continue
        limit = 0 if exclusive else MASKED_MAX_WITH_HEAP if program in WITH_HEAP else MASKED_MAX
        checker = [sys.executable, str(ROOT / "tools/masked_sections.py"), "arm-none-eabi-objdump",
                   str(image), "--limit", str(limit)]  # fmt: skip
        done = subprocess.run(checker, capture_output=True, text=True, check=False)
        expect(done.returncode == 0, f"{program}: more than {limit}", done.stdout + done.stderr)
        expect(limit == 0 or not done.stdout.startswith("masked_sections: 0 "),
               f"{program}: no section at all?")  # fmt: skip
        print(f"{program}: {done.stdout}", end="")


def masked(board: str) -> None:
    expect(mcu.build(board, "-masked", ("conformance", "heap")), "the build fails")
    conformance(board, "-masked")
    heap(board, "-masked")
    check_masks(board, "-masked", exclusive=False)


def parallel(board: str) -> None:
    for program in ("stress", "stress_collector_1"):
        code, output = run(board, program, 1, parallel=True)
        expect(code == 0, f"{program}: exit code {code}", output)
    code, output = run(board, "parallel", 1, parallel=True)
    expect(code == 0, f"exit code {code}", output)
    for case in conformance_cases():
        expect(f"conforms: {case}\n" in output, f"'{case}' did not run", output)


def check_images(board: str, programs: list[str]) -> subprocess.CompletedProcess[str]:
    images_of = [str(mcu.folder_of(board) / "bin" / f"{program}.elf") for program in programs]
    checker = [sys.executable, str(ROOT / "tools/check_image.py"), "arm-none-eabi-nm", *images_of]
    return subprocess.run(checker, capture_output=True, text=True, check=False)


def images(board: str) -> None:
    programs = programs_of(board)
    done = check_images(board, [program for program in programs if program not in ALLOCATING])
    expect(done.returncode == 0, "images", done.stdout + done.stderr)
    for program in set(programs) & set(ALLOCATING):
        done = check_images(board, [program])
        expect("memory: malloc" in done.stdout, f"{program} needs no exception", done.stdout)
    check_masks(board, "", exclusive=board not in WITHOUT_EXCLUSIVE)


def main() -> int:
    board, kind = sys.argv[1:3]
    kinds = {f.__name__: f for f in (
        build, build_basic, conformance, scheduler, heap, stress, semantic, replay, firmware,
        misuse, images, calibration, masked, parallel,
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
