"""What is in a linked firmware, from the linker's map: code by part, fixed memory by object.

A part is a file of this project (heap/reclaim.cc), `board` (start-up and semihosting of the
emulated boards), `program` (the firmware's own files) or `toolchain` (the compiler's libraries).
"""

import re
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CODE = (".text", ".rodata", ".data", ".vectors", ".ARM.exidx")
MEMORY = (".data", ".bss", ".noinit")
SECTION = re.compile(r"^ (\.[A-Za-z]\S*)\s+0x([0-9a-f]+)\s+0x([0-9a-f]+)\s+(\S+)$")
MEMBER = re.compile(r"\((\S+?)\.obj\)$")


@dataclass(frozen=True)
class Piece:
    """One input section that the linker has kept."""

    name: str  # of the section, such as .text._ZN4ouro4Heap2ofEPKv
    bytes: int
    part: str

    @property
    def is_code(self) -> bool:
        """Does it occupy read-only memory? Initial values of variables do."""
        return self.name.startswith(CODE)

    @property
    def is_memory(self) -> bool:
        return self.name.startswith(MEMORY)

    @property
    def symbol(self) -> str:
        return re.sub(r"^\.[a-z]+(?:\.unlikely)?\.?", "", self.name) or self.name


@cache
def folders_of_files() -> dict[str, str]:
    """Of the library's sources: folder by file name. They are unique within one build."""
    found = {}
    for folder in ("heap", "heap/compact", "gc", "ports/cortex_m", "ports/machine"):
        for file in (ROOT / folder).glob("*.cc"):
            found[file.name] = folder
    return found


def part_of(file: str) -> str:
    member = MEMBER.search(file)
    if "libouro_cortex_m.a" in file and member:
        return f"{folders_of_files()[member.group(1)]}/{member.group(1)}"
    if "ouro_board.dir" in file:
        return "board"
    return "toolchain" if file.startswith("/usr/") else "program"


def pieces(image: Path) -> list[Piece]:
    """What the map beside the image lists as kept."""
    text = Path(f"{image}.map").read_text(encoding="utf-8")
    text = text.split("Linker script and memory map", 1)[1]
    text = re.sub(r"\n {10,}(0x[0-9a-f]+ +0x[0-9a-f]+ \S)", r" \1", text)  # long names wrap
    found = []
    for line in text.splitlines():
        match = SECTION.match(line)
        if match and int(match.group(3), 16) > 0:
            piece = Piece(match.group(1), int(match.group(3), 16), part_of(match.group(4)))
            if piece.is_code or piece.is_memory:
                found.append(piece)
    return found


def code_bytes(image: Path, keep) -> int:
    """Bytes of read-only memory in the parts that keep(part) accepts."""
    return sum(piece.bytes for piece in pieces(image) if piece.is_code and keep(piece.part))


def is_port(part: str) -> bool:
    return part.startswith("ports/")


def is_core(part: str) -> bool:
    return part.startswith(("heap/", "gc/", "ports/"))


def demangled(names: list[str]) -> list[str]:
    done = subprocess.run(
        ["arm-none-eabi-c++filt"], input="\n".join(names), capture_output=True, text=True,
        check=True,
    )  # fmt: skip
    return done.stdout.splitlines()


def fixed_memory(image: Path) -> list[tuple[str, int, str]]:
    """Name, bytes and part of every static object of heap, collector and port."""
    kept = [p for p in pieces(image) if p.is_memory and is_core(p.part)]
    names = demangled([p.symbol for p in kept])
    rows = [(name, p.bytes, p.part) for name, p in zip(names, kept)]
    return sorted(rows, key=lambda row: (-row[1], row[0]))


def largest_symbols(image: Path, count: int) -> list[tuple[str, int, str]]:
    """The largest functions and constants of heap, collector and port; library functions too."""
    kept = [p for p in pieces(image) if p.is_code and p.part not in ("board", "program")]
    kept = sorted(kept, key=lambda p: -p.bytes)[:count]
    return [(name, p.bytes, p.part) for name, p in zip(demangled([p.symbol for p in kept]), kept)]


def bytes_by_part(image: Path) -> dict[str, int]:
    """Code of the image by part, the largest first."""
    sums: dict[str, int] = {}
    for piece in pieces(image):
        if piece.is_code:
            sums[piece.part] = sums.get(piece.part, 0) + piece.bytes
    return dict(sorted(sums.items(), key=lambda item: -item[1]))
