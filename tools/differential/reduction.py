"""The smallest script that still fails: delta debugging, by statements, by lines, by words."""
from __future__ import annotations

from collections.abc import Callable

OPENERS = ("on", "repeat", "unordered", "par")


def top_level(lines: list[str]) -> list[list[str]]:
    """The lines of each top-level statement: one, or a block up to its `end`."""
    parts: list[list[str]] = []
    depth = 0
    for line in lines:
        words = line.split("#")[0].split()
        if depth == 0:
            parts.append([])
        parts[-1].append(line)
        if words == ["end"]:
            depth -= 1
        elif words and words[0] in OPENERS and (words[0] != "unordered" or len(words) == 1):
            depth += 1
    return parts


def smallest(parts: list, fails: Callable[[list], bool]) -> list:
    """Takes parts away as long as the rest fails: ever smaller runs of parts, down to single ones.

    The whole fails. Of what is returned no single part can be taken away.
    """
    length = max(len(parts) // 2, 1)
    while True:
        at, smaller = 0, False
        while at < len(parts):
            rest = parts[:at] + parts[at + length :]
            if rest and fails(rest):
                parts, smaller = rest, True
            else:
                at += length
        if length == 1 and not smaller:
            return parts
        length = max(length // 2, 1)


def reduce(text: str, fails: Callable[[str], bool]) -> str:
    """The smallest script that is found below `text` and fails as well.

    `fails` is false for what is no script any more, such as a block without its end.
    """

    def join(parts: list[list[str]]) -> str:
        return "".join(line + "\n" for part in parts for line in part)

    parts = smallest(top_level(text.splitlines()), lambda some: fails(join(some)))
    lines = [[line] for part in parts for line in part]
    lines = smallest(lines, lambda some: fails(join(some)))
    for line in lines:
        indent = line[0][: len(line[0]) - len(line[0].lstrip())]

        def fails_with(words: list[str]) -> bool:
            before, line[0] = line[0], indent + " ".join(words)
            failed = fails(join(lines))
            line[0] = before
            return failed

        line[0] = indent + " ".join(smallest(line[0].split(), fails_with))
    return join(lines)
