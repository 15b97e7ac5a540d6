"""Density against time: the allocator with other constants, built from a changed copy of the
sources and measured as ./dev mcu-bench measures, on the Cortex-M4.

A setting is a list of replacements in the sources. Each must hit exactly once, so that a setting
does not silently become another when the sources change.
"""

import shutil
import statistics
import subprocess
import sys

import mcu

BOARD = "mps2-an386"
COPIED = ("CMakeLists.txt", "cmake", "heap", "gc", "platform", "ports", "include", "bench/mcu")
LISTS = "heap/compact/free_lists"
CARDS = "heap/cell_bits.h"
PROGRAMS = ("blocks", "density", "collector")

Replacement = tuple[str, str, str]


def lists(exact_bits: int, doubling_bits: int) -> list[Replacement]:
    """2^exact_bits lists of one size each, then 2^doubling_bits for each doubling."""
    exact, per_doubling = 1 << exact_bits, 1 << doubling_bits
    return [
        (f"{LISTS}.h", "kExact = 32;", f"kExact = {exact};"),
        (f"{LISTS}.h", "== 2 ? 11 : 27;", f"== 2 ? {16 - exact_bits} : {32 - exact_bits};"),
        (f"{LISTS}.h", "kExact + 4 * kDoublings;", f"kExact + {per_doubling} * kDoublings;"),
        (f"{LISTS}.h", "(doubling - 5) * 4 + (units >> (doubling - 2) & 3);",
         f"(doubling - {exact_bits}) * {per_doubling} + "
         f"(units >> (doubling - {doubling_bits}) & {per_doubling - 1});"),
        (f"{LISTS}.cc", "(log2_floor(units) - 2))", f"(log2_floor(units) - {doubling_bits}))"),
    ]  # fmt: skip


def cards(units: int) -> list[Replacement]:
    return [(CARDS, "kCellsMax = 64;", f"kCellsMax = {units};")]


SETTINGS: tuple[tuple[str, list[Replacement]], ...] = (
    ("as it is: 32 exact lists, 4 a doubling, cards of 512 bytes", []),
    ("8 exact lists, 1 a doubling", lists(3, 0)),
    ("8 exact lists, 4 a doubling", lists(3, 2)),
    ("16 exact lists, 2 a doubling", lists(4, 1)),
    ("64 exact lists, 4 a doubling", lists(6, 2)),
    ("cards of 1 KiB", cards(128)),
    ("cards of 256 bytes", cards(32)),
)


def prepare(number: int, replacements: list[Replacement]) -> str:
    """A copy of the sources with the replacements, configured; its folder."""
    source = mcu.ROOT / "build/mcu/curve" / str(number)
    shutil.rmtree(source, ignore_errors=True)
    for name in COPIED:
        if (mcu.ROOT / name).is_dir():
            shutil.copytree(mcu.ROOT / name, source / name)
        else:
            source.mkdir(parents=True, exist_ok=True)
            shutil.copy(mcu.ROOT / name, source / name)
    for name, old, new in replacements:
        file = source / name
        text = file.read_text(encoding="utf-8")
        if text.count(old) != 1:
            raise ValueError(f"{name}: '{old}' is there {text.count(old)} times")
        file.write_text(text.replace(old, new), encoding="utf-8")
    subprocess.run(
        ["cmake", "-G", "Ninja", "-S", str(source), "-B", str(source / "build"),
         f"-DCMAKE_TOOLCHAIN_FILE={source}/cmake/arm-none-eabi.cmake", f"-DOURO_BOARD={BOARD}",
         "-DOURO_LAYOUT=compact", "-DOURO_WERROR=OFF", *mcu.VARIANTS["-bench"]],
        check=True, capture_output=True,
    )  # fmt: skip
    return str(source)


def measure(folder: str) -> dict[str, list[int]]:
    build = ["cmake", "--build", f"{folder}/build", "--target", *PROGRAMS]
    subprocess.run(build, check=True, capture_output=True)
    values: dict[str, list[int]] = {}
    for program in PROGRAMS:
        image = mcu.Path(folder) / "build/bin" / f"{program}.elf"
        command = mcu.emulator(BOARD, image, 1, gdb=False, shift=10)
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True
        )
        for line in done.stdout.splitlines():
            name, value = line.split()
            values.setdefault(name, []).append(int(value))
    return values


def row_of(values: dict[str, list[int]]) -> dict[str, float]:
    def worst(end: str) -> int:
        return max(v for name, vs in values.items() for v in vs
                   if name.startswith("blocks.") and name.endswith(end))  # fmt: skip

    return {
        "objects_24": values["density.objects_24"][0],
        "fill_mix": statistics.median(values["density.fill_mix"]) / 10,
        "fill_uniform": statistics.median(values["density.fill_uniform"]) / 10,
        "allocate_average": values["blocks.uniform_half.allocate_average_tenths"][0] / 10,
        "allocate_worst": worst(".allocate_worst"),
        "free_average": values["blocks.uniform_half.free_average_tenths"][0] / 10,
        "free_worst": worst(".free_worst"),
        "collected_object": round(values["collector.garbage.1000"][0] / 1000),
        "slice_worst": values["collector.slice_worst"][0],
    }


def main() -> dict:
    rows = []
    for number, (name, replacements) in enumerate(SETTINGS):
        row = row_of(measure(prepare(number, replacements)))
        rows.append({"setting": name, **row})
        if number == 0:
            print("| setting | " + " | ".join(key.replace("_", " ") for key in row) + " |")
            print("| --- " * (len(row) + 1) + "|")
        print(f"| {name} | " + " | ".join(str(value) for value in row.values()) + " |", flush=True)
    return {"board": BOARD, "curve": rows}


if __name__ == "__main__":
    main()
    sys.exit(0)
