#!/usr/bin/env python3
"""./dev mcu: builds firmware for the boards of ports/cortex_m/boards/boards.json, runs it in QEMU.

usage: mcu.py --list
       mcu.py --build [BOARD...]          builds all programs for these boards, or for all
       mcu.py BOARD [--program NAME] [--seed N] [--gdb]

A run prints on standard output what the firmware prints, and ends with its exit code. The processor
executes one instruction every 2^shift nanoseconds of the machine's time, so a run with the same
seed is the same, bit for bit, however busy this machine is. --gdb waits for a debugger on port 1234
first. Builds lie in build/mcu/<board>.
"""

import argparse
import fcntl
import json
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BOARDS = json.loads((ROOT / "ports/cortex_m/boards/boards.json").read_text(encoding="utf-8"))
# Other builds of a board, by the tests and by ./dev mcu-bench: what they change. The figures of
# stack come from files beside the objects, which a compiler cache does not keep.
VARIANTS = {
    "": [],
    "-masked": ["-DOURO_MASKED_ATOMICS=ON"],
    "-bench": [
        "-DOURO_FIRMWARE=bench/mcu", "-DCMAKE_BUILD_TYPE=RelWithDebInfo",
        "-DCMAKE_CXX_FLAGS_RELWITHDEBINFO=-O2 -DNDEBUG",
    ],
    "-bench-small": [
        "-DOURO_FIRMWARE=bench/mcu", "-DCMAKE_CXX_FLAGS=-fcallgraph-info=su", "-DOURO_CCACHE=",
    ],
}  # fmt: skip
# Programs with a shift of their own. Where one instruction is to take many ticks of the timer, to
# count them; and the example firmware, which is to have a processor of 125 MHz: 8 ns each.
SHIFTS = {"calibration": 10, "firmware": 3, "firmware_short": 3, "firmware_shared_ptr": 3}
SEED_MAX = 2**32 - 1
DEBUGGER_PORT = 1234


def folder_of(board: str, variant: str = "") -> Path:
    return ROOT / "build" / "mcu" / (board + variant)


def quietly(command: list[str]) -> bool:
    """Runs the command; prints its output, on standard error, only if it fails."""
    done = subprocess.run(
        command, cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        sys.stderr.write(done.stdout + done.stderr)
    return done.returncode == 0


def build(board: str, variant: str = "", targets: tuple[str, ...] = ()) -> bool:
    """Configures the board's folder when needed and builds its programs, or some. One at a time."""
    folder = folder_of(board, variant)
    folder.mkdir(parents=True, exist_ok=True)
    with (folder.parent / f"{folder.name}.lock").open("w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "build.ninja").exists():
            configure = [
                "cmake", "-G", "Ninja", "-S", str(ROOT), "-B", str(folder),
                f"-DCMAKE_TOOLCHAIN_FILE={ROOT}/cmake/arm-none-eabi.cmake",
                "-DCMAKE_BUILD_TYPE=MinSizeRel", f"-DOURO_BOARD={board}",
                *VARIANTS[variant],
                "-DOURO_LAYOUT=compact",
            ]  # fmt: skip
            if not quietly([str(ROOT / "tools/dev/setup.sh")]):
                return False
            if not quietly(configure):
                return False
        chosen = ["--target", *targets] if targets else []
        return quietly(["cmake", "--build", str(folder), *chosen])


def emulator(board: str, program: Path, seed: int, gdb: bool, shift: int = 0) -> list[str]:
    """The command that runs the program; its semihosting output goes to standard output."""
    settings = BOARDS[board]
    shift = shift or SHIFTS.get(program.stem, settings["shift"])
    command = [
        "qemu-system-arm", "-M", settings["machine"], "-display", "none", "-monitor", "none",
        "-serial", "none", "-chardev", "stdio,id=console", "-icount",
        f"shift={shift},sleep=off", "-semihosting-config",
        f"enable=on,target=native,chardev=console,arg={program.stem},arg={seed}",
        "-kernel", str(program),
    ]  # fmt: skip
    if gdb:
        command += ["-S", "-gdb", f"tcp:127.0.0.1:{DEBUGGER_PORT}"]
    return command


def run(board: str, name: str, seed: int, gdb: bool) -> int:
    program = folder_of(board) / "bin" / f"{name}.elf"
    if not build(board):
        return 1
    if not program.exists():
        known = ", ".join(sorted(file.stem for file in program.parent.glob("*.elf")))
        print(f"mcu: there is no program '{name}' for {board}, but: {known}", file=sys.stderr)
        return 2
    if gdb:
        print(
            f"mcu: waits for gdb-multiarch {program.relative_to(ROOT)} "
            f"-ex 'target remote :{DEBUGGER_PORT}'",
            file=sys.stderr,
        )
    command = emulator(board, program, seed, gdb)
    return subprocess.run(command, stdin=subprocess.DEVNULL, check=False).returncode


def seed_of(text: str) -> int:
    hexadecimal = text.startswith("0x")
    known = re.fullmatch(r"[0-9]+|0x[0-9a-fA-F]+", text)
    value = int(text, 16 if hexadecimal else 10) if known else -1
    if not 0 <= value <= SEED_MAX:
        raise argparse.ArgumentTypeError(f"'{text}' is no number of 32 bits")
    return value


def main() -> int:
    parser = argparse.ArgumentParser(prog="./dev mcu", description=__doc__.split("\n", 1)[0])
    parser.add_argument("board", nargs="*", help="a name of --list")
    parser.add_argument("--list", action="store_true", help="names the boards, one a line")
    parser.add_argument("--build", action="store_true", help="builds only, for several boards")
    parser.add_argument("--program", default="stress", help="what to run (stress)")
    parser.add_argument("--seed", type=seed_of, default=1, help="of the schedule, 32 bits (1)")
    parser.add_argument("--gdb", action="store_true", help="waits for a debugger first")
    options = parser.parse_args()
    if options.list:
        print("\n".join(BOARDS))
        return 0
    for board in options.board:
        if board not in BOARDS:
            parser.error(f"no board '{board}'; ./dev mcu --list names them")
    if options.build:
        return 0 if all([build(board) for board in options.board or BOARDS]) else 1
    if len(options.board) != 1:
        parser.error("name one board; ./dev mcu --list names them")
    return run(options.board[0], options.program, options.seed, options.gdb)


if __name__ == "__main__":
    sys.exit(main())
