#!/usr/bin/env python3
"""Checks the part of the coding style that a program can check.

    line-length      code lines have at most 100 characters
    file-length      code files have at most 400 lines, or say in the head comment "Why so long:"
    function-length  functions have at most 60 lines (C++ by a heuristic on braces, Python exactly)
    naked-atomic     std::atomic and the compiler's own atomics stand in ports/ only, and in bench/,
                     which measures others too
    order-comment    in heap/ and gc/ an atomic operation weaker than seq_cst has `// order:` on its
                     line, in the 4 lines above it, or in the comment that ends directly above
    unfinished       no marks of unfinished work in any text
    machine-if       no #if on architecture, system or compiler outside ports/ and
                     platform/compiler.h
    dead-link        relative links in *.md lead to something in this tree

usage: check_style.py [ROOT]. Prints one `file:line: rule: text` per violation; exit code 1 if there
is one. What it cannot see: an order hidden behind a name of one's own, a function made by a macro.
"""

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import cpp_functions
from source_text import CPP_SUFFIXES, code_only, comments_only, files, line_of

LINE_MAX = 100
FILE_MAX = 400
FUNCTION_MAX = 60
ORDER_COMMENT_REACH = 4

CODE_SUFFIXES = (*CPP_SUFFIXES, ".py", ".sh", ".cmake", "CMakeLists.txt", "/dev")
TEXT_SUFFIXES = (*CODE_SUFFIXES, ".md", ".txt", ".in", ".json", ".yml")

# Written in two halves, so that this file does not contain the marks that it looks for.
UNFINISHED = re.compile(r"\b(?:TO" r"DO|FIX" r"ME|HA" r"CK|XX" r"X)\b")
NAKED_ATOMIC = re.compile(r"\bstd\s*::\s*atomic\w*|\b__(?:atomic|sync)_\w+")
WEAK_ORDER = re.compile(
    r"\bmemory_order(?:_|\s*::\s*)(?:relaxed|consume|acquire|release|acq_rel)\b"
)
ORDER_ALIAS = re.compile(r"^\s*using\b[^;]*;")
MACHINE_IF = re.compile(
    r"\b(?:__x86_64(?:__)?|__amd64(?:__)?|__i[3-6]86(?:__)?|__arm(?:64)?(?:__|eb__|el__)?"
    r"|__aarch64__|__riscv\w*|__thumb2?__|__ARM_\w+|__CORTEX_\w+|__mips\w*|__powerpc\w*|__PPC\w*"
    r"|__s390\w*|__AVR\w*|__xtensa__|__XTENSA__|__wasm\w*|_M_(?:X64|IX86|ARM\w*)"
    r"|__linux(?:__)?|__unix(?:__)?|__APPLE__|__MACH__|__ANDROID__|__EMSCRIPTEN__|__CYGWIN__"
    r"|__(?:Free|Net|Open)BSD__|__DragonFly__|__ZEPHYR__|__NuttX__|_WIN(?:32|64)|__MINGW\w*"
    r"|__GNUC__|__GNUC_MINOR__|__GNUG__|__clang\w*|__llvm__|_MSC_VER|__INTEL_\w+|__ICC(?:ARM__)?)\b"
)
CONDITIONAL = re.compile(r"^[ \t]*#[ \t]*(?:el)?if(?:n?def)?\b(?:\\\n|[^\n])*", re.MULTILINE)
FENCE = re.compile(r"^ {0,3}(```|~~~).*?(?:^ {0,3}\1|\Z)", re.MULTILINE | re.DOTALL)
LINK = re.compile(
    r"\]\(\s*<?(?P<inline>[^)\s>]+)|^ {0,3}\[[^\]^]+\]:\s*<?(?P<reference>[^\s>]+)", re.MULTILINE
)

Problem = tuple[int, str]


def check_lines(lines: list[str]) -> Iterator[Problem]:
    for number, line in enumerate(lines, 1):
        if len(line) > LINE_MAX:
            yield number, f"line-length: {len(line)} characters, at most {LINE_MAX}"


def head_comment(lines: list[str]) -> str:
    """The lines before the first that is neither blank nor part of a comment."""
    head = []
    inside = ""  # the mark that ends a comment of several lines
    for line in lines:
        text = line.strip()
        if inside:
            inside = "" if inside in text else inside
        elif text.startswith("/*"):
            inside = "" if "*/" in text else "*/"
        elif text.startswith('"""'):
            inside = "" if text.count('"""') > 1 else '"""'
        elif text and not text.startswith(("//", "#!", "# ")) and text != "#":
            break
        head.append(line)
    return "\n".join(head)


