"""How much stack each function of the interface needs, from the compiler's own figures.

The compiler states every function's frame (-fcallgraph-info=su, files *.ci beside the objects); who
calls whom is read from the linked image, where all inlining is done. The need of a function is that
of its deepest chain of calls, its own frame included. Functions of the toolchain's libraries have
no such file: their frame is read from the instructions that begin them.

Calls through pointers lead to what INDIRECT names; where they lead to code of the heap's user
(destructors, finalizers, callbacks), nothing is added: that is the user's. No function is
twice in a chain: what a release in a destructor, finalizer or callback needs comes on top of it.
"""

import re
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from mcu_image import demangled

NODE = re.compile(r'^node: \{ title: "([^"]+)" label: "[^"]*?(\d+) bytes \((\w+)')
FUNCTION = re.compile(r"^([0-9a-f]+) <(.+)>:$")
CALL = re.compile(r"^\s*[0-9a-f]+:\t(bl|b[a-z]{0,2}(?:\.[nw])?)\t[0-9a-f]+ <([^>+]+)>")
INDIRECT_CALL = re.compile(r"^\s*[0-9a-f]+:\t(?:blx\t(?!lr)|bx\tr)")
PUSH = re.compile(r"^\s*[0-9a-f]+:\t(?:push|stmdb\tsp!,|vpush)\t?\s*\{([^}]+)\}")
SUB = re.compile(r"^\s*[0-9a-f]+:\tsub(?:\.w|w)?\tsp, (?:sp, )?#(\d+)")

# Whose calls through pointers lead into the heap or the collector, and where.
INDIRECT = {
    "ouro::Heap::allocate": ["ouro::Collector::emergency_hook"],
    "ouro::Heap::make_room": ["ouro::Collector::emergency_hook"],
    "ouro::port::(anonymous namespace)::run_thread": ["ouro::Collector::thread_main"],
}
# Nothing is asked of the stack after these.
THE_END = ("ouro::platform::fatal", "ouro::port::fatal", "ouro_cortex_m_fatal")


def name_of(signature: str) -> str:
    """ouro::Heap::of of ouro::Heap::of(void const*)."""
    plain = signature.replace("(anonymous namespace)", "{}")
    return plain.split("(", 1)[0].rsplit(" ", 1)[-1].replace("{}", "(anonymous namespace)")


@dataclass
class Function:
    """A function of the image."""

    frame: int = 0
    known: bool = False  # is the frame the compiler's figure?
    calls: set[str] = field(default_factory=set)
    tails: set[str] = field(default_factory=set)  # jumped to, when the own frame is gone
    indirect: bool = False


def frames_of(folder: Path) -> dict[str, int]:
    """Bytes of every function that the objects in the folder contain, by its linker name."""
    frames: dict[str, int] = {}
    for file in folder.rglob("*.ci"):
        for line in file.read_text(encoding="utf-8").splitlines():
            if match := NODE.match(line):
                name = match.group(1).rsplit(":", 1)[-1]
                if match.group(3) != "static":
                    raise ValueError(f"{name}: a frame without a fixed size")
                frames[name] = max(frames.get(name, 0), int(match.group(2)))
    return frames


def registers_in(text: str) -> int:
    """How many registers {r4-r7, lr} are."""
    count = 0
    for part in text.split(","):
        ends = re.findall(r"[rs](\d+)", part)
        count += int(ends[1]) - int(ends[0]) + 1 if "-" in part and len(ends) == 2 else 1
    return count


def functions_of(image: Path) -> dict[str, Function]:
    listing = subprocess.run(
        ["arm-none-eabi-objdump", "-d", "--no-show-raw-insn", str(image)],
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    found: dict[str, Function] = {}
    name, here = "", Function()
    for line in listing.splitlines():
        if match := FUNCTION.match(line):
            name = match.group(2)
            here = found.setdefault(name, Function())
        elif match := CALL.match(line):
            if match.group(1) == "bl":
                here.calls.add(match.group(2))
            elif match.group(2) != name:
                here.tails.add(match.group(2))
        elif INDIRECT_CALL.match(line):
            here.indirect = True
        elif match := PUSH.match(line):
            here.frame += 4 * registers_in(match.group(1))
        elif match := SUB.match(line):
            here.frame += int(match.group(1))
    return found


def circles_in(calls: dict[str, set[str]]) -> set[str]:
    """The functions that can come to call themselves (R. Tarjan's components, 1972)."""
    number: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    found: set[str] = set()

    def visit(name: str) -> None:
        number[name] = low[name] = len(number)
        stack.append(name)
        for target in calls[name]:
            if target not in number:
                visit(target)
                low[name] = min(low[name], low[target])
            elif target in stack:
                low[name] = min(low[name], number[target])
        if low[name] == number[name]:
            component = stack[stack.index(name) :]
            del stack[stack.index(name) :]
            if len(component) > 1 or name in calls[name]:
                found.update(component)

    for start in calls:
        if start not in number:
            visit(start)
    return found


class Depths:
    """Deepest chains of calls in an image. No function is twice in one."""

    def __init__(self, image: Path, objects: Path) -> None:
        self.functions = functions_of(image)
        for name, frame in frames_of(objects).items():
            for alias in (name, name.replace("C2E", "C1E"), name.replace("D2E", "D1E")):
                if alias in self.functions:
                    self.functions[alias].frame = frame
                    self.functions[alias].known = True
        self.plain = {m: name_of(d) for m, d in zip(self.functions, demangled([*self.functions]))}
        self.by_plain = {plain: mangled for mangled, plain in self.plain.items()}
        calls = {name: self.callees(name) | self.tails(name) for name in self.functions}
        self.circles = circles_in(calls)
        self.done: dict[str, tuple[int, list[str]]] = {}
        self.on_path: set[str] = set()

    def followed(self, names: set[str]) -> set[str]:
        """Without what ends the program."""
        return {n for n in names if n in self.functions and self.plain[n] not in THE_END}

    def tails(self, name: str) -> set[str]:
        return self.followed(self.functions[name].tails)

    def callees(self, name: str) -> set[str]:
        here = self.functions[name]
        targets = set(here.calls)
        if here.indirect:
            for plain in INDIRECT.get(self.plain[name], []):
                targets.add(self.by_plain[plain])
        return self.followed(targets)

    def depth(self, name: str) -> tuple[int, list[str]]:
        """Bytes of the deepest chain that begins with this function, and the chain."""
        if name in self.done:
            return self.done[name]
        frame = self.functions[name].frame
        self.on_path.add(name)
        best: tuple[int, list[str]] = (frame, [name])
        for targets, own in ((self.callees(name), frame), (self.tails(name), 0)):
            for target in sorted(targets - self.on_path):
                below, chain = self.depth(target)
                best = max(best, (own + below, [name, *chain]), key=lambda b: b[0])
        self.on_path.remove(name)
        if name not in self.circles:  # there, it depends on the path
            self.done[name] = best
        return best


def stack_use(image: Path, objects: Path) -> dict[str, tuple[int, list[str]]]:
    """By name of the interface's function: bytes, and the chain of calls that needs them."""
    depths = Depths(image, objects)
    found = {}
    for name in sorted(depths.functions):
        if name.startswith("api_"):
            bytes_needed, chain = depths.depth(name)
            found[name.removeprefix("api_")] = (bytes_needed, [depths.plain[c] for c in chain])
    thread = depths.by_plain["ouro::Collector::thread_main"]
    bytes_needed, chain = depths.depth(thread)
    found["the collector's thread"] = (bytes_needed, [depths.plain[c] for c in chain])
    return found
