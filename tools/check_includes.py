#!/usr/bin/env python3
"""Holds the layers: who may include whom, and what the core may take from the standard library.

    include/        gc/, heap/, platform/
    gc/             gc/, heap/, platform/
    heap/           heap/, platform/
    platform/       platform/; platform/port.h also OURO_PORT_HEADER,
                    platform/bounded_queue.h OURO_PORT_BOUNDED_QUEUE
    ports/<one>/    platform/, ports/<one>/, ports/machine/, and the system's headers; those for a
                    kernel also ports/kernel/
    tests/, stress/, tools/, examples/, bench/, explore/, faults/, fuzz/
                    all of the above but ports/, and each other; none of the above includes them
    explore/, tests/sim/, fuzz/
                    also ports/sim/, which they drive
    tests/mcu/, bench/mcu/, examples/firmware/
                    also ports/cortex_m/, its boards and its scheduler, and ports/machine/
    tests/kernels/  also the kernels' headers as the ports include them

usage: check_includes.py [ROOT]. Prints one `file:line: rule: text` per violation; exit code 1 if
there is one.
"""

import re
import sys
from pathlib import Path

from source_text import CPP_SUFFIXES, code_only, files, line_of

CORE = ("heap", "gc", "platform")
MAY_INCLUDE = {
    "platform": {"platform"},
    "heap": {"heap", "platform"},
    "gc": {"gc", "heap", "platform"},
    "include": {"ouro", "gc", "heap", "platform"},
}
USERS = ("tests", "stress", "tools", "examples", "bench", "explore", "faults", "fuzz")
# Who may name a port: what drives the simulation's engine, and firmware.
FIRMWARE = ("tests/mcu", "bench/mcu", "examples/firmware")
DRIVERS = {
    "ports/sim": ("explore", "tests/sim", "fuzz"),
    "ports/cortex_m": FIRMWARE,
    "ports/machine": FIRMWARE,
    "ports/freertos": ("tests/kernels",),
    "ports/cmsis_rtos2": ("tests/kernels",),
    "ports/zephyr": ("tests/kernels",),
}
# What ports share: the machine's part, and what the ports for kernels have in common.
PARTS_OF_PORTS = {
    "ports/cortex_m": ("ports/machine",),
    "ports/kernel": ("ports/machine",),
    "ports/freertos": ("ports/machine", "ports/kernel"),
    "ports/cmsis_rtos2": ("ports/machine", "ports/kernel"),
    "ports/zephyr": ("ports/machine", "ports/kernel"),
}
DRIVING = {"tests/sim", "tests/kernels", *FIRMWARE}
FOLDERS = {*MAY_INCLUDE, *USERS, "ports"}

# Standard headers that would go round platform/. <atomic> gives port_concept.h the memory orders.
MACHINE_HEADERS = {
    "atomic",
    "barrier",
    "chrono",
    "condition_variable",
    "csetjmp",
    "csignal",
    "ctime",
    "future",
    "latch",
    "mutex",
    "semaphore",
    "shared_mutex",
    "stop_token",
    "thread",
}
MACHINE_HEADER_EXCEPTIONS = {("platform/port_concept.h", "atomic")}
COMPUTED = {
    ("platform/port.h", "OURO_PORT_HEADER"),
    ("platform/bounded_queue.h", "OURO_PORT_BOUNDED_QUEUE"),
}
FOREIGN_HEADER_EXCEPTIONS = {
    ("ports/desktop/bounded_queue.h", "boost/lockfree/spsc_queue.hpp"),
}
STANDARD_HEADER = re.compile(r"[a-z][a-z0-9_]*")

# Names that would go round platform/ even without an include.
MACHINE_NAMES = re.compile(
    r"\bstd\s*::\s*(?:atomic\w*|j?thread|this_thread|chrono|condition_variable\w*|call_once"
    r"|once_flag|(?:recursive_|shared_|timed_|recursive_timed_|shared_timed_)?mutex|lock_guard"
    r"|unique_lock|scoped_lock|shared_lock|counting_semaphore|binary_semaphore|latch|barrier"
    r"|async|future|promise)\b"
    r"|\b__(?:atomic|sync)_\w+"
    r"|\b(?:absl|boost)\s*::"
)
# The shapes of foreign headers include each other as those do.
SHAPES = re.compile(r"tests/kernels/\w+/include/")
INCLUDE = re.compile(r"^[ \t]*#[ \t]*include\b[ \t]*(?P<what>[^\n]*)", re.MULTILINE)
TARGET = re.compile(r'(?P<open>["<])(?P<path>[^">]*)[">]')