def check_file_length(lines: list[str]) -> Iterator[Problem]:
    if len(lines) > FILE_MAX and "Why so long:" not in head_comment(lines):
        yield len(lines), (
            f"file-length: {len(lines)} lines, at most {FILE_MAX} "
            'without "Why so long:" in the head comment'
        )


def python_functions(text: str) -> Iterator[tuple[int, int, str]]:
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield node.lineno, node.end_lineno or node.lineno, node.name


def check_functions(functions: Iterator[tuple[int, int, str]]) -> Iterator[Problem]:
    for first, last, name in functions:
        if (length := last - first + 1) > FUNCTION_MAX:
            yield first, f"function-length: {name} has {length} lines, at most {FUNCTION_MAX}"


def check_naked_atomics(code: str) -> Iterator[Problem]:
    for match in NAKED_ATOMIC.finditer(code):
        yield line_of(code, match.start()), (
            f"naked-atomic: {match.group()} outside ports/, use platform::atomic"
        )


def has_order_comment(number: int, code: list[str], comments: list[str]) -> bool:
    """Is line `number` (from 1) explained: on it, shortly above, or in the comment block above?"""
    first = max(1, number - ORDER_COMMENT_REACH)
    while first > 1 and not code[first - 1].strip() and comments[first - 1].strip():
        first -= 1
    return any("order:" in comments[n - 1] for n in range(first, number + 1))


def check_orders(code: str, comments: str) -> Iterator[Problem]:
    code_lines, comment_lines = code.split("\n"), comments.split("\n")
    for number, line in enumerate(code_lines, 1):
        found = WEAK_ORDER.search(line)
        if not found or ORDER_ALIAS.match(line):
            continue
        if not has_order_comment(number, code_lines, comment_lines):
            yield number, f"order-comment: {found.group()} without an `// order:` comment above it"


def check_machine_ifs(code: str) -> Iterator[Problem]:
    for conditional in CONDITIONAL.finditer(code):
        if match := MACHINE_IF.search(conditional.group()):
            yield line_of(code, conditional.start() + match.start()), (
                f"machine-if: {match.group()} outside ports/ and platform/compiler.h"
            )


def check_unfinished(text: str) -> Iterator[Problem]:
    for match in UNFINISHED.finditer(text):
        yield line_of(text, match.start()), f"unfinished: {match.group()}"


def check_links(root: Path, file: Path, text: str) -> Iterator[Problem]:
    def blank(match: re.Match) -> str:
        return re.sub(r"[^\n]", " ", match.group())

    text = re.sub(r"`[^`\n]+`", blank, FENCE.sub(blank, text))
    for match in LINK.finditer(text):
        link = match.group("inline") or match.group("reference")
        if re.match(r"[a-zA-Z][a-zA-Z0-9+.-]*:|//|#", link):
            continue
        path = link.split("#")[0]
        target = (root / path.lstrip("/") if path.startswith("/") else file.parent / path).resolve()
        if not target.exists() or not target.is_relative_to(root):
            yield line_of(text, match.start()), f"dead-link: {link}"


def check_cpp(name: str, text: str) -> Iterator[Problem]:
    code = code_only(text)
    yield from check_functions(cpp_functions.functions(code))
    if not name.startswith("ports/"):
        if not name.startswith("bench/"):
            yield from check_naked_atomics(code)
        if name != "platform/compiler.h":
            yield from check_machine_ifs(code)
    if name.startswith(("heap/", "gc/")):
        yield from check_orders(code, comments_only(text))


def check_file(root: Path, file: Path) -> list[str]:
    name = file.relative_to(root).as_posix()
    try:
        text = file.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return [f"{name}:1: encoding: is not UTF-8"]
    lines = text.splitlines()
    problems: list[Problem] = list(check_unfinished(text))
    if f"/{name}".endswith(CODE_SUFFIXES):
        problems.extend(check_lines(lines))
        problems.extend(check_file_length(lines))
    if name.endswith(CPP_SUFFIXES):
        problems.extend(check_cpp(name, text))
    elif name.endswith(".py"):
        problems.extend(check_functions(python_functions(text)))
    elif name.endswith(".md"):
        problems.extend(check_links(root, file, text))
    return [f"{name}:{number}: {problem}" for number, problem in sorted(problems)]


def check(root: Path) -> list[str]:
    """All violations below root."""
    suffixes = tuple(suffix.lstrip("/") for suffix in TEXT_SUFFIXES)
    problems = []
    for file in files(root, *suffixes):
        problems.extend(check_file(root, file))
    return problems


def main() -> int:
    root = Path(sys.argv[1] if len(sys.argv) > 1 else ".").resolve()
    problems = check(root)
    print("\n".join(problems) if problems else "check_style: no violation")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
