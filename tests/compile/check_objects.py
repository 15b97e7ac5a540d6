#!/usr/bin/env python3
"""Checks what the compiler has made of heap/ and gc/, and their sources.

    memory      no object refers to malloc, free, operator new or their relatives
    exceptions  no object throws, catches or has a personality routine
    rtti        no object defines or uses type information, none casts dynamically
    source      no throw, try, catch, dynamic_cast, typeid, thread_local in the sources
    recursion   no function can reach itself by direct calls, but for the few in NESTING, whose
                depth the code bounds itself

usage: check_objects.py ROOT LIBRARY COMPILER [FLAG...]. The library is linked as a whole into a
program that nobody runs, so that every call has its target. Prints one line per violation; exit
code 1 if there is one. What it cannot see: recursion through pointers to functions; those are the
hooks and the user's own code, whose nesting heap/reclaim.cc counts.
"""

import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))
from source_text import code_only, line_of  # noqa: E402

FOLDERS = ("heap", "gc")
# Releases of another heap's objects: end_object() counts the nesting and stops at nesting_max.
NESTING_MUST_PASS = "ouro::Heap::end_object"

RULES = (
    ("memory", re.compile(
        r"^(?:malloc|calloc|realloc|free|aligned_alloc|posix_memalign|memalign|valloc|strdup|mmap"
        r"|sbrk|brk|_Zn[wa].*|_Zd[la].*)$")),
    ("exceptions", re.compile(r"^(?:__cxa_(?:throw|rethrow|begin_catch|end_catch"
                              r"|allocate_exception|free_exception)|_Unwind_.*"
                              r"|__gxx_personality_.*)$")),
    ("rtti", re.compile(r"^(?:__dynamic_cast|_ZT[ISV].*)$")),
)
KEYWORD = re.compile(r"\b(?:throw|try|catch|dynamic_cast|typeid|thread_local)\b")
NM_OBJECT = re.compile(r"^(\S+\.o):$")
FUNCTION = re.compile(r"^[0-9a-f]+ <(.*)>:$")
# A call, or a jump to the start of another function.
TRANSFER = re.compile(r"^\s*[0-9a-f]+:\s+(?:call|jmp|bl?|b|jal|tail)q?\s.*<([^+]*)>$")


def run(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def core_objects(root: Path, layout: str) -> set[str]:
    """The names that the core's objects have in the library, of one layout's those as well."""
    folders = (*FOLDERS, f"heap/{layout}")
    return {f"{file.name}.o" for folder in folders for file in (root / folder).glob("*.cc")}


def check_symbols(names: set[str], listing: str) -> Iterator[str]:
    """Takes what `nm --format=posix` prints for the library."""
    member = ""
    for line in listing.splitlines():
        if match := re.match(r"^\S*\[(\S+)\]:$", line) or NM_OBJECT.match(line):
            member = match.group(1)
        elif line and member in names:
            symbol = line.split()[0].split("@")[0]
            for rule, forbidden in RULES:
                if forbidden.match(symbol):
                    yield f"{member}: {rule}: {symbol}"


def members(listing: str) -> set[str]:
    found = (re.match(r"^\S*\[(\S+)\]:$", line) for line in listing.splitlines())
    return {match.group(1) for match in found if match}


def check_source(name: str, text: str) -> Iterator[str]:
    code = code_only(text)
    for match in KEYWORD.finditer(code):
        yield f"{name}:{line_of(code, match.start())}: source: {match.group()}"


def calls_in(disassembly: str) -> dict[str, set[str]]:
    calls: dict[str, set[str]] = {}
    function = ""
    for line in disassembly.splitlines():
        if match := FUNCTION.match(line):
            function = match.group(1)
            calls.setdefault(function, set())
        elif function and (match := TRANSFER.match(line)):
            calls[function].add(match.group(1))
    return calls


def is_core(function: str) -> bool:
    return "ouro::" in function and "ouro::port::" not in function


def reach(calls: dict[str, set[str]], start: str) -> set[str]:
    """What `start` can call, in any number of steps."""
    seen: set[str] = set()
    waiting = [start]
    while waiting:
        for target in calls.get(waiting.pop(), ()):
            if target in calls and target not in seen and is_core(target):
                seen.add(target)
                waiting.append(target)
    return seen


def check_recursion(calls: dict[str, set[str]]) -> Iterator[str]:
    """Every cycle of calls must pass the function that counts its depth."""
    without = {f: t for f, t in calls.items() if not f.startswith(NESTING_MUST_PASS)}
    for function in sorted(filter(is_core, without)):
        if function in reach(without, function):
            yield f"recursion: {function} can call itself"


def disassemble_whole(library: str, compiler: list[str]) -> str:
    with tempfile.TemporaryDirectory() as folder:
        empty = Path(folder, "empty.cc")
        empty.write_text("int main() {}\n", encoding="utf-8")
        program = str(Path(folder, "whole"))
        run(*compiler, str(empty), "-o", program, "-Wl,--whole-archive", library,
            "-Wl,--no-whole-archive", "-pthread")
        return run("objdump", "-d", "-C", "--no-show-raw-insn", program)


def check(root: Path, library: str, compiler: list[str]) -> list[str]:
    listing = run("nm", "--format=posix", library)
    layout = "compact" if "free_lists.cc.o" in members(listing) else "paged"
    names = core_objects(root, layout)
    problems = [f"{name}: is not in the library" for name in sorted(names - members(listing))]
    problems.extend(check_symbols(names, listing))
    for folder in FOLDERS:
        for file in sorted((root / folder).rglob("*.*")):
            text = file.read_text(encoding="utf-8")
            problems.extend(check_source(file.relative_to(root).as_posix(), text))
    calls = calls_in(disassemble_whole(library, compiler))
    if not any(function.startswith(NESTING_MUST_PASS) for function in calls):
        problems.append(f"recursion: {NESTING_MUST_PASS} is not among the functions")
    problems.extend(check_recursion(calls))
    return problems


def main() -> int:
    problems = check(Path(sys.argv[1]), sys.argv[2], sys.argv[3:])
    print("\n".join(problems) if problems else "check_objects: no violation")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