def layer_of(parts: tuple[str, ...]) -> str:
    """The first folder of a path, or ports/<one> for ports: they do not know each other."""
    if "/".join(parts[:2]) in DRIVING:
        return "/".join(parts[:2])
    if parts[0] == "ports" and len(parts) > 2:
        return "/".join(parts[:2])
    return parts[0]


def folder_rule(layer: str, path: str) -> str | None:
    """Judges the include of one of the project's own folders."""
    top = path.split("/")[0]
    if top == "ports":
        if layer.startswith("ports/"):
            parts = {layer, *PARTS_OF_PORTS.get(layer, ())}
            if "/".join(path.split("/")[:2]) in parts:
                return None
        if layer in DRIVERS.get("/".join(path.split("/")[:2]), ()):
            return None
        return f'layer: only the build names ports/, "{path}" may not be included here'
    if layer.startswith("ports/"):
        allowed = {"platform"}
    else:
        allowed = MAY_INCLUDE.get(layer, {*MAY_INCLUDE, *USERS, "ouro"})
    if top not in allowed:
        return f'layer: {layer}/ may not include {top}/ ("{path}")'
    return None


def machine_rule(name: str, layer: str, opening: str, path: str) -> str | None:
    """Judges the include of something foreign by the core or a port."""
    if path.startswith(("absl/", "boost/")) and (name, path) not in FOREIGN_HEADER_EXCEPTIONS:
        return f"foreign: {layer}/ may not use {path.split('/')[0]} (<{path}>)"
    if layer not in CORE and layer != "include":
        return None
    if opening == '"':
        return f'path: "{path}" is no file of this project, named from its root'
    if (name, path) in MACHINE_HEADER_EXCEPTIONS:
        return None
    if path in MACHINE_HEADERS and layer in CORE:
        return f"machine: {layer}/ reaches <{path}> through platform/ only"
    if not STANDARD_HEADER.fullmatch(path):
        return f"foreign: {layer}/ may include C++ standard headers only, not <{path}>"
    return None


def judge_include(root: Path, name: str, layer: str, what: str) -> str | None:
    """Judges what follows #include in the file called name; returns the violation or None."""
    match = TARGET.match(what)
    if match is None:
        if (name, *what.split()[:1]) in COMPUTED:
            return None
        return "computed: only platform/port.h may include by macro, and only OURO_PORT_HEADER"
    opening, path = match.group("open"), match.group("path")
    if {".", ".."} & set(path.split("/")) or ((root / name).parent / path).is_file():
        return f'path: "{path}" must be named from the root of the repository'
    top = path.split("/")[0] if "/" in path else ""
    if top in FOLDERS or top == "ouro":
        if top in FOLDERS and not (root / path).is_file():
            return f'path: there is no file "{path}"'
        return folder_rule(layer, path)
    if layer.startswith("ports/") or layer in MAY_INCLUDE:
        return machine_rule(name, layer, opening, path)
    return None


def check_file(root: Path, file: Path) -> list[str]:
    name = file.relative_to(root).as_posix()
    layer = layer_of(file.relative_to(root).parts)
    if layer.split("/")[0] not in FOLDERS:
        return []
    text = file.read_text(encoding="utf-8")
    code = code_only(text)
    problems = []
    includes = [] if SHAPES.match(name) else INCLUDE.finditer(code)
    for match in includes:
        what = text[match.start("what") : match.end("what")]
        if problem := judge_include(root, name, layer, what):
            problems.append(f"{name}:{line_of(code, match.start('what'))}: {problem}")
    if layer in CORE:
        for match in MACHINE_NAMES.finditer(code):
            problem = f"machine: {layer}/ may not use {match.group()}, only platform/'s names"
            problems.append(f"{name}:{line_of(code, match.start())}: {problem}")
    return problems


def check(root: Path) -> list[str]:
    """All violations below root."""
    problems = []
    for file in files(root, *CPP_SUFFIXES):
        problems.extend(check_file(root, file))
    return problems


def main() -> int:
    root = Path(sys.argv[1] if len(sys.argv) > 1 else ".").resolve()
    problems = check(root)
    print("\n".join(problems) if problems else "check_includes: no violation")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
